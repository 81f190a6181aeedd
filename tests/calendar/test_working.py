"""Working days: weekends, public holidays with their substitutes, closed days; and what becomes of a day off."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from isms.calendar import rules, working
from isms.calendar.days import days_of, next_times
from isms.calendar.models import ClosedDays
from isms.calendar.working import Working
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import CONSOLE
from isms.people.rules import change_setting
from isms.trail import verify
from tests.calendar.rounds import noon, schedule

NOW = noon(date(2026, 4, 1))
PLAIN = Working(frozenset({5, 6}))


def close(**more: Any) -> ClosedDays:
    values: dict[str, Any] = {
        "name": "年末年始",
        "from_day": date(2025, 12, 29),
        "to_day": date(2026, 1, 3),
        "yearly": True,
    }
    return rules.add_closed_days(**values | more, by=CONSOLE, now=NOW)


def test_holidays_and_their_substitutes() -> None:
    assert [day.day for day in PLAIN.days(date(2026, 5, 1), date(2026, 5, 8))] == [1, 7, 8]
    assert PLAIN.why_closed(date(2026, 5, 6)) == "振替休日"  # the 3rd was a Sunday
    assert PLAIN.why_closed(date(2026, 9, 22)) == "国民の休日"
    assert PLAIN.why_closed(date(2026, 5, 9)) == ""  # a plain Saturday


def test_yearly_closings_cross_the_years_end(db) -> None:
    row = close()
    assert [day.day for day in working.working_days(date(2026, 12, 25), date(2027, 1, 6))] == [25, 28, 4, 5, 6]
    assert working.is_working(date(2024, 12, 30))  # before it began
    rules.end_closed_days(row.id, last_day=date(2026, 12, 31), by=CONSOLE, now=NOW)
    assert working.moved(date(2026, 12, 29), "after") == date(2027, 1, 4)  # weekend and new year's day are left
    assert working.is_working(date(2027, 12, 29))
    rules.change_closed_days(row.id, version=2, name="冬の休み", by=CONSOLE, now=NOW)
    with pytest.raises(Conflict):
        rules.change_closed_days(row.id, version=2, name="遅い人", by=CONSOLE, now=NOW)
    assert list(verify.verify()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_weekend_is_a_decision(db) -> None:
    change_setting("weekend", "sun", by=CONSOLE, now=NOW)
    assert working.is_working(date(2026, 4, 4))
    for text in ("sun mon tue wed thu fri sat", "日曜"):
        with pytest.raises(Invalid):
            change_setting("weekend", text, by=CONSOLE, now=NOW)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_becomes_of_a_day_off(db) -> None:
    close()
    first, last = date(2026, 11, 1), date(2027, 1, 31)
    given_days = {
        rule: [str(day)[5:] for day in days_of(schedule("毎月末日", day_rule=rule), first, last)]
        for rule in ("as_is", "before", "after", "skip")
    }
    assert given_days == {
        "as_is": ["11-30", "12-31", "01-31"],
        "before": ["11-30", "12-28", "01-29"],
        "after": ["11-02", "11-30", "01-04"],  # 31 October is a Saturday; 31 January is due in February
        "skip": ["11-30"],
    }


@pytest.mark.parametrize("engine", ["sqlite"])
def test_where_nobody_works_for_months_nothing_is_moved(db) -> None:
    for month in (4, 5, 6):
        close(name="工事", from_day=date(2027, month, 1), to_day=date(2027, month, 30), yearly=False)
    close(name="工事", from_day=date(2027, 5, 31), to_day=date(2027, 5, 31), yearly=False)
    assert working.moved(date(2027, 4, 1), "after") is None
    found = days_of(schedule("毎月1日", day_rule="after"), date(2027, 3, 20), date(2027, 7, 31))
    assert found == [date(2027, 7, 1)] * 3  # May's, June's and its own; April's found no day


@pytest.mark.parametrize("engine", ["sqlite"])
def test_closings_that_make_no_sense(db) -> None:
    for wrong in ({"to_day": date(2025, 12, 1)}, {"to_day": date(2026, 4, 1)}, {"name": ""}):
        with pytest.raises(Invalid):
            close(**wrong)


DAYS = st.dates(date(2000, 1, 1), date(2098, 12, 31))
CLOSED = st.lists(st.tuples(DAYS, st.integers(0, 20), st.booleans()), max_size=4)


@given(
    day=DAYS,
    rule=st.sampled_from(["before", "after", "as_is", "skip"]),
    closed=CLOSED,
    weekend=st.sets(st.integers(0, 6), max_size=5),
)
@example_settings(max_examples=200, deadline=None)
def test_a_moved_day_is_a_working_day(
    day: date, rule: str, closed: list[tuple[date, int, bool]], weekend: set[int]
) -> None:
    rows = tuple(ClosedDays(name="休", from_day=one, to_day=one + timedelta(days=n), yearly=y) for one, n, y in closed)
    days = Working(frozenset(weekend), rows)
    found = days.moved(day, rule)
    if rule == "as_is":
        assert found == day
    elif rule == "skip":
        assert found == (day if days.is_working(day) else None)
    elif found is not None:
        assert days.is_working(found)
        between = sorted((day, found))
        others = [one for one in days.days(*between) if one != found]
        assert others == []  # the nearest one
        assert (found <= day) if rule == "before" else (found >= day)


@given(day=DAYS)
@example_settings(max_examples=100, deadline=None)
def test_a_day_that_is_closed_has_a_reason(day: date) -> None:
    assert PLAIN.is_working(day) != (day.weekday() >= 5 or bool(PLAIN.why_closed(day)))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_next_times(db) -> None:
    one = schedule("3年ごと11月")
    assert [time.due.year for time in next_times(one, date(2026, 12, 1), 3)] == [2029, 2032, 2035]
    short = schedule("毎月10日", to_day=date(2026, 6, 1))
    assert len(next_times(short, date(2026, 4, 1), 5)) == 2
