"""On which days a schedule is due: its rule over the working days. Nothing is stored, and nothing but the days is asked."""

from datetime import date, timedelta
from typing import NamedTuple

from isms.calendar import working
from isms.calendar.models import Schedule
from isms.calendar.recurrence import nominals
from isms.calendar.working import FARTHEST, Working

REACH = timedelta(days=FARTHEST)
DAY = timedelta(days=1)


class Time(NamedTuple):
    """One time of a schedule: the day that the rule gave, and the day on which it is due."""

    nominal: date
    due: date


def times_of(
    schedule: Schedule, from_day: date, to_day: date, days: Working | None = None, *, after: date | None = None
) -> list[Time]:
    """Give the times due from a day to a day by the rule as it stands, in order; none whose nominal is up to `after`."""
    days = days or working.known()
    begin = max(from_day - REACH, schedule.since) - DAY
    until = to_day + REACH if schedule.to_day is None else min(to_day + REACH, schedule.to_day)
    begin = begin if after is None else max(begin, after)
    found = (
        Time(nominal, due)
        for nominal in nominals(schedule.rrule, schedule.from_day, begin, until)
        if (due := days.moved(nominal, schedule.day_rule)) is not None
    )
    return [time for time in found if from_day <= time.due <= to_day]


def days_of(schedule: Schedule, from_day: date, to_day: date) -> list[date]:
    """Give the days from a day to a day on which the schedule is due."""
    return [time.due for time in times_of(schedule, from_day, to_day)]


def next_times(schedule: Schedule, day: date, number: int, days: Working | None = None) -> list[Time]:
    """Give the next times that are due on or after the day, at most so many."""
    days = days or working.known()
    span = timedelta(days=92)
    while True:
        found = times_of(schedule, day, day + span, days)
        if len(found) >= number or span.days > 366 * 40:
            return found[:number]
        span *= 4
