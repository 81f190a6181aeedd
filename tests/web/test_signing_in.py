"""Signing in as a person does it: pages, forms, cookies."""

import pyotp
from flask import Flask

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.people import links
from tests.browserlike import Browserlike, Page
from tests.factories import PASSWORD, TOTP_SECRET, person


def sign_in(browser: Browserlike, who: object, password: str = PASSWORD) -> Page:
    return browser.get("/sign-in").submit("password", name=who.number, password=password)


def test_staff_signs_in_sees_the_own_page_and_signs_out(browser: Browserlike) -> None:
    who = person()
    page = browser.get("/account", status=303)
    assert page.location == "/sign-in?next=/account"
    page = page.follow().submit("password", name=who.number, password=PASSWORD)
    assert page.location == "/account"
    page = page.follow()
    assert who.name in page.text
    page = page.submit("/sign-out").follow()
    assert "ログアウトしました" in page.text
    browser.get("/account", status=303)


def test_an_officer_enrols_and_signs_in_with_a_code(browser: Browserlike) -> None:
    who = person(roles=[Role.OFFICER])
    page = sign_in(browser, who)
    assert page.location.startswith("/sign-in/enrol")
    page = page.follow()
    assert "data:image/svg" in page.html
