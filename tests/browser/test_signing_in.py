"""Signing in with a real browser, by keyboard, in both languages; what is left after signing out."""

import re
from collections.abc import Callable

import pyotp
import pytest
from playwright.sync_api import Page, expect

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.people import links
from isms.people.totp import step_of
from tests.browser.conftest import NewContext, Visit
from tests.factories import PASSWORD, TOTP_SECRET, person

NEW_PASSWORD = "紺の傘 歩く梯子 しじみ汁"
Axe = Callable[[Page], None]


def code(steps: int = 0, secret: str = TOTP_SECRET) -> str:
    return pyotp.TOTP(secret).at((step_of(clock.now()) + steps) * 30)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("scripts", [True, False])
def test_an_invited_officer_comes_in_by_keyboard(
    new_context: NewContext, axe: Axe, language: str, scripts: bool
) -> None:
    who = person(password=None, roles=[Role.OFFICER], locale=language)
    token = links.make_link(who, "invite", by=CONSOLE, now=clock.now())
    page = new_context(language=language, scripts=scripts).new_page()
    page.goto(f"/l/{token}")
    assert page.url.endswith("/l")
    if scripts:
        axe(page)
    page.locator("#password").focus()
    page.keyboard.type(NEW_PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(NEW_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sign-in/enrol"))
    secret = page.locator("span.code").inner_text().replace(" ", "")
    if scripts:
        axe(page)
        assert page.locator("img").evaluate("image => image.naturalWidth") > 100  # the policy lets the QR code be shown
    page.locator("#code").fill(code(secret=secret))
    page.keyboard.press("Enter")
    expect(page.locator("li.code")).to_have_count(10)
    if scripts:
        axe(page)
    page.locator(".acts a.btn").press("Enter")
    page.goto("/account")
    expect(page.locator("h1")).to_have_text("自分の設定" if language == "ja" else "My account")
    if scripts:
        axe(page)


@pytest.fixture
def signed_in(new_context: NewContext) -> Page:
    """Give a page of an administrator who has signed in with password and code."""
    who = person("架空 管理", roles=[Role.ADMINISTRATOR, Role.OFFICER], totp=True)
    page = new_context().new_page()
    page.goto("/account")
    page.locator("#name").fill(who.number)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#code").fill(code())
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r":\d+/account$"))
    return page


PAGES = ["/account", "/account/password", "/account/recovery", "/account/totp/remove", "/accounts", "/settings"]
PAGES += ["/settings/timezone", "/settings/totp_required_roles"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_axe_finds_nothing_on_the_pages_of_accounts(signed_in: Page, axe: Axe, language: str) -> None:
    person(roles=[Role.AUDITOR])
    for path in [*PAGES, "/accounts/1"]:
        signed_in.goto(f"{path}?lang={language}")
        axe(signed_in)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing_where_one_signs_in(visit: Visit, axe: Axe, width: int, scheme: str) -> None:
    page = visit("/sign-in", width=width, scheme=scheme)
    axe(page)
    page.locator("button.go").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_attack_63_back_after_signing_out_shows_nothing(signed_in: Page) -> None:
    signed_in.goto("/accounts")
    signed_in.goto("/account")
    signed_in.locator("form[action='/sign-out'] button").click()
    signed_in.wait_for_url("**/signed-out")
    for _ in range(2):
        signed_in.go_back()
        expect(signed_in.locator("body")).not_to_contain_text("架空 管理")
        expect(signed_in).to_have_url(re.compile("/sign-in"))


def test_attack_22_no_other_site_learns_the_link(new_context: NewContext) -> None:
    token = links.make_link(person(), "signin", by=CONSOLE, now=clock.now())
    page = new_context().new_page()
    asked: list[dict[str, str]] = []
    page.on("request", lambda request: asked.append({"url": request.url, **request.headers}))
    page.goto(f"/l/{token}")
    page.locator("button.go").click()
    page.wait_for_url(re.compile("/todo$"))
    assert [one["url"] for one in asked if token in one["url"]] == [asked[0]["url"]]
    assert all(token not in one.get("referer", "") for one in asked)
    page.go_back()
    page.go_back()
    assert token not in page.url


def test_scripts_cannot_read_the_cookies(signed_in: Page) -> None:
    assert signed_in.evaluate("document.cookie") == ""
