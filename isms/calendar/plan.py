"""What comes round between two days: what has rows and what the rules give, each with its state and its owners."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import JOIN, fn

from isms.calendar import kinds, working
from isms.calendar.days import REACH, times_of
from isms.calendar.models import Occurrence, OccurrenceStep, Opening, Schedule
from isms.calendar.owners import Owners, Owning
from isms.calendar.recurrence import is_daily
from isms.calendar.states import ENDS, Standing, standing
from isms.core.database import among


@dataclass(frozen=True)
class Planned:
    """One time of a schedule. `due` is the day that counts now, `was_due` the one before it was postponed."""

    schedule: Schedule
    nominal: date
    due: date
    was_due: date
    state: str
    owners: Owners
    occurrence: Occurrence | None = None
    opened_on: date | None = None
    end: OccurrenceStep | None = None  # the step that ended it: done, skipped, substituted
    move: OccurrenceStep | None = None  # the newest postponement

    @property
    def title(self) -> str:
        """Give the schedule's title."""
        return str(self.schedule.title)

    @property
    def pdca(self) -> str:
        """Give the phase: P, D, C, A."""
        return str(self.schedule.pdca)

    @property
    def opens_on(self) -> date:
        """Give the day on which it opens."""
        return self.due - timedelta(days=self.schedule.lead_days)

    @property
    def whole_month(self) -> bool:
        """Tell whether it is planned to a month and no day of it."""
        return bool(self.schedule.whole_month) and self.move is None

    @property
    def occurrence_id(self) -> int | None:
        """Give the number of its row; None as long as it has none."""
        return None if self.occurrence is None else self.occurrence.id

    @property
    def done_on(self) -> date | None:
        """Give the day on which it was done, itself or in another way."""
        return self.end.day if self.end is not None and self.end.kind != "skipped" else None


def planned(from_day: date, to_day: date, today: date, *, daily: bool = False) -> list[Planned]:
    """Give what is due from a day to a day, in order of day and title; constant queries. Daily work only when asked for."""
    schedules = {row.id: row for row in _schedules(from_day - REACH, to_day + REACH, daily)}
    owning, days = Owning(today), working.known()
    moved = OccurrenceStep.select(OccurrenceStep.occurrence).where(OccurrenceStep.to_day.between(from_day, to_day))
    near = Occurrence.nominal.between(from_day - REACH, to_day + REACH)
    rows = _rows((near | Occurrence.due.between(from_day, to_day) | Occurrence.id.in_(moved)), schedules)
    there = {(row.schedule_id, row.nominal) for row in rows}
    found = _standing(rows, schedules, owning, today)
    for schedule in schedules.values():
        for time in times_of(schedule, from_day, to_day, days):
            if (schedule.id, time.nominal) not in there:
                state = standing(time.due, ()).state(False, today)
                found.append(Planned(schedule, time.nominal, time.due, time.due, state, owning.of(schedule)))
    inside = [one for one in found if from_day <= one.due <= to_day]
    return sorted(inside, key=lambda one: (one.due, one.schedule.title, one.schedule.id, one.nominal))


def open_now(today: date, among_kinds: Iterable[str]) -> list[Planned]:
    """Give what has opened and not ended, of some kinds, in order of day; constant queries."""
    newest = OccurrenceStep.select(OccurrenceStep.kind).where(OccurrenceStep.occurrence == Occurrence.id)
    newest = newest.order_by(OccurrenceStep.id.desc()).limit(1)
    going = fn.COALESCE(newest, "opened").not_in(ENDS) & Opening.id.is_null(False)
    schedules = {row.id: row for row in Schedule.select().where(Schedule.kind.in_(list(among_kinds)))}
    found = _standing(_rows(going, schedules), schedules, Owning(today), today)
    return sorted(found, key=lambda one: (one.due, one.schedule.title, one.nominal))


def ended(from_day: date, today: date, among_kinds: Iterable[str]) -> list[Planned]:
    """Give what was due from the day up to yesterday and has opened, of some kinds; constant queries."""
    schedules = {row.id: row for row in Schedule.select().where(Schedule.kind.in_(list(among_kinds)))}
    moved = OccurrenceStep.select(OccurrenceStep.occurrence).where(OccurrenceStep.to_day.between(from_day, today))
    due = Occurrence.due.between(from_day, today) | Occurrence.id.in_(moved)
    found = _standing(_rows(due & Opening.id.is_null(False), schedules), schedules, Owning(today), today)
    return [one for one in found if from_day <= one.due < today or one.done_on is not None]


def of_occurrence(occurrence: Occurrence, today: date) -> Planned:
    """Give one occurrence as the lists show it."""
    schedules = {occurrence.schedule_id: occurrence.schedule}
    return _standing(_rows(Occurrence.id == occurrence.id, schedules), schedules, Owning(today), today)[0]


def recent(schedule: Schedule, today: date, most: int = 12) -> list[Planned]:
    """Give the newest rows of a schedule, the newest first; constant queries."""
    query = Occurrence.select(Occurrence.id).where(Occurrence.schedule == schedule)
    newest = [i for (i,) in query.order_by(Occurrence.nominal.desc()).limit(most).tuples()]
    schedules = {schedule.id: schedule}
    found = _standing(_rows(among(Occurrence.id, newest), schedules), schedules, Owning(today), today)
    return sorted(found, key=lambda one: one.nominal, reverse=True)


def _schedules(from_day: date, to_day: date, daily: bool) -> list[Schedule]:
    query = Schedule.select().where(Schedule.from_day <= to_day)
    return [row for row in query.order_by(Schedule.id) if daily or not is_daily(row.rrule)]


def _rows(condition: Any, schedules: dict[int, Schedule]) -> list[Occurrence]:
    """Give the rows with their openings."""
    query = Occurrence.select(Occurrence, Opening).join(Opening, JOIN.LEFT_OUTER, attr="opening")
    return list(query.where(among(Occurrence.schedule, schedules), condition).order_by(Occurrence.id))


def _standing(rows: list[Occurrence], schedules: dict[int, Schedule], owning: Owning, today: date) -> list[Planned]:
    """Give how it stands with the rows; those that never opened and that the schedule's end left out are left out."""
    steps: dict[int, list[OccurrenceStep]] = {row.id: [] for row in rows}
    wanted = OccurrenceStep.select().where(among(OccurrenceStep.occurrence, steps))
    for step in wanted.order_by(OccurrenceStep.id):
        steps[step.occurrence_id].append(step)
    found = []
    for row in rows:
        schedule, how = schedules[row.schedule_id], standing(row.due, steps[row.id])
        opened_on = None if row.opening is None else row.opening.day
        if opened_on is None and not steps[row.id] and schedule.to_day is not None and row.nominal > schedule.to_day:
            continue
        found.append(_planned(row, schedule, how, opened_on, owning, today))
    return found


def _planned(
    row: Occurrence, schedule: Schedule, how: Standing, opened_on: date | None, owning: Owning, today: date
) -> Planned:
    state = how.state(opened_on is not None, today)
    owners = owning.of(schedule)
    row.schedule = schedule
    return Planned(schedule, row.nominal, how.due, row.due, state, owners, row, opened_on, how.end, how.move)


def own_kinds() -> list[str]:
    """Give the kinds whose duties the calendar tells."""
    return [kind.name for kind in kinds.KINDS.values() if kind.own]
