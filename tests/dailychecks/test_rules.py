"""A day's check: recorded once, corrected by a newer record, made up for later; what was wrong becomes a finding."""

import json
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from isms.core.errors import Invalid, NotFound
from isms.dailychecks import checks
from isms.dailychecks.duties import duties, past
from isms.dailychecks.models import DailyAnswer, DailyRecord
from isms.dailychecks.rates import last_month_in_words, rate, rates
from isms.dailychecks.rules import Answer, Recorded, record
from isms.findings.models import Finding, FindingControl
from isms.people import rules as people
from isms.people.departments import change_department
from isms.trail import verify
from tests import races
from tests.dailychecks.setting import CONTROLS, Setting, begin
from tests.factories import NOW

TODAY = date(2026, 11, 18)  # a Wednesday; NOW is 14:00 in Tokyo


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """Give a moment of the day in Tokyo."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=9)


@pytest.fixture
def there(db: Any) -> Setting:
    return begin()


def test_all_is_well_in_one_record(there: Setting) -> None:
    who = there.actor()
    row = record(there.daily.id, there.one.id, TODAY, normal=True, by=who, now=at(TODAY, 9))
    assert (row.person_id, row.normal, row.deputy, row.late, row.backfilled) == (
        who.person_id,
        True,
        False,
        False,
        False,
    )
    assert Finding.select().count() == 0
    assert list(verify.verify()) == []


def test_who_is_second_learns_who_was_first(there: Setting) -> None:
    first = record(
        there.daily.id, there.one.id, TODAY, normal=True, by=there.actor(name="架空 一子"), now=at(TODAY, 8, 52)
    )
    with pytest.raises(Recorded) as error:
        record(there.daily.id, there.one.id, TODAY, normal=True, by=there.actor(), now=at(TODAY, 9))
    assert "架空 一子" in str(error.value) and "08:52" in str(error.value)
    assert error.value.newest == first and DailyRecord.select().count() == 1


def test_what_is_wrong_becomes_a_finding(there: Setting) -> None:
    item = there.items[1]
    row = record(
        there.daily.id, there.one.id, TODAY, normal=False, answers=[Answer(item.id, "鍵のない画面が1台")],
        by=there.actor(), now=NOW,
    )  # fmt: skip
    found = Finding.get()
    assert (found.source, found.grade, found.department_id, found.opened_on) == (
        "daily_check",
        "minor",
        there.one.id,
        TODAY,
    )
    assert item.title in found.title and found.description == "鍵のない画面が1台"
    assert [link.key for link in FindingControl.select()] == ["A.7.7"]
    assert DailyAnswer.get().record_id == row.id and DailyAnswer.get().finding_id == found.id
    assert not row.normal and list(verify.verify()) == []


def test_a_correction_is_added_and_keeps_the_finding(there: Setting) -> None:
    who, item = there.actor(), there.items[0]
    first = record(
        there.daily.id, there.one.id, TODAY, normal=False, answers=[Answer(item.id, "紙")], by=who, now=at(TODAY, 9)
    )
    second = record(
        there.daily.id, there.one.id, TODAY, normal=False, answers=[Answer(item.id, "紙2枚")], after=first.id,
        by=who, now=at(TODAY, 11),
    )  # fmt: skip
    assert Finding.select().count() == 1 and DailyAnswer.select().count() == 2
    assert not first.late and second.late
    with pytest.raises(Recorded):  # somebody who only saw the first
        record(there.daily.id, there.one.id, TODAY, normal=True, after=first.id, by=who, now=at(TODAY, 12))
    assert rate(there.one.id, TODAY - timedelta(days=1), TODAY).done == 1  # of two days


def test_a_comment_is_required(there: Setting) -> None:
    item = there.items[0]
    with pytest.raises(Invalid) as error:
        record(
            there.daily.id, there.one.id, TODAY, normal=False, answers=[Answer(item.id, " ")], by=there.actor(), now=NOW
        )
    assert set(error.value.fields) == {f"comment_{item.id}"}
    with pytest.raises(Invalid):
        record(there.daily.id, there.one.id, TODAY, normal=False, by=there.actor(), now=NOW)
    assert DailyRecord.select().count() == 0


@pytest.mark.parametrize(
    ("moment", "day", "late", "backfilled"),
    [
        (at(TODAY, 9, 59), TODAY, False, False),
        (at(TODAY, 10), TODAY, True, False),
        (at(TODAY, 23, 59), TODAY, True, False),
        (at(TODAY, 0, 30), TODAY, False, False),  # the day before in UTC
        (at(TODAY, 0, 30), date(2026, 11, 17), True, True),
    ],
)
def test_the_day_is_the_organisations(
    there: Setting, moment: datetime, day: date, late: bool, backfilled: bool
) -> None:
    row = record(there.daily.id, there.one.id, day, normal=True, by=there.actor(), now=moment)
    assert (row.day, row.late, row.backfilled) == (day, late, backfilled)
    assert row.recorded_at == moment


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (date(2026, 11, 19), "先の日"),
        (date(2026, 11, 14), "点検の日ではありません"),  # a Saturday
        (date(2026, 11, 3), "点検の日ではありません"),  # 文化の日
        (date(2026, 10, 30), "14日より前"),
        (date(2026, 9, 30), "点検の日ではありません"),  # before the check began
    ],
)
def test_a_day_that_cannot_be_recorded_says_why(there: Setting, day: date, why: str) -> None:
    with pytest.raises(Invalid) as error:
        record(there.daily.id, there.one.id, day, normal=True, by=there.actor(), now=NOW)
    assert why in str(error.value) or "対象ではありません" in str(error.value)


def test_others_learn_nothing_of_the_department(there: Setting) -> None:
    with pytest.raises(NotFound):
        record(there.daily.id, there.one.id, TODAY, normal=True, by=there.actor(there.other), now=NOW)
    with pytest.raises(NotFound):
        record(there.daily.id, there.one.id, TODAY, normal=True, by=there.officer, now=NOW)


def test_another_than_the_named_person_is_a_deputy(there: Setting) -> None:
    named, deputy, third = (there.member() for _ in range(3))
    checks.set_duty(
        there.daily.id, there.one.id, person_id=named.id, deputy_id=deputy.id, by=there.officer, now=at(TODAY, 7)
    )
    from tests.factories import actor

    row = record(there.daily.id, there.one.id, TODAY, normal=True, by=actor(third), now=NOW)
    assert row.deputy
    before = record(there.daily.id, there.one.id, date(2026, 11, 17), normal=True, by=actor(third), now=NOW)
    assert not before.deputy  # nobody was named then
    later = record(
        there.daily.id, there.one.id, date(2026, 11, 19), normal=True, by=actor(named), now=NOW + timedelta(days=1)
    )
    assert not later.deputy


def test_who_is_named_is_of_the_department(there: Setting) -> None:
    stranger, mine = there.member(there.other), there.member()
    for given, field in (
        ({"person_id": stranger.id}, "person_id"),
        ({"person_id": mine.id, "deputy_id": mine.id}, "deputy_id"),
        ({"deputy_id": mine.id}, "person_id"),
    ):
        with pytest.raises(Invalid) as error:
            checks.set_duty(there.daily.id, there.one.id, **given, by=there.officer, now=NOW)
        assert field in error.value.fields


def test_rates_count_working_days_of_departments_that_were_there(there: Setting) -> None:
    span = date(2026, 11, 1), date(2026, 11, 17)  # 11 working days: 文化の日 was a Tuesday
    assert rate(there.one.id, *span).expected == 11
    for day in (16, 17):
        record(there.daily.id, there.one.id, date(2026, 11, day), normal=True, by=there.actor(), now=NOW)
    assert (rate(there.one.id, *span).done, rate(there.one.id, *span).percent) == (2, 18)
    change_department(there.other.id, to_day=date(2026, 11, 6), by=there.officer, now=NOW)
    assert rates(*span)[there.other.id].expected == 4
    assert last_month_in_words(there.one.id, TODAY) == "0%（10月、21日中0日）"
    assert last_month_in_words(there.one.id, date(2026, 10, 5)) is None


def test_a_department_that_ended_drops_out(there: Setting) -> None:
    change_department(there.other.id, to_day=date(2026, 11, 17), by=there.officer, now=NOW)
    who = there.actor(there.other)
    record(there.daily.id, there.other.id, date(2026, 11, 17), normal=True, by=who, now=NOW)
    with pytest.raises(Invalid, match="対象ではありません"):
        record(there.daily.id, there.other.id, TODAY, normal=True, by=who, now=NOW)
    assert there.other.id not in {d for duty in duties(TODAY) for d in duty.of_departments if "missing" not in duty.key}


def test_a_closed_day_that_comes_later_is_not_expected(there: Setting) -> None:
    from isms.calendar.rules import add_closed_days

    span = date(2026, 11, 16), date(2026, 11, 17)
    record(there.daily.id, there.one.id, date(2026, 11, 17), normal=True, by=there.actor(), now=NOW)
    add_closed_days(name="架空の創立記念日", from_day=date(2026, 11, 17), by=there.officer, now=NOW)
    assert (rate(there.one.id, *span).done, rate(there.one.id, *span).expected) == (0, 1)


def test_two_at_once_record_once(there: Setting) -> None:
    actors = [there.actor() for _ in range(3)]
    results = races.race(
        *[partial(record, there.daily.id, there.one.id, TODAY, normal=True, by=one, now=NOW) for one in actors]
    )
    assert races.won(results) == 1 and DailyRecord.select().count() == 1
    assert sum(isinstance(one, Recorded) for one in results) == 2


def test_a_named_person_who_moved_away_is_not_waited_for(there: Setting) -> None:
    named, stays = there.member(), there.member()
    checks.set_duty(there.daily.id, there.one.id, person_id=named.id, by=there.officer, now=NOW)
    people.place(named.id, department_id=there.other.id, from_day=TODAY, by=there.officer, now=NOW)
    today = {next(iter(d.of_departments)): d for d in duties(TODAY) if d.key.startswith("daily:")}
    assert today[there.one.id].persons == {stays.id}


def test_a_check_cannot_begin_long_ago(there: Setting) -> None:
    listed = there.daily.list_version.checklist_id
    given: dict[str, Any] = {"title": "架空", "checklist_id": listed, "controls": CONTROLS}
    given |= {"department_ids": [there.one.id], "by": there.officer, "now": NOW}
    with pytest.raises(Invalid) as error:
        checks.add_check(**given, from_day=date(2026, 11, 3))
    assert "from_day" in error.value.fields
    checks.add_check(**given, from_day=date(2026, 11, 4))


def test_an_end_is_not_before_what_was_recorded(there: Setting) -> None:
    record(there.daily.id, there.one.id, TODAY, normal=True, by=there.actor(), now=NOW)
    with pytest.raises(Invalid):
        checks.end_duty(there.daily.id, there.one.id, to_day=date(2026, 11, 17), by=there.officer, now=NOW)
    checks.end_duty(there.daily.id, there.one.id, to_day=TODAY, by=there.officer, now=NOW)
    checks.end_check(there.daily.id, to_day=TODAY, by=there.officer, now=NOW)
    assert duties(TODAY + timedelta(days=1)) == []


def test_duties_fall_to_the_named_or_to_all(there: Setting) -> None:
    named, deputy, other = there.member(), there.member(), there.member()
    checks.set_duty(there.daily.id, there.one.id, person_id=named.id, deputy_id=deputy.id, by=there.officer, now=NOW)
    anybody = there.member(there.other)
    today = {next(iter(d.of_departments)): d for d in duties(TODAY) if d.key.startswith("daily:")}
    assert today[there.one.id].persons == {named.id, deputy.id}
    assert today[there.other.id].persons == {anybody.id}
    left = {next(iter(d.departments)): d for d in duties(TODAY) if d.key.startswith("daily_missing:")}
    assert left[there.one.id].due == date(2026, 11, 4) and "11/17" in left[there.one.id].note
    from tests.factories import actor

    record(there.daily.id, there.one.id, TODAY, normal=True, by=actor(other), now=NOW)
    assert there.one.id not in {i for d in duties(TODAY) for i in d.of_departments if d.key.startswith("daily:")}


def test_the_past_tells_who_was_late(there: Setting) -> None:
    who = there.actor()
    record(there.daily.id, there.one.id, date(2026, 11, 16), normal=True, by=who, now=NOW)
    told = {(one.due, min(one.departments)): one for one in past(date(2026, 11, 16), TODAY)}
    assert told[date(2026, 11, 16), there.one.id].done_on == TODAY
    assert told[date(2026, 11, 16), there.one.id].persons == {who.person_id}
    assert told[date(2026, 11, 17), there.other.id].was_late(TODAY)
    assert len(told) == 4


def test_the_checklist_in_use_is_frozen(there: Setting) -> None:
    assert there.daily.list_version.frozen_at is not None
    assert json.loads(there.daily.schedule.controls)[1] == ["iso27001-2022", "A.7.7"]
