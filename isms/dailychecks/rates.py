"""How much of what was expected was done: counted in the database, by department and month."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import or_
from typing import Any

from peewee import SQL, fn

from isms.core.database import db, none_of
from isms.core.unchanged import Kept
from isms.core.words import gettext
from isms.dailychecks.expected import checks, due_days, months_of, others, stretches
from isms.dailychecks.models import DailyCheck, DailyRecord

Months = dict[tuple[int, str], "Rate"]  # department, month (2026-10)


@dataclass(frozen=True)
class Rate:
    """Checks done and expected; done counts a day once, however often it was recorded, also when later."""

    done: int = 0
    expected: int = 0

    @property
    def missing(self) -> int:
        """Count the days without a record."""
        return self.expected - self.done

    @property
    def percent(self) -> int | None:
        """Give the rate, rounded down so that only all is 100; None when nothing was expected."""
        return self.done * 100 // self.expected if self.expected else None

    @property
    def words(self) -> str:
        """Write the rate: 92%, or a dash when nothing was expected."""
        return "–" if self.percent is None else f"{self.percent}%"


def rate(department_id: int, from_day: date, to_day: date) -> Rate:
    """Give the rate of a department's checks between two days, all checks together."""
    return rates(from_day, to_day).get(department_id, Rate())


def rates(from_day: date, to_day: date) -> dict[int, Rate]:
    """Give the rate of every department between two days, all checks together."""
    found: dict[int, list[Rate]] = {}
    for (department_id, _), one in by_month(list(checks()), from_day, to_day).items():
        found.setdefault(department_id, []).append(one)
    return {department_id: total(each) for department_id, each in found.items()}


def total(each: Iterable[Rate]) -> Rate:
    """Give the rate of several together."""
    listed = list(each)
    return Rate(sum(one.done for one in listed), sum(one.expected for one in listed))


def by_month(dailies: Sequence[DailyCheck], from_day: date, to_day: date) -> Months:
    """Give the rates by department and month between two days; kept until something is recorded."""
    kept, asked = _kept.get(), (tuple(daily.id for daily in dailies), from_day, to_day)
    if asked not in kept:
        kept[asked] = _by_month(dailies, from_day, to_day)
    return kept[asked]


_kept: Kept[dict[Any, Months]] = Kept(dict)


def _by_month(dailies: Sequence[DailyCheck], from_day: date, to_day: date) -> Months:
    due = {daily.id: due_days(daily, from_day, to_day) for daily in dailies}
    parted = {daily_id: list(months_of(days)) for daily_id, days in due.items()}
    expected: Counter[tuple[int, int, str]] = Counter()
    for stretch in stretches(dailies):
        for month, days in parted[stretch.daily_id]:
            if number := stretch.count(days):
                expected[stretch.daily_id, stretch.department_id, month] += number
    done = _done(due, from_day, to_day)
    sums: dict[tuple[int, str], list[int]] = {}
    for (daily_id, department_id, month), number in expected.items():
        both = sums.setdefault((department_id, month), [0, 0])
        both[0] += min(number, done.get((daily_id, department_id, month), 0))
        both[1] += number
    return {key: Rate(*both) for key, both in sums.items()}


def _done(due: dict[int, list[date]], from_day: date, to_day: date) -> dict[tuple[int, int, str], int]:
    """Count the due days with a record by check, department and month; one query."""
    if not due:
        return {}
    month = fn.SUBSTR(DailyRecord.day.cast("TEXT"), 1, 7)
    query = DailyRecord.select(
        DailyRecord.daily, DailyRecord.department, month, fn.COUNT(DailyRecord.day.distinct())
    ).where(DailyRecord.day.between(from_day, to_day))
    wanted = reduce(or_, (_due(daily_id, others(days, from_day, to_day)) for daily_id, days in due.items()))
    grouped = query.where(wanted).group_by(DailyRecord.daily, DailyRecord.department, SQL("3"))  # by the month
    # as the database gives them: peewee would try to read each month and each count as a day
    return {(daily, department, month): number for daily, department, month, number in db.execute(grouped).fetchall()}


def _due(daily_id: int, closed: Iterable[date]) -> Any:
    """Give the condition that a record is of the check, on none of the closed days."""
    days, of_check = list(closed), DailyRecord.daily == daily_id
    return of_check & none_of(DailyRecord.day, days) if days else of_check


def month_before(day: date) -> tuple[date, date]:
    """Give the first and the last day of the month before the day's."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def last_month_in_words(department_id: int, day: date) -> str | None:
    """Say the department's rate of the whole month before the day; None when nothing was expected."""
    first, last = month_before(day)
    one = rate(department_id, first, last)
    if not one.expected:
        return None
    return gettext(
        "%(rate)s（%(month)s月、%(expected)s日中%(done)s日）",
        rate=one.words,
        month=first.month,
        expected=one.expected,
        done=one.done,
    )
