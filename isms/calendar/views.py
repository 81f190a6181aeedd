"""The calendar's pages begin here: the board of a fiscal year and the sheet of a month."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from babel.dates import format_skeleton
from flask import g, request, url_for

from isms.calendar import layout, working
from isms.calendar.models import Schedule
from isms.calendar.plan import Planned, planned
from isms.calendar.recurrence import Recurrence, is_daily
from isms.core import clock, settings
from isms.core.days import fiscal_label, fiscal_span, fiscal_year, month_span
from isms.core.days.writing import ENGLISH_WEEKDAYS, WEEKDAYS
from isms.core.errors import NotFound
from isms.core.look import short_day
from isms.core.permissions import Permission as P
from isms.core.web import Answer, Room, house
from isms.core.words import lazy_gettext, locale, ngettext
from isms.people.roster import on_day
from isms.status.board import figure_of_year

room = Room("calendar", __name__)
room.in_nav(
    lazy_gettext("年間予定"),
    "index",
    P.CALENDAR_READ,
    60,
    aside=lambda: not g.actor.has(P.CONTROLS_READ),  # staff have their own list, and one line of a phone
)

FIRST, LAST = 1990, 2199  # years for which there are pages
AFTER = timedelta(days=184)  # so far beyond the year what was postponed out of it is looked for
SHOWN = 8  # missed ones that the board lists


def href(one: Planned) -> str:
    """Give the address of a time, which may have no row yet."""
    if one.occurrence_id is not None:
        return url_for("calendar.occurrence", occurrence_id=one.occurrence_id)
    return url_for("calendar.time", schedule_id=one.schedule.id, nominal=one.nominal.isoformat())


@room.get("/calendar", permission=P.CALENDAR_READ)
def index() -> Answer:
    """Show a fiscal year as a board of P, D, C and A."""
    today, start = settings.today(clock.now()), settings.get("fiscal_year_start_month")
    number = year_asked()
    year = fiscal_span(number, start)
    found = planned(year.first, year.last + AFTER, today)
    late = [one for one in found if one.state == "missed" and one.due <= year.last]
    label = fiscal_label(number, locale(), start)
    return {
        "label": label,
        "figure": figure_of_year(year.first, start),
        "rows": layout.year_rows(found, year, href),
        "anything": any(one.was_due in year or one.due in year for one in found),
        "months": layout.heads(year, today),
        "missed": [late_row(one, today) for one in late[:SHOWN]],
        "missed_number": len(late),
        "daily": every_day(today if today in year else year.last),
        "before": year_link(number - 1, "calendar.index"),
        "after": year_link(number + 1, "calendar.index"),
        "month_href": month_href(today if today in year else year.first),
        "list_href": url_for("calendar.list_all", year=number),
        "ways": ways(),
    }


@room.get("/calendar/month/<int:year>-<int:month>", permission=P.CALENDAR_READ)
def month(year: int, month: int) -> Answer:
    """Show a month as a calendar hangs on the wall, with the days on which nobody works."""
    if not (FIRST < year < LAST and 1 <= month <= 12):
        raise NotFound()
    today, span = settings.today(clock.now()), month_span(year, month)
    days, found = working.known(), planned(span.first, span.last, today)
    number = fiscal_year(span.first, settings.get("fiscal_year_start_month"))
    return {
        "label": month_label(span.first),
        "month": month,
        "weeks": layout.weeks(found, span, days, today, href),
        "weekdays": _weekdays(days.weekend),
        "anything": bool(found),
        "daily": every_day(span.last),
        "before": _month_link(span.first - layout.DAY),
        "after": _month_link(span.last + layout.DAY),
        "year_href": url_for("calendar.index", year=number),
        "list_href": url_for("calendar.list_all", year=number),
        "ways": ways(),
    }


def month_label(day: date) -> str:
    """Write the month: 2026年11月, November 2026."""
    return str(format_skeleton("yMMMM", day, locale=locale()))


def late_row(one: Planned, today: date) -> dict[str, Any]:
    """Give a missed time as a row of a diary: days late, and whose it is."""
    return {
        "figure": (days := (today - one.due).days),
        "when": ngettext("日超過", "日超過", days),
        "text": one.title,
        "href": href(one),
        "small": "　".join((short_day(one.due), one.owners.words)),
        "late": True,
    }


def every_day(day: date) -> list[dict[str, Any]]:
    """Give what comes round daily as of a day: title, how often, and where it is done."""
    rows: Iterable[Schedule] = Schedule.select().where(on_day(Schedule, day)).order_by(Schedule.id)
    return [
        {"title": row.title, "words": words_of(row), "href": link("calendar.schedule", schedule_id=row.id)}
        for row in rows
        if is_daily(row.rrule)
    ]


def words_of(schedule: Schedule) -> str:
    """Say in the reader's language how often a schedule comes round."""
    return Recurrence(schedule.rrule, schedule.whole_month, schedule.day_rule).in_words()


def link(endpoint: str, **values: Any) -> str | None:
    """Give the address of a page; None for whoever may not open it."""
    permission = house().permissions.get(endpoint)
    return url_for(endpoint, **values) if permission is not None and g.actor.has(permission) else None


def ways() -> dict[str, str | None]:
    """Give what else of the calendar the reader may open."""
    pages = ("schedules", "new_schedule", "closed_days", "own_feed")
    return {name: link(f"calendar.{name}") for name in pages}


def year_asked() -> int:
    """Give the fiscal year that the address names; this one when it names none; raises NotFound."""
    text = request.args.get("year")
    if not text:
        return fiscal_year(settings.today(clock.now()), settings.get("fiscal_year_start_month"))
    if not (text.isascii() and text.isdigit() and FIRST < int(text[:5]) < LAST):
        raise NotFound()
    return int(text)


def year_link(number: int, endpoint: str) -> dict[str, str] | None:
    """Give the address of a page for a fiscal year, with its name; None for one that is too far."""
    if not FIRST < number < LAST:
        return None
    label = fiscal_label(number, locale(), settings.get("fiscal_year_start_month"))
    return {"href": url_for(endpoint, year=number), "label": label}


def _month_link(day: date) -> dict[str, str] | None:
    return {"href": month_href(day), "label": month_label(day)} if FIRST < day.year < LAST else None


def month_href(day: date) -> str:
    """Give the address of the day's month."""
    return url_for("calendar.month", year=day.year, month=day.month)


def _weekdays(weekend: frozenset[int]) -> list[tuple[str, bool]]:
    """Name the days of the week from Sunday on, and tell whether each is of the weekend."""
    names = WEEKDAYS if locale() == "ja" else ENGLISH_WEEKDAYS
    return [(names[number], number in weekend) for number in (6, 0, 1, 2, 3, 4, 5)]
