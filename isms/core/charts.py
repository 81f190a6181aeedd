"""The geometry of charts: numbers in, shapes out; `templates/macros/charts.html` draws them as inline SVG.

Ink only: what a bar means is said by its fill (solid, hatch, blank) and by the table beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from isms.core.days import fiscal_label, fiscal_year
from isms.core.days.writing import ENGLISH_WEEKDAYS, WEEKDAYS
from isms.core.words import gettext, locale

LEFT, RIGHT, TOP, BOTTOM = 28, 4, 26, 26  # room for the axes, in px
MOST_NAMES = 16


@dataclass(frozen=True)
class Series:
    """One row of figures; `fill` is solid, hatch or blank."""

    label: Any
    values: Sequence[float]
    fill: str = "solid"


@dataclass(frozen=True)
class Rect:
    """A bar's part, in px."""

    x: float
    y: float
    width: float
    height: float
    fill: str


def step_of(top: float, most: int = 5) -> int:
    """Give a round step so that at most `most` lines reach the top: 1, 2, 5, 10, 20, 50 …"""
    step = 1
    while step * most < top:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


def figure(value: float) -> str:
    """Write a figure of a chart."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


@dataclass(frozen=True)
class Chart:
    """What bars and lines share: one name per place on the axis and rows of figures."""

    id: str  # of the element; one of its kind on a page
    title: Any
    names: Sequence[str]
    series: Sequence[Series]
    unit: Any = ""
    width: int = 330
    height: int = 176

    @property
    def totals(self) -> list[float]:
        """Give the height of each place."""
        return [sum(column) for column in zip(*(one.values for one in self.series), strict=True)]

    @property
    def top(self) -> float:
        """Give the figure at the upper edge."""
        return max([*self.totals, 1])

    @property
    def place(self) -> float:
        """Give the width of one place, in px."""
        return (self.width - LEFT - RIGHT) / max(1, len(self.names))

    def x(self, index: int) -> float:
        """Give the middle of a place, in px."""
        return round(LEFT + self.place * (index + 0.5), 1)

    def y(self, value: float) -> float:
        """Give the height of a figure, in px from the top."""
        return round(self.height - BOTTOM - value / self.top * (self.height - TOP - BOTTOM), 1)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Give the lines of the axis: height and figure."""
        step = step_of(self.top)
        return [(self.y(value), figure(value)) for value in range(step, int(self.top) + 1, step)]

    @property
    def named(self) -> list[tuple[float, str]]:
        """Give the names under the axis, not more than fit."""
        every = -(-len(self.names) // MOST_NAMES)
        return [(self.x(index), name) for index, name in enumerate(self.names) if index % every == 0]

    @property
    def description(self) -> str:
        """Say all figures in words."""
        stop, pause = (gettext("。"), gettext("、"))
        parts = []
        for index, name in enumerate(self.names):
            values = pause.join(f"{one.label} {figure(one.values[index])}" for one in self.series)
            parts.append(f"{name}{gettext('：')}{values}")
        return stop.join(parts)

    @property
    def rows(self) -> list[list[str]]:
        """Give the figures as rows of a table: name, one column per series."""
        return [[name, *(figure(one.values[i]) for one in self.series)] for i, name in enumerate(self.names)]


@dataclass(frozen=True)
class Bars(Chart):
    """Stacked bars."""

    @property
    def rects(self) -> list[Rect]:
        """Give the parts of all bars, the first series at the foot."""
        width = round(min(22, self.place * 0.6), 1)
        given = []
        for index in range(len(self.names)):
            height: float = 0
            for one in self.series:
                value = one.values[index]
                if value:
                    upper, lower = self.y(height + value), self.y(height)
                    x = round(self.x(index) - width / 2, 1)
                    given.append(Rect(x, upper, width, round(lower - upper, 1), one.fill))
                height += value
        return given

    @property
    def heads(self) -> list[tuple[float, float, str]]:
        """Give the total above each bar: x, y, figure."""
        return [(self.x(i), round(self.y(total) - 5, 1), figure(total)) for i, total in enumerate(self.totals)]


@dataclass(frozen=True)
class Lines(Chart):
    """One line per series: solid, hatch (dashed) or blank (dotted)."""

    @property
    def top(self) -> float:
        return max([1, *(value for one in self.series for value in one.values)])

    @property
    def paths(self) -> list[tuple[str, str, list[tuple[float, float]]]]:
        """Give for each series its points as the attribute of a polyline, its fill, and its points."""
        given = []
        for one in self.series:
            points = [(self.x(index), self.y(value)) for index, value in enumerate(one.values)]
            given.append((" ".join(f"{x},{y}" for x, y in points), one.fill, points))
        return given


@dataclass(frozen=True)
class HeatDay:
    """A day of the heat map: `level` 0 (nothing) to 4 (all), `words` say it."""

    day: date
    level: int
    words: str


@dataclass(frozen=True)
class Heat:
    """A calendar of days, one column a week from Monday."""

    id: str
    title: Any
    days: Sequence[HeatDay]
    cell: int = 13

    @property
    def first_monday(self) -> date:
        """Give the day in the upper left corner."""
        first = min(one.day for one in self.days)
        return first - timedelta(days=first.weekday())

    def column(self, day: date) -> int:
        """Count the week of the day from the left."""
        return (day - self.first_monday).days // 7

    @property
    def width(self) -> int:
        """Give the width, in px."""
        return 22 + (self.column(max(one.day for one in self.days)) + 1) * self.cell

    @property
    def height(self) -> int:
        """Give the height, in px."""
        return 18 + 7 * self.cell

    @property
    def cells(self) -> list[tuple[int, int, HeatDay]]:
        """Give x and y of each day."""
        return [(22 + self.column(one.day) * self.cell, 18 + one.day.weekday() * self.cell, one) for one in self.days]

    @property
    def weekdays(self) -> list[tuple[int, str]]:
        """Give the rows that are named, and their names."""
        names = WEEKDAYS if locale() == "ja" else [name[0] for name in ENGLISH_WEEKDAYS]
        return [(row, names[row]) for row in (0, 2, 4)]

    @property
    def months(self) -> list[tuple[int, str]]:
        """Give x and name of each month that begins in the calendar; not every day need be one of it."""
        firsts: dict[tuple[int, int], date] = {}
        for day in sorted(one.day for one in self.days):
            firsts.setdefault((day.year, day.month), day)
        begun = [day for day in firsts.values() if day.day <= 7]
        return [(22 + self.column(day) * self.cell, month_name(day)) for day in begun]


def month_name(day: date) -> str:
    """Write the month as a chart's axis does."""
    return gettext("%(month)s月", month=day.month) if locale() == "ja" else f"{day:%b}"


@dataclass(frozen=True)
class Validity:
    """One evidence on the timeline. `look`: ok, soon, out (expired), ret (does not count)."""

    ref: str
    title: str
    first: date
    last: date
    look: str
    word: Any  # the state and the days left
    href: str = ""


@dataclass(frozen=True)
class Timeline:
    """Validity bars between two days; coordinates are percent, so that nothing is ever distorted."""

    title: Any
    rows: Sequence[Validity]
    first: date
    last: date
    today: date
    start_month: int = 4

    def at(self, day: date) -> float:
        """Give the place of a day, in percent."""
        return round(max(0, min(100, (day - self.first).days / max(1, (self.last - self.first).days) * 100)), 2)

    def bar(self, row: Validity) -> tuple[float, float]:
        """Give begin and width of a row's bar, in percent; at least half a percent is seen."""
        begin = self.at(row.first)
        return begin, max(0.5, round(self.at(row.last + timedelta(days=1)) - begin, 2))

    @property
    def quarters(self) -> list[tuple[float, str, str]]:
        """Give place, month and, where one begins, fiscal year of each quarter."""
        given, day = [], self.first.replace(day=1)
        while day <= self.last:
            if (day.month - self.start_month) % 3 == 0 and day >= self.first:
                begins = day.month == self.start_month
                label = fiscal_label(fiscal_year(day, self.start_month), locale(), self.start_month) if begins else ""
                given.append((self.at(day), month_name(day), label))
            day = (day + timedelta(days=32)).replace(day=1)
        return given
