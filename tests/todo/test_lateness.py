"""Who is late again and again: three times within a year or more, as a part of all that was due."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from isms.core.permissions import CONSOLE, Role
from isms.dailychecks import rules as daily
from isms.people import rules as people
from isms.todo import lateness, rules
from isms.todo.staffing import staffing
from tests import factories
from tests.dailychecks import setting
from tests.dailychecks.setting import Setting
from tests.evidence.proofs import officer

FIRST = date(2026, 11, 4)
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)  # a Friday afternoon in Tokyo; 12 working days since the first


def noon(day: int) -> datetime:
    """Give noon of a day of November in Tokyo."""
    return datetime(2026, 11, day, 3, 0, tzinfo=UTC)


@pytest.fixture
def office(db: Any) -> Setting:
    """Let two departments have a daily check for two weeks and a half."""
    return setting.begin(now=NOW - timedelta(days=60), from_day=FIRST)


def record(office: Setting, by: Any, day: int, on: int) -> None:
    """Record the check of a day on another."""
    made = {"normal": True, "by": by, "now": noon(on)}
    daily.record(office.daily.id, office.one.id, date(2026, 11, day), **made)


def test_three_late_ones_are_told_two_are_not(office: Setting) -> None:
    often, seldom = office.actor(name="架空 遅子"), office.actor(name="架空 早子")
    for day in (4, 5, 6):
        record(office, often, day, day + 3)
    record(office, often, 9, 9)
    for day in (10, 11):
        record(office, seldom, day, day + 1)
    found = lateness.late_again(officer(), NOW)
    persons = [(one.person_id, one.due, [past.due.day for past in one.late]) for one in found if one.person_id]
    assert persons == [(often.person_id, 4, [6, 5, 4])]
    assert [one.share for one in found if one.person_id] == [0.75]


def test_what_nobody_was_named_for_is_the_departments(office: Setting) -> None:
    by = office.actor()
    record(office, by, 4, 4)
    found = {one.department_id: one for one in lateness.late_again(officer(), NOW)}
    assert set(found) == {office.one.id, office.other.id}
    # the 20th is not over yet
    assert (found[office.other.id].due, len(found[office.other.id].late), found[office.other.id].person_id) == (
        12,
        12,
        None,
    )
    assert (found[office.one.id].due, len(found[office.one.id].late)) == (11, 11)


def test_a_slip_in_much_work_is_not_again_and_again(office: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    by = office.actor()
    for day in (4, 5, 6):
        record(office, by, day, day + 3)
    assert by.person_id in {one.person_id for one in lateness.late_again(officer(), NOW)}
    monkeypatch.setattr(lateness, "PART", 1.01)
    assert lateness.late_again(officer(), NOW) == []


def test_a_head_is_told_of_the_own_department_alone(office: Setting) -> None:
    head = factories.person()
    people.set_heads(head.id, [office.one.id], from_day=FIRST, by=CONSOLE, now=NOW)
    by = factories.actor(head, NOW)
    assert {one.department_id for one in lateness.late_again(by, NOW)} == {office.one.id}
    assert lateness.late_again(factories.actor(factories.with_role(Role.STAFF), NOW), NOW) == []


def test_what_is_long_over_counts_no_more(office: Setting) -> None:
    later = NOW + timedelta(days=365 + 20)
    office_late = {one.department_id: one for one in lateness.late_again(officer(), later)}
    assert min(past.due for past in office_late[office.other.id].late) == later.date() - timedelta(days=365)


def test_what_was_done_is_shown_the_newest_first(office: Setting) -> None:
    by = office.actor()
    record(office, by, 17, 17)
    record(office, by, 16, 18)
    assert [(one.due.day, one.was_late(NOW.date())) for one in rules.recent(by.person_id, NOW)] == [
        (16, True),
        (17, False),
    ]
    assert rules.recent(office.actor().person_id, NOW) == []


def test_todays_check_is_in_the_list_of_the_department(office: Setting) -> None:
    by = office.actor()
    mine = rules.of_person(rules.everything(NOW, staffing(NOW)), by.person_id)
    assert [(one.title, one.days_left(NOW.date())) for one in mine] == [("架空の日常点検", 0)]
    record(office, by, 20, 20)
    assert rules.of_person(rules.everything(NOW, staffing(NOW)), by.person_id) == []
