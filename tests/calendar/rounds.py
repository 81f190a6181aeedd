"""What the tests of the calendar share: schedules, and days of Tokyo as moments."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from isms.calendar import rules
from isms.calendar.models import Occurrence, Opening, Schedule
from isms.core.permissions import CONSOLE, Role

FIRST = date(2026, 4, 1)


def noon(day: date) -> datetime:
    """Give the moment of noon in Tokyo."""
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


def schedule(words: str = "毎月10日", *, day: date = FIRST, **more: Any) -> Schedule:
    """Add a schedule of the officers on its first day."""
    values: dict[str, Any] = {
        "kind": "task",
        "title": words,
        "from_day": day,
        "owner_kind": "role",
        "role": Role.OFFICER,
        "lead_days": 0,
    }
    return rules.add_schedule(words=words, by=CONSOLE, now=noon(day), **values | more)


def opened() -> list[tuple[str, date]]:
    """Give title and nominal day of all that opened, in the order of opening."""
    query = Opening.select(Schedule.title, Occurrence.nominal).join(Occurrence).join(Schedule).order_by(Opening.id)
    return list(query.tuples())


def days(first: date, number: int) -> list[date]:
    """Give so many days in a row."""
    return [first + timedelta(days=step) for step in range(number)]
