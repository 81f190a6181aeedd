"""The menu keeps to one line for every role in both languages; its fold opens by keyboard, closes on Esc, needs no script."""

import pytest
from flask import Flask
from playwright.sync_api import Page

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.people import links
from isms.people.models import Person
from tests import factories
from tests.browser.conftest import NewContext

LINES = """() => {
  const nav = [...document.querySelectorAll(".bar .nav")].find(one => one.checkVisibility());
  const drawn = [...(nav ?? document.createElement("nav")).querySelectorAll("a, summary")]
    .filter(one => one.checkVisibility() && !one.closest("details > ul"));
  return new Set(drawn.map(one => Math.round(one.getBoundingClientRect().bottom))).size;
}"""


def enter(page: Page, who: Person) -> None:
    """Sign the person in by a one-time link."""
    page.goto(f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}")
    page.locator("main button").click()


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_menu_of_every_role_stays_on_one_line(house: Flask, new_context: NewContext, language: str) -> None:
    lines = {}
    for role in Role:
        page = new_context(language=language).new_page()
        enter(page, factories.with_role(role))
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 740})
            page.goto(f"/account?lang={language}")
            lines[role, width] = page.evaluate(LINES)
        page.context.close()
    assert {one for one in lines.values() if one not in (0, 1)} == set(), lines
    assert all(lines[role, 1280] == 1 for role in Role)
    assert lines[Role.STAFF, 360] == lines[Role.AUDITOR, 360] == 1


def test_the_fold_by_keyboard(house: Flask, new_context: NewContext) -> None:
    page = new_context().new_page()
    enter(page, factories.with_role(Role.OFFICER))
    fold = page.locator(".nav .fold details")
    inside = fold.locator("ul a").first
    page.locator(".nav .fold summary").focus()
    page.keyboard.press("Enter")
    assert inside.is_visible()
    page.keyboard.press("Tab")
    assert inside.evaluate("one => one === document.activeElement")
    page.keyboard.press("Escape")
    assert not inside.is_visible()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    page.locator("h1").click()
    assert not inside.is_visible()


def test_the_fold_without_scripts(house: Flask, new_context: NewContext) -> None:
    page = new_context(scripts=False).new_page()
    enter(page, factories.with_role(Role.OFFICER))
    page.locator(".nav .fold summary").click()
    page.locator(".nav .fold a", has_text="操作記録").click()
    assert page.url.endswith("/trail")
    assert page.locator(".nav .fold summary[aria-current]").count() == 1
