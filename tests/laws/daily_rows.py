"""Rows of daily checks: a check in the example's department, its records, a closed month."""

from datetime import date, timedelta
from typing import Any

from isms.calendar.working import working_days
from isms.checklists import rules as checklists
from isms.core import clock, settings
from isms.core.permissions import SYSTEM, Actor
from isms.dailychecks import checks
from isms.dailychecks.closing import close_month
from isms.dailychecks.expected import get_daily
from isms.dailychecks.models import DailyCheck
from isms.dailychecks.rules import Answer, newest_record, record
from isms.people import rules
from isms.people.actors import actor_of
from tests import factories

CONTROLS = [("iso27001-2022", "A.7.7")]


def ids(by: Actor, department_id: int) -> dict[str, Any]:
    """Make a check in the department, of which the actor is from now on, with a record and a closed month."""
    now = clock.now()
    assert by.person_id is not None
    rules.place(by.person_id, department_id=department_id, from_day=date(2020, 4, 1), by=by, now=now)
    daily, last = _check(by, [department_id]), _last()
    close_month(daily.id, f"{_begin():%Y-%m}", by=by, now=now)
    _tell(daily, department_id, by.person_id, last)
    return {"daily_id": daily.id, "day": last.isoformat(), "month": f"{last:%Y-%m}"}


def more(number: int, by: Actor, known: dict[str, Any]) -> None:
    """Make so many checks of the department, and let so many further departments take part in the example's."""
    now, daily = clock.now(), get_daily(known["daily_id"])
    for _ in range(number):
        _check(by, [known["department_id"]])
        place = factories.department()
        checks.set_duty(daily.id, place.id, from_day=_begin(), by=by, now=now)
        somebody = factories.person(department_id=place.id)
        _tell(daily, place.id, somebody.id, _last())
        newest = newest_record(daily.id, known["department_id"], _last())
        assert by.person_id is not None and newest is not None
        _tell(daily, known["department_id"], by.person_id, _last(), after=newest.id)


def _today() -> date:
    return settings.today(clock.now())


def _last() -> date:
    """Give the last working day whose month is not closed, today's included."""
    return working_days(_today() - timedelta(days=14), _today())[-1]


def _begin() -> date:
    """Give a day in a month that is over by far."""
    return _today() - timedelta(days=100)


def _check(by: Actor, department_ids: list[int]) -> DailyCheck:
    now = clock.now() - timedelta(days=100)
    made = checklists.add_checklist(title="架空の日常点検表", purpose="daily", by=by, now=now)
    checklists.add_item(checklists.newest_version(made.id).id, title="架空の項目", controls=CONTROLS, by=by, now=now)
    return checks.add_check(
        title="架空の日常点検", checklist_id=made.id, controls=CONTROLS, department_ids=department_ids,
        from_day=_begin(), by=by, now=now,
    )  # fmt: skip


def _tell(daily: DailyCheck, department_id: int, person_id: int, day: date, after: int | None = None) -> None:
    """Record something that is wrong."""
    now = clock.now()
    by = actor_of(rules.get_person(person_id), now) if person_id else SYSTEM
    item = checklists.items_of(daily.list_version_id)[0]
    answers = [Answer(item.id, "架空の異常")]
    record(daily.id, department_id, day, normal=False, answers=answers, after=after, by=by, now=now)
