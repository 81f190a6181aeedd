"""Where checks are missing: departments by month as a heat map, and the days of one department."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import g, request, url_for

from isms.core import clock, settings
from isms.core.charts import Heat, HeatDay, month_name
from isms.core.days import Span, fiscal_label, fiscal_span, fiscal_year
from isms.core.errors import BadRequest, NotFound
from isms.core.permissions import Permission as P
from isms.core.web import Answer
from isms.core.words import gettext, locale
from isms.dailychecks import rules
from isms.dailychecks.days import marks
from isms.dailychecks.expected import checks, due_days, stretches
from isms.dailychecks.missing import of_late
from isms.dailychecks.models import DailyCheck, DailyMonth, DailyRecord
from isms.dailychecks.months import month_of, month_words
from isms.dailychecks.rates import Months, Rate, by_month, total
from isms.dailychecks.views import in_sight, room
from isms.people.departments import departments, get_department
from isms.people.models import Department

LEVELS = ((100, 4), (95, 3), (80, 2), (1, 1))  # percent at least -> how dark


@dataclass(frozen=True)
class Cell:
    """A department's month, or year."""

    rate: Rate
    href: str

    @property
    def level(self) -> int:
        """Give how dark it is: 4 all, 0 nothing."""
        return level(self.rate)


def level(rate: Rate) -> int:
    """Give how dark a rate is drawn: 4 all, 0 nothing."""
    return next((dark for least, dark in LEVELS if (rate.percent or 0) >= least), 0)


def chosen(today: date) -> tuple[DailyCheck | None, list[DailyCheck]]:
    """Give the check that the address names, else the newest that is still done, and all of them."""
    every = list(checks())
    if named := request.args.get("check"):
        found = [one for one in every if str(one.id) == named]
        if not found:
            raise NotFound()
        return found[0], every
    living = [one for one in every if one.to_day is None or one.to_day >= today]
    return ((living or every)[-1] if every else None), every


@room.route("/daily/map", permission=P.DAILY_READ)
def heat() -> Answer:
    """Show the rates of a fiscal year by department and month, and of every year by department."""
    today, start = settings.today(clock.now()), settings.get("fiscal_year_start_month")
    daily, every = chosen(today)
    if daily is None:
        return {"daily": None, "may_edit": g.actor.has(P.DAILY_EDIT)}
    yesterday = today - timedelta(days=1)
    last_day = min(yesterday, daily.to_day or yesterday)
    years = list(range(fiscal_year(max(last_day, daily.from_day), start), fiscal_year(daily.from_day, start) - 1, -1))
    year = _year(years)
    seen = in_sight()
    found = {
        key: one for key, one in by_month([daily], daily.from_day, last_day).items() if seen is None or key[0] in seen
    }
    there = {department_id for department_id, _ in found}
    places = [one for one in departments() if one.id in there]
    months = _months(fiscal_span(year, start))
    return {
        "daily": daily,
        "every": every,
        "year": fiscal_label(year, locale(), start),
        "before": year - 1 if year - 1 in years else None,
        "after": year + 1 if year + 1 in years else None,
        "months": [month_name(month) for month in months],
        "rows": _rows(daily, places, months, found),
        "whole": _sum(found, [f"{month:%Y-%m}" for month in months]),
        "years": [fiscal_label(one, locale(), start) for one in years],
        "years_of": _years_of(daily, places, years, found, start),
        "closed": _closed(daily),
        "keys": [f"{month:%Y-%m}" for month in months],
        "may_edit": g.actor.has(P.DAILY_EDIT),
    }


def _year(years: list[int]) -> int:
    named = request.args.get("year", str(years[0]))
    if named not in map(str, years):
        raise BadRequest(gettext("その年度の記録はありません。"))
    return int(named)


def _months(span: Span) -> list[date]:
    first = span.first
    return [date(first.year + (first.month + n - 1) // 12, (first.month + n - 1) % 12 + 1, 1) for n in range(12)]


def _rows(
    daily: DailyCheck, places: list[Department], months: list[date], found: Months
) -> list[tuple[Department, list[Cell | None], Rate]]:
    """Give each department that had to do the check in these months: a cell a month, and its rate of all."""
    given = []
    names, base = [f"{month:%Y-%m}" for month in months], url_for("dailychecks.heat")  # a hundred addresses by hand
    for place in places:
        rates = [found.get((place.id, name)) for name in names]
        if any(rates):
            cells = [
                Cell(one, f"{base}/{place.id}/{name}?check={daily.id}") if one else None
                for one, name in zip(rates, names, strict=True)
            ]
            given.append((place, cells, total(one for one in rates if one)))
    return given


def _years_of(
    daily: DailyCheck, places: list[Department], years: list[int], found: Months, start: int
) -> list[tuple[Department, list[Cell | None]]]:
    each: dict[tuple[int, int], list[Rate]] = {}
    for (department_id, month), one in found.items():
        year = int(month[:4]) - (int(month[5:]) < start)
        each.setdefault((department_id, year), []).append(one)
    summed = {key: total(rates) for key, rates in each.items()}
    hrefs = {year: url_for("dailychecks.heat", year=year, check=daily.id) for year in years}
    cells = [(place, [(summed.get((place.id, year)), hrefs[year]) for year in years]) for place in places]
    return [(place, [Cell(one, href) if one else None for one, href in row]) for place, row in cells]


def _sum(found: Months, months: list[str]) -> Rate:
    return total(one for (_, month), one in found.items() if month in months)


def _closed(daily: DailyCheck) -> dict[str, int]:
    """Give the evidence of each month that was closed, to those who may read it."""
    if not g.actor.has(P.EVIDENCE_READ) or in_sight() is not None:
        return {}
    return dict(DailyMonth.select(DailyMonth.month, DailyMonth.evidence).where(DailyMonth.daily == daily.id).tuples())


@room.route("/daily/map/<int:department_id>/<month>", permission=P.DAILY_READ)
def department(department_id: int, month: str) -> Answer:
    """Show a department's days of a month: who recorded each, when, and what is particular; beside its fiscal year."""
    seen = in_sight()
    if seen is not None and department_id not in seen:
        raise NotFound()
    place, today = get_department(department_id), settings.today(clock.now())
    daily, _ = chosen(today)
    if daily is None:
        raise NotFound()
    span, start = month_of(month), settings.get("fiscal_year_start_month")
    year = fiscal_span(fiscal_year(span.first, start), start)
    days = _due(daily, department_id, year, today)
    records = rules.records_of(daily.id, department_id, year.first, year.last)
    mine = [day for day in days if day in span]
    shown = [records[day][-1].id for day in mine if day in records]
    return {
        "place": place,
        "daily": daily,
        "month": month_words(span.first),
        "rate": Rate(sum(day in records for day in mine), len(mine)),
        "days": [(day, records.get(day, [])) for day in mine],
        "answers": rules.answers_of(shown),
        "heat": _heat(place, daily, days, records, fiscal_label(fiscal_year(span.first, start), locale(), start)),
        "before": _neighbour(daily, department_id, span.first - timedelta(days=1), today),
        "after": _neighbour(daily, department_id, span.last + timedelta(days=1), today),
        "marks": marks,
        "today": today,
        "open_days": _open_days(daily, department_id, today),
        "reads_findings": g.actor.has(P.FINDINGS_READ),
    }


def _due(daily: DailyCheck, department_id: int, span: Span, today: date) -> list[date]:
    """Give the days up to today on which the department had to do the check."""
    days = due_days(daily, span.first, min(span.last, today))
    return [day for stretch in stretches([daily], department_id) for day in stretch.of(days)]


def _open_days(daily: DailyCheck, department_id: int, today: date) -> list[date]:
    """Give the days that the actor may still make up for."""
    if g.actor.department_id != department_id or not g.actor.has(P.DAILY_RECORD):
        return []
    return of_late(today, department_id).missing.get((daily.id, department_id), [])


def _neighbour(daily: DailyCheck, department_id: int, day: date, today: date) -> dict[str, Any] | None:
    """Give name and address of the month of the day, if the check was there in it."""
    if not daily.from_day.replace(day=1) <= day <= min(today, daily.to_day or today):
        return None
    values = {"department_id": department_id, "month": f"{day:%Y-%m}", "check": daily.id}
    return {"words": month_words(day), "href": url_for("dailychecks.department", **values)}


def _heat(
    place: Department, daily: DailyCheck, days: list[date], records: dict[date, list[DailyRecord]], year: str
) -> Heat | None:
    if not days:
        return None
    told = [HeatDay(day, _shade(records.get(day)), _words(records.get(day))) for day in sorted(days)]
    return Heat("year", f"{place.name} {daily.title} {year}", told)


def _shade(rows: list[DailyRecord] | None) -> int:
    """Give how dark a day is drawn: recorded in time, later, not at all."""
    return 0 if not rows else 2 if rows[0].late else 4


def _words(rows: list[DailyRecord] | None) -> str:
    if not rows:
        return gettext("記録なし")
    said = gettext("異常なし") if rows[-1].normal else gettext("異常あり")
    more = marks(rows[0], rows[-1])
    return gettext("%(result)s（%(marks)s）", result=said, marks=more) if more else said
