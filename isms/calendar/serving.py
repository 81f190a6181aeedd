"""Which schedules prove a requirement, when they come next, and how long what they left still proves."""

from dataclasses import dataclass
from datetime import date, timedelta

from isms.calendar import rules
from isms.calendar.days import next_times
from isms.calendar.models import Schedule
from isms.calendar.plan import Planned, planned
from isms.core import settings
from isms.evidence.standing import standing
from isms.people.roster import on_day
from isms.status.compute import proving

YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Serving:
    """A schedule that proves the requirement: its next time, and the oldest that was missed."""

    schedule: Schedule
    coming: Planned | None
    next_due: date | None
    missed: Planned | None


def serving(edition: str, key: str, today: date) -> list[Serving]:
    """Give the schedules that prove the requirement today, in order of what comes next; constant queries."""
    going = Schedule.select().where(on_day(Schedule, today), Schedule.controls != "[]").order_by(Schedule.id)
    mine = [row for row in going if (edition, key) in rules.controls_on(row, today)]
    if not mine:
        return []
    times: dict[int, list[Planned]] = {row.id: [] for row in mine}
    for one in planned(today - YEAR, today + YEAR, today):
        times.get(one.schedule.id, []).append(one)
    return sorted((_of(row, times[row.id], today) for row in mine), key=lambda one: one.next_due or date.max)


def _of(schedule: Schedule, times: list[Planned], today: date) -> Serving:
    ahead = [one for one in times if one.due >= today and one.end is None]
    late = [one for one in times if one.state == "missed"]
    far = [] if ahead else next_times(schedule, today, 1)
    due = ahead[0].due if ahead else far[0].due if far else None
    return Serving(schedule, ahead[0] if ahead else None, due, late[0] if late else None)


def proven_until(edition: str, key: str, today: date) -> date | None:
    """Give the last day of what proves the requirement today; None when nothing does."""
    laid = standing(edition, today, None, settings.zone()).get(key, [])
    return max((one.valid_until for one in proving(laid, today)), default=None)
