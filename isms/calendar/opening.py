"""How the times of schedules become rows, and open: once each, in order, whichever process does it."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from peewee import JOIN, fn

from isms import trail
from isms.calendar import kinds, working
from isms.calendar.days import DAY, REACH, times_of
from isms.calendar.models import Occurrence, OccurrenceStep, Opening, Schedule
from isms.calendar.recurrence import nominals
from isms.calendar.states import standing
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import NotFound
from isms.core.permissions import SYSTEM, Actor
from isms.core.words import gettext


class Waiting(NamedTuple):
    """A time whose day of opening has come; in order of that day."""

    day: date
    schedule_id: int
    nominal: date


def get_schedule(schedule_id: int) -> Schedule:
    """Give the schedule; raises NotFound."""
    schedule = Schedule.get_or_none(Schedule.id == schedule_id)
    if schedule is None:
        raise NotFound()
    return schedule


def occurrence_at(schedule_id: int, nominal: date, *, by: Actor, now: datetime) -> Occurrence:
    """Give the occurrence of that time, and make its row when it has none; NotFound for a day that the rule does not give."""
    with atomic():
        row = Occurrence.get_or_none(Occurrence.schedule == schedule_id, Occurrence.nominal == nominal)
        if row is not None:
            return row
        schedule = get_schedule(schedule_id)
        due = _due_of(schedule, nominal)
        if due is None:
            raise NotFound(gettext("この予定に %(day)s の回はありません。", day=nominal))
        row = Occurrence.create(schedule=schedule, nominal=nominal, due=due, recorded_at=now, recorded_by=by.id)
        trail.record(by, "occurrence.planned", row, now, before=None, after=row.plain())
        return row


def _due_of(schedule: Schedule, nominal: date) -> date | None:
    """Give when the time is due by the rule as it stands; None when there is no such time."""
    if nominal < schedule.since or (schedule.to_day is not None and nominal > schedule.to_day):
        return None
    if not nominals(schedule.rrule, schedule.from_day, nominal - DAY, nominal):
        return None
    return working.moved(nominal, schedule.day_rule)


def open_occurrence(schedule_id: int, nominal: date, *, by: Actor, now: datetime) -> Occurrence | None:
    """Open the time, and let its kind do what opening means to it; None when it was opened before."""
    if _is_open(schedule_id, nominal):  # asked again below, alone
        return None
    with atomic():
        row = occurrence_at(schedule_id, nominal, by=by, now=now)
        if _is_open(schedule_id, nominal):
            return None
        day = settings.today(now)
        opening = Opening.create(occurrence=row, day=day, recorded_at=now, recorded_by=by.id)
        trail.record(by, "occurrence.opened", opening, now, before=None, after=opening.plain())
        kind = kinds.KINDS.get(row.schedule.kind)
        if kind is not None and kind.opened is not None:
            kind.opened(row, now)
        return row


def _is_open(schedule_id: int, nominal: date) -> bool:
    openings = Opening.select().join(Occurrence)
    return openings.where(Occurrence.schedule == schedule_id, Occurrence.nominal == nominal).exists()


def waiting(today: date, schedule_id: int | None = None) -> list[Waiting]:
    """Give what has to be opened by today, of all schedules or one, in order; six queries.

    What the system opened it opened in order, so of a schedule everything before the last of these is settled.
    """
    schedules = {row.id: row for row in _of(Schedule.select(), Schedule.id, schedule_id) if kinds.is_kept(row)}
    settled = dict(
        _of(Occurrence.select(Occurrence.schedule, fn.MAX(Occurrence.nominal)), Occurrence.schedule, schedule_id)
        .join(Opening)
        .where(Opening.recorded_by == SYSTEM.id)
        .group_by(Occurrence.schedule)
        .tuples()
    )
    rows = _of(Occurrence.select(Occurrence, Opening), Occurrence.schedule, schedule_id)
    rows = rows.join(Opening, JOIN.LEFT_OUTER, attr="opening").where(
        Opening.id.is_null() | (Opening.recorded_by != SYSTEM.id)
    )
    there = list(rows)
    made = {(row.schedule_id, row.nominal) for row in there}
    days = working.known()
    found = [*_moved(there, schedules, today)]
    for schedule in schedules.values():
        lead = timedelta(days=schedule.lead_days)
        after = settled.get(schedule.id)
        begin = schedule.since - REACH if after is None else after - REACH
        times = times_of(schedule, begin, today + lead, days, after=after)
        fresh = (time for time in times if (schedule.id, time.nominal) not in made)
        found += [Waiting(time.due - lead, schedule.id, time.nominal) for time in fresh]
    return sorted(found)


def _of(query, column, schedule_id: int | None):  # type: ignore[no-untyped-def]
    return query if schedule_id is None else query.where(column == schedule_id)


def _moved(rows: Iterable[Occurrence], schedules: dict[int, Schedule], today: date) -> Iterator[Waiting]:
    """Give the rows that were made ahead of their time, are not ended, and have to be opened by today."""
    ahead = [row for row in rows if row.opening is None and row.schedule_id in schedules]
    steps: dict[int, list[OccurrenceStep]] = {row.id: [] for row in ahead}
    for step in OccurrenceStep.select().where(OccurrenceStep.occurrence.in_(list(steps))).order_by(OccurrenceStep.id):
        steps[step.occurrence_id].append(step)
    for row in ahead:
        schedule, how = schedules[row.schedule_id], standing(row.due, steps[row.id])
        day = how.due - timedelta(days=schedule.lead_days)
        ended = schedule.to_day is not None and row.nominal > schedule.to_day
        if how.end is None and day <= today and not ended:
            yield Waiting(day, schedule.id, row.nominal)
