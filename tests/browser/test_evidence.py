"""Evidence is recorded, reviewed and imported in a real browser: by the keyboard, and once without a script."""

from flask import Flask
from playwright.sync_api import FilePayload, Page

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.evidence import reviews, rules
from isms.evidence.models import Evidence
from isms.people import links
from isms.people.models import Person
from tests import factories
from tests.browser.conftest import NewContext

LEDGER = "件名,管理策,収集日,ファイル\n台帳の点検,5.1、箇条4.1,R8.4.1,点検.txt\n".encode()


def payload(name: str, content: bytes) -> FilePayload:
    """Give a file as a browser takes it."""
    return {"name": name, "mimeType": "text/plain", "buffer": content}


def entered(page: Page, person: Person) -> Page:
    """Sign in by a one-time link."""
    page.goto(f"/l/{links.make_link(person, 'signin', by=CONSOLE, now=clock.now())}")
    page.get_by_role("button").last.press("Enter")
    page.wait_for_load_state()
    return page


def chips(page: Page) -> list[str]:
    """Give the controls that stand as chips."""
    return [text.removesuffix("×").strip() for text in page.locator(".chips li").all_inner_texts()]


def test_an_officer_records_by_the_keyboard_and_another_accepts(house: Flask, new_context: NewContext) -> None:
    author, reviewer = factories.with_role(Role.OFFICER), factories.with_role(Role.OFFICER)
    page = entered(new_context().new_page(), author)
    page.goto("/evidence/new")
    page.get_by_label("件名").focus()
    page.keyboard.type("クラウドの評価票")
    page.keyboard.press("Tab")
    page.keyboard.type("5.23")
    page.keyboard.press("Enter")
    page.keyboard.type("箇条9.2、a.8.1 5.23")
    page.keyboard.press("Enter")
    assert chips(page) == [
        "A.5.23 クラウドサービスの利用における情報セキュリティ",
        "箇条9.2",
        "A.8.1 利用者エンドポイント機器",
    ]
    page.keyboard.type("A.99")
    page.get_by_label("ファイルを選ぶ").set_input_files([payload("評価票.txt", "架空".encode())])
    page.get_by_label("備考").press("Control+Enter")
    page.wait_for_load_state()
    assert "にない番号です：a.99" in page.locator("[data-focus]").inner_text()
    assert page.evaluate("document.activeElement.hasAttribute('data-focus')")
    assert "評価票.txt" in page.locator(".kept").inner_text()
    page.get_by_role("button", name="A.99を外す").press("Enter")
    page.keyboard.type("7.2")
    page.keyboard.press("Control+Enter")
    page.locator("main").get_by_text("を記録しました").first.wait_for()
    made = Evidence.get()
    assert [row.key for row in rules.links_of(made.id)] == ["A.5.23", "9.2.1", "9.2.2", "A.8.1", "A.7.2"]
    assert [file.name for file in rules.files_of(made.id)] == ["評価票.txt"]
    other = entered(new_context().new_page(), reviewer)
    other.get_by_role("link", name="確認待ち").first.press("Enter")
    other.wait_for_url("**/evidence/review/*")
    assert "架空" in other.locator(".sheet").inner_text()
    other.get_by_role("button", name="承認する").press("Enter")
    other.wait_for_url("**/evidence/review")
    assert reviews.reviews_of(made.id)[0].accepted


def test_it_works_without_a_script(house: Flask, new_context: NewContext) -> None:
    author, reviewer = factories.with_role(Role.OFFICER), factories.with_role(Role.OFFICER)
    page = entered(new_context(scripts=False, width=360).new_page(), author)
    page.goto("/evidence/new")
    page.get_by_label("件名").fill("紙の記録")
    page.get_by_label("管理策", exact=False).first.fill("5.1、箇条4.1")
    page.get_by_label("備考").fill("架空")
    page.get_by_role("button", name="管理策を確かめる").click()
    assert chips(page) == ["A.5.1 情報セキュリティのための方針群", "箇条4.1 組織及びその状況の理解"]
    page.get_by_role("button", name="記録して終わる").click()
    assert "紙の記録" in page.locator("h1").inner_text()
    other = entered(new_context(scripts=False).new_page(), reviewer)
    other.goto("/evidence/review")
    other.get_by_label("理由").fill("頁が足りません。")
    other.get_by_role("button", name="理由を付けて差し戻す").click()
    assert not reviews.reviews_of(Evidence.get().id)[0].accepted
    page.goto("/evidence/import")
    page.locator("#file").set_input_files([payload("台帳.csv", LEDGER)])
    page.locator("#files").set_input_files([payload("点検.txt", "架空".encode())])
    page.get_by_role("button", name="下見する").click()
    page.get_by_role("button", name="取り込む").click()
    assert "台帳を取り込みました（新規1件" in page.locator("main").inner_text()
    assert Evidence.select().count() == 2
