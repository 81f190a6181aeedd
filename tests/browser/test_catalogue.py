"""Pages of the catalogue in the states that a story brings about: a transition on its way, a statement to be revised."""

from datetime import date, timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page

from isms.catalogue import rules, statements, transition
from isms.catalogue.editions import Kind
from isms.catalogue.rules import Said
from isms.core import clock, settings
from isms.core.permissions import Actor, Role
from isms.people.models import Person
from tests import factories
from tests.browser.conftest import NewContext
from tests.browser.test_every_page import enter, wrong

NEW, OLD = "iso27001-2022", "iso27001-2013"
REASON = "情報セキュリティ基本方針を定め、全職員に示すため。"


def someone(role: Role, name: str) -> tuple[Person, Actor]:
    made = factories.person(name, roles=[role])
    return made, factories.actor(made)


def decide_all(edition: str, by: Actor) -> None:
    keys = [row.key for row in rules.standards().edition(edition).of_kind(Kind.CONTROL)]
    said = [Said(key, index % 9 > 0, REASON, "partial", by.person_id) for index, key in enumerate(keys)]
    rules.decide_many(edition, said, from_day=date(2023, 4, 1), by=by, now=clock.now())


def shown(page: Page, path: str, language: str) -> None:
    page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
    assert list(wrong(page, language)) == [], path


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_transition_on_its_way(house: Flask, new_context: NewContext, language: str) -> None:
    who, by = someone(Role.OFFICER, "見本 花子")
    day = settings.today(clock.now()) + timedelta(days=60)
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=by, now=clock.now())
    decide_all(OLD, by)
    page = new_context(language=language).new_page()
    enter(page, who)
    for path in ("/editions", f"/transition?day={day}", f"/decisions/{NEW}/A.5.1/decide?day={day}"):
        shown(page, path, language)
    said = [one.suggestion or Said(one.requirement.key, False, REASON) for one in transition.plan(OLD, NEW, day).open]
    rules.decide_many(NEW, said, from_day=day, by=by, now=clock.now())
    for path in ("/transition", f"/transition/confirm?day={day}"):
        shown(page, path, language)
    page.locator("main form button.go").click()
    shown(page, "/transition", language)
    assert rules.edition_on(day).id == NEW


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_statement_to_be_revised(house: Flask, new_context: NewContext, language: str) -> None:
    officer, by = someone(Role.OFFICER, "見本 花子")
    approver, other = someone(Role.APPROVER, "架空 史郎")
    decide_all(NEW, by)
    statements.issue(by=by, now=clock.now())
    statements.approve(1, by=other, now=clock.now())
    values = {"applicable": True, "implementation": "planned", "by": by, "now": clock.now()}
    rules.decide(NEW, "A.5.21", justification="再委託先を含む供給網の危険を管理するため。", **values)  # type: ignore[arg-type]
    page = new_context(language=language).new_page()
    enter(page, officer)
    for path in ("/statement", "/statement?changed=1", "/statement/issue", "/statement/1"):
        shown(page, path, language)
    statements.issue(by=by, now=clock.now())
    page = new_context(language=language).new_page()
    enter(page, approver)
    for path in ("/statement", "/statement/2", "/statement/2/word"):
        shown(page, path, language)


def test_deciding_approving_and_returning_without_scripts_or_a_mouse(house: Flask, new_context: NewContext) -> None:
    officer, by = someone(Role.OFFICER, "見本 花子")
    approver, _ = someone(Role.APPROVER, "架空 史郎")
    decide_all(NEW, by)
    page = new_context(scripts=False).new_page()
    enter(page, officer)
    page.goto(f"/decisions/{NEW}/A.8.11/decide")
    page.get_by_label("適用除外").focus()
    page.keyboard.press("Space")
    page.locator("#justification").fill("")
    page.locator("#justification").press("Tab")
    page.get_by_role("button", name="決定を記録する").press("Enter")
    assert page.locator("#justification[aria-invalid=true]").count() == 1
    page.locator("#justification").fill("個人を特定する試験データを持たないため。")
    page.get_by_role("button", name="決定を記録する").press("Enter")
    assert page.url.endswith(f"/decisions/{NEW}/A.8.11")
    assert rules.decisions_on(NEW, settings.today(clock.now()))["A.8.11"].applicable is False
    page.goto("/statement/issue")
    page.get_by_role("button", name="発行して承認を頼む").press("Enter")
    page = new_context(scripts=False).new_page()
    enter(page, approver)
    page.goto("/statement/1/word")
    page.get_by_role("button", name="差し戻す").press("Enter")
    assert "理由を入力してください" in page.locator("main").inner_text()
    page.locator("#note").fill("8.11 の理由を詳しく。")
    page.get_by_role("button", name="差し戻す").press("Enter")
    assert statements.state_of(statements.get_statement(1)) == "returned"
    statements.issue(by=by, now=clock.now())
    page.goto("/statement/2/word")
    page.get_by_role("button", name="この版を承認する").press("Enter")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF").press("Enter")
    assert download.value.suggested_filename == "statement-2.pdf"
