"""Rows of the calendar: schedules of the example's department, their times, and closed days."""

from datetime import date, timedelta
from typing import Any

from isms.calendar import rules
from isms.calendar.days import next_times
from isms.calendar.models import Occurrence, Schedule
from isms.core import clock, settings
from isms.core.permissions import Actor


def ids(by: Actor, department_id: int) -> dict[str, Any]:
    """Make a schedule of the department, which the actor heads, with a time that is open, and closed days."""
    schedule = _schedule(by, department_id)
    collected = _schedule(by, department_id, kind="collect")
    return {
        "schedule_id": schedule.id,
        "nominal": next_times(schedule, settings.today(clock.now()), 2)[1].nominal.isoformat(),
        "occurrence_id": _open(by, schedule).id,
        "calendar.submit occurrence_id": _open(by, collected).id,
        "deed": "skip",
        "calendar.month year": 2026,
        "calendar.month month": 11,
        "closed_id": _close(by),
    }


def more(number: int, by: Actor, known: dict[str, Any]) -> None:
    """Make so many schedules with a time each, so many times of the example's, and so many closed days."""
    now = clock.now()
    example = rules.get_schedule(known["schedule_id"])
    for time in next_times(example, settings.today(now), number + 2)[2:]:
        rules.open_occurrence(example.id, time.nominal, by=by, now=now)
    for _ in range(number):
        row = _open(by, _schedule(by, known["department_id"]))
        rules.postpone(row.id, to_day=row.due + timedelta(days=1), text="架空の理由", by=by, now=now)
        _close(by)


def _schedule(by: Actor, department_id: int, kind: str = "task") -> Schedule:
    now = clock.now()
    return rules.add_schedule(
        kind=kind,
        title="架空の作業",
        words="毎月10日",
        from_day=settings.today(now),
        owner_kind="head",
        department_id=department_id,
        controls=[("iso27001-2022", "A.5.1")],
        by=by,
        now=now,
    )


def _open(by: Actor, schedule: Schedule) -> Occurrence:
    now = clock.now()
    nominal = next_times(schedule, settings.today(now), 1)[0].nominal
    row = rules.open_occurrence(schedule.id, nominal, by=by, now=now)
    assert row is not None
    return row


def _close(by: Actor) -> int:
    first = date(2026, 12, 29)
    row = rules.add_closed_days(
        name="年末年始", from_day=first, to_day=date(2027, 1, 3), yearly=True, by=by, now=clock.now()
    )
    return int(row.id)
