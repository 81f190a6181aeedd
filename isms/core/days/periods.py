"""Reading months, fiscal years and periods (対象期間) as offices write them."""

import re
from collections.abc import Iterator

from isms.core.days.fiscal import Span, eras_of, fiscal_label, fiscal_span, month_span
from isms.core.days.plain import plain
from isms.core.days.reading import (
    LONGEST,
    YEAR,
    UnreadableDay,
    check_era,
    check_month,
    read_day,
    read_year,
    year_in_range,
)
from isms.core.words import gettext, lazy_gettext

MONTH = re.compile(rf"{YEAR}(?:(?P<mark>[-/.])|年)(?P<month>[0-9]{{1,2}})(?(mark)|月)")
FISCAL = re.compile(rf"{YEAR}年度|FY(?P<english>[0-9]{{4}})")
SHORT_DAY = re.compile(r"(?:(?P<month>[0-9]{1,2})(?:[-/.]|月))?(?P<day>[0-9]{1,2})日?(?P<weekday>\(.+\))?")
SHORT_MONTH = re.compile(r"(?P<month>[0-9]{1,2})月")
FROM_TO = re.compile(r"自(.+?)至(.+)|(.+?)(?:から|より)(.+?)(?:まで)?|(.+?)~(.+?)(?:まで)?")

NO_MONTH = lazy_gettext("月として読めません。2026-04、令和8年4月 のように入れてください。")
NO_FISCAL_YEAR = lazy_gettext("年度として読めません。令和8年度、2026年度 のように入れてください。")
NO_PERIOD = lazy_gettext("期間として読めません。2026-04-01〜2026-04-30、令和8年4月、令和8年度 のように入れてください。")

Part = tuple[str, Span]  # "day", "month" or "year", and its days


def read_month(text: str) -> Span:
    """Read a month: `2026-04`, `2026年4月`, `R8.4`, `令和八年四月`."""
    match = MONTH.fullmatch(trimmed(text, NO_MONTH))
    if not match:
        raise UnreadableDay(NO_MONTH, known=False)
    year, era, _ = read_year(match)
    month = int(match["month"])
    check_month(month)
    span = month_span(year, month)
    if era and era not in eras_of(span):
        check_era(span.first, era)
    return span


def read_fiscal_year(text: str, start_month: int = 4) -> Span:
    """Read a fiscal year: `令和8年度`, `R8年度`, `2026年度`, `FY2026`; `平成31年度` and `令和元年度` are the same."""
    match = FISCAL.fullmatch(trimmed(text, NO_FISCAL_YEAR))
    if not match:
        raise UnreadableDay(NO_FISCAL_YEAR, known=False)
    if match["english"]:
        return fiscal_span(year_in_range(int(match["english"])), start_month)
    year, era, _ = read_year(match)
    span = fiscal_span(year, start_month)
    if era and era not in eras_of(span):
        meant = fiscal_label(year, "ja", start_month)
        raise UnreadableDay(
            gettext("%(era)sにその年度はありません。%(meant)sではありませんか。", era=era.name, meant=meant)
        )
    return span


def read_period(text: str, start_month: int = 4) -> Span:
    """Read a period: a day, a month, a fiscal year, or two of one kind with `〜`, `-`, `から…まで` or `自…至…`.

    The end may lack its year (`R8.4.1〜4.30`, `令和8年4月〜6月`) or its month (`4月1日〜30日`): it takes the start's.
    """
    rest = trimmed(text, NO_PERIOD)
    found: set[Span] = set()
    reasons: list[UnreadableDay] = []
    for halves in [(rest,), *cuts(rest)]:
        try:
            found.add(joined(*halves, start_month=start_month))
        except UnreadableDay as reason:
            reasons.append(reason)
    if len(found) == 1:
        return found.pop()
    raise next((reason for reason in reasons if reason.known), UnreadableDay(NO_PERIOD, known=False))


def trimmed(text: str, reason: object) -> str:
    """Spell the text plainly; an empty or endless one is refused with the reason."""
    if not isinstance(text, str) or not 0 < len(text.strip()) <= 2 * LONGEST:
        raise UnreadableDay(reason, known=False)
    return plain(text)


def cuts(text: str) -> Iterator[tuple[str, str]]:
    """Give the ways in which the plain text may be cut into a start and an end."""
    match = FROM_TO.fullmatch(text)
    if match:
        start, end = (half for half in match.groups() if half is not None)
        yield start, end
        return
    for dash in re.finditer("-", text):
        start, end = text[: dash.start()], text[dash.end() :]
        # `2026-04` and `30` are a day cut in two.
        if not end.isdigit() or len(end) == 8:
            yield start, end


def joined(start: str, end: str | None = None, *, start_month: int) -> Span:
    """Read the start and the end, which must be of one kind and in order."""
    kind, first = part(start, start_month)
    if end is None:
        return first
    end_kind, last = part(completed(end, kind, first), start_month)
    if kind != end_kind:
        raise UnreadableDay(gettext("始まりと終わりを、どちらも日か、どちらも月で入れてください。"))
    if last.first < first.first:
        raise UnreadableDay(
            gettext(
                "終わり（%(last)s）が始まり（%(first)s）より前です。終わりの年も確かめてください。",
                first=first.first.isoformat(),
                last=last.last.isoformat(),
            )
        )
    return Span(first.first, last.last)


def part(text: str, start_month: int) -> Part:
    """Read one end of a period and its kind."""
    if FISCAL.fullmatch(text):
        return "year", read_fiscal_year(text, start_month)
    if MONTH.fullmatch(text):
        return "month", read_month(text)
    day = read_day(text)
    return "day", Span(day, day)


def completed(end: str, kind: str, first: Span) -> str:
    """Lend the end the year, and where it lacks it the month, of the start."""
    start = first.first
    if kind == "day" and (match := SHORT_DAY.fullmatch(end)):
        return f"{start.year}-{match['month'] or start.month}-{match['day']}{match['weekday'] or ''}"
    if kind == "month" and (match := SHORT_MONTH.fullmatch(end)):
        return f"{start.year}-{match['month']}"
    return end
