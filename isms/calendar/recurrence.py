"""How often something comes round: an RFC 5545 rule, said in words, and the days that it gives.

A rule with an interval counts it from the first day that it gives at all: every third November, begun in a December, is
first due the November after. What is planned to a month alone is due on the month's last day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import get_day_names, get_month_names
from dateutil.rrule import rrule as Rule  # noqa: N812  the module has the name too
from dateutil.rrule import rrulestr

from isms.core.words import gettext, lazy_gettext, locale

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
DAILY = "FREQ=DAILY"
LONGEST_STEP = 12  # years between two times at most
NTH: dict[int, Any] = {
    1: lazy_gettext("第1"),
    2: lazy_gettext("第2"),
    3: lazy_gettext("第3"),
    4: lazy_gettext("第4"),
    -1: lazy_gettext("最終"),
}


@dataclass(frozen=True)
class Recurrence:
    """What was understood; `day_rule` is what the words said of closed days, "" when they said nothing."""

    rrule: str
    whole_month: bool = False
    day_rule: str = ""

    def in_words(self) -> str:
        """Say it in the reader's language."""
        parts = dict(part.split("=") for part in self.rrule.split(";"))
        every = int(parts.get("INTERVAL", "1"))
        if parts["FREQ"] == "DAILY":
            return self._days(every)
        if parts["FREQ"] == "WEEKLY":
            days = _listed([_weekday(code) for code in parts["BYDAY"].split(",")])
            if every == 1:
                return gettext("毎週%(days)s", days=days)
            return gettext("%(number)s週間ごとの%(days)s", number=every, days=days)
        period = _period(parts, every)
        if self.whole_month:
            return gettext("%(period)s（その月のうち）", period=period)
        return self._minding(gettext("%(period)sの%(day)s", period=period, day=_day(parts)))

    def _days(self, every: int) -> str:
        if every > 1:
            return gettext("%(number)s日ごと", number=every)
        return gettext("毎営業日") if self.day_rule == "skip" else gettext("毎日")

    def _minding(self, words: str) -> str:
        """Add what becomes of a closed day, where the words of the rule said it."""
        if self.day_rule == "before":
            return gettext("%(words)s（休みの日なら前の営業日）", words=words)
        if self.day_rule == "after":
            return gettext("%(words)s（休みの日なら次の営業日）", words=words)
        return words


def _period(parts: dict[str, str], every: int) -> str:
    if parts["FREQ"] == "YEARLY":
        names = get_month_names("wide", locale=locale())
        months = _listed([names[int(month)] for month in parts["BYMONTH"].split(",")])
        if every == 1:
            return gettext("毎年%(months)s", months=months)
        return gettext("%(number)s年ごとの%(months)s", number=every, months=months)
    if every % 12 == 0:
        return gettext("毎年") if every == 12 else gettext("%(number)s年ごと", number=every // 12)
    return gettext("毎月") if every == 1 else gettext("%(number)sか月ごと", number=every)


def _day(parts: dict[str, str]) -> str:
    if "BYDAY" in parts:
        return _listed([_nth_weekday(one) for one in parts["BYDAY"].split(",")])
    if "BYSETPOS" in parts:
        return gettext("%(number)s日（ない月は末日）", number=parts["BYMONTHDAY"].split(",")[-1])
    days = [int(day) for day in parts["BYMONTHDAY"].split(",")]
    return _listed([gettext("末日") if day == -1 else gettext("%(number)s日", number=day) for day in days])


def _nth_weekday(code: str) -> str:
    return gettext("%(nth)s%(weekday)s", nth=NTH[int(code[:-2])], weekday=_weekday(code[-2:]))


def _weekday(code: str) -> str:
    return str(get_day_names("wide", locale=locale())[CODES.index(code)])


def _listed(words: list[str]) -> str:
    return gettext("、").join(words)


def rule_from(text: str, start: date) -> Rule:
    """Give the rule as dateutil counts it, from the first day that it gives on or after the start."""
    return _counted(text, start)


@lru_cache(4096)
def _counted(text: str, start: date) -> Rule:
    begin = datetime(start.year, start.month, start.day)  # noqa: DTZ001  a day has no time zone
    rule = _made(text, begin)
    if "INTERVAL" not in text:
        return rule
    parts = [part for part in text.split(";") if not part.startswith("INTERVAL")]
    first = next(iter(_made(";".join(parts), begin)), None)
    return rule if first is None else _made(text, first)


def _made(text: str, begin: datetime) -> Rule:
    made = rrulestr(f"{text};WKST=MO", dtstart=begin)
    assert isinstance(made, Rule)
    return made


def nominals(rrule: str, from_day: date, after: date | None, until: date) -> list[date]:
    """Give the days that the rule gives later than `after` (None: from the first) up to `until`; none before `from_day`."""
    first = from_day if after is None else max(from_day, after + timedelta(days=1))
    if first > until:
        return []
    if rrule == DAILY:
        return [first + timedelta(days=number) for number in range((until - first).days + 1)]
    start = from_day if "INTERVAL" in rrule else first  # without an interval nothing is counted from the start
    return list(_between(rule_from(rrule, start), first, until))


def _between(rule: Rule, first: date, until: date) -> Iterator[date]:
    for moment in rule:
        day = moment.date()
        if day > until:
            return
        if day >= first:
            yield day


def is_daily(rrule: str) -> bool:
    """Tell whether the rule gives every day."""
    return rrule == DAILY
