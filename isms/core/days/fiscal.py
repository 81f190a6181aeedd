"""Spans of days, and fiscal years named by the calendar year of their first day."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from isms.core.days.eras import ERAS, Era, era_of, numbered


@dataclass(frozen=True, order=True)
class Span:
    """The days from `first` to `last`, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("a span ends on or after its first day")

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def month_span(year: int, month: int) -> Span:
    """Give the days of the month."""
    return Span(date(year, month, 1), date(year, month, monthrange(year, month)[1]))


def fiscal_year(day: date, start_month: int = 4) -> int:
    """Give the fiscal year in which the day lies, for fiscal years that begin on the 1st of `start_month`."""
    return day.year if day.month >= start_month else day.year - 1


def fiscal_span(year: int, start_month: int = 4) -> Span:
    """Give the days of the fiscal year."""
    return Span(date(year, start_month, 1), date(year + 1, start_month, 1) - timedelta(days=1))


def fiscal_label(year: int, locale: str, start_month: int = 4) -> str:
    """Write the fiscal year: `令和8年度` in ja, `FY2026` otherwise.

    The era is the one that holds the middle of the year: 2019 is 令和元年度, as the Cabinet decided on 2019-04-02
    ("for the whole of the fiscal year"), and 1988 stays 昭和63年度 though 平成 began before it ended.
    """
    if locale != "ja":
        return f"FY{year}"
    era = fiscal_era(year, start_month)
    return numbered(era, year - era.first.year + 1) + "年度" if era else f"{year}年度"


def fiscal_era(year: int, start_month: int) -> Era | None:
    """Find the era by which the fiscal year is named."""
    span = fiscal_span(year, start_month)
    era = era_of(span.first + (span.last - span.first) / 2)
    # A year that began before the era's first year would have to be called its year 0.
    return era if era and era.first.year <= year else era_of(span.first)


def eras_of(span: Span) -> tuple[Era, ...]:
    """Give all eras that have a day in the span."""
    return tuple(era for era in ERAS if era.first <= span.last and (era.last is None or span.first <= era.last))
