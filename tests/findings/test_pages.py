"""The pages of findings: recorded, listed, closed and reopened in the browser; seen only by whom they concern."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.findings import rules
from isms.findings.models import Finding, FindingStep
from tests import factories
from tests.browserlike import Browserlike
from tests.evidence.proofs import EDITION
from tests.status.standings import NOW, TODAY, Office, at_noon, auditor, enter

Entered = tuple[Office, Browserlike]


@pytest.fixture
def office(house: Flask) -> Iterator[Entered]:
    with at_noon():
        office = Office()
        yield office, enter(house, office.officer)


def found(title: str, key: str = "A.5.1", grade: str = "minor", ago: int = 5, **more: Any) -> Finding:
    values = {"controls": [(EDITION, key)], "opened_on": TODAY - timedelta(days=ago), "now": NOW}
    return rules.open_finding(title=title, grade=grade, by=CONSOLE, **values | more)  # type: ignore[arg-type]


def test_recorded_answered_closed_and_reopened(office: Entered, house: Flask) -> None:
    office[0].decide("A.7.2")
    browser = office[1]
    page = browser.get("/findings").click("指摘事項を登録する")
    values: dict[str, Any] = {
        "grade": "major",
        "title": "鍵の管理簿がない",
        "controls": "Ａ．７．２、箇条9.2.1",
        "opened_on": "R8.11.20",
    }
    page = page.submit(fill=values).follow()
    assert "指摘事項 F-2026-0001 を登録しました。" in page.text
    for words in ("重大な不適合", "物理的入退", "2026年11月20日（金）", "8 経過日数"):
        assert words in page.text
    assert "完了していない不適合が1件あります。" in page.click("物理的入退").text
    number = Finding.get().id
    browser.get(f"/findings/{number}/close").submit(text="まだ早い", status=409)
    page = browser.get(f"/findings/{number}").submit("/steps/correction", text="鍵を回収した。").follow()
    page = page.submit("/steps/cause", text="なぜ：台帳がない\nなぜ：決まりがない").follow()
    assert "なぜ：台帳がない" in page.text and "なぜ：決まりがない" in page.text
    values = {"text": "管理簿を作る。", "owner_id": str(office[0].officer.id), "due": "2026-12-20"}
    page = page.submit("/actions/new", fill=values).follow()
    assert "担当 " in page.text
    page = page.click("終わったことを記録する").submit(text="管理簿を作った。\n次の点検で確かめる。").follow()
    assert "管理簿を作った。 次の点検で確かめる。" in page.text
    with clock.moved(lambda: NOW + timedelta(days=30)):
        browser = enter(house, factories.with_role(Role.OFFICER))
        page = browser.get(f"/findings/{number}").click("有効性を確かめる")
        page = page.submit(good="yes", text="一か月、漏れがない。").follow()
        page = page.submit("/close", text="管理簿が続いている。").follow()
        assert "2026年12月28日（月） に完了しました。" in page.text
        page = page.click("再開する").submit(text="一部が漏れていた。").follow()
        assert "まだ完了していません" in page.text
    kinds = [step.kind for step in FindingStep.select().order_by(FindingStep.id)]
    assert kinds == ["correction", "cause", "action", "action_done", "effectiveness", "closed", "reopened"]
    assert "指摘事項を登録" in page.click("この対象の記録をすべて見る").text


def test_what_is_wrong_stays_in_its_field(office: Entered) -> None:
    page = office[1].get("/findings/new")
    values: dict[str, Any] = {"grade": "minor", "title": "x", "controls": "A.5.1、A.99.9", "opened_on": "2026-11-29"}
    page = page.submit(fill=values, status=422)
    assert 'value="A.5.1、A.99.9"' in page.html
    assert "ISO/IEC 27001:2022 にない番号です：a.99.9" in page.text
    assert Finding.select().count() == 0
    page = page.submit(fill=values | {"controls": "A.5.1"}, status=422)
    assert "先の日付です" in page.text


def test_open_ones_come_first_and_filters_narrow(office: Entered) -> None:
    old = found("古い", ago=400)
    rules.close_finding(old.id, day=TODAY - timedelta(days=300), text="直した", by=CONSOLE, now=NOW)
    place = factories.department("架空課")
    found("新しい", key="A.8.8", grade="observation", department_id=place.id)
    browser = office[1]

    def listed(query: str = "") -> list[str]:
        html = browser.get(f"/findings?{query}").html
        return list(re.findall(r"<td>(古い|新しい)</td>", html))

    assert listed() == ["新しい", "古い"]
    assert listed("state=closed") == ["古い"]
    assert listed("grade=observation") == ["新しい"]
    assert listed(f"department={place.id}") == ["新しい"]
    assert listed("year=2025") == ["古い"]
    assert listed("q=8.8") == ["新しい"]
    browser.get("/findings?year=1999", status=400)


def test_attack_1_a_head_sees_those_of_their_departments(office: Entered, house: Flask) -> None:
    head = factories.with_role(Role.HEAD)
    own = found("自部署の指摘", department_id=next(iter(factories.actor(head).heads)))
    other, none = found("他部署の指摘", department_id=factories.department().id), found("部署なしの指摘")
    browser = enter(house, head)
    text = browser.get("/findings").text
    assert ("自部署の指摘" in text, "他部署の指摘" in text, "部署なしの指摘" in text) == (True, False, False)
    browser.get(f"/findings/{own.id}")
    for one in (other, none):
        browser.get(f"/findings/{one.id}", status=404)
    browser.get(f"/findings/{own.id}/close", status=404)
    page = browser.get(f"/controls/{EDITION}/A.5.1").text
    assert ("自部署の指摘" in page, "他部署の指摘" in page) == (True, False)
    board = browser.get("/board").text
    assert ("他部署" in board, "1 未完了の指摘" in board) == (False, True)


def test_attack_2_an_auditor_sees_those_of_the_engagement(office: Entered, house: Flask) -> None:
    inside, outside = found("範囲の指摘"), found("範囲外の指摘", key="A.8.8")
    both = found("両方の指摘", controls=[(EDITION, "A.5.1"), (EDITION, "A.8.9")])
    who, _ = auditor("A.5.1")
    browser = enter(house, who)
    assert "2 未完了" in browser.get("/findings").text
    browser.get(f"/findings/{inside.id}")
    browser.get(f"/findings/{outside.id}", status=404)
    assert "A.8.9" not in browser.get(f"/findings/{both.id}").text.replace("両方", "")
    browser.get(f"/findings/{inside.id}/close", status=404)


def test_days_of_findings_are_days_of_the_organisation(office: Entered) -> None:
    assert found("今日の指摘", ago=0).opened_on == date(2026, 11, 28)
