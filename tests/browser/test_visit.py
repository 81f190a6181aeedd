"""A visit on a telephone: one item a screen, a connection that goes in the middle and comes back, two people at once."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect

from isms.core import clock
from isms.core.permissions import CONSOLE
from isms.crosschecks import answers, photos
from isms.crosschecks.models import Answer, Visit, VisitPhoto
from isms.people import links
from isms.people.models import Person
from tests import documents
from tests.browser.conftest import NewContext
from tests.crosschecks import visiting

CANARY = "CANARY-35.6895N-139.6917E"
WAITING = """() => new Promise((done) => {
  const opening = indexedDB.open("isms-visit");
  opening.onupgradeneeded = () => { opening.transaction.abort(); };
  opening.onerror = () => done(-1);
  opening.onsuccess = () => {
    const counting = opening.result.transaction("waiting").objectStore("waiting").count();
    counting.onsuccess = () => { done(counting.result); opening.result.close(); };
  };
})"""


@pytest.fixture
def one() -> Callable[[], Visit]:
    """Make a visit of five items."""
    return lambda: visiting.visit(visiting.campaign(visiting.checklist(kinds=("verdict",) * 5)))


def telephone(new_context: NewContext, who: Person) -> tuple[BrowserContext, Page]:
    """Sign in on a telephone."""
    context = new_context(
        width=360,
        touch=True,
        forgiven=("ERR_INTERNET_DISCONNECTED", "401: /crosschecks/visits", "409: /crosschecks/visits"),
    )
    page = context.new_page()
    enter(page, who)
    return context, page


def enter(page: Page, who: Person) -> None:
    page.goto(f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}")
    page.click("main button.go")


def say(page: Page, verdict: str, comment: str = "", photo: bytes = b"") -> None:
    """Answer the item on the screen, with the thumb."""
    form = page.locator("form[data-item]:visible")
    form.locator(f"label:has([value={verdict}])").tap()
    if comment:
        form.locator("textarea").fill(comment)
    if photo:
        form.locator("input[type=file]").set_input_files(
            {"name": "image.jpg", "mimeType": "image/jpeg", "buffer": photo}
        )
    form.locator("button.go").tap()


def at_item(page: Page, number: int) -> None:
    expect(page.locator(f"form[data-item='{number}']")).to_be_visible()
    expect(page.locator("form[data-item]:visible")).to_have_count(1)


def said(of: Visit) -> dict[int, tuple[str, str]]:
    """Give what stands in the tables: number of the item, value, comment."""
    numbers = {item.id: number for number, item in enumerate(visiting.items(of), 1)}
    return {numbers[i]: (row.value, row.comment) for i, row in answers.answers_of(of.id).items()}


def test_a_connection_that_goes_and_comes_back_loses_nothing_and_doubles_nothing(
    new_context: NewContext, one: Callable[[], Visit]
) -> None:
    visit = one()
    context, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}")
    page.get_by_role("link", name="始める").tap()
    for number, verdict in ((1, "ok"), (2, "ok"), (3, "na")):
        at_item(page, number)
        say(page, verdict)
    at_item(page, 4)
    expect(page.locator("[data-state]")).to_contain_text("3／5項目を保存")
    context.set_offline(True)
    say(page, "ng", "窓口側の一台。", documents.located_jpeg(CANARY))
    at_item(page, 5)
    expect(page.locator("[data-notices]")).to_contain_text("電波が届きません。この端末に保存しました（1件）")
    say(page, "remark", "少し多い。")
    expect(page.locator("[data-item='0']")).to_be_visible()
    expect(page.locator("[data-notices]")).to_contain_text("2件")
    assert set(said(visit)) == {1, 2, 3}
    context.set_offline(False)
    expect(page.locator("[data-state]")).to_contain_text("5／5項目を保存")
    expect(page.locator("[data-notices]")).to_be_empty()
    assert said(visit)[4] == ("ng", "窓口側の一台。") and said(visit)[5] == ("remark", "少し多い。")
    assert Answer.select().count() == 5 and VisitPhoto.select().count() == 1
    assert page.evaluate(WAITING) == 0, "what was sent is still in the browser"
    page.get_by_role("link", name="訪問を終える画面へ").tap()
    page.get_by_role("button", name="訪問を終える").tap()
    expect(page.locator(".flash")).to_contain_text("指摘事項を1件登録しました")


def test_what_waits_is_there_again_after_a_reload_and_is_sent_once(
    new_context: NewContext, one: Callable[[], Visit]
) -> None:
    visit = one()
    context, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/2")
    context.set_offline(True)
    say(page, "ng", "二台。", documents.picture("JPEG"))
    at_item(page, 3)
    page.close()  # the telephone puts the page away
    context.set_offline(False)
    again = context.new_page()
    with again.expect_response(lambda answer: answer.request.method == "POST" and "items/2" in answer.url):
        again.goto(f"/crosschecks/visits/{visit.id}")
    expect(again.locator("[data-row='2']")).to_contain_text("できていない")
    assert said(visit) == {2: ("ng", "二台。")} and VisitPhoto.select().count() == 1


def test_an_answer_that_was_lost_on_its_way_back_is_not_doubled(
    new_context: NewContext, one: Callable[[], Visit]
) -> None:
    """The house has saved it, but the telephone never heard so, and sends it again when somebody has corrected it."""
    visit = one()
    other = visiting.member(visit, "試作 夏男")
    _, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    lost: list[int] = []

    def lose(route: Route) -> None:
        answer = route.fetch()
        lost.append(answer.status)
        if len(lost) == 1:
            route.abort("internetdisconnected")
        else:
            route.fulfill(response=answer)

    page.route("**/items/1", lose)
    say(page, "ng", "一台。", documents.picture("JPEG"))
    at_item(page, 2)
    expect(page.locator("[data-notices]")).to_contain_text("この端末に保存しました")
    visiting.say(visit, other, "na", after=Answer.get().id)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-notices]")).to_be_empty()
    assert lost == [200, 200] and page.evaluate(WAITING) == 0
    assert said(visit) == {1: ("na", "")} and Answer.select().count() == 2 and VisitPhoto.select().count() == 1


def test_a_sign_in_that_ended_meanwhile_keeps_what_was_typed(new_context: NewContext, one: Callable[[], Visit]) -> None:
    visit = one()
    who = visiting.colleague(visit)
    context, page = telephone(new_context, who)
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    context.clear_cookies()
    say(page, "ng", "一台。")
    expect(page.locator("[data-notices]")).to_contain_text("もう一度ログインすると送ります")
    assert not said(visit) and page.evaluate(WAITING) == 1
    other = visiting.colleague(visit, "試作 夏男")
    enter(page, other)
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    expect(page.locator("[data-notices]")).to_contain_text("ほかの人のまだ送っていない回答")
    assert "一台" not in page.content() and not said(visit), "another's answer was shown or sent"
    enter(page, who)
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    expect(page.locator("[data-notices]")).to_be_empty()
    assert said(visit) == {1: ("ng", "一台。")}
    assert Answer.get().recorded_by == f"person:{who.id}"


def test_signing_out_asks_first_and_then_removes_what_waits(new_context: NewContext, one: Callable[[], Visit]) -> None:
    visit = one()
    context, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    context.set_offline(True)
    say(page, "ng", "一台。")
    at_item(page, 2)
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    page.get_by_role("button", name="ログアウト").click()
    assert page.evaluate(WAITING) == 1 and "まだ送っていない" in asked[0]
    page.route("**/crosschecks/**", lambda route: route.abort("internetdisconnected"))
    context.set_offline(False)
    page.get_by_role("button", name="ログアウト").click()
    page.wait_for_url("**/signed-out")
    assert page.evaluate(WAITING) == -1, "the answers are still in the browser"


def test_what_comes_after_the_end_is_refused_and_stays_on_the_telephone(
    new_context: NewContext, one: Callable[[], Visit]
) -> None:
    visit = one()
    context, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    context.set_offline(True)
    say(page, "ng", "窓口側の一台。")
    at_item(page, 2)
    visiting.step(visit.campaign, "closed")
    context.set_offline(False)
    expect(page.locator("[data-notices]")).to_contain_text("締め切られました")
    page.goto(f"/crosschecks/visits/{visit.id}")
    expect(page.locator("[data-notices]")).to_contain_text("できていない　窓口側の一台。")
    page.get_by_role("button", name="この端末から消す").tap()
    expect(page.locator("[data-notices]")).to_be_empty()
    assert not said(visit) and page.evaluate(WAITING) == 0


def test_a_net_that_answers_in_place_of_the_house_takes_nothing_away(
    new_context: NewContext, one: Callable[[], Visit]
) -> None:
    visit = one()
    _, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    page.route("**/items/1", lambda route: route.fulfill(status=200, content_type="text/html", body="架空の接続画面"))
    say(page, "ng", "一台。")
    at_item(page, 2)
    expect(page.locator("[data-notices]")).to_contain_text("この端末に保存しました")
    page.unroute("**/items/1")
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("[data-notices]")).to_be_empty()
    assert said(visit) == {1: ("ng", "一台。")}


def test_of_two_people_nobody_is_overwritten(new_context: NewContext, one: Callable[[], Visit]) -> None:
    visit = one()
    _, hers = telephone(new_context, visiting.colleague(visit))
    _, his = telephone(new_context, visiting.colleague(visit, "試作 夏男"))
    for page in (hers, his):
        page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    say(hers, "ng", "窓口側の一台。")
    at_item(hers, 2)
    say(his, "ok", "問題なし。", documents.picture("JPEG"))
    box = his.locator("form[data-item='1'] [data-other]")
    expect(box).to_contain_text("窓口側の一台。")
    expect(box).to_contain_text("試作 春子")
    expect(his.locator("form[data-item='1'] textarea")).to_have_value("問題なし。")
    assert said(visit) == {1: ("ng", "窓口側の一台。")} and not photos.photos_of(visit.id)
    his.locator("form[data-item='1'] button.go").tap()
    at_item(his, 2)
    assert said(visit) == {1: ("ok", "問題なし。")} and VisitPhoto.select().count() == 1
    assert Answer.select().count() == 2


def test_without_scripts_every_item_is_a_plain_form(new_context: NewContext, one: Callable[[], Visit]) -> None:
    visit = one()
    page = new_context(width=360, scripts=False).new_page()
    enter(page, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    for number in range(1, 6):
        form = page.locator(f"form[data-item='{number}']")
        form.locator("[value=ok]").check()
        form.locator("button.go").click()
    page.get_by_role("button", name="訪問を終える").click()
    expect(page.locator(".flash")).to_contain_text("訪問を終えました")
    assert Answer.select().count() == 5


def test_a_large_photo_of_a_telephone_goes_through(
    new_context: NewContext, one: Callable[[], Visit], tmp_path: Path
) -> None:
    visit = one()
    _, page = telephone(new_context, visiting.colleague(visit))
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    out = io.BytesIO()
    Image.effect_noise((4032, 3024), 80).convert("RGB").save(out, "JPEG", quality=92)
    say(page, "ng", "一台。", out.getvalue())
    at_item(page, 2)
    page.goto(f"/crosschecks/visits/{visit.id}/items/1")
    shown = page.locator("[data-taken] img:visible")
    expect(shown).to_have_count(1)
    assert shown.evaluate("one => one.decode().then(() => one.naturalWidth)") == photos.SMALL
    with page.expect_download() as download:
        page.locator("[data-taken] a:visible").first.click()
    download.value.save_as(tmp_path / "photo.jpg")
    with Image.open(tmp_path / "photo.jpg") as kept:
        assert kept.size == (2560, 1920)
