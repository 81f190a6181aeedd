"""Every macro on one sheet, in a real browser: axe, widths, both languages and schemes, and what the scripts add."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Page
from wtforms import SelectChoice

from isms.core import web
from isms.core.charts import Bars, Heat, HeatDay, Lines, Series, Timeline, Validity
from isms.core.fields import ChoiceField, DayField, FilesField, LinesField, RadioField, Required, TextField, TickField
from isms.core.forms import Form
from isms.core.look import STATES
from isms.core.permissions import Permission
from isms.core.tables import Column, Filter, Table

GALLERY = (Path(__file__).parent / "gallery.html").read_text()
TILE = ".map .t"


class Sample(Form):
    title = TextField("Title", [Required()], description="A name to find it by.")
    day = DayField("Day", [Required()], description="2026-04-01")
    kind = ChoiceField("Kind", [Required()], choices=[SelectChoice("", "-"), SelectChoice("a", "A")])
    grade = RadioField("Grade", [Required()], choices=[SelectChoice("a", "A"), SelectChoice("b", "B")])
    sure = TickField("Sure", [Required()])
    note = LinesField("Note")
    files = FilesField("Files", [Required()])


def sheet() -> dict[str, Any]:
    first = date(2026, 4, 1)
    years = ["2024", "2025", "2026"]
    series = [Series("major", [1, 0, 0]), Series("minor", [5, 4, 2], "hatch"), Series("note", [3, 3, 1], "blank")]
    tiles = [
        {"no": f"5.{n}", "state": list(STATES)[n % 7], "href": f"#t{n}", "title": "Title", "reason": "Reason"}
        for n in range(1, 38)
    ]
    columns = [
        Column("no", "No.", sort=lambda r: r["no"], numeric=True),
        Column("text", "Text"),
        Column("day", "Day", nowrap=True),
    ]
    filters = [
        Filter("q", "Words", lambda rows, _: rows),
        Filter("band", "Band", lambda rows, _: rows, "select", [("5", "5")]),
    ]
    rows = [{"no": n, "text": "A long text that has to break on a phone. " * 3, "day": first} for n in range(9)]
    validity = [
        Validity(f"EV-{look}", "Evidence", first, date(2026, 12, 1), look, "22 days", "#e")
        for look in ("ok", "soon", "out", "ret")
    ]
    return {
        "cells": [{"word": str(word), "figure": 7, "href": "#s", "sign": name} for name, (_, word) in STATES.items()],
        "bands": [{"no": 5, "title": "Organisational", "count": "37", "tiles": tiles}],
        "bars": Bars("bars", "Findings", years, series),
        "lines": Lines("lines", "Rate", years, series),
        "heat": Heat("heat", "Daily checks", [HeatDay(first + timedelta(days=n), n % 5, "3") for n in range(200)]),
        "line": Timeline("Validity", validity, first, date(2027, 6, 1), date(2026, 11, 20)),
        "year": [
            {"letter": "P", "word": "Plan", "months": [[{"seal": "done", "day": "10", "text": "Goals"}]] + [[]] * 11}
        ],
        "months": [(str(month), month == 8) for month in range(1, 13)],
        "table": Table("t", "Things", columns, "no", filters, page_size=5, row_href=lambda row: "#r").page(rows),
    }


@pytest.fixture
def house(house: Flask) -> Flask:
    """Give the house with the gallery hung in it."""
    room = web.Room("gallery", __name__)

    @room.route("/gallery", methods=["GET", "POST"], permission=Permission.PUBLIC)
    def gallery() -> Any:
        form = Sample()
        form.run(lambda: True)
        return render_template_string(GALLERY, form=form, **sheet()), 422 if form.errors else 200

    web.enter(house, room)
    return house


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_part_is_accessible_and_fits(
    visit: Any, axe: Callable[[Page], None], language: str, width: int, scheme: str
) -> None:
    page = visit("/gallery", language=language, width=width, scheme=scheme)
    axe(page)
    assert fits(page)


def test_a_refused_form_is_accessible_without_scripts_too(visit: Any, axe: Callable[[Page], None]) -> None:
    page = visit("/gallery", width=360)
    page.get_by_role("button", name="Send").click()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    axe(page)
    assert fits(page)
    bare = visit("/gallery", scripts=False)
    bare.get_by_role("button", name="Send").click()
    assert bare.get_by_role("alert").count() == 1


def test_signs_are_drawn_under_the_policy(visit: Any) -> None:
    page = visit("/gallery")
    boxes = page.evaluate("[...document.querySelectorAll('#signs .st use')].map(u => u.getBBox().width)")
    assert len(boxes) == 9 and all(width > 0 for width in boxes)


def test_ctrl_enter_sends_the_form(visit: Any) -> None:
    page = visit("/gallery")
    page.locator("#title").fill("x")
    with page.expect_navigation():
        page.locator("#title").press("Control+Enter")
    assert page.locator("#title").input_value() == "x"


def test_files_are_dropped_listed_and_taken_out(visit: Any) -> None:
    page = visit("/gallery")
    page.locator("#files").set_input_files({"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"x"})
    page.evaluate("""() => {
        const box = new DataTransfer();
        box.items.add(new File(["x"], "b.txt"));
        const event = new DragEvent("drop", {dataTransfer: box, bubbles: true, cancelable: true});
        document.querySelector("[data-drop]").dispatchEvent(event);
    }""")
    names = "[...document.querySelector('#files').files].map(f => f.name)"
    assert page.evaluate(names) == ["a.pdf", "b.txt"]
    page.locator("[data-files] button").first.click()
    assert page.evaluate(names) == ["b.txt"]


def test_the_readout_follows_the_focus_and_esc_puts_it_away(visit: Any) -> None:
    page = visit("/gallery")
    page.locator(TILE).first.focus()
    tip = page.locator(f"{TILE} .tip").first
    assert tip.evaluate("e => getComputedStyle(e).opacity") == "1"
    page.keyboard.press("Escape")
    assert tip.evaluate("e => getComputedStyle(e).opacity") == "0"
