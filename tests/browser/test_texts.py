"""Texts that would be markup, in every column, before a real browser: nothing runs, the policy is never even asked (attack 59)."""

from flask import Flask

from isms.core import clock
from isms.core.permissions import CONSOLE
from isms.people import links
from tests import factories
from tests.browser.conftest import NewContext
from tests.laws import rows
from tests.web.stored import MARK, PAYLOADS, plant

DETAILS = 8  # pages of single things: each kind once


def test_attack_59_no_text_acts_in_the_browser(house: Flask, new_context: NewContext) -> None:
    who = factories.person(roles=rows.ALL_ROLES)
    shown = plant(PAYLOADS[:24], who)
    page = new_context().new_page()
    page.goto(f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}")
    page.locator("main button").click()
    for path in [*shown[: 13 + DETAILS], *shown[-DETAILS:]]:
        page.goto(path)
        assert page.title() != MARK, path
        assert page.locator(f"{MARK}, [{MARK}], [onclick], [onfocus], iframe, base").count() == 0, path
