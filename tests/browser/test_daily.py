"""The daily check on a telephone: three taps from sign-in to saved, and nothing wider than the screen."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from isms.core import clock
from isms.dailychecks.models import DailyRecord
from isms.findings.models import Finding, FindingFile
from tests.browser.conftest import NewContext
from tests.dailychecks.setting import Setting, begin
from tests.documents import located_jpeg
from tests.factories import NOW, PASSWORD

Axe = Callable[[Page], None]


@pytest.fixture
def there(new_context: NewContext) -> Iterator[Setting]:
    with clock.moved(lambda: NOW):
        yield begin()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_three_taps_from_sign_in_to_saved(new_context: NewContext, there: Setting, scripts: bool) -> None:
    who, taps = there.member(name="架空 花子"), 0

    def tap(what: Locator) -> None:
        nonlocal taps
        taps += 1
        what.click()

    page = new_context(width=360, scripts=scripts).new_page()
    page.goto("/")
    page.fill("#name", who.mail)
    page.fill("#password", PASSWORD)
    tap(page.locator("main button.go"))
    tap(page.locator("main .todo a").filter(has_text="架空の日常点検").first)
    tap(page.get_by_role("button", name="異常なし"))
    expect(page.locator("main")).to_contain_text("架空 花子さんが")
    assert taps == 3
    row = DailyRecord.get()
    assert (row.person_id, row.normal, row.day) == (who.id, True, NOW.date())


def test_what_is_wrong_is_told_on_a_telephone(new_context: NewContext, there: Setting, axe: Axe) -> None:
    page = new_context(width=360).new_page()
    who = there.member()
    page.goto("/daily")
    page.fill("#name", who.mail)
    page.fill("#password", PASSWORD)
    page.locator("main button.go").click()
    axe(page)
    page.get_by_role("link", name="異常あり").click()
    comment = page.locator(f"#comment_{there.items[0].id}")
    expect(comment).to_be_hidden()
    page.get_by_label("机の上に書類がない").check()
    comment.fill("紙が2枚")
    photo = FilePayload(name="机.jpg", mimeType="image/jpeg", buffer=located_jpeg("架空の場所"))
    page.locator(f"#photo_{there.items[0].id}").set_input_files([photo])
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="異常ありとして記録する").click()
    expect(page.locator("main")).to_contain_text("異常あり")
    assert Finding.get().description == "紙が2枚" and FindingFile.select().count() == 1
