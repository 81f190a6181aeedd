"""What was recorded of late, and the days that nobody recorded and that can still be made up for."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from isms.core import settings
from isms.core.database import among
from isms.dailychecks.expected import Stretch, checks, due_days, stretches
from isms.dailychecks.models import DailyCheck, DailyMonth, DailyRecord

Key = tuple[int, int]  # check, department


@dataclass(frozen=True)
class Late:
    """Today's checks by id; what each department left out before today, in order; what is recorded up to today."""

    dailies: dict[int, DailyCheck]
    missing: dict[Key, list[date]]
    done: set[tuple[int, int, date]]


def of_late(today: date, department_id: int | None = None) -> Late:
    """Read the days for which a check can still be entered, of all departments or one; four queries."""
    dailies = {daily.id: daily for daily in checks(today)}
    first, last = today - timedelta(days=settings.get("daily_backfill_days")), today - timedelta(days=1)
    days = {daily.id: due_days(daily, first, last) for daily in dailies.values()}
    closed = set(DailyMonth.select(DailyMonth.daily, DailyMonth.month).where(DailyMonth.month >= month(first)).tuples())
    doing = stretches(dailies.values(), department_id)
    done = recorded(doing, first, today)
    missing: dict[Key, list[date]] = {}
    for stretch in doing:
        key = stretch.daily_id, stretch.department_id
        for day in stretch.of(days[stretch.daily_id]):
            if (*key, day) not in done and (stretch.daily_id, month(day)) not in closed:
                missing.setdefault(key, []).append(day)
    return Late(dailies, {key: sorted(found) for key, found in missing.items()}, done)


def recorded(doing: Iterable[Stretch], from_day: date, to_day: date) -> set[tuple[int, int, date]]:
    """Give check, department and day of every record between two days; one query, along the index."""
    doing = list(doing)
    query = DailyRecord.select(DailyRecord.daily, DailyRecord.department, DailyRecord.day).where(
        among(DailyRecord.daily, {one.daily_id for one in doing}),
        among(DailyRecord.department, {one.department_id for one in doing}),
        DailyRecord.day.between(from_day, to_day),
    )
    return set(query.tuples())


def month(day: date) -> str:
    """Write the month of the day: 2026-10."""
    return day.isoformat()[:7]
