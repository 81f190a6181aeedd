"""Pages of the statement of applicability: what it says now, the versions, issuing, approving, taking along."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import flash, g, redirect, request, url_for

from isms.catalogue import rules, statements
from isms.catalogue.changes import Change, implementation_word, title_of
from isms.catalogue.document import standard_words
from isms.catalogue.forms import IssueForm, WordForm
from isms.catalogue.models import Statement
from isms.core import clock, settings
from isms.core.errors import NotFound
from isms.core.permissions import Permission as P
from isms.core.sending import send_stored
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext, locale, pgettext
from isms.trail import kinds

room = Room("statements", __name__)
room.in_nav(
    lazy_gettext("適用宣言書"),
    "index",
    P.STATEMENT_READ,
    60,
    count=lambda: _waits_for_me(),
    aside=True,
)

KINDS = ("xlsx", "pdf")
STATES: dict[str, Any] = {
    "waiting": lazy_gettext("承認待ち"),
    "approved": lazy_gettext("承認済み"),
    "returned": lazy_gettext("差し戻し"),
}


@dataclass
class Line:
    """A control as the table shows it; `changes` are the words for what differs from the approved version."""

    row: dict[str, Any]
    changes: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return title_of(self.row)

    @property
    def answer(self) -> str:
        return {True: "yes", False: "no", None: "undecided"}[self.row["applicable"]]

    @property
    def implementation(self) -> str:
        return implementation_word(self.row)


@dataclass
class Group:
    """The controls of one theme, under its heading."""

    number: str
    label: str
    lines: list[Line] = field(default_factory=list)

    @property
    def count(self) -> str:
        """Say how many apply, of how many."""
        counted = Counter(line.answer for line in self.lines)
        words = [gettext("%(number)s件", number=len(self.lines))]
        if counted["yes"] == len(self.lines):
            words.append(gettext("すべて適用"))
        else:
            words += [
                gettext("%(word)s %(number)s", word=word, number=counted[key])
                for key, word in (
                    ("yes", gettext("適用")),
                    ("no", gettext("適用除外")),
                    ("undecided", gettext("未決定")),
                )
                if counted[key]
            ]
        return "　".join(words)


def _waits_for_me() -> int:
    found = statements.waiting() if g.actor.has(P.STATEMENT_APPROVE) else None
    return int(found is not None and found.recorded_by != g.actor.id)


def grouped(content: dict[str, Any], changes: list[Change], *, only_changed: bool = False) -> list[Group]:
    """Give the rows that the person may know of by theme, each with what changed; removed controls come last."""
    words = {change.key: change.words() for change in changes}
    seen = rules.in_sight(g.actor, P.STATEMENT_READ, content["edition"])
    groups: dict[str, Group] = {}
    for row in [*content["rows"], *(change.row for change in changes if change.after is None)]:
        if seen(row["key"]) and (row["key"] in words or not only_changed):
            name = row["theme"] or _prefix(row["id"])
            group = groups.setdefault(name, Group(*_heading(content, row)))
            group.lines.append(Line(row, words.get(row["key"], [])))
    return list(groups.values())


def _prefix(number: str) -> str:
    """Give what the numbers of a chapter have in common: A.5 of A.5.1.1, X of X.1."""
    found = re.match(r"(A\.)?[0-9A-Za-z]+", number)
    return found.group() if found else number


def _heading(content: dict[str, Any], row: dict[str, Any]) -> tuple[str, str]:
    theme = content["themes"].get(row["theme"])
    if theme:
        return _prefix(row["id"]), gettext("%(theme)s管理策", theme=theme[locale()])
    return _prefix(row["id"]), "" if row["id"].startswith("A.") else gettext("独自の管理策")


def seals(statement: Statement, who: dict[str, str]) -> list[dict[str, str]]:
    """Give the box of approval: who approved, who issued, and when."""
    word = statement.word if statements.state_of(statement) == "approved" else None
    approved = (
        {"name": who[word.recorded_by], "post": gettext("承認者"), "when": _short(settings.today(word.recorded_at))}
        if word
        else {}
    )
    issued = {"name": who[statement.recorded_by], "post": gettext("事務局"), "when": _short(statement.issued_on)}
    return [{"label": pgettext("seal", "承認"), **approved}, {"label": gettext("作成"), **issued}]


def figure(statement: Statement) -> str:
    """Write the version's number as the figure of a page."""
    return pgettext("figure", "第%(number)s版", number=statement.number)


def _short(day: date) -> str:
    """Write a day as it is stamped into the box."""
    return f"{day.year}.{day.month}.{day.day}" if locale() == "ja" else day.isoformat()


def _who(rows: list[Statement]) -> dict[str, str]:
    ids = {row.recorded_by for row in rows}
    return kinds.names(ids | {row.word.recorded_by for row in rows if statements.state_of(row) != "waiting"})


@room.route("/statement", permission=P.STATEMENT_READ)
def index() -> Answer:
    """Show what the statement says today beside the approved version, and the history of versions."""
    content = statements.content_on(settings.today(clock.now()))
    rows = list(statements.statements().order_by(Statement.number.desc()))
    current = next((row for row in rows if statements.state_of(row) == "approved"), None)
    seen = rules.in_sight(g.actor, P.STATEMENT_READ, content["edition"])
    changes = [one for one in statements.changes_since(current, content) if seen(one.key)]
    who = _who(rows)
    return {
        "content": content,
        "standard": standard_words(content),
        "current": current,
        "waiting": next((row for row in rows if statements.state_of(row) == "waiting"), None),
        "changes": changes,
        "groups": grouped(content, changes, only_changed=bool(request.args.get("changed"))),
        "undecided": sum(row["applicable"] is None and seen(row["key"]) for row in content["rows"]),
        "seals": seals(current, who) if current else [],
        "sees_all": all(seen(row["key"]) for row in content["rows"]),
        "rows": rows,
        "who": who,
        "state_of": statements.state_of,
        "STATES_OF": STATES,
        "may_issue": g.actor.has(P.STATEMENT_ISSUE),
        "may_decide": g.actor.has(P.CONTROLS_READ),
        "figure": figure(current) if current else "",
        "next_number": rows[0].number + 1 if rows else 1,
    }


@room.route("/statement/issue", methods=["GET", "POST"], permission=P.STATEMENT_ISSUE)
def issue() -> Answer:
    """Issue the next version."""
    now = clock.now()
    today = settings.today(now)
    form = IssueForm(issued_on=today, changes=statements.proposed_changes(today))
    made = form.run(lambda: statements.issue(**form.values(), by=g.actor, now=now))
    if isinstance(made, Statement):
        flash(gettext("第%(number)s版を発行しました。承認を待ちます。", number=made.number))
        return redirect(url_for("statements.statement", number=made.number), 303)
    content = statements.content_on(today)
    return {"form": form, "content": content, "undecided": [r for r in content["rows"] if r["applicable"] is None]}


@room.route("/statement/<int:number>", permission=P.STATEMENT_READ)
def statement(number: int) -> Answer:
    """Show a version as it was issued; only to who may see all of it."""
    found = seen_statement(number)
    content = statements.content_of(found)
    before = statements.approved_before(found)
    return {
        "statement": found,
        "figure": figure(found),
        "content": content,
        "standard": standard_words(content),
        "before": before,
        "groups": grouped(content, statements.changes_since(before, content)),
        "state": statements.state_of(found),
        "STATES_OF": STATES,
        "seals": seals(found, _who([found])),
        "who": _who([found]),
        "may_approve": g.actor.has(P.STATEMENT_APPROVE) and found.recorded_by != g.actor.id,
    }


@room.route("/statement/<int:number>/word", methods=["GET", "POST"], permission=P.STATEMENT_APPROVE)
def decide(number: int) -> Answer:
    """Approve a version or return it."""
    found = statements.get_statement(number)
    form = WordForm()
    approves = request.form.get("answer") == "approve"
    rule = statements.approve if approves else statements.return_to_issuer
    if form.run(lambda: rule(number, note=form.note.data, by=g.actor, now=clock.now())):
        if approves:
            flash(gettext("第%(number)s版を承認しました。", number=number))
        else:
            flash(gettext("第%(number)s版を差し戻しました。", number=number))
        return redirect(url_for("statements.statement", number=number), 303)
    content = statements.content_of(found)
    before = statements.approved_before(found)
    return {
        "form": form,
        "statement": found,
        "figure": figure(found),
        "before": before,
        "groups": grouped(content, statements.changes_since(before, content), only_changed=before is not None),
        "who": _who([found]),
    }


@room.route("/statement/recorded/<int:statement_id>", permission=P.STATEMENT_READ)
def recorded(statement_id: int) -> Answer:
    """Lead from a recorded version to its page."""
    row = Statement.get_or_none(Statement.id == statement_id)
    if row is None:
        raise NotFound()
    seen_statement(row.number)
    return redirect(url_for("statements.statement", number=row.number))


def seen_statement(number: int) -> Statement:
    """Give a version to who may see all of it; raises NotFound for anyone else."""
    found = statements.get_statement(number)
    if not _sees_all(found.edition):
        raise NotFound()
    return found


def _sees_all(edition_id: str) -> bool:
    seen = rules.in_sight(g.actor, P.STATEMENT_READ, edition_id)
    return all(seen(row.key) for row in rules.standards().requirements(edition_id))


@room.route("/statement/<int:number>/<kind>", permission=P.STATEMENT_READ)
def file(number: int, kind: str) -> Answer:
    """Hand out a version as it was frozen on its approval."""
    found = seen_statement(number)
    word = found.word if statements.state_of(found) == "approved" else None
    if kind not in KINDS or word is None:
        raise NotFound()
    sha256 = word.xlsx_sha256 if kind == "xlsx" else word.pdf_sha256
    return send_stored(f"statement-{number}.{kind}", sha256, clock.now())
