"""What the board shows of a report: bands of tiles, what has run out, what will run out soon, findings by age and year."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from isms.catalogue.editions import Edition, Kind, Requirement
from isms.core.charts import Bars, Series
from isms.core.days import fiscal_label, fiscal_year
from isms.core.words import gettext, locale, pgettext
from isms.evidence.standing import Standing
from isms.findings.models import Finding
from isms.findings.rules import NONCONFORMITIES
from isms.status.compute import State
from isms.status.rules import Report, RequirementState

YEARS = 7  # of the chart
AGES = (30, 90, 180)  # days
UNASKED = (State.NOT_APPLICABLE, State.UNDECIDED, State.NOT_IMPLEMENTED)  # evidence is not expected yet


@dataclass
class Band:
    """Requirements that stand together: a theme of the controls, a chapter, or all clauses."""

    key: str
    no: str
    title: Any
    rows: list[RequirementState] = field(default_factory=list)


def bands(edition: Edition, rows: Iterable[RequirementState]) -> list[Band]:
    """Lay the requirements of a report into bands, in their order; empty ones are left out."""
    found: dict[str, Band] = {}
    for one in rows:
        key, no, title = place(edition, one.requirement)
        found.setdefault(key, Band(key, no, title)).rows.append(one)
    return list(found.values())


def place(edition: Edition, requirement: Requirement) -> tuple[str, str, Any]:
    """Give the band of a requirement: its key, its number, its title."""
    if requirement.kind is not Kind.CONTROL:
        return "clauses", "4–10", pgettext("band", "箇条")
    if requirement.theme:
        first = next(row.id for row in edition.requirements if row.theme == requirement.theme)
        return requirement.theme, first.partition(".")[0], edition.themes[requirement.theme]
    chapter = ".".join(requirement.key.split(".")[:2])
    if chapter.startswith("A."):
        return chapter, chapter.removeprefix("A."), gettext("附属書A")
    return "own", "＋", gettext("独自の管理策")


def places(edition: Edition) -> list[tuple[str, str]]:
    """Give the bands of an edition for a choice: key, number and title."""
    found: dict[str, str] = {}
    for requirement in edition.requirements:
        key, no, title = place(edition, requirement)
        found.setdefault(key, f"{no}　{title}")
    return list(found.items())


@dataclass(frozen=True)
class Due:
    """A requirement whose proof ends: `days` left, or gone by."""

    one: RequirementState
    last: date
    days: int
    evidence_id: int  # of the last proof


def overdue(report: Report) -> list[Due]:
    """Give what nothing proves any more since its evidence ran out, the longest first."""
    found = []
    for one in report.requirements:
        if one.state in UNASKED or one.proven_by:
            continue
        ended = [e for e in one.evidence if e.review == "accepted" and not e.gone and not e.damaged]
        if ended:
            last = max(ended, key=_end)
            found.append(Due(one, last.valid_until, (report.day - last.valid_until).days, last.id))
    return sorted(found, key=lambda due: -due.days)


def due_soon(report: Report, within: int) -> list[Due]:
    """Give what is proven today and nothing proves any more after so many days, the nearest first."""
    found = []
    for one in report.requirements:
        last = max(one.proven_by, key=_end, default=None)
        if one.state not in UNASKED and last is not None and (last.valid_until - report.day).days <= within:
            found.append(Due(one, last.valid_until, (last.valid_until - report.day).days, last.id))
    return sorted(found, key=lambda due: due.days)


def _end(laid: Standing) -> tuple[date, int]:
    return laid.valid_until, laid.id


@dataclass(frozen=True)
class Age:
    """Open findings that were found so long ago."""

    label: str
    number: int
    nonconforming: int


def by_age(findings: Sequence[Finding], day: date) -> list[Age]:
    """Count open findings by the days since they were found."""
    given, low = [], 0
    for high in (*AGES, None):
        rows = [f for f in findings if low <= (day - f.opened_on).days and _under(f, day, high)]
        given.append(Age(_span(low, high), len(rows), sum(f.grade in NONCONFORMITIES for f in rows)))
        low = (high or 0) + 1
    return given


def _under(finding: Finding, day: date, high: int | None) -> bool:
    return high is None or (day - finding.opened_on).days <= high


def _span(low: int, high: int | None) -> str:
    if high is None:
        return gettext("%(days)s日を超える", days=low - 1)
    return gettext("%(low)s–%(high)s日", low=low, high=high) if low else gettext("%(days)s日以内", days=high)


def average_age(findings: Sequence[Finding], day: date) -> int | None:
    """Give the mean days since open findings were found; None without any."""
    return round(sum((day - f.opened_on).days for f in findings) / len(findings)) if findings else None


def per_year(found: Iterable[tuple[str, date]], today: date, start_month: int) -> Bars:
    """Draw how many findings of each grade (grade, day) every fiscal year brought."""
    this = fiscal_year(today, start_month)
    years = range(this - YEARS + 1, this + 1)
    counted = {year: dict.fromkeys(("major", "minor", "other"), 0) for year in years}
    for grade, day in found:
        year = fiscal_year(day, start_month)
        if year in counted:
            counted[year][grade if grade in NONCONFORMITIES else "other"] += 1
    names = [_year(year, start_month, first=year == years[0]) for year in years]
    grades = {
        "major": gettext("重大な不適合"),
        "minor": gettext("軽微な不適合"),
        "other": gettext("観察事項・改善の機会"),
    }
    fills = {"major": "solid", "minor": "hatch", "other": "blank"}
    series = [Series(grades[one], [counted[year][one] for year in years], fills[one]) for one in grades]
    return Bars("findings-years", gettext("年度別の指摘事項の数"), names, series, gettext("年度別・件"))


def _year(year: int, start_month: int, *, first: bool) -> str:
    """Name a fiscal year under the chart: 令和2, then 3, 4 …; 2026 in English."""
    if locale() != "ja":
        return str(year)
    label = fiscal_label(year, "ja", start_month).removesuffix(gettext("年度"))
    era = label.rstrip("0123456789")
    return label if first or label == era else label.removeprefix(era)


def figure_of_year(today: date, start_month: int) -> str:
    """Write the fiscal year as the figure in the margin: 令和8, 2026."""
    year = fiscal_year(today, start_month)
    if locale() != "ja":
        return str(year)
    return fiscal_label(year, "ja", start_month).removesuffix(gettext("年度"))


def yesterday(day: date) -> date:
    """Give the day before."""
    return day - timedelta(days=1)
