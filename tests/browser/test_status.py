"""The board, the states and the findings in a real browser: both languages, wide and narrow, dark, by keyboard, on paper."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from isms.findings import rules as findings
from isms.people import cookies
from tests.browser.test_trail import NewContext
from tests.evidence.proofs import EDITION, harm
from tests.status.standings import NOW, TODAY, Office, at_noon, auditor, enter

CONTROL = f"/controls/{EDITION}/A.5.1"


@pytest.fixture
def tokens(house: Flask) -> Iterator[dict[str, str]]:
    """Fill the house; give the tokens of its officer and of an auditor."""
    with at_noon():
        office = Office()
        office.decide("A.5.1", "A.5.2", "A.5.3", "A.5.23", "A.8.8")
        office.prove("A.5.1", "4.1")
        office.prove("A.5.1", ago=500, title="とても長い件名の記録" * 8)
        office.prove("A.5.2", ago=360)
        broken = office.prove("A.5.23", content="別の内容".encode())
        harm(broken)
        values: dict[str, Any] = {"title": "架空の不適合", "description": "一行目\n二行目", "source": "internal_audit"}
        made = findings.open_finding(
            grade="minor", controls=[(EDITION, "A.8.8")], opened_on=TODAY, by=office.by, now=NOW, **values
        )
        findings.close_finding(made.id, day=TODAY, text="直した", by=office.by, now=NOW)
        findings.open_finding(
            grade="major", controls=[(EDITION, "A.5.1")], opened_on=TODAY, by=office.by, now=NOW, **values
        )
        browser = enter(house, office.officer)
        browser.get(f"/evidence/{broken.id}/files/4", status=503)
        who, _ = auditor("A.5.1", "A.5.2", last=TODAY + timedelta(days=5))
        given = {"officer": browser, "auditor": enter(house, who)}
        yield {name: one.cookie(cookies.SIGN_IN) or "" for name, one in given.items()}


@pytest.fixture
def open_page(tokens: dict[str, str], new_context: NewContext, origin: str) -> Callable[..., Page]:
    def go(path: str, who: str = "officer", **kind: Any) -> Page:
        context: BrowserContext = new_context(**kind)
        context.add_cookies([{"name": cookies.SIGN_IN, "value": tokens[who], "url": origin}])
        page = context.new_page()
        page.goto(path + ("&" if "?" in path else "?") + f"lang={kind.get('language', 'ja')}")
        return page

    return go


PAGES = [
    ("officer", "/board"),
    ("officer", "/status"),
    ("officer", "/status?day=2099-01-01"),
    ("officer", CONTROL),
    ("officer", f"{CONTROL}?day=R8.4.1&known=now"),
    ("officer", f"/controls/{EDITION}/4.1"),
    ("officer", "/controls/iso27001-2013/A.5.1.1"),
    ("officer", "/findings"),
    ("officer", "/findings/1"),
    ("officer", "/findings/new"),
    ("officer", "/findings/2/close"),
    ("auditor", "/status"),
    ("auditor", CONTROL),
]


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("en", 1280, "dark")],  # test_every_page asks for the light ones
)
def test_every_page(
    open_page: Callable[..., Page], axe: Callable[[Page], None], language: str, width: int, scheme: str
) -> None:
    for who, path in PAGES:
        page = open_page(path, who, language=language, width=width, scheme=scheme)
        axe(page)
        scrolls = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not scrolls, f"{path} scrolls sideways at {width} px"
        page.context.close()


def test_a_tile_tells_title_and_reason_to_mouse_and_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("/board")
    tile = page.locator(f'a.t[href="/controls/{EDITION}/A.5.2"]')
    tip = tile.locator(".tip")
    expect(tip).to_have_css("opacity", "0")
    tile.hover()
    expect(tip).to_have_css("opacity", "1")
    expect(tip).to_contain_text("情報セキュリティの役割及び責任")
    expect(tip).to_contain_text("期限間近：有効な証跡はすべて 2026年12月3日（木） までに期限を迎えます。あと5日。")
    page.mouse.move(0, 0)
    page.keyboard.press("Escape")
    page.locator(f'a.t[href="{CONTROL}"]').focus()
    page.keyboard.press("Tab")
    expect(tip).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/A\.5\.2$"))


@pytest.mark.parametrize("scripts", [True, False])
def test_another_day_by_keyboard(open_page: Callable[..., Page], scripts: bool) -> None:
    page = open_page(CONTROL, scripts=scripts)
    page.get_by_label("この日の姿で見る").fill("令和7年4月1日")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2025年4月1日（火） 現在")).to_be_visible()
    expect(page.get_by_label("その日までに記録されたこと", exact=True)).to_be_checked()
    page.get_by_label("その日の事実（いま分かる限り）").check()
    page.get_by_role("button", name="表示").click()
    expect(page).to_have_url(re.compile("known=now"))
    expect(page.get_by_label("この日の姿で見る")).to_have_value("令和7年4月1日")


def test_board_and_control_are_one_sheet_of_paper(open_page: Callable[..., Page]) -> None:
    for path, words in (("/board", "組織的"), (CONTROL, "証跡の有効期間")):
        paper = pypdfium2.PdfDocument(open_page(path).pdf(prefer_css_page_size=True))
        assert len(paper) == 1, path
        text = paper[0].get_textpage().get_text_bounded()
        assert words in text
        assert "絞り込む" not in text
        assert "この日の姿で見る" not in text
