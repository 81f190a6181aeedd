"""How a house is moved into: from the link on the console to the first colleague on a telephone, by keyboard alone."""

import re
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from isms.core import clock
from isms.people import start_views
from isms.people.models import Person
from isms.people.totp import step_of
from tests.browser.conftest import NewContext
from tests.browser.keyboard import Keyboard

PASSWORD, HERS = "紺の傘 歩く梯子 しじみ汁", "夜の踏切 まるい鋏 蕪のスープ"
HEADS = "職員番号,氏名,カナ,メール,部署,採用日\r\n"
FIRST = "00101,架空 花子,カクウ ハナコ,hanako@kakuu.example,架空総務課,R8.4.1\r\n"
SECOND = "00102,架空 次郎,カクウ ジロウ,jiro@kakuu.example,架空総務課,{}\r\n"


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at((step_of(clock.now()) + steps) * 30)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_people_move_in(house: Flask, new_context: NewContext, tmp_path: Path, scripts: bool) -> None:
    start_views.offer(house, "架空のリンク")
    page = new_context(scripts=scripts).new_page()
    secret = the_first_officer_begins(page)
    the_list_is_imported(page, tmp_path)
    link = a_colleague_is_invited(page)
    phone = new_context(scripts=scripts, width=360).new_page()
    she_comes_in_on_her_telephone(phone, link)
    the_link_is_used_up(new_context(scripts=scripts).new_page(), link)
    elsewhere = new_context(scripts=scripts).new_page()
    the_officer_signs_in_elsewhere(elsewhere, secret)
    the_other_session_is_ended(page, elsewhere)
    nothing_is_left_after_signing_out(page)


def the_first_officer_begins(page: Page) -> str:
    """Found the organisation, choose a password, set up the second step; gives its secret."""
    keys = Keyboard(page)
    page.goto("/start/架空のリンク")
    keys.write("#organisation", "架空連合会")
    keys.write("#name", "見本 一郎")
    keys.write("#mail", "ichiro@kakuu.example")
    keys.press("main button.go")
    keys.write("#password", PASSWORD)
    keys.write("#again", PASSWORD)
    keys.press("main button.go")
    secret = page.locator("span.code").inner_text().replace(" ", "")
    keys.write("#code", code(secret))
    keys.press("main button.go")
    expect(page.locator("li.code")).to_have_count(10)
    keys.press("main .acts a")
    expect(page.locator(".org")).to_contain_text("見本 一郎")
    return secret


def the_list_is_imported(page: Page, folder: Path) -> None:
    """A bad row is told; nothing is written until it is mended."""
    keys, sheet = Keyboard(page), folder / "名簿.csv"
    keys.follow("/people")
    keys.press("main a[href='/people/import']")
    sheet.write_bytes((HEADS + FIRST + SECOND.format("令和8年2月30日")).encode("cp932"))
    keys.attach("#file", [sheet])
    keys.press("main button.go")
    expect(page.locator("main")).to_contain_text("1行を取り込めません")
    expect(page.locator("main table")).to_contain_text("2月30日")
    keys.press("main .btn")
    assert Person.select().count() == 1
    sheet.write_bytes((HEADS + FIRST + SECOND.format("令和8年5月1日")).encode("cp932"))
    keys.attach("#file", [sheet])
    keys.press("main button.go")
    keys.press("main button.go | 取り込む")
    expect(page.locator("main, .notice").first).to_be_visible()
    expect(page.locator("body")).to_contain_text("新規2人")
    expect(page.locator("main table")).to_contain_text("架空 花子")


def a_colleague_is_invited(page: Page) -> str:
    """Give the link, which is shown this once."""
    keys = Keyboard(page)
    keys.follow("/accounts")
    keys.press("main tbody a | 00101")
    keys.press("main button | 招待の案内を作る")
    link = page.locator("main p.code").inner_text()
    assert page.url not in link
    keys.press("main .acts a")
    expect(page.locator("main")).not_to_contain_text("/l/")
    return link


def she_comes_in_on_her_telephone(phone: Page, link: str) -> None:
    keys = Keyboard(phone)
    phone.goto(link)
    expect(phone.locator("main")).to_contain_text("00101")
    keys.write("#password", HERS)
    keys.write("#again", HERS)
    keys.press("main button.go")
    phone.goto("/account")
    expect(phone.locator("h1")).to_have_text("自分の設定")
    expect(phone.locator(".org")).to_contain_text("架空 花子")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.goto("/people")
    expect(phone.locator("h1")).not_to_contain_text("職員名簿")  # staff do not see the register


def the_link_is_used_up(page: Page, link: str) -> None:
    page.goto(link)
    expect(page.locator("#password")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text("花子")


def the_officer_signs_in_elsewhere(page: Page, secret: str) -> None:
    keys = Keyboard(page)
    page.goto("/account")
    keys.write("#name", "ichiro@kakuu.example")
    keys.write("#password", PASSWORD)
    keys.press("main button.go")
    keys.write("#code", code(secret, 1))  # the code of this half minute was used when it was set up
    keys.press("main button.go")
    expect(page.locator("h1")).to_have_text("自分の設定")


def the_other_session_is_ended(page: Page, elsewhere: Page) -> None:
    keys = Keyboard(page)
    page.goto("/account")
    keys.press("main button | ほかの1件")
    elsewhere.goto("/people")
    expect(elsewhere).to_have_url(re.compile("/sign-in"))
    expect(elsewhere.locator("body")).not_to_contain_text("見本 一郎")
    page.goto("/people")
    expect(page.locator("main table")).to_contain_text("架空 次郎")


def nothing_is_left_after_signing_out(page: Page) -> None:
    """Neither the page before nor the one before that (attack 63)."""
    keys = Keyboard(page)
    page.goto("/accounts")
    keys.press("form[action='/sign-out'] button")
    expect(page).to_have_url(re.compile("/signed-out"))
    for _ in range(3):
        page.go_back()
        expect(page.locator("body")).not_to_contain_text("見本 一郎")
        expect(page.locator("body")).not_to_contain_text("架空 花子")
        expect(page).to_have_url(re.compile("/sign-in"))
