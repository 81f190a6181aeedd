"""What the calendar lays on pages of rooms below: the year on the board, the schedules of a control."""

from datetime import date
from typing import Any

from flask import url_for

from isms.calendar import layout, serving
from isms.calendar.plan import planned
from isms.calendar.views import AFTER, every_day, href, link, room, words_of
from isms.core import clock, settings
from isms.core.days import fiscal_span, fiscal_year
from isms.core.permissions import Permission as P
from isms.status.board import figure_of_year


@room.panel("board", P.CALENDAR_READ, order=20)
def year_panel(today: date) -> dict[str, Any] | None:
    """Lay the year of P, D, C and A on the board, with how much was missed."""
    start = settings.get("fiscal_year_start_month")
    year = fiscal_span(fiscal_year(today, start), start)
    found = planned(year.first, year.last + AFTER, today)
    daily = every_day(today)
    if not found and not daily:
        return None
    return {
        "figure": figure_of_year(today, start),
        "rows": layout.year_rows(found, year, href),
        "months": layout.heads(year, today),
        "missed": sum(one.state == "missed" for one in found),
        "missed_href": url_for("calendar.list_all", state="missed"),
        "daily": daily,
        "href": url_for("calendar.index"),
    }


@room.panel("control", P.CALENDAR_READ)
def schedules_panel(asked: tuple[str, str, date]) -> dict[str, Any] | None:
    """Show which schedules prove a control today, and until when what it has lasts when one of them was missed."""
    edition, key, today = asked
    if today != settings.today(clock.now()):
        return None  # what comes next is a question about today
    found = serving.serving(edition, key, today)
    if not found:
        return None
    late = any(one.missed for one in found)
    until = serving.proven_until(edition, key, today) if late else None
    return {"rows": [_serving_row(one, today) for one in found], "late": late, "until": until}


def _serving_row(one: serving.Serving, today: date) -> dict[str, Any]:
    missed = one.missed
    return {
        "title": one.schedule.title,
        "words": words_of(one.schedule),
        "next_due": one.next_due,
        "owner": one.coming.owners.words if one.coming else "",
        "href": href(one.coming) if one.coming else link("calendar.schedule", schedule_id=one.schedule.id),
        "late": missed
        and {"href": href(missed), "due": missed.due, "days": (today - missed.due).days, "owner": missed.owners.words},
    }
