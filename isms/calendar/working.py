"""On which days the organisation works: not at its weekend, not on public holidays, not on its own closed days."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from holidays import country_holidays

from isms.calendar.models import ClosedDays
from isms.core import settings
from isms.core.errors import Invalid
from isms.core.unchanged import Kept
from isms.core.words import gettext, lazy_gettext

FARTHEST = 62  # days that a closed day is moved at most; where nobody works for so long, nothing can be moved
DAY = timedelta(days=1)
WEEKDAYS = {
    "mon": lazy_gettext("月曜日"),
    "tue": lazy_gettext("火曜日"),
    "wed": lazy_gettext("水曜日"),
    "thu": lazy_gettext("木曜日"),
    "fri": lazy_gettext("金曜日"),
    "sat": lazy_gettext("土曜日"),
    "sun": lazy_gettext("日曜日"),
}
DAY_RULES: dict[str, Any] = {
    "as_is": lazy_gettext("そのままの日にする"),
    "before": lazy_gettext("前の営業日にする"),
    "after": lazy_gettext("次の営業日にする"),
    "skip": lazy_gettext("その回は行わない"),
}

_closed: Kept[list[ClosedDays]] = Kept(lambda: list(ClosedDays.select().order_by(ClosedDays.id)))


def read_weekend(text: str) -> list[str]:
    """Read the days of the weekend; raises Invalid for what is no day of the week, or when no day is left to work."""
    names = text.replace(",", " ").replace("、", " ").split()
    unknown = [name for name in names if name not in WEEKDAYS]
    if unknown:
        raise Invalid(gettext("曜日 %(name)s はありません。", name=unknown[0]))
    if set(names) == set(WEEKDAYS):
        raise Invalid(gettext("働く曜日を一つは残してください。"))
    return [name for name in WEEKDAYS if name in names]


@dataclass(frozen=True)
class Working:
    """The working days as they are known at one moment; every answer is out of memory."""

    weekend: frozenset[int]
    closed: tuple[ClosedDays, ...] = ()
    _off: dict[int, dict[date, str]] = field(default_factory=dict, compare=False)

    def why_closed(self, day: date) -> str:
        """Name the holiday or closing of the day; "" where there is none, a weekend apart."""
        if day.year not in self._off:
            self._off[day.year] = self._year(day.year)
        return self._off[day.year].get(day, "")

    def is_working(self, day: date) -> bool:
        """Tell whether the organisation works on the day."""
        return day.weekday() not in self.weekend and not self.why_closed(day)

    def days(self, from_day: date, to_day: date) -> list[date]:
        """Give the working days from a day to a day, both included."""
        return [day for day in span(from_day, to_day) if self.is_working(day)]

    def moved(self, day: date, rule: str) -> date | None:
        """Give the day on which something is due that falls on this one; None: that time it does not take place."""
        if rule == "as_is" or self.is_working(day):
            return day
        if rule == "skip":
            return None
        step = -DAY if rule == "before" else DAY
        others = (day + step * number for number in range(1, FARTHEST + 1))
        return next((other for other in others if self.is_working(other)), None)

    def _year(self, year: int) -> dict[date, str]:
        off = dict(_public(year))
        for row in self.closed:
            off |= {day: row.name for day in closings(row, year) if day.year == year}
        return off


@cache
def _public(year: int) -> dict[date, str]:
    """Give the public holidays of Japan by day, substitute ones too; in Japanese, as they are announced."""
    return dict(country_holidays("JP", years=year, language="ja"))


def holidays_after(day: date, number: int) -> list[tuple[date, str]]:
    """Give the next public holidays from the day on, at most so many."""
    coming = sorted((_public(day.year) | _public(day.year + 1)).items())
    return [(when, name) for when, name in coming if when >= day][:number]


def closings(row: ClosedDays, year: int) -> Iterator[date]:
    """Give the days that a row closes and that may lie in the year; a yearly one may cross the year's end."""
    years = range(year - 1, year + 1) if row.yearly else [row.from_day.year]
    length = (row.to_day - row.from_day).days
    for begun in years:
        if begun < row.from_day.year:
            continue
        first = _in_year(row.from_day, begun)
        for day in span(first, first + length * DAY):
            if row.last_day is None or day <= row.last_day:
                yield day


def _in_year(day: date, year: int) -> date:
    """Give the same day of another year; 1 March for a 29 February that is not there."""
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def span(from_day: date, to_day: date) -> Iterator[date]:
    """Give the days from a day to a day, both included."""
    return (from_day + number * DAY for number in range((to_day - from_day).days + 1))


def known() -> Working:
    """Give the working days as known now; two queries at most."""
    names = list(WEEKDAYS)
    weekend = frozenset(names.index(name) for name in settings.get("weekend"))
    return Working(weekend, tuple(_closed.get()))


def working_days(from_day: date, to_day: date) -> list[date]:
    """Give the working days from a day to a day, both included."""
    return known().days(from_day, to_day)


def is_working(day: date) -> bool:
    """Tell whether the organisation works on the day."""
    return known().is_working(day)


def moved(day: date, rule: str) -> date | None:
    """Give the day on which something is due that falls on this one: rule before, after, as_is; skip gives None."""
    return known().moved(day, rule)


settings.declare(
    "weekend",
    ["sat", "sun"],
    lazy_gettext("週末の曜日"),
    lazy_gettext("予定を数えるときに休みとする曜日です。"),
    read_weekend,
    write=" ".join,
    choices=tuple(WEEKDAYS.items()),
)
