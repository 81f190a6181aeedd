"""The board, the list as of a day and the page of a requirement say what the rules say, and refuse what has no answer."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook

from isms.catalogue import rules as catalogue
from isms.catalogue import wording
from isms.core import settings
from isms.core.permissions import Role
from isms.evidence import rules as evidence
from isms.findings import rules as findings
from isms.status import rules
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.evidence.proofs import EDITION
from tests.status.standings import NOW, TODAY, Office, at_noon, enter

Entered = tuple[Office, Browserlike]


@pytest.fixture
def office(house: Flask) -> Iterator[Entered]:
    """Give the organisation with one of everything, and its officer's browser."""
    with at_noon():
        office = Office()
        office.decide("A.5.1", "A.5.2", "A.5.3", "A.5.4", "A.5.5", "A.5.6")
        office.decide("A.5.7", applicable=False)
        office.decide("A.5.8", implementation="planned")
        office.prove("A.5.1", "4.1")
        office.prove("A.5.2", ago=360, lasts=365)
        office.prove("A.5.3", ago=400, lasts=390)
        office.prove("A.5.4", accepted=None)
        office.prove("A.5.5")
        values: dict[str, Any] = {"title": "架空の不適合", "controls": [(EDITION, "A.5.5")], "opened_on": TODAY}
        findings.open_finding(grade="minor", **values, by=office.by, now=NOW)
        yield office, enter(house, office.officer)


EXPECTED = {
    "A.5.1": "有効",
    "A.5.2": "期限間近",
    "A.5.3": "証跡なし 期限切れ",
    "A.5.4": "証跡なし 確認待ち",
    "A.5.5": "不適合",
    "A.5.6": "証跡なし 登録なし",
    "A.5.7": "適用除外",
    "A.5.8": "未実施",
    "A.5.9": "未決定",
    "箇条4.1": "有効",
    "箇条4.2": "証跡なし 登録なし",
}


def row_of(page: Page, number: str) -> str:
    """Give the words of a row of the list."""
    found = re.search(rf"<tr[^>]*>\s*<th scope=\"row\"><a[^>]*>{re.escape(number)}</a>.*?</tr>", page.html, re.DOTALL)
    assert found, f"no row {number}"
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_the_list_says_every_state(office: Entered) -> None:
    first, third = office[1].get("/status"), office[1].get("/status?theme=clauses")
    for number, words in EXPECTED.items():
        assert row_of(third if number.startswith("箇条") else first, number).startswith(f"{number} {words} ")


def test_the_tally_counts_what_its_links_list(office: Entered) -> None:
    report = rules.states(TODAY, now=NOW)
    for address in ("/board", "/status"):
        page = office[1].get(address)
        cells = dict(re.findall(r'href="/status\?state=(\w+)[^"]*">.*?<span class="fig">(\d+)</span>', page.html))
        assert cells == {state.value: str(number) for state, number in report.counts().items() if number}
    for state, number in cells.items():
        assert f"{number}件に絞り込んでいます" in office[1].get(f"/status?state={state}").text


def test_the_board_has_a_tile_for_everything(office: Entered) -> None:
    page = office[1].get("/board")
    tiles = re.findall(r'<li><a class="t (\w+)" href="([^"]+)">', page.html)
    report = rules.states(TODAY, now=NOW)
    assert len(tiles) == len(report.requirements) == 123
    assert ("nc", f"/controls/{EDITION}/A.5.5") in tiles
    assert "5.2　情報セキュリティの役割及び責任" in page.text.replace(" ", "　")
    for words in ("組織的", "人的", "物理的", "技術的", "4–10", "令和8"):
        assert words in page.text


def test_the_board_says_what_is_over_and_what_comes(office: Entered) -> None:
    text = office[1].get("/board").text
    assert re.search(r"期限を過ぎたもの 2件 93 日超過 証跡「.+」を確認する .+ 10 日超過 A\.5\.3", text)
    assert re.search(r"30日以内に期限 2件 5 日後 A\.5\.2", text)
    assert re.search(r"30日以内 1 1 31–90日 – –", text)
    assert "指摘事項を登録 F-2026-0001 見本 花子" in text


def _person(person_id: int | None) -> Any:
    from isms.people.models import Person

    return Person.get_by_id(person_id)


def test_officers_come_to_the_board(office: Entered, house: Flask) -> None:
    assert office[1].get("/", status=302).location == "/board"
    staff = enter(house, factories.with_role(Role.STAFF))
    for address in ("/board", "/status"):
        staff.get(address, status=403)
    staff.get(f"/controls/{EDITION}/A.5.1", status=404)


def test_a_page_of_a_past_day(office: Entered) -> None:
    browser = office[1]
    before, after = TODAY - timedelta(days=101), TODAY - timedelta(days=99)
    address = f"/controls/{EDITION}/A.5.1?day="
    assert "この日に有効な証跡が登録されていません。" in browser.get(f"{address}{before}").text
    assert "有効な証跡が1件あり" in browser.get(f"{address}{after}").text
    back = evidence.record_evidence(
        title="後から見つかった記録",
        controls=[(EDITION, "A.5.1")],
        collected_on=before,
        note="架空",
        by=office[0].by,
        now=NOW,
    )
    now = browser.get(f"{address}{after}&known=now")
    assert (back.ref in now.text, "確認待ち" in now.text) == (True, True)
    assert back.ref not in browser.get(f"{address}{after}&known=then").text


@pytest.mark.parametrize("typed", ["R8.11.27", "令和8年11月27日", "2026/11/27", "２０２６－１１－２７"])
def test_a_day_as_offices_write_it(office: Entered, typed: str) -> None:
    assert "2026年11月27日" in office[1].get("/status", query_string={"day": typed}).text


@pytest.mark.parametrize("typed", ["2026-11-29", "2099-01-01", "平成31年5月1日", "2月30日", "いつか", "2026-02-30"])
@pytest.mark.parametrize("address", ["/status", f"/controls/{EDITION}/A.5.1"])
def test_a_day_without_an_answer_is_refused_at_its_field(office: Entered, address: str, typed: str) -> None:
    page = office[1].get(address, query_string={"day": typed}, status=422)
    assert re.search(r'<input[^>]*id="day"[^>]*aria-describedby="day-e day-h"[^>]*aria-invalid="true"', page.html)
    assert f'value="{typed}"' in page.html
    assert "この日の状態は表示できません" in page.text
    assert "有効な証跡" not in page.text


def test_what_makes_no_sense_is_refused(office: Entered) -> None:
    office[1].get("/status?known=maybe", status=400)
    office[1].get("/status?state=lucky", status=400)
    office[1].get("/status?theme=lucky", status=400)
    office[1].get("/status?sort=lucky", status=400)


@pytest.mark.parametrize("path", ["A.99.9", "9.3", "A.5", "5", "%00", "A.5.1%20"])
def test_what_is_no_requirement_is_not_found(office: Entered, path: str) -> None:
    office[1].get(f"/controls/{EDITION}/{path}", status=404)
    office[1].get(f"/controls/no-such-edition/{path}", status=404)


def test_a_clause_needs_no_decision(office: Entered) -> None:
    page = office[1].get(f"/controls/{EDITION}/4.1")
    assert "箇条はいつも適用します。" in page.text
    assert "有効な証跡が1件あり" in page.text


def test_a_control_of_an_edition_not_in_force_has_no_state(office: Entered) -> None:
    page = office[1].get("/controls/iso27001-2013/A.5.1.1")
    assert "この日に適用していたのは ISO/IEC 27001:2022 です" in page.text
    assert 'class="st ' not in page.html
    assert (f"/controls/{EDITION}/A.5.1", "情報セキュリティのための方針群") in page.links


def test_the_page_leads_to_what_is_to_be_done(office: Entered) -> None:
    page = office[1].get(f"/controls/{EDITION}/A.5.1")
    assert "A.5.1" in page.click("証跡を記録").html
    found = page.click("指摘事項を登録する")
    assert 'value="A.5.1"' in found.html
    page.click("決定を改める")


def test_the_table_is_taken_along_as_it_is_shown(office: Entered) -> None:
    taken = office[1].get("/status?state=unproven&theme=organizational&download=xlsx")
    rows = CalamineWorkbook.from_filelike(BytesIO(taken.response.data)).get_sheet_by_index(0).to_python()
    numbers = [row[0] for row in rows if str(row[0]).startswith("A.")]
    assert numbers == ["A.5.3", "A.5.4", "A.5.6"]
    assert "status-2026-11-28.xlsx" in taken.response.headers["Content-Disposition"]
    csv = office[1].get("/status?q=方針群&download=csv").response.data.decode("utf-8-sig")
    assert [line.split(",")[0].strip('"') for line in csv.splitlines()[1:]] == ["A.5.1", "A.5.36"]


def test_a_head_sees_the_evidence_of_their_departments_only(office: Entered, house: Flask) -> None:
    head = factories.with_role(Role.HEAD)
    own = next(iter(factories.actor(head).heads))
    office[0].prove("A.5.1", title="自部署の記録", department_id=own, ago=50)
    page = enter(house, head).get(f"/controls/{EDITION}/A.5.1")
    assert "自部署の記録" in page.text
    assert "架空の点検記録" not in page.text
    assert "有効 2件" in page.text
    assert "ほかの部署の証跡が1件あります。" in page.text
    board = enter(house, head).get("/board").text
    assert "直近の出来事" not in board
    assert "確認待ちの証跡" not in board


def test_english(office: Entered) -> None:
    page = office[1].get("/board?lang=en")
    assert "State of the controls" in page.text
    assert "Information security roles and responsibilities" in office[1].get(f"/controls/{EDITION}/A.5.2?lang=en").text
    kanji = re.sub(r"見本 (花子|次郎)|日本語|架空の?\w*", "", page.text)
    assert not re.search("[ぁ-んァ-ヶ一-龠]", kanji)


def test_days_of_the_organisation(office: Entered) -> None:
    """At three in the night in Tokyo it is still yesterday in London."""
    night = NOW - timedelta(hours=9)
    assert (settings.today(night), night.date()) == (date(2026, 11, 28), date(2026, 11, 27))
    assert rules.states(TODAY, now=night).day == TODAY


def test_a_past_day_speaks_as_it_did_then(office: Entered) -> None:
    """A title that is corrected today, and a control that is ended today, stay as they were on days that are over."""
    browser, by = office[1], office[0].by
    wording.add_own_control(EDITION, "X.1", title_ja="架空の独自の管理策", by=by, now=NOW - timedelta(days=9))
    wording.end_own_control(EDITION, "X.1", by=by, now=NOW)
    wording.correct_title(EDITION, "A.5.1", title_ja="改めた表題", by=by, now=NOW)
    yesterday = TODAY - timedelta(days=1)
    assert "改めた表題" in browser.get(f"/controls/{EDITION}/A.5.1").text
    assert "改めた表題" not in browser.get(f"/controls/{EDITION}/A.5.1?day={yesterday}").text
    assert "改めた表題" in browser.get(f"/controls/{EDITION}/A.5.1?day={yesterday}&known=now").text
    browser.get(f"/controls/{EDITION}/X.1", status=404)
    past = browser.get(f"/status?day={yesterday}&theme=own").click("X.1")
    assert "架空の独自の管理策" in past.text
    early = browser.get(f"/controls/{EDITION}/A.5.1?day=2020-01-01").text
    assert "まだ決定がありません" in early


def test_the_board_of_the_edition_before(office: Entered) -> None:
    catalogue.put_in_force("iso27001-2013", from_day=TODAY, by=office[0].by, now=NOW)
    page = office[1].get("/board")
    tiles = re.findall(r'<li><a class="t (\w+)" href="/controls/iso27001-2013/([^"]+)">', page.html)
    assert len(tiles) == 140
    assert len(re.findall(r'<div class="band">', page.html)) == 15  # A.5 to A.18, and the clauses
    assert "A.5.1.1" in office[1].get("/status?theme=A.5").text
