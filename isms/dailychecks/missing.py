"""The days of late that nobody recorded and that can still be made up for."""

from datetime import date, timedelta

from isms.core import settings
from isms.dailychecks.expected import checks, due_days, stretches
from isms.dailychecks.models import DailyCheck, DailyMonth, DailyRecord

Missing = dict[tuple[int, int], list[date]]  # check, department -> days in order


def left_out(today: date, department_id: int | None = None) -> tuple[dict[int, DailyCheck], Missing]:
    """Give today's checks by id, and the days before today that each department (or the one) left out; four queries."""
    dailies = {daily.id: daily for daily in checks(today)}
    first, last = today - timedelta(days=settings.get("daily_backfill_days")), today - timedelta(days=1)
    days = {daily.id: due_days(daily, first, last) for daily in dailies.values()}
    closed = set(DailyMonth.select(DailyMonth.daily, DailyMonth.month).where(DailyMonth.month >= month(first)).tuples())
    done = recorded(first, last)
    missing: Missing = {}
    for stretch in stretches(dailies.values(), department_id):
        key = stretch.daily_id, stretch.department_id
        for day in stretch.of(days[stretch.daily_id]):
            if (*key, day) not in done and (stretch.daily_id, month(day)) not in closed:
                missing.setdefault(key, []).append(day)
    return dailies, {key: sorted(found) for key, found in missing.items()}


def recorded(from_day: date, to_day: date) -> set[tuple[int, int, date]]:
    """Give check, department and day of every record between two days; one query."""
    query = DailyRecord.select(DailyRecord.daily, DailyRecord.department, DailyRecord.day)
    return set(query.where(DailyRecord.day.between(from_day, to_day)).tuples())


def month(day: date) -> str:
    """Write the month of the day: 2026-10."""
    return day.isoformat()[:7]
