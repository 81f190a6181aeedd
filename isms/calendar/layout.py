"""How what is planned stands on a page: on the board of a year, on the sheet of a month. Words in the reader's language."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from isms.calendar.plan import Planned
from isms.calendar.words import PDCA
from isms.calendar.working import Working, span
from isms.core.charts import month_name
from isms.core.days import Span, month_span
from isms.core.words import gettext

# state -> seal in macros/page.html
SEALS = {
    "planned": "planned",
    "open": "planned",
    "done": "done",
    "postponed": "moved",
    "skipped": "skipped",
    "substituted": "instead",
    "missed": "late",
}
Href = Callable[[Planned], str]
DAY = timedelta(days=1)


def months_of(year: Span) -> list[Span]:
    """Give the months of a fiscal year."""
    starts = [
        (year.first.year + (year.first.month - 1 + n) // 12, (year.first.month - 1 + n) % 12 + 1) for n in range(12)
    ]
    return [month_span(*start) for start in starts]


def heads(year: Span, today: date) -> list[tuple[str, bool]]:
    """Give the heads of a year's board: the month, and whether it is this one."""
    return [(month_name(month.first), today in month) for month in months_of(year)]


def year_rows(planned: Iterable[Planned], year: Span, href: Href) -> list[dict[str, Any]]:
    """Lay what is planned on the board: a row each for P, D, C and A, twelve months in each.

    What was postponed stands in both months: where it was, and where it went.
    """
    months = months_of(year)
    cells: dict[tuple[str, date], list[tuple[date, dict[str, str]]]] = {}
    for one in planned:
        for day, entry in _entries(one, href):
            if day in year:
                cells.setdefault((one.pdca, day.replace(day=1)), []).append((day, entry))
    return [
        {
            "letter": letter,
            "word": word,
            "months": [
                [entry for _, entry in sorted(cells.get((letter, month.first), ()), key=lambda pair: pair[0])]
                for month in months
            ],
        }
        for letter, word in PDCA.items()
    ]


def _entries(one: Planned, href: Href) -> Iterable[tuple[date, dict[str, str]]]:
    moved = one.was_due.replace(day=1) != one.due.replace(day=1)
    if moved:
        to = gettext("%(month)sへ", month=month_name(one.due))
        yield one.was_due, {"seal": "moved", "day": to, "text": one.title, "href": href(one)}
    done = one.done_on if one.done_on is not None and one.done_on.replace(day=1) == one.due.replace(day=1) else None
    day = gettext("%(day)s日", day=(done or one.due).day) if done or not one.whole_month else ""
    # what was moved out of a month is planned in the other one
    seal = "planned" if moved and one.state == "postponed" else SEALS[one.state]
    yield done or one.due, {"seal": seal, "day": day, "text": one.title, "href": href(one)}


@dataclass
class Cell:
    """A day of a month's sheet."""

    day: date
    inside: bool  # of the month itself
    working: bool
    name: str  # of the holiday or closing
    is_today: bool
    entries: list[dict[str, Any]] = field(default_factory=list)


def weeks(planned: Sequence[Planned], month: Span, working: Working, today: date, href: Href) -> list[list[Cell]]:
    """Lay a month out in weeks that begin on Sunday, as calendars here do; days of other months fill the ends."""
    first = month.first - DAY * ((month.first.weekday() + 1) % 7)
    last = month.last + DAY * ((5 - month.last.weekday()) % 7)
    cells = {
        day: Cell(day, day in month, working.is_working(day), working.why_closed(day), day == today)
        for day in span(first, last)
    }
    for one in sorted(planned, key=lambda one: (one.due, one.title)):
        if one.due in cells:
            cells[one.due].entries.append({"seal": SEALS[one.state], "text": one.title, "href": href(one)})
    row = list(cells.values())
    return [row[start : start + 7] for start in range(0, len(row), 7)]
