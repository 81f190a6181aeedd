"""The Japanese eras, counted on the Gregorian calendar from the day that each was proclaimed."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Era:
    """An era; `last` is None for the running one. Year 1 is the calendar year of `first`."""

    name: str
    letter: str
    first: date
    last: date | None

    def year_of(self, day: date) -> int:
        """Count the day's year in this era."""
        return day.year - self.first.year + 1

    def holds(self, day: date) -> bool:
        """Say whether the day lies in this era."""
        return self.first <= day and (self.last is None or day <= self.last)


# Cabinet orders on the change of era; 1868-10-23 is the day on which 明治 was proclaimed.
ERAS = (
    Era("令和", "R", date(2019, 5, 1), None),
    Era("平成", "H", date(1989, 1, 8), date(2019, 4, 30)),
    Era("昭和", "S", date(1926, 12, 25), date(1989, 1, 7)),
    Era("大正", "T", date(1912, 7, 30), date(1926, 12, 24)),
    Era("明治", "M", date(1868, 10, 23), date(1912, 7, 29)),
)

BY_NAME = {spelling: era for era in ERAS for spelling in (era.name, era.name[0], era.letter)}


def era_of(day: date) -> Era | None:
    """Find the era of the day; None before 1868-10-23."""
    return next((era for era in ERAS if era.holds(day)), None)


def era_year(day: date) -> str:
    """Write the year of the day as `令和8年`, the first one as `令和元年`, days before the eras as `1868年`."""
    era = era_of(day)
    return numbered(era, era.year_of(day)) + "年" if era else f"{day.year}年"


def era_day(day: date) -> str:
    """Write the day as `令和8年4月1日`."""
    return f"{era_year(day)}{day.month}月{day.day}日"


def numbered(era: Era, year: int) -> str:
    """Write a year of the era without its unit: `令和8`, `令和元`."""
    return f"{era.name}{'元' if year == 1 else year}"
