"""The statement of applicability 適用宣言書: what it says today, the versions issued, another person's approval.

A version's rows are frozen as JSON when it is issued; on approval its xlsx and PDF go into the blob store. Both are
in Japanese, whoever approves.
"""

import json
from contextlib import suppress
from datetime import date, datetime
from io import BytesIO
from typing import Any

from peewee import JOIN, ModelSelect, fn

from isms import trail
from isms.catalogue import document
from isms.catalogue.changes import Change, Row, changed, renumbered, summary
from isms.catalogue.editions import Kind, Requirement
from isms.catalogue.models import Decision, Statement, StatementApproval
from isms.catalogue.rules import decisions_on, edition_id_on
from isms.catalogue.shelf import standards
from isms.catalogue.wording import adapted
from isms.core import blobs, settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Forbidden, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.text import clean_text
from isms.core.words import gettext, speaking
from isms.trail.kinds import names

LONGEST = 5000
LARGEST_FILE = 100_000_000  # bytes


def content_on(day: date, known_at: datetime | None = None) -> dict[str, Any]:
    """Give what a statement of the day says, as JSON can hold it; five queries. An undecided control has `applicable` None."""
    edition = adapted(edition_id_on(day, known_at), known_at)
    decided = decisions_on(edition.id, day, known_at)
    rows = [_row(one, decided.get(one.key)) for one in edition.of_kind(Kind.CONTROL)]
    return {
        "organisation": settings.get("organisation_name"),
        "edition": edition.id,
        "edition_name": edition.name,
        "jis": edition.jis,
        "themes": {theme: {"ja": label.ja, "en": label.en} for theme, label in edition.themes.items()},
        "rows": rows,
    }


def _row(requirement: Requirement, decision: Decision | None) -> Row:
    told: Row = {
        "key": requirement.key,
        "id": requirement.id,
        "theme": requirement.theme,
        "title_ja": requirement.title_ja,
        "title_en": requirement.title_en,
        "provisional": requirement.provisional,
        "applicable": None,
        "justification": "",
        "implementation": "",
        "owner": "",
        "owner_id": None,
        "note": "",
        "from_day": "",
    }
    if decision is None:
        return told
    return told | {
        "applicable": decision.applicable,
        "justification": decision.justification,
        "implementation": decision.implementation if decision.applicable else "",
        "owner": decision.owner.name if decision.owner_id else "",
        "owner_id": decision.owner_id,
        "note": decision.note,
        "from_day": decision.from_day.isoformat(),
    }


def statements() -> ModelSelect:
    """Give the query of all versions, each with its approval as `word` (None while it waits)."""
    on = StatementApproval.statement == Statement.id
    return Statement.select(Statement, StatementApproval).join(StatementApproval, JOIN.LEFT_OUTER, on=on, attr="word")


def state_of(statement: Statement) -> str:
    """Tell whether a version of `statements()` is waiting, approved or returned."""
    word = getattr(statement, "word", None)
    return "waiting" if word is None or word.id is None else "approved" if word.approved else "returned"


def get_statement(number: int) -> Statement:
    """Give a version with its approval; raises NotFound."""
    found = statements().where(Statement.number == number).first() if number < 1 << 31 else None
    if found is None:
        raise NotFound()
    return found


def current(known_at: datetime | None = None) -> Statement | None:
    """Give the newest approved version, by what was known at the moment; None before the first."""
    query = statements().where(StatementApproval.approved == True)  # noqa: E712
    if known_at is not None:
        query = query.where(StatementApproval.recorded_at <= known_at)
    return query.order_by(Statement.number.desc()).first()


def approved_before(statement: Statement) -> Statement | None:
    """Give the approved version that a version follows; None for the first."""
    query = statements().where(StatementApproval.approved == True, Statement.number < statement.number)  # noqa: E712
    return query.order_by(Statement.number.desc()).first()


def waiting() -> Statement | None:
    """Give the version that waits for its approver."""
    return statements().where(StatementApproval.id.is_null()).order_by(Statement.number.desc()).first()


def content_of(statement: Statement) -> dict[str, Any]:
    """Give what a version says, as it was issued."""
    content: dict[str, Any] = json.loads(statement.content)
    return content


def changes_since(statement: Statement | None, content: dict[str, Any]) -> list[Change]:
    """Give what differs from the version, through the mapping if it spoke of an earlier edition; nothing without one."""
    if statement is None:
        return []
    before = content_of(statement)["rows"]
    if statement.edition != content["edition"]:
        with suppress(NotFound):  # the two editions may have nothing to do with each other
            before = renumbered(before, standards().mapping(statement.edition, content["edition"]).backward)
    return changed(before, content["rows"])


def proposed_changes(day: date) -> str:
    """Word what changed since the newest approved version: what stands in the field before somebody edits it."""
    last, content = current(), content_on(day)
    if last is None:
        return gettext("初版")
    told = summary(changes_since(last, content))
    if last.edition != content["edition"]:
        told = "\n".join(filter(None, [gettext("%(edition)s への移行", edition=content["edition_name"]), told]))
    return told or gettext("前の版から変わったところはありません。")


def issue(*, changes: str = "", issued_on: date | None = None, by: Actor, now: datetime) -> Statement:
    """Issue the next version with what is decided on the day (today unless given); nothing may be undecided."""
    with atomic():
        day = issued_on or settings.today(now)
        if day > settings.today(now):
            raise Invalid({"issued_on": gettext("先の日付では発行できません。")})
        if (other := waiting()) is not None:
            raise Conflict(gettext("第%(number)s版が承認を待っています。", number=other.number))
        content = content_on(day)
        undecided = [row["id"] for row in content["rows"] if row["applicable"] is None]
        if undecided:
            raise Invalid(
                gettext(
                    "未決定の管理策が%(number)s件あります（%(numbers)s など）。決めてから発行してください。",
                    number=len(undecided),
                    numbers=gettext("、").join(undecided[:10]),
                )
            )
        row = Statement.create(
            number=(Statement.select(fn.MAX(Statement.number)).scalar() or 0) + 1,
            edition=content["edition"],
            issued_on=day,
            changes=clean_text(changes, LONGEST, lines=True) or proposed_changes(day),
            content=json.dumps(content, ensure_ascii=False, sort_keys=True),
            recorded_at=now,
            recorded_by=by.id,
        )
        trail.record(by, "statement.issued", row, now, after=row.plain())
        return row


def approve(number: int, *, note: str = "", by: Actor, now: datetime) -> StatementApproval:
    """Approve a version that somebody else issued, and freeze it as files."""
    statement = _open_for(number, by)
    signed = content_of(statement) | {
        "number": number,
        "issued_on": statement.issued_on.isoformat(),
        "issuer": names([statement.recorded_by])[statement.recorded_by],
        "approved_on": settings.today(now).isoformat(),
        "approver": by.name or by.id,
        "changes": statement.changes,
    }
    last = trail.head()
    head = f"{last.no} {last.hash}" if last else ""
    with speaking("ja"):
        files = [document.as_xlsx(signed), document.as_pdf(signed, head=head, made_at=now)]
    # The files are stored before the row that names them; if the row is refused they are swept as orphans.
    xlsx, paper = (blobs.put(BytesIO(made), most=LARGEST_FILE).sha256 for made in files)
    values = {"approved": True, "note": note, "xlsx_sha256": xlsx, "pdf_sha256": paper}
    return _say(number, "statement.approved", values, by, now)


def return_to_issuer(number: int, *, note: str, by: Actor, now: datetime) -> StatementApproval:
    """Return a version that somebody else issued, with a reason."""
    if not note.strip():
        raise Invalid({"note": gettext("差し戻す理由を入力してください。")})
    return _say(number, "statement.returned", {"approved": False, "note": note}, by, now)


def _say(number: int, verb: str, values: dict[str, Any], by: Actor, now: datetime) -> StatementApproval:
    with atomic():
        statement = _open_for(number, by)
        kept = values | {"note": clean_text(values["note"], LONGEST, lines=True)}
        row = StatementApproval.create(statement=statement.id, recorded_at=now, recorded_by=by.id, **kept)
        trail.record(by, verb, row, now, after=row.plain(), number=number)
        return row


def _open_for(number: int, by: Actor) -> Statement:
    """Give a version that waits and that the actor may speak on; nobody approves what they issued."""
    statement = get_statement(number)
    if state_of(statement) != "waiting":
        raise Conflict(gettext("この版の承認はすでに済んでいます。"))
    if statement.recorded_by == by.id:
        raise Forbidden(gettext("発行した本人は承認も差戻しもできません。別の承認者に依頼してください。"))
    return statement
