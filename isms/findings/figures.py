"""The figures of findings: how old the open ones are, where they lie, and what every fiscal year brought."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from isms.core.charts import Bars, Series
from isms.core.days import fiscal_label, fiscal_year
from isms.core.words import gettext, locale
from isms.findings.models import Finding
from isms.findings.progress import Progress
from isms.findings.words import GRADES, NONCONFORMITIES, SOURCES

AGES = ((0, 30), (31, 90), (91, 180), (181, None))  # days since it was found
MOST_YEARS = 6

# three fills, so three kinds of sources: what the organisation finds by itself, what others find, what happens
FOUND_BY: dict[str, tuple[str, ...]] = {
    "solid": ("crosscheck", "daily_check", "own"),
    "hatch": ("internal_audit", "external_audit"),
    "blank": ("drill", "incident"),
}


def age_words(number: int) -> str:
    """Name a span of AGES."""
    low, high = AGES[number]
    if high is None:
        return gettext("%(days)s日を超える", days=low - 1)
    return gettext("%(low)s–%(high)s日", low=low, high=high) if low else gettext("%(days)s日以内", days=high)


def days_of_age(number: int, today: date) -> tuple[date, date]:
    """Give the first and the last day on which something so old was found."""
    low, high = AGES[number]
    return date.min if high is None else today - timedelta(days=high), today - timedelta(days=low)


def by_age(waiting: Iterable[Progress], today: date) -> list[int]:
    """Count open findings by AGES."""
    counted = [0] * len(AGES)
    for one in waiting:
        days = (today - one.finding.opened_on).days
        counted[next(n for n, (_, high) in enumerate(AGES) if high is None or days <= high)] += 1
    return counted


@dataclass
class Place:
    """The open findings of a department."""

    department_id: int | None
    ages: list[int]
    number: int = 0
    nonconforming: int = 0
    late: int = 0


def by_department(waiting: Iterable[Progress], today: date) -> list[Place]:
    """Count open findings by department, those with the most first."""
    places: dict[int | None, list[Progress]] = {}
    for one in waiting:
        places.setdefault(one.finding.department_id, []).append(one)
    counted = [
        Place(
            department_id,
            by_age(rows, today),
            len(rows),
            sum(one.finding.grade in NONCONFORMITIES for one in rows),
            sum(one.is_late(today) for one in rows),
        )
        for department_id, rows in places.items()
    ]
    return sorted(counted, key=lambda place: (-place.number, -place.late, place.department_id or 0))


@dataclass
class Year:
    """What a fiscal year brought: findings by grade and by source, and how long the closed ones had taken."""

    year: int
    label: str
    grades: dict[str, int] = field(default_factory=lambda: dict.fromkeys(GRADES, 0))
    sources: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SOURCES, 0))
    took: list[int] = field(default_factory=list)  # days from found to closed, of those closed in the year

    @property
    def number(self) -> int:
        """Count what was found."""
        return sum(self.grades.values())

    @property
    def average(self) -> int | None:
        """Give the mean days to close; None when nothing was closed."""
        return round(sum(self.took) / len(self.took)) if self.took else None


def by_year(found: Sequence[Finding], closed: dict[int, date], today: date, start_month: int) -> list[Year]:
    """Count findings by the fiscal year in which they were found, and closings by theirs; oldest year first."""
    this = fiscal_year(today, start_month)
    oldest = min((fiscal_year(one.opened_on, start_month) for one in found), default=this)
    first = max(oldest, this - MOST_YEARS + 1)
    years = {year: Year(year, fiscal_label(year, locale(), start_month)) for year in range(first, this + 1)}
    for one in found:
        if (year := years.get(fiscal_year(one.opened_on, start_month))) is not None:
            year.grades[one.grade] += 1
            year.sources[one.source] += 1
        day = closed.get(one.id)
        if day is not None and (ended := years.get(fiscal_year(day, start_month))) is not None:
            ended.took.append((day - one.opened_on).days)
    return list(years.values())


def chart_of_grades(years: Sequence[Year]) -> Bars:
    """Draw what every year brought, by grade."""
    rows = {
        "solid": (gettext("重大な不適合"), ("major",)),
        "hatch": (gettext("軽微な不適合"), ("minor",)),
        "blank": (gettext("観察事項・改善の機会"), ("observation", "improvement")),
    }
    series = [
        Series(label, [sum(year.grades[one] for one in grades) for year in years], fill)
        for fill, (label, grades) in rows.items()
    ]
    return _bars("findings-grades", gettext("年度別・区分別の指摘事項"), years, series)


def chart_of_sources(years: Sequence[Year]) -> Bars:
    """Draw what every year brought, by where it was found."""
    labels = {"solid": gettext("自ら見つけた"), "hatch": gettext("監査・審査"), "blank": gettext("訓練・事故")}
    series = [
        Series(labels[fill], [sum(year.sources[one] for one in sources) for year in years], fill)
        for fill, sources in FOUND_BY.items()
    ]
    return _bars("findings-sources", gettext("年度別・見つかった場別の指摘事項"), years, series)


def _bars(name: str, title: str, years: Sequence[Year], series: list[Series]) -> Bars:
    return Bars(name, title, [_short(year, years[0]) for year in years], series, gettext("年度別・件"))


def _short(year: Year, first: Year) -> str:
    """Name a fiscal year under a chart: 令和2, then 3, 4 …; 2026 in English."""
    if locale() != "ja":
        return str(year.year)
    label = year.label.removesuffix(gettext("年度"))
    era = label.rstrip("0123456789")
    return label if year is first or label == era else label.removeprefix(era)


def table_of_years(years: Sequence[Year]) -> tuple[list[tuple[Any, bool]], list[list[Any]]]:
    """Give heads and rows of all figures by year, the newest first."""
    heads = [
        (gettext("年度"), False),
        (gettext("合計"), True),
        *((label, True) for label in GRADES.values()),
        *((label, True) for label in SOURCES.values()),
        (gettext("完了した件数"), True),
        (gettext("完了までの平均日数"), True),
    ]
    rows = [
        [
            year.label,
            year.number,
            *(number or None for number in (*year.grades.values(), *year.sources.values())),
            len(year.took) or None,
            year.average,
        ]
        for year in reversed(years)
    ]
    return heads, rows
