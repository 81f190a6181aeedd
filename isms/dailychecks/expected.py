"""Which checks are expected: on the days of the schedule, while the check, the department's part in it and the department last."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from peewee import ModelSelect

from isms.calendar.days import days_of
from isms.calendar.models import Schedule
from isms.calendar.recurrence import DAILY
from isms.calendar.working import working_days
from isms.core.days import month_span
from isms.core.errors import NotFound
from isms.dailychecks.models import DailyCheck, DailyDuty
from isms.people.models import Department
from isms.people.roster import on_day


def checks(day: date | None = None) -> ModelSelect:
    """Give the daily checks with their schedules, those of a day or all, the oldest first."""
    query = DailyCheck.select(DailyCheck, Schedule).join(Schedule).order_by(DailyCheck.id)
    return query if day is None else query.where(on_day(DailyCheck, day))


def get_daily(daily_id: int) -> DailyCheck:
    """Give the daily check with its schedule; raises NotFound."""
    found = checks().where(DailyCheck.id == daily_id).first()
    if found is None:
        raise NotFound()
    return found


def due_days(daily: DailyCheck, from_day: date, to_day: date) -> list[date]:
    """Give the days between two days on which the check is due, in order.

    Every working day is asked of the working days alone: a schedule's rule counts from its last change only.
    """
    schedule, first = daily.schedule, max(from_day, daily.from_day)
    last = min(to_day, daily.to_day or to_day, schedule.to_day or to_day)
    if first > last:
        return []
    every = schedule.rrule == DAILY and schedule.day_rule == "skip"
    return working_days(first, last) if every else days_of(schedule, first, last)


def duties_on(day: date) -> ModelSelect:
    """Give the parts of departments in checks on the day, with check, schedule and department."""
    return _duties().where(on_day(DailyDuty, day), on_day(DailyCheck, day), on_day(Department, day))


def _duties() -> ModelSelect:
    query = DailyDuty.select(DailyDuty, DailyCheck, Schedule, Department).join(DailyCheck).join(Schedule)
    return query.switch(DailyDuty).join(Department)


@dataclass(frozen=True)
class Stretch:
    """A department does a check from a day to a day."""

    daily_id: int
    department_id: int
    first: date
    last: date

    def of(self, days: list[date]) -> list[date]:
        """Give those of the days (in order) on which the department does the check."""
        return days[bisect_left(days, self.first) : bisect_right(days, self.last)]

    def count(self, days: list[date]) -> int:
        """Count those of the days (in order, at least one) on which the department does the check."""
        if self.first <= days[0] and days[-1] <= self.last:
            return len(days)
        return len(self.of(days))


def stretches(dailies: Iterable[DailyCheck], department_id: int | None = None) -> list[Stretch]:
    """Give who does which check from when to when, of all departments or one; one query."""
    query = DailyDuty.select(
        DailyDuty.daily,
        DailyDuty.department,
        DailyDuty.from_day,
        DailyDuty.to_day,
        Department.from_day,
        Department.to_day,
    ).join(Department)
    query = query.where(DailyDuty.daily.in_([daily.id for daily in dailies]))
    if department_id is not None:
        query = query.where(DailyDuty.department == department_id)
    found = []
    for daily, department, begin, end, born, gone in query.tuples():
        first, last = max(begin, born), min(end or date.max, gone or date.max)
        if first <= last:
            found.append(Stretch(daily, department, first, last))
    return found


def months_of(days: list[date]) -> Iterator[tuple[str, list[date]]]:
    """Part days in order into months: 2026-10 and its days."""
    place = 0
    while place < len(days):
        end = bisect_right(days, month_span(days[place].year, days[place].month).last, place)
        yield days[place].isoformat()[:7], days[place:end]
        place = end


def others(days: list[date], from_day: date, to_day: date) -> list[date]:
    """Give the days between two days that are not among the days (in order)."""
    wanted = set(days)
    every = (from_day + timedelta(days=n) for n in range((to_day - from_day).days + 1))
    return [day for day in every if day not in wanted]
