"""The geometry of charts."""

from datetime import date, timedelta

import pytest

from isms.core.charts import Bars, Series, Timeline, Validity, step_of


@pytest.mark.parametrize(
    ("top", "step"), [(1, 1), (5, 1), (6, 2), (16, 5), (99, 20), (101, 50), (1000, 200), (1001, 500)]
)
def test_an_axis_has_round_steps(top: float, step: int) -> None:
    assert step_of(top) == step


def test_bars_stand_on_each_other_and_say_their_figures() -> None:
    chart = Bars("b", "指摘", ["R7", "R8"], [Series("重大", [1, 0]), Series("軽微", [3, 2], "hatch")])
    first, second, third = chart.rects
    assert second.y + second.height == pytest.approx(first.y, abs=0.1)
    assert second.height == pytest.approx(3 * first.height, abs=0.3)
    assert third.fill == "hatch"
    assert chart.description == "R7：重大 1、軽微 3。R8：重大 0、軽微 2"


def test_a_timeline_keeps_its_bars_inside() -> None:
    first = date(2026, 4, 1)
    line = Timeline("", [], first, first + timedelta(days=100), first)
    long = Validity("", "", date(2020, 1, 1), date(2040, 1, 1), "ok", "")
    assert line.bar(long) == (0, 100)
    begin, width = line.bar(Validity("", "", first + timedelta(days=50), first + timedelta(days=59), "ok", ""))
    assert (begin, width) == (50, 10)
