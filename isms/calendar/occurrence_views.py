"""Pages of one occurrence: what it is and how it stands, and what becomes of it."""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from flask import flash, g, redirect, render_template, url_for

from isms.calendar import collecting, kinds, rules, showing
from isms.calendar import occurrence_forms as forms
from isms.calendar.days import REACH, Time, times_of
from isms.calendar.layout import SEALS
from isms.calendar.models import Occurrence, Schedule
from isms.calendar.owners import owners_of
from isms.calendar.states import STATES, Standing, standing
from isms.calendar.views import link, room, words_of
from isms.calendar.words import PDCA
from isms.catalogue.editions import Requirement
from isms.core import clock, settings
from isms.core.days import fiscal_year
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import Permission as P
from isms.core.permissions import demand, may
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext
from isms.evidence import files as file_rules
from isms.evidence import rules as evidence
from isms.evidence.models import Evidence

NO_HISTORY: dict[str, Any] = {"laid": [], "returned": None, "diary": []}
BEGIN, END = date(1990, 1, 1), date(2200, 1, 1)  # no time is asked for beyond


class Deed(NamedTuple):
    """What may become of an occurrence: its form, its rule, its words."""

    title: Any
    button: Any
    told: Any
    form: type[Any]
    rule: Callable[..., Any]


DEEDS = {
    "finish": Deed(
        lazy_gettext("実施した"),
        lazy_gettext("実施済みにする"),
        lazy_gettext("実施済みにしました。"),
        forms.FinishForm,
        rules.finish,
    ),
    "reviewed": Deed(
        lazy_gettext("台帳を見直した"),
        lazy_gettext("見直しを終える"),
        lazy_gettext("見直しを記録しました。"),
        forms.ReviewedForm,
        collecting.record_review,
    ),
    "postpone": Deed(
        lazy_gettext("延期する"),
        lazy_gettext("延期する"),
        lazy_gettext("延期しました。"),
        forms.PostponeForm,
        rules.postpone,
    ),
    "substitute": Deed(
        lazy_gettext("代わりの方法で実施した"),
        lazy_gettext("代替実施として記録する"),
        lazy_gettext("代替実施として記録しました。"),
        forms.SubstituteForm,
        rules.substitute,
    ),
    "skip": Deed(
        lazy_gettext("今回は見送る"), lazy_gettext("見送る"), lazy_gettext("見送りました。"), forms.SkipForm, rules.skip
    ),
    "reopen": Deed(
        lazy_gettext("実施待ちに戻す"),
        lazy_gettext("戻す"),
        lazy_gettext("実施待ちに戻しました。"),
        forms.ReopenForm,
        rules.reopen,
    ),
}


def deeds_of(kind: str) -> list[str]:
    """Give what may become of an occurrence of the kind that waits; what other rooms do is finished there."""
    first = {"task": ["finish"], "register_review": ["reviewed"]}.get(kind, [])
    return [*first, "postpone", "substitute", "skip"]


@room.get("/calendar/occurrences/<int:occurrence_id>", permission=P.CALENDAR_READ)
def occurrence(occurrence_id: int) -> Answer:
    """Show an occurrence with its history."""
    return _shown(rules.seen_occurrence(occurrence_id, by=g.actor))


@room.route("/calendar/occurrences/<int:occurrence_id>/<deed>", methods=["GET", "POST"], permission=P.OCCURRENCES_DO)
def deed(occurrence_id: int, deed: str) -> Answer:
    """Say what became of it: done, postponed, skipped, done in another way, or open again."""
    now = clock.now()
    found = rules.doable(occurrence_id, by=g.actor, now=now)
    told = DEEDS.get(deed)
    if told is None or deed not in {*deeds_of(found.schedule.kind), "reopen"}:
        raise NotFound()
    form = told.form(data={"day": settings.today(now)})
    if form.run(lambda: told.rule(occurrence_id, **_arguments(form), by=g.actor, now=now)):
        flash(str(told.told))
        return redirect(url_for("calendar.occurrence", occurrence_id=occurrence_id), 303)
    how = standing(found.due, rules.steps_of(found.id))
    return {"form": form, "told": told, "occurrence": found, "due": how.due, "register": _register(found)}


def _arguments(form: Any) -> dict[str, Any]:
    """Give what was entered as the rules want it: evidence by its id."""
    values: dict[str, Any] = form.values()
    if "evidence_ref" in values:
        ref = values.pop("evidence_ref").strip().upper()
        row = evidence.readable(g.actor).where(Evidence.ref == ref).first() if ref else None
        if ref and row is None:
            raise Invalid({"evidence_ref": gettext("この番号の証跡はありません。")})
        values["evidence_id"] = row.id if row else None
    return values


@room.route(
    "/calendar/occurrences/<int:occurrence_id>/submit",
    methods=["GET", "POST"],
    permission=P.OCCURRENCES_DO,
    upload=file_rules.largest_request,
)
def submit(occurrence_id: int) -> Answer:
    """Lay down what was to be collected: files, a note, and how long they prove."""
    now = clock.now()
    found = rules.doable(occurrence_id, by=g.actor, now=now)
    if found.schedule.kind != "collect":
        raise NotFound()
    today = settings.today(now)
    until = collecting.covers_until(found, today, today)
    form = forms.CollectForm(data={"collected_on": today, "valid_until": until})
    if form.is_submitted():
        form.take_in()
    made = form.run(lambda: collecting.submit(occurrence_id, **form.arguments(), by=g.actor, now=now))
    if isinstance(made, Evidence):
        flash(gettext("%(ref)s として提出しました。ほかの人が確認すると有効になります。", ref=made.ref))
        return redirect(url_for("calendar.occurrence", occurrence_id=occurrence_id), 303)
    return {
        "form": form,
        "occurrence": found,
        "due": standing(found.due, rules.steps_of(found.id)).due,
        "returned": showing.returned(found.id),
        "largest": file_rules.largest_file(),
    }


@room.route("/calendar/schedules/<int:schedule_id>/times/<nominal>", methods=["GET"], permission=P.CALENDAR_READ)
def time(schedule_id: int, nominal: str) -> Answer:
    """Show a time that has no row yet; one that has is shown at its own address."""
    schedule, found = _time(schedule_id, nominal)
    row = Occurrence.get_or_none(Occurrence.schedule == schedule_id, Occurrence.nominal == found.nominal)
    if row is not None:
        return redirect(url_for("calendar.occurrence", occurrence_id=row.id), 303)
    ahead = url_for("calendar.take_up", schedule_id=schedule_id, nominal=found.nominal.isoformat())
    row = Occurrence(schedule=schedule, nominal=found.nominal, due=found.due)
    return render_template("calendar/occurrence.html", **_shown(row), ahead=ahead)


@room.route("/calendar/schedules/<int:schedule_id>/times/<nominal>", methods=["POST"], permission=P.OCCURRENCES_DO)
def take_up(schedule_id: int, nominal: str) -> Answer:
    """Make the row of a time ahead, so that it can be done early, postponed or skipped."""
    now = clock.now()
    schedule, found = _time(schedule_id, nominal)
    demand(g.actor, P.OCCURRENCES_DO, owners_of(schedule, settings.today(now)).thing(g.actor))
    row = rules.occurrence_at(schedule_id, found.nominal, by=g.actor, now=now)
    return redirect(url_for("calendar.occurrence", occurrence_id=row.id), 303)


def _time(schedule_id: int, text: str) -> tuple[Schedule, Time]:
    """Give a time of a schedule by the day that its rule gave; raises NotFound."""
    schedule = rules.get_schedule(schedule_id)
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise NotFound() from error
    near = times_of(schedule, max(day, BEGIN) - REACH, day + REACH) if BEGIN < day < END else []
    found = next((one for one in near if one.nominal == day), None)
    if found is None or not kinds.is_kept(schedule):
        raise NotFound()
    return schedule, found


def _shown(row: Occurrence) -> dict[str, Any]:
    """Give what the page of an occurrence shows, of one without a row too."""
    today = settings.today(clock.now())
    schedule = row.schedule
    steps = rules.steps_of(row.id) if row.id else []
    how = standing(row.due, steps)
    state = rules.state_of(row, today) if row.id else how.state(False, today)
    owners = owners_of(schedule, today)
    may_do = may(g.actor, P.OCCURRENCES_DO, owners.thing(g.actor))
    return {
        "occurrence": row,
        "schedule": schedule,
        "due": how.due,
        "was_due": row.due,
        "due_words": showing.due_words(schedule, how),
        "state": STATES[state],
        "seal": SEALS[state],
        "sentence": showing.sentence(how, state, today),
        "owners": owners,
        "kind": kinds.label_of(schedule.kind),
        "recurrence": words_of(schedule),
        "pdca": f"{schedule.pdca} {PDCA[schedule.pdca]}",
        "controls": [_control(one) for one in showing.requirements(schedule, today)],
        "register": _register(row),
        **(showing.history(row, lambda one: may_do or may(g.actor, P.EVIDENCE_READ, one)) if row.id else NO_HISTORY),
        "again": _again(row) if row.id else None,
        "may_do": may_do,
        "schedule_href": link("calendar.schedule", schedule_id=schedule.id),
        "actions": _actions(row, how) if row.id else [],
        "ended": how.end is not None,
        "fiscal": fiscal_year(how.due, settings.get("fiscal_year_start_month")),
    }


def _control(one: Requirement) -> dict[str, Any]:
    words = f"{one.spelled} {one.title}"
    return {"words": words, "href": link("status.control", edition_id=one.edition, key=one.key)}


def _register(row: Occurrence) -> dict[str, Any] | None:
    """Give the register that is to be reviewed, and where it stands for the reader."""
    if row.schedule.kind != "register_review":
        return None
    label, endpoint = kinds.REGISTERS.get(row.schedule.about, kinds.REGISTERS["other"])
    address = link(endpoint)
    return {"label": label, "href": address} if address else None


def _actions(row: Occurrence, how: Standing) -> list[dict[str, Any]]:
    """Give what may be done with an occurrence now, the nearest first."""
    if how.end is not None:
        return [_deed(row, "reopen")]
    first = []
    kind = kinds.KINDS.get(row.schedule.kind)
    if row.schedule.kind == "collect":
        first = [{"label": gettext("証跡を提出する"), "href": url_for("calendar.submit", occurrence_id=row.id)}]
    elif kind is not None and kind.work is not None:
        endpoint, values = kind.work(row)
        first = [{"label": gettext("仕事の画面を開く"), "href": url_for(endpoint, **values)}]
    return [*first, *(_deed(row, name) for name in deeds_of(row.schedule.kind))]


def _again(row: Occurrence) -> str | None:
    """Give where evidence that was sent back is submitted again; another kind's is corrected in its own room."""
    if row.schedule.kind == "collect":
        return url_for("calendar.submit", occurrence_id=row.id)
    review = row.schedule.kind == "register_review"
    return url_for("calendar.deed", occurrence_id=row.id, deed="reviewed") if review else None


def _deed(row: Occurrence, name: str) -> dict[str, Any]:
    return {"label": DEEDS[name].title, "href": url_for("calendar.deed", occurrence_id=row.id, deed=name)}
