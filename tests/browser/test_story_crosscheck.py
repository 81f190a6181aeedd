"""A cross-check on telephones, 360 px wide: planned, visited, found, mended, looked at again, closed; the board has moved."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect

from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Kind
from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.crosschecks import answers, campaigns, visits
from isms.crosschecks.models import Campaign, Visit
from isms.evidence.models import Evidence
from isms.findings.models import Finding
from isms.people import links, rules
from isms.people.models import Department, Person
from tests import documents
from tests.browser.conftest import NewContext
from tests.browser.test_visit import at_item, say
from tests.crosschecks import visiting
from tests.factories import actor, department, person

PROVES = ("A.5.35", "A.5.36", "A.7.7")
LATER = timedelta(days=31)  # the effect of an action is looked at a month after it


class Days:
    """The clock of the story, which goes on by whole days."""

    gone = timedelta()

    def now(self) -> datetime:
        return visiting.NOW + self.gone


@pytest.fixture
def days(house: Flask) -> Iterator[Days]:
    told = Days()
    with clock.moved(told.now):
        yield told


class Telephone:
    """A person with a telephone in the hand."""

    def __init__(self, new_context: NewContext, who: Person) -> None:
        self.context: BrowserContext = new_context(width=360, touch=True, forgiven=("ERR_INTERNET_DISCONNECTED",))
        self.page: Page = self.context.new_page()
        self.page.goto(f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}")
        self.press("main button.go")

    def press(self, target: str) -> None:
        with self.page.expect_navigation():
            self.page.locator(target).first.tap()

    def has(self, words: str) -> None:
        expect(self.page.locator("body")).to_contain_text(words)

    def duty(self, words: str) -> None:
        """Go from the to-do page to what has to be done."""
        self.page.goto("/todo")
        self.press(f"main a:has-text('{words}')")

    def write(self, text: str) -> None:
        """Fill in the next step of a finding, and send it."""
        self.page.locator("#text").fill(text)
        self.press("main form button.go")


def staffed(name: str) -> tuple[Department, Person, Person]:
    """Make a department with its head and a member."""
    place = department(name)
    head, member = (person(f"架空 {name}{who}", department_id=place.id, password=None) for who in ("長", "員"))
    rules.set_heads(head.id, [place.id], from_day=head.from_day, by=CONSOLE, now=visiting.NOW)
    return place, head, member


def decided(by: Person) -> None:
    now = clock.now()
    keys = [one.key for one in catalogue.edition_on(now.date()).requirements if one.kind is Kind.CONTROL]
    said = [catalogue.Said(key, True, "架空の理由", "implemented") for key in keys]
    catalogue.decide_many("iso27001-2022", said, by=actor(by), now=now)


def test_a_cross_check_from_its_plan_to_the_board(new_context: NewContext, days: Days) -> None:
    officer, colleague = (person(f"架空 {name}", roles=[Role.OFFICER], password=None) for name in ("一子", "二郎"))
    decided(officer)
    staff = {place.id: (head, member) for place, head, member in map(staffed, ("審査課", "介護課", "総務課"))}
    visiting.checklist()
    desk = Telephone(new_context, officer)
    assert states(desk) == dict.fromkeys(PROVES, "証跡なし")
    campaign = a_campaign_is_begun(desk)
    visit, *others = campaigns.visits_of(campaign.id)
    the_visitor_is_named(Telephone(new_context, staff[visit.checker_id][0]), staff[visit.checker_id][1])
    finding = a_visit_finds_something(Telephone(new_context, staff[visit.checker_id][1]), visit)
    assert states(desk)["A.7.7"] == "不適合"
    for other in others:
        nothing_is_found(other, staff[other.checker_id][1])
    head, member = staff[visit.checked_id]
    the_department_answers(Telephone(new_context, head), finding, member)
    the_action_is_done(Telephone(new_context, member))
    the_report_becomes_evidence(desk, Telephone(new_context, colleague))
    days.gone = LATER
    the_effect_is_looked_at(Telephone(new_context, colleague), finding)
    assert states(Telephone(new_context, officer)) == dict.fromkeys(PROVES, "有効")


def states(phone: Telephone) -> dict[str, str]:
    """Read the states of what the campaign proves off the board."""
    page = phone.page
    page.goto("/board")
    read = {}
    for key in PROVES:
        words = page.locator(f".map a[href*='{key}']").text_content() or ""
        read[key] = next(state for state in ("証跡なし", "不適合", "期限間近", "有効") if state in words)
    return read


def a_campaign_is_begun(phone: Telephone) -> Campaign:
    phone.page.goto("/crosschecks")
    phone.press("main a[href='/crosschecks/new']")
    phone.page.locator("#title").fill("架空の強化月間")
    phone.page.locator("#from_day").fill("2026-11-18")
    phone.page.locator("#to_day").fill("2026-11-30")
    phone.page.locator("#checklist_id").select_option(label="架空の点検表")
    phone.press("main form button.go")
    phone.has("組み合わせの理由")
    phone.press("main button:has-text('この組み合わせで開始する')")
    made = Campaign.get()
    assert campaigns.state_of(made.id) == "begun"
    return made


def the_visitor_is_named(phone: Telephone, member: Person) -> None:
    phone.duty("訪問する")
    phone.page.locator(f"label:has-text('{member.name}')").tap()
    phone.press("main form button.go")
    phone.has(member.name)


def a_visit_finds_something(phone: Telephone, visit: Visit) -> Finding:
    """The connection goes while the second item is answered, and comes back."""
    phone.duty("訪問する")
    phone.press("main a:has-text('始める')")
    say(phone.page, "ok")
    at_item(phone.page, 2)
    phone.context.set_offline(True)
    say(phone.page, "ng", "窓口側の机に、氏名のある帳票（架空）があった。", documents.picture("JPEG"))
    at_item(phone.page, 3)
    phone.has("電波が届きません")
    phone.context.set_offline(False)
    expect(phone.page.locator("[data-state]")).to_contain_text("2／3項目を保存", timeout=20_000)
    say(phone.page, "ok")
    expect(phone.page.locator("[data-state]")).to_contain_text("3／3項目を保存")
    phone.press("main a:has-text('訪問を終える画面へ')")
    phone.press("main button:has-text('訪問を終える')")
    found = Finding.get()
    assert found.department_id == visit.checked_id and found.source == "crosscheck" and found.files.count() == 1
    return found


def nothing_is_found(visit: Visit, who: Person) -> None:
    by = actor(who)
    for item in visits.items(visit):
        answers.answer(visit.id, item.id, value="ok", by=by, now=clock.now())
    assert visits.finish(visit.id, by=by, now=clock.now()) == []


def the_department_answers(phone: Telephone, finding: Finding, member: Person) -> None:
    phone.duty(finding.ref)
    phone.has("帳票（架空）があった")
    phone.write("指摘のとおりです。すぐに片付けました。")
    phone.write("机の上を、課の全員で確かめた。")
    phone.write("なぜ残ったか：窓口の交代を急いだ。\nなぜ急いだか：交代の手順に片付けがなかった。")
    phone.page.locator("#owner_id").select_option(value=str(member.id))
    phone.page.locator("#due").fill("2026-11-25")
    phone.write("交代の手順に、机の上の片付けを加える。")
    phone.has(member.name)


def the_action_is_done(phone: Telephone) -> None:
    phone.duty("交代の手順")
    phone.write("手順書を改め、朝礼で読み合わせた。")


def the_report_becomes_evidence(phone: Telephone, colleague: Telephone) -> None:
    phone.page.goto(f"/crosschecks/{Campaign.get().id}")
    phone.press("main a:has-text('終了する')")
    phone.press("main form button.go")
    report = Evidence.get()
    assert {link.key for link in report.links} >= set(PROVES)
    assert sorted(file.kind for file in report.files) == ["pdf", "xlsx"]
    colleague.duty("確認する")
    colleague.has(report.title)
    colleague.press("main form[action$='/accept'] button")


def the_effect_is_looked_at(phone: Telephone, finding: Finding) -> None:
    phone.duty(finding.ref)
    phone.page.locator("label:has([name=good])").first.tap()
    phone.write("昼休みに3回見て、残っていなかった。")
    phone.has("効果があった")
    phone.write("再発がないことを確かめた。")
    phone.has("に完了しました")
