"""Pages of decisions: the list of controls, one control with its history, deciding on one or on many, importing."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import flash, g, redirect, request, url_for
from markupsafe import Markup
from wtforms.fields import SelectChoice

from isms import trail
from isms.catalogue import imports, rules, transition
from isms.catalogue.editions import Edition, Kind, Requirement, natural
from isms.catalogue.forms import ANSWERS, DecisionForm, ImportForm, ManyForm
from isms.catalogue.models import Decision
from isms.catalogue.numbers import folded
from isms.catalogue.wording import adapted
from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import clock, settings
from isms.core.days import UnreadableDay, read_day
from isms.core.errors import NotFound
from isms.core.imports import Verdict
from isms.core.nexturl import safe_next
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.people import previews
from isms.people.models import ImportPreview
from isms.trail import kinds

room = Room("catalogue", __name__)

trail.show("decision", lambda i: url_for("catalogue.recorded", decision_id=i) if g.actor.has(P.CONTROLS_READ) else None)

LARGEST_SHEET = 20_000_000
UNDECIDED = lazy_gettext("未決定")


@dataclass(frozen=True)
class Listed:
    """A control with the decision in force on the day."""

    requirement: Requirement
    decision: Decision | None

    @property
    def answer(self) -> str:
        return "undecided" if self.decision is None else ANSWERS[self.decision.applicable]

    @property
    def implementation(self) -> str:
        return self.decision.implementation if self.decision and self.decision.applicable else ""

    @property
    def owner(self) -> str:
        return self.decision.owner.name if self.decision and self.decision.owner_id else ""

    @property
    def title(self) -> Any:
        """Give the title; one that nobody confirmed says so."""
        title = str(self.requirement.title)
        if not self.requirement.provisional:
            return title
        return Markup('{} <small class="mut">{}</small>').format(title, gettext("仮訳"))


ANSWER_WORDS: dict[str, Any] = {"yes": APPLICABLE[True], "no": APPLICABLE[False], "undecided": UNDECIDED}


def _mentions(row: Listed, text: str) -> bool:
    told = f"{row.requirement.id} {row.requirement.title_ja} {row.requirement.title_en} {row.owner}"
    return folded(text) in folded(told)


def _theme_choices() -> list[tuple[str, Any]]:
    themes = rules.standards().edition(rules.edition_id_on(settings.today(clock.now()))).themes
    return [(theme, label) for theme, label in themes.items()]


def _told(name: str) -> Any:
    return lambda row: getattr(row.decision, name) if row.decision else None


DECISIONS = Table(
    "decisions",
    lazy_gettext("管理策の決定"),
    [
        Column("id", lazy_gettext("番号"), lambda r: r.requirement.id, sort=lambda r: natural(r.requirement.id)),
        Column("title", lazy_gettext("管理策"), sort=lambda r: str(r.requirement.title)),
        Column("answer", lazy_gettext("採否"), lambda r: ANSWER_WORDS[r.answer], sort=lambda r: r.answer, nowrap=True),
        Column("justification", lazy_gettext("理由"), _told("justification")),
        Column(
            "implementation",
            lazy_gettext("実施状況"),
            lambda r: IMPLEMENTATION.get(r.implementation, ""),
            sort=lambda r: list(IMPLEMENTATION).index(r.implementation) if r.implementation else None,
            nowrap=True,
        ),
        Column("owner", lazy_gettext("責任者"), sort=lambda r: r.owner or None, nowrap=True),
        Column("from_day", lazy_gettext("適用日"), _told("from_day"), sort=_told("from_day"), nowrap=True),
        Column("note", lazy_gettext("備考"), _told("note"), hidden=True),
    ],
    default_sort="id",
    filters=[
        Filter("q", lazy_gettext("番号・表題・責任者"), lambda rows, text: [r for r in rows if _mentions(r, text)]),
        Filter(
            "theme",
            lazy_gettext("管理策の区分"),
            lambda rows, value: [r for r in rows if r.requirement.theme == value],
            kind="select",
            choices=_theme_choices,
        ),
        Filter(
            "answer",
            lazy_gettext("採否"),
            lambda rows, value: [r for r in rows if r.answer == value],
            kind="select",
            choices=lambda: list(ANSWER_WORDS.items()),
        ),
        Filter(
            "implementation",
            lazy_gettext("実施状況"),
            lambda rows, value: [r for r in rows if r.implementation == value],
            kind="select",
            choices=lambda: list(IMPLEMENTATION.items()),
        ),
    ],
    page_size=150,
    row_href=lambda row: url_for("catalogue.control", edition_id=row.requirement.edition, key=row.requirement.key),
    empty=(lazy_gettext("この版には管理策がありません"), ""),
    keep=("day", "edition"),
)


def asked_day() -> date:
    """Read the day that is asked for; today when none or no day was given."""
    today = settings.today(clock.now())
    try:
        return read_day(request.args["day"]) if request.args.get("day") else today
    except UnreadableDay as error:
        flash(str(error), "error")
        return today


def asked_edition(day: date) -> Edition:
    """Give the edition that is asked for, else the one in force on the day; only editions that decisions are made on."""
    wanted = request.args.get("edition") or rules.edition_id_on(day)
    if wanted not in {one.id for one in rules.standards().editions_of(rules.STANDARD)}:
        raise NotFound()
    return adapted(wanted)


def listed(edition: Edition, day: date) -> list[Listed]:
    """Give the controls that the person may know of, with the decisions of the day."""
    decided = rules.decisions_on(edition.id, day)
    seen = rules.in_sight(g.actor, P.CONTROLS_READ, edition.id)
    return [Listed(row, decided.get(row.key)) for row in edition.of_kind(Kind.CONTROL) if seen(row.key)]


@room.route("/decisions", permission=P.CONTROLS_READ)
def index() -> Answer:
    """List the controls of an edition with the decisions of a day."""
    day = asked_day()
    edition = asked_edition(day)
    rows = listed(edition, day)
    return DECISIONS.answer(
        rows,
        day=day,
        edition=edition,
        editions=rules.standards().editions_of(rules.STANDARD),
        undecided=sum(row.decision is None for row in rows),
        may_decide=g.actor.has(P.CONTROLS_DECIDE),
    )


@room.route("/decisions/<edition_id>/<key>", permission=P.CONTROLS_READ)
def control(edition_id: str, key: str) -> Answer:
    """Show a control: what the standard says, what is decided, and how it came about."""
    requirement = seen_control(edition_id, key)
    history = rules.history(edition_id, key)
    today = settings.today(clock.now())
    standards = rules.standards()
    original = standards.edition(edition_id).find(key)
    return {
        "requirement": requirement,
        "edition": standards.edition(edition_id),
        "listed": Listed(requirement, next((row for row in history if row.from_day <= today), None)),
        "history": history,
        "who": kinds.names({row.recorded_by for row in history}),
        "original": original,
        "before": standards.predecessors(original) if original else (),
        "after": standards.successors(original) if original else (),
        "references": [one for one in standards.references(original) if one.kind is not Kind.HEADING]
        if original
        else (),
        "APPLICABLE": APPLICABLE,
        "IMPLEMENTATION": IMPLEMENTATION,
        "may_decide": g.actor.has(P.CONTROLS_DECIDE),
    }


@room.route("/decisions/recorded/<int:decision_id>", permission=P.CONTROLS_READ)
def recorded(decision_id: int) -> Answer:
    """Lead from a recorded decision to the page of its control."""
    row = rules.get_decision(decision_id)
    seen_control(row.edition, row.key)
    return redirect(url_for("catalogue.control", edition_id=row.edition, key=row.key))


def seen_control(edition_id: str, key: str) -> Requirement:
    """Give a control that the person may know of; raises NotFound."""
    requirement = rules.get_requirement(edition_id, key)
    if requirement.kind is not Kind.CONTROL or not rules.in_sight(g.actor, P.CONTROLS_READ, edition_id)(key):
        raise NotFound()
    return requirement


@room.route("/decisions/<edition_id>/<key>/decide", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE)
def decide(edition_id: str, key: str) -> Answer:
    """Decide on one control."""
    now = clock.now()
    requirement = seen_control(edition_id, key)
    before = _before(edition_id, key, asked_day())
    form = DecisionForm(**_start(before), from_day=asked_day())
    back = safe_next(request.args.get("next"), url_for("catalogue.control", edition_id=edition_id, key=key))
    if form.run(lambda: rules.decide(edition_id, key, **form.said(), by=g.actor, now=now)):
        flash(gettext("%(number)s の決定を記録しました。", number=requirement.id))
        return redirect(back, 303)
    return {"form": form, "requirement": requirement, "back": back, "proposal": before, "HOW": IMPLEMENTATION}


def _before(edition_id: str, key: str, day: date) -> Any:
    """Give what a decision starts from: the one in force, or the proposal of a transition to this edition."""
    if (standing := rules.decisions_on(edition_id, day).get(key)) is not None:
        return standing
    in_force = rules.edition_id_on(settings.today(clock.now()))
    ahead = transition.next_edition(in_force)
    if ahead is None or ahead.id != edition_id:
        return None
    return transition.plan(in_force, edition_id, day).find(key)


def _start(before: Any) -> dict[str, Any]:
    """Give the form's first values."""
    said = before.suggestion if isinstance(before, transition.Proposal) else before
    if said is None:
        return {}
    return {
        "applicable": ANSWERS[said.applicable],
        "justification": said.justification,
        "implementation": said.implementation,
        "owner_id": said.owner_id,
        "note": said.note,
    }


@room.route("/decisions/many", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE)
def decide_many() -> Answer:
    """Decide the same on several controls."""
    now, day = clock.now(), asked_day()
    edition = asked_edition(day)
    rows = listed(edition, day)
    form = ManyForm(from_day=day)
    form.keys.choices = [SelectChoice(row.requirement.key, row.requirement.id) for row in rows]

    def rule() -> list[Decision]:
        said = form.said()
        from_day = said.pop("from_day")
        each = [rules.Said(key=key, **said) for key in form.keys.data or []]
        return rules.decide_many(edition.id, each, from_day=from_day, by=g.actor, now=now)

    made = form.run(rule)
    if isinstance(made, list):
        flash(gettext("%(number)s件の管理策の決定を記録しました。", number=len(made)))
        return redirect(url_for("catalogue.index", edition=edition.id, day=request.args.get("day")), 303)
    return {"form": form, "rows": rows, "edition": edition, "day": day, "HOW": IMPLEMENTATION}


@room.route("/decisions/import", methods=["GET", "POST"], permission=P.CONTROLS_DECIDE, upload=lambda: LARGEST_SHEET)
def import_decisions() -> Answer:
    """Take a sheet in for its preview; nothing is decided."""
    form = ImportForm()
    kept = form.run(
        lambda: previews.keep(
            "decisions", form.file.data.filename or "", form.file.data.read(), by=g.actor, now=clock.now()
        )
    )
    if isinstance(kept, ImportPreview):
        return redirect(url_for("catalogue.preview_import", preview_id=kept.id), 303)
    return {"form": form, "headers": imports.HEADERS, "heading": imports.heading, "required": imports.REQUIRED}


@room.route("/decisions/import/<int:preview_id>", permission=P.CONTROLS_DECIDE)
def preview_import(preview_id: int) -> Answer:
    """Show what the import would do, row by row."""
    kept = previews.get(preview_id, "decisions", by=g.actor)
    plan = imports.plan(kept.content, kept.filename, by=g.actor, now=clock.now())
    return previews.answer(plan, kept=kept, labels={field: imports.heading(field) for field in imports.HEADERS})


@room.route(
    "/decisions/import/<int:preview_id>", methods=["POST"], endpoint="take_import", permission=P.CONTROLS_DECIDE
)
def take_import(preview_id: int) -> Answer:
    """Import the sheet that was previewed: all of it or nothing."""
    kept = previews.get(preview_id, "decisions", by=g.actor)
    counts = imports.take(kept.content, kept.filename, by=g.actor, now=clock.now()).counts()
    flash(
        gettext(
            "決定を取り込みました（新規%(new)s件、変更%(changed)s件、変更なし%(same)s件）。",
            new=counts[Verdict.NEW],
            changed=counts[Verdict.CHANGED],
            same=counts[Verdict.SAME],
        )
    )
    return redirect(url_for("catalogue.index"), 303)
