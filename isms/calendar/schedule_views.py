"""Pages of schedules and of the days on which nobody works."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, url_for

from isms import trail
from isms.calendar import kinds, rules, working
from isms.calendar import schedules as entering
from isms.calendar.days import Time, next_times
from isms.calendar.forms import ClosedDaysForm, EndClosedDaysForm, EndForm, ScheduleForm
from isms.calendar.models import ClosedDays, Schedule
from isms.calendar.owners import Owning
from isms.calendar.plan import recent
from isms.calendar.states import STATES
from isms.calendar.views import room, words_of
from isms.calendar.words import PDCA
from isms.calendar.working import DAY_RULES
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.catalogue.wording import adapted
from isms.core import clock, settings
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext

SHOWN = 5  # days that are shown before a schedule is saved

trail.show("schedule", lambda i: url_for("calendar.schedule", schedule_id=i) if g.actor.has(P.CALENDAR_READ) else None)
trail.show(
    "closed_days",
    lambda i: url_for("calendar.edit_closed_days", closed_id=i) if g.actor.has(P.CALENDAR_EDIT) else None,
)


def _load(rows: list[Schedule]) -> None:
    """Write into the schedules whose they are and when they are due next; constant queries."""
    today = settings.today(clock.now())
    owning, days = Owning(today), working.known()
    for row in rows:
        row.owner = owning.of(row)
        coming = next_times(row, today, 1, days)
        row.next_due = coming[0].due if coming else None


def _in_use(query: Any, value: str) -> Any:
    today = settings.today(clock.now())
    going = Schedule.to_day.is_null() | (Schedule.to_day >= today)
    return query.where(going if value == "going" else ~going)


SCHEDULES = Table(
    "schedules",
    lazy_gettext("予定の決まり"),
    [
        Column("title", lazy_gettext("件名"), expr=Schedule.title),
        Column("kind", lazy_gettext("種類"), lambda s: kinds.label_of(s.kind), expr=Schedule.kind, nowrap=True),
        Column("words", lazy_gettext("くり返し"), words_of, expr=Schedule.words),
        Column("next_due", lazy_gettext("次の期限"), nowrap=True),
        Column("owner", lazy_gettext("担当"), lambda s: s.owner.words),
        Column("pdca", lazy_gettext("PDCA"), lambda s: PDCA[s.pdca], expr=Schedule.pdca, nowrap=True),
        Column("from_day", lazy_gettext("始まりの日"), expr=Schedule.from_day, nowrap=True),
        Column("to_day", lazy_gettext("終わりの日"), expr=Schedule.to_day, nowrap=True),
    ],
    default_sort="title",
    filters=[
        Filter("q", lazy_gettext("言葉"), lambda query, text: query.where(contains(Schedule.title, text))),
        Filter(
            "kind",
            lazy_gettext("種類"),
            lambda query, value: query.where(Schedule.kind == value),
            kind="select",
            choices=lambda: [(name, kinds.label_of(name)) for name in kinds.KINDS],
        ),
        Filter(
            "state",
            lazy_gettext("状態"),
            _in_use,
            kind="select",
            choices=[("going", lazy_gettext("続いている")), ("ended", lazy_gettext("終わった"))],
        ),
    ],
    row_href=lambda row: url_for("calendar.schedule", schedule_id=row.id),
    prefetch=_load,
    empty=(
        lazy_gettext("予定がまだありません"),
        lazy_gettext("毎年、毎月、毎週くり返すことを登録すると、時期が来るたびに担当の人のやることに出ます。"),
    ),
)
CLOSED = Table(
    "closed-days",
    lazy_gettext("休業日"),
    [
        Column("name", lazy_gettext("名前"), expr=ClosedDays.name),
        Column("from_day", lazy_gettext("始まりの日"), expr=ClosedDays.from_day, nowrap=True),
        Column("to_day", lazy_gettext("終わりの日"), expr=ClosedDays.to_day, nowrap=True),
        Column("yearly", lazy_gettext("毎年くり返す"), lambda row: gettext("毎年") if row.yearly else ""),
        Column("last_day", lazy_gettext("この日まで数える"), expr=ClosedDays.last_day, nowrap=True),
    ],
    default_sort="-from_day",
    row_href=lambda row: url_for("calendar.edit_closed_days", closed_id=row.id) if g.actor.has(P.CALENDAR_EDIT) else "",
    empty=(
        lazy_gettext("休業日がまだありません"),
        lazy_gettext("週末と国民の祝日のほかに休む日（年末年始、創立記念日など）を登録します。"),
    ),
)


@room.get("/calendar/schedules", permission=P.CALENDAR_READ)
def schedules() -> Answer:
    """List the schedules."""
    return SCHEDULES.answer(Schedule.select(), may_edit=g.actor.has(P.CALENDAR_EDIT))


@room.get("/calendar/schedules/<int:schedule_id>", permission=P.CALENDAR_READ)
def schedule(schedule_id: int) -> Answer:
    """Show a schedule: its rule, whose it is, what it proves, when it is due next and how it went."""
    found, today = rules.get_schedule(schedule_id), settings.today(clock.now())
    pairs = rules.controls_on(found, today)
    return {
        "schedule": found,
        "understood": words_of(found),
        "kind": kinds.label_of(found.kind),
        "about": kinds.REGISTERS.get(found.about, ("", ""))[0],
        "owner": rules.owners_of(found, today),
        "controls": [(edition, adapted(edition).get(key)) for edition, key in pairs],
        "times": next_times(found, today, SHOWN),
        "recent": recent(found, today),
        "states": STATES,
        "pdca": PDCA,
        "day_rules": DAY_RULES,
        "may_edit": g.actor.has(P.CALENDAR_EDIT) and kinds.is_entered_here(found.kind),
        "may_see_controls": g.actor.has(P.CONTROLS_READ),
        "trail": f"schedule:{schedule_id}" if g.actor.has(P.TRAIL_READ) else None,
    }


@room.route("/calendar/schedules/new", methods=["GET", "POST"], permission=P.CALENDAR_EDIT)
def new_schedule() -> Answer:
    """Add a schedule, once what was understood has been seen."""
    now = clock.now()
    form = ScheduleForm(from_day=settings.today(now), lead_days=14, pdca="D", owner_kind="role", role="officer")
    made = _twice(form, lambda values: rules.add_schedule(**values, by=g.actor, now=now))
    if isinstance(made, Schedule):
        flash(gettext("予定「%(title)s」を登録しました。", title=made.title))
        return redirect(url_for("calendar.schedule", schedule_id=made.id), 303)
    return {"form": form, "seen": made}


@room.route("/calendar/schedules/<int:schedule_id>/edit", methods=["GET", "POST"], permission=P.CALENDAR_EDIT)
def edit_schedule(schedule_id: int) -> Answer:
    """Change a schedule, once what was understood has been seen."""
    found, now = _entered_here(schedule_id), clock.now()
    form = ScheduleForm(**entering.as_entered(found), version=found.version, controls=_proven(found)[0])
    del form.kind  # it never changes
    if found.kind != "register_review":
        del form.about
    version = form.version.data
    made = _twice(
        form,
        lambda values: rules.change_schedule(schedule_id, **values, version=version, by=g.actor, now=now),
        found,
    )
    if isinstance(made, Schedule):
        flash(gettext("変更しました。"))
        return redirect(url_for("calendar.schedule", schedule_id=schedule_id), 303)
    return {"form": form, "seen": made, "schedule": found}


def _entered_here(schedule_id: int) -> Schedule:
    """Give the schedule, which no other room keeps."""
    found = rules.get_schedule(schedule_id)
    if not kinds.is_entered_here(found.kind):
        raise Conflict(gettext("この予定は「%(kind)s」の画面で変更します。", kind=kinds.label_of(found.kind)))
    return found


def _proven(one: Schedule) -> tuple[str, list[tuple[str, str]]]:
    """Give the numbers that the form shows, of the edition in force, and what of other standards stays as it is."""
    today = settings.today(clock.now())
    edition, pairs = catalogue.edition_on(today), rules.controls_on(one, today)
    numbers = [edition.get(key).spelled for which, key in pairs if which == edition.id]
    return gettext("、").join(numbers), [pair for pair in pairs if pair[0] != edition.id]


def _values(form: ScheduleForm, others: list[tuple[str, str]]) -> dict[str, Any]:
    """Give the values as the rule takes them, with the numbers read in the edition that is in force today."""
    values = {name: value for name, value in form.values().items() if name not in ("understood", "version")}
    edition = catalogue.edition_on(settings.today(clock.now()))
    try:
        wanted = read_all(edition, values["controls"])
    except Invalid as error:
        raise Invalid({"controls": error.fields[""]}) from error
    values["lead_days"] = values["lead_days"] or 0
    return values | {"controls": [*((edition.id, requirement.key) for requirement in wanted), *others]}


def _twice(form: ScheduleForm, rule: Callable[[dict[str, Any]], Schedule], found: Schedule | None = None) -> Any:
    """Run the rule when what is asked for has been seen; else give what was understood of it, None with errors."""

    def seen_or_done() -> Any:
        values = _values(form, _proven(found)[1] if found else [])
        kind = {"kind": found.kind, "about": found.about} if found else {}
        one = entering.begun(entering.checked({**kind, **values}), settings.today(clock.now()))
        mark = f"{one.rrule} {one.day_rule} {one.from_day} {one.to_day}"
        if form.understood.data == mark:
            return rule(values)
        form.understood.data = mark
        return Seen(one, next_times(one, one.since, SHOWN))

    return form.run(seen_or_done)


class Seen:
    """What was understood of a schedule that is not saved yet."""

    def __init__(self, one: Schedule, times: list[Time]) -> None:
        self.schedule, self.times, self.words = one, times, words_of(one)
        self.day_rule = DAY_RULES[one.day_rule]


@room.route("/calendar/schedules/<int:schedule_id>/end", methods=["GET", "POST"], permission=P.CALENDAR_EDIT)
def end_schedule(schedule_id: int) -> Answer:
    """End a schedule."""
    found, now = _entered_here(schedule_id), clock.now()
    form = EndForm(to_day=settings.today(now), version=found.version)
    if form.run(
        lambda: rules.end_schedule(schedule_id, to_day=form.to_day.data, version=form.version.data, by=g.actor, now=now)
    ):
        flash(gettext("予定を終えました。"))
        return redirect(url_for("calendar.schedule", schedule_id=schedule_id), 303)
    return {"form": form, "schedule": found}


@room.get("/calendar/closed-days", permission=P.CALENDAR_READ)
def closed_days() -> Answer:
    """List the closed days, and the public holidays to come."""
    return CLOSED.answer(
        ClosedDays.select(),
        may_edit=g.actor.has(P.CALENDAR_EDIT),
        weekend=settings.SETTINGS["weekend"].shown(),
        holidays=working.holidays_after(settings.today(clock.now()), SHOWN),
    )


@room.route("/calendar/closed-days/new", methods=["GET", "POST"], permission=P.CALENDAR_EDIT)
def new_closed_days() -> Answer:
    """Add closed days."""
    form = ClosedDaysForm()
    if form.run(lambda: rules.add_closed_days(**_closing(form), by=g.actor, now=clock.now())):
        flash(gettext("休業日を登録しました。"))
        return redirect(url_for("calendar.closed_days"), 303)
    return {"form": form}


def _closing(form: ClosedDaysForm) -> dict[str, Any]:
    return {name: value for name, value in form.values().items() if name != "version"}


@room.route("/calendar/closed-days/<int:closed_id>/edit", methods=["GET", "POST"], permission=P.CALENDAR_EDIT)
def edit_closed_days(closed_id: int) -> Answer:
    """Change closed days."""
    found = rules.get_closed_days(closed_id)
    form = ClosedDaysForm(obj=found)
    if form.run(
        lambda: rules.change_closed_days(
            closed_id, **_closing(form), version=form.version.data, by=g.actor, now=clock.now()
        )
    ):
        flash(gettext("変更しました。"))
        return redirect(url_for("calendar.closed_days"), 303)
    return {"form": form, "closed": found}


@room.route("/calendar/closed-days/<int:closed_id>/end", methods=["GET", "POST"], permission=P.CALENDAR_EDIT)
def end_closed_days(closed_id: int) -> Answer:
    """Let closed days end."""
    found, now = rules.get_closed_days(closed_id), clock.now()
    form = EndClosedDaysForm(last_day=settings.today(now), version=found.version)
    if form.run(
        lambda: rules.end_closed_days(
            closed_id, last_day=form.last_day.data, version=form.version.data, by=g.actor, now=now
        )
    ):
        flash(gettext("休業日を終えました。"))
        return redirect(url_for("calendar.closed_days"), 303)
    return {"form": form, "closed": found}
