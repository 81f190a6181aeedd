"""A month of a daily check over all departments: what was due, what was recorded."""

from dataclasses import dataclass
from datetime import date

from isms.core.days import Span, month_span
from isms.core.days.reading import year_in_range
from isms.core.errors import Invalid
from isms.core.words import gettext, locale
from isms.dailychecks.expected import due_days, stretches
from isms.dailychecks.models import DailyCheck, DailyRecord
from isms.dailychecks.rates import Rate, total
from isms.people.models import Department, Person


@dataclass(frozen=True)
class Row:
    """What a department did in a month: its due days, and by day its first and its newest record."""

    department: Department
    due: list[date]
    records: dict[date, tuple[DailyRecord, DailyRecord]]

    @property
    def rate(self) -> Rate:
        """Give its rate."""
        return Rate(len(self.records), len(self.due))

    def count(self, name: str) -> int:
        """Count the days whose first record is marked so: late, backfilled, deputy."""
        return sum(getattr(first, name) for first, _ in self.records.values())

    @property
    def wrong(self) -> int:
        """Count the days on which something was not as it should be."""
        return sum(not newest.normal for _, newest in self.records.values())

    @property
    def missing(self) -> list[date]:
        """Give the days without a record."""
        return [day for day in self.due if day not in self.records]


@dataclass(frozen=True)
class Month:
    """A month of a check over all departments, as it stood when it was read."""

    daily: DailyCheck
    span: Span
    rows: list[Row]

    @property
    def rate(self) -> Rate:
        """Give the rate of all departments."""
        return total(row.rate for row in self.rows)

    @property
    def title(self) -> str:
        """Name it: the check and the month."""
        return f"{self.daily.title} {month_words(self.span.first)}"

    @property
    def newest(self) -> int:
        """Give the number of the newest record."""
        ids = (newest.id for row in self.rows for _, newest in row.records.values())
        return max(ids, default=0)


def month_words(day: date) -> str:
    """Write the month of the day: 2026年10月 in ja, 2026-10 in en."""
    return gettext("%(year)s年%(month)s月", year=day.year, month=day.month) if locale() == "ja" else f"{day:%Y-%m}"


def month_of(text: str) -> Span:
    """Read a month (2026-10); raises Invalid."""
    try:
        first = date.fromisoformat(f"{text}-01")
        year_in_range(first.year)
    except ValueError as error:
        raise Invalid({"month": gettext("2026-10 のように入れてください。")}) from error
    return month_span(first.year, first.month)


def read(daily: DailyCheck, span: Span) -> Month:
    """Read a month of a check: a row per department that had to do it; three queries."""
    due = due_days(daily, span.first, span.last)
    wanted: dict[int, list[date]] = {}
    for stretch in stretches([daily]):
        if mine := stretch.of(due):
            wanted.setdefault(stretch.department_id, []).extend(mine)
    known = Department.select().where(Department.id.in_(list(wanted))).order_by(Department.code, Department.id)
    records = _records(daily, span)
    rows = []
    for department in known:
        mine = sorted(wanted[department.id])
        rows.append(
            Row(department, mine, {day: records[key] for day in mine if (key := (department.id, day)) in records})
        )
    return Month(daily, span, rows)


def _records(daily: DailyCheck, span: Span) -> dict[tuple[int, date], tuple[DailyRecord, DailyRecord]]:
    query = DailyRecord.select(DailyRecord, Person).join(Person)
    query = query.where(DailyRecord.daily == daily.id, DailyRecord.day.between(span.first, span.last))
    found: dict[tuple[int, date], tuple[DailyRecord, DailyRecord]] = {}
    for row in query.order_by(DailyRecord.id):
        key = row.department_id, row.day
        found[key] = (found[key][0], row) if key in found else (row, row)
    return found
