"""Every time opens once and in order, whatever the runner and the clock went through."""

from datetime import date, datetime, timedelta

import pytest

from isms import runner
from isms.calendar import jobs, kinds, rules
from isms.calendar.models import Occurrence, Opening, Schedule
from isms.calendar.opening import waiting
from isms.core import clock
from isms.core.permissions import CONSOLE, SYSTEM
from isms.trail import verify
from tests.calendar.rounds import days, noon, opened, schedule
from tests.races import race

ADDED = date(2025, 12, 1)
OFF = date(2025, 12, 26)  # the first of nine days without a runner
BACK = date(2026, 1, 4)


def tick(day: date) -> None:
    """Let the runner tick at noon of the day."""
    job = {name: job for name, _, job in runner.JOBS}["calendar.open_due"]
    with clock.moved(lambda: noon(day)):
        runner.run("calendar.open_due", job)


def round_of_schedules() -> None:
    """Add schedules of every rule; the house is closed from 29 December to 3 January."""
    rules.add_closed_days(
        name="年末年始", from_day=date(2024, 12, 29), to_day=date(2025, 1, 3), yearly=True, by=CONSOLE, now=noon(ADDED)
    )
    schedule("毎月末営業日", day=ADDED)
    schedule("毎週月曜日", day=ADDED, day_rule="after", lead_days=7)
    schedule("毎月1日", day=ADDED, day_rule="skip")
    schedule("毎日", day=ADDED)
    schedule("毎年12月31日", day=ADDED, lead_days=14)
    schedule("毎年1月", day=ADDED, lead_days=30)
    schedule("毎営業日", day=ADDED)


def test_nine_days_off_over_a_years_end_are_caught_up_once_and_in_order(db) -> None:
    round_of_schedules()
    for day in days(ADDED, (OFF - ADDED).days):
        tick(day)
    before = opened()
    tick(BACK)
    daily = [("毎日", day) for day in days(OFF, 10)]
    assert (
        opened()[len(before) :]
        == [
            ("毎月末営業日", date(2025, 12, 31)),  # due on the 26th, the last working day
            daily[0],
            ("毎営業日", OFF),
            *daily[1:3],
            ("毎週月曜日", date(2025, 12, 29)),  # due on 5 January with the next: a week before, both open
            ("毎週月曜日", date(2026, 1, 5)),
            *daily[3:6],
            daily[6],
            ("毎年1月", date(2026, 1, 31)),
            *daily[7:],
        ]
    )
    assert len(set(opened())) == len(opened()) == Opening.select().count() == Occurrence.select().count()
    assert ("毎年12月31日", date(2025, 12, 31)) in before
    assert [day for title, day in opened() if title == "毎月1日"] == [ADDED]  # the new year's is left out
    assert list(verify.verify()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_ticking_every_day_opens_what_catching_up_would(db) -> None:
    round_of_schedules()
    titles = {one.id: one.title for one in Schedule.select()}
    at_once = [(titles[one.schedule_id], one.nominal) for one in waiting(date(2026, 3, 31))]
    assert len(at_once) > 200
    for day in days(ADDED, 121):
        tick(day)
    assert opened() == at_once


def test_a_clock_set_back_opens_nothing_twice(db) -> None:
    round_of_schedules()
    tick(BACK)
    all_of_it = opened()
    for day in (date(2025, 12, 5), date(2025, 12, 30), BACK):
        tick(day)
        jobs.open_due(noon(day))
    assert opened() == all_of_it
    tick(BACK + timedelta(days=1))
    assert len(opened()) > len(all_of_it)


def test_several_runners_open_each_time_once(db) -> None:
    schedule("毎日", day=ADDED)
    assert race(*[lambda: jobs.open_due(noon(ADDED + timedelta(days=19)))] * 4) == [None] * 4
    assert opened() == [("毎日", day) for day in days(ADDED, 20)]
    assert list(verify.verify()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_a_kind_cannot_open_waits_in_order_and_holds_nobody_else_up(db, monkeypatch) -> None:
    broken = [date(2025, 12, 2)]

    def open_it(occurrence: Occurrence, now: datetime) -> None:
        if occurrence.nominal in broken:
            raise RuntimeError("架空の故障")

    monkeypatch.setitem(kinds.KINDS, "task", kinds.Kind("task", "作業", open_it, own=True))
    schedule("毎日", day=ADDED)
    schedule("毎月2日", day=ADDED, kind="collect")
    tick(date(2025, 12, 4))
    assert opened() == [("毎日", ADDED), ("毎月2日", date(2025, 12, 2))]
    broken.clear()
    tick(date(2025, 12, 4))
    assert opened()[2:] == [("毎日", day) for day in days(date(2025, 12, 2), 3)]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_change_counts_for_what_is_still_to_come(db) -> None:
    one = schedule("毎月10日", day=ADDED)
    tick(date(2025, 12, 15))
    by, now = CONSOLE, noon(date(2026, 1, 12))  # nothing ticked meanwhile
    rules.change_schedule(one.id, words="毎月20日", title="変更後", by=by, now=now)
    assert [day for _, day in opened()] == [date(2025, 12, 10), date(2026, 1, 10)]  # the rule before was served first
    tick(date(2026, 2, 25))
    assert [day for _, day in opened()][2:] == [date(2026, 1, 20), date(2026, 2, 20)]
    ahead = rules.change_schedule(one.id, words="毎月末日", lead_days=30, by=by, now=noon(date(2026, 2, 25)))
    tick(date(2026, 2, 26))
    rules.change_schedule(one.id, words="毎月25日", by=by, now=noon(date(2026, 2, 26)))
    tick(date(2026, 3, 31))
    assert [day for _, day in opened()][4:] == [date(2026, 2, 28), date(2026, 3, 25), date(2026, 4, 25)]
    assert ahead.version == 3
    assert list(verify.verify()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_ended_schedule_opens_nothing_after_its_last_day(db) -> None:
    one = schedule("毎日", day=ADDED)
    rules.end_schedule(one.id, to_day=date(2025, 12, 5), by=CONSOLE, now=noon(date(2025, 12, 3)))
    tick(date(2025, 12, 31))
    assert [day for _, day in opened()] == days(ADDED, 5)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_schedule_of_the_past_begins_today(db) -> None:
    schedule("毎月10日", from_day=date(2020, 4, 10), day=date(2025, 12, 15))
    tick(date(2026, 1, 31))
    assert opened() == [("毎月10日", date(2026, 1, 10))]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_was_decided_ahead_opens_on_its_new_day_or_never(db) -> None:
    one = schedule("毎月10日", day=ADDED, lead_days=5)
    now = noon(date(2025, 12, 1))
    moved, left = (
        rules.occurrence_at(one.id, day, by=CONSOLE, now=now) for day in (date(2025, 12, 10), date(2026, 1, 10))
    )
    rules.postpone(moved.id, to_day=date(2026, 1, 20), text="監査と重なる", by=CONSOLE, now=now)
    rules.skip(left.id, text="監査で兼ねる", by=CONSOLE, now=now)
    tick(date(2026, 1, 14))
    assert opened() == []
    tick(date(2026, 2, 5))
    assert [day for _, day in opened()] == [date(2025, 12, 10), date(2026, 2, 10)]


def test_opened_by_hand_it_is_not_opened_again(db) -> None:
    one = schedule("毎月10日", day=ADDED)
    now = noon(date(2025, 12, 2))
    assert rules.open_occurrence(one.id, date(2026, 1, 10), by=CONSOLE, now=now) is not None
    assert rules.open_occurrence(one.id, date(2026, 1, 10), by=SYSTEM, now=now) is None
    tick(date(2026, 1, 31))
    assert [day for _, day in opened()] == [date(2026, 1, 10), date(2025, 12, 10)]
