"""The pages of checklists and campaigns, from the first item to the report that is evidence, as people use them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.core.sheets import read_sheet
from isms.crosschecks import answers, campaigns, duties, standing, visits
from isms.crosschecks.models import Campaign, CampaignStep
from isms.evidence import files as evidence_files
from isms.evidence.models import Evidence
from isms.evidence.rules import files_of, links_of
from isms.people import rules as people
from isms.people.models import Department, Person
from tests import factories
from tests.browserlike import Browserlike

NOW = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)


class House:
    """Four departments, each with a head and a member, and an officer in front of a browser."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.places = [factories.department(f"架空{name}課") for name in "東西南北"]
        self.heads = {place.id: self._head(place) for place in self.places}
        self.officer = factories.signed_in(app, Role.OFFICER)

    def _head(self, place: Department) -> Person:
        made = factories.person(f"架空 {place.name}長", department_id=place.id)
        people.set_heads(made.id, [place.id], from_day=made.from_day, by=CONSOLE, now=NOW)
        return made

    def head(self, place_id: int) -> Browserlike:
        return factories.signed_in(self.app, self.heads[place_id])

    def visit_all(self, *, ng_at: int) -> None:
        """Answer and finish every visit; the one to a department says 否."""
        for visit in campaigns.visits_of(Campaign.get().id):
            by = factories.actor(self.heads[visit.checker_id], NOW)
            value, comment = ("ng", "1台が開いていた。") if visit.checked_id == ng_at else ("ok", "")
            item = visits.items(standing.get_visit(visit.id))[0]
            answers.answer(visit.id, item.id, value=value, comment=comment, by=by, now=NOW)
            visits.finish(visit.id, by=by, now=NOW)


@pytest.fixture
def office(house: Flask) -> Any:
    with clock.moved(lambda: NOW):
        yield House(house)


def planned(office: House) -> Any:
    """Write a checklist and plan a campaign with it; gives the page of the campaign."""
    page = office.officer.get("/checklists").click("点検表を作る").submit(title="架空のクロスチェック表").follow()
    page = page.click("項目を加える").submit(title="画面を閉じているか", controls="A.7.7", judge="3か所とも").follow()
    page = page.submit(title="鍵を戻しているか", controls="7.99", status=422)
    assert "7.99" in page.text
    page = office.officer.get("/crosschecks").click("クロスチェックを計画する")
    return page.submit(title="架空の強化月間", from_day="R8.11.1", to_day="R8.11.30").follow()


def test_from_plan_to_evidence(office: House) -> None:
    page = planned(office)
    assert "初めての組" in page.text and "規模が近い（1人と1人）" in page.text
    one = Campaign.get()
    page = page.submit(f"/crosschecks/{one.id}/draw").follow()
    assert campaigns.get_campaign(one.id).seed == 2
    page = page.submit(f"/crosschecks/{one.id}/begin").follow()
    assert "実施中" in page.text
    page = office.officer.get("/checklists").click("架空のクロスチェック表")
    assert "第1版は変えられません" in page.text
    page = page.click("新しい版を作る").submit(note="架空の改善").follow()
    assert "第2版を作りました" in page.text and "項目を加える" in page.text
    asked = {duty.key.partition(":")[0] for duty in duties.duties(NOW.date())}
    assert asked == {"visit_members", "visit"}
    place = office.places[0].id
    visit = next(v for v in campaigns.visits_of(one.id) if v.checker_id == place)
    page = office.head(place).get(f"/crosschecks/{one.id}").click("決める")
    page.submit(person_ids=[str(office.heads[office.places[1].id].id)], status=422)
    page = page.submit(person_ids=[str(office.heads[place].id)], planned_on="R8.11.20").follow()
    assert "予定 2026年11月20日" in page.text or "予定 2026-11-20" in page.text
    mine = [duty for duty in duties.duties(NOW.date()) if duty.key == f"visit:{visit.id}"]
    assert [(duty.due, duty.persons) for duty in mine] == [(date(2026, 11, 20), frozenset({office.heads[place].id}))]
    page = office.officer.get(f"/crosschecks/{one.id}/close")
    assert "まだ終えていない訪問があります" in page.text
    assert page.submit(status=409)
    office.visit_all(ng_at=place)
    asked = {duty.key.partition(":")[0] for duty in duties.duties(NOW.date())}
    assert asked == {"campaign_close"}
    page = office.officer.get(f"/crosschecks/{one.id}")
    assert "25%" in page.text
    page = page.click("終了する").submit(text="架空の総評").follow()
    evidence = Evidence.get()
    assert f"報告書を証跡 {evidence.ref} にしました" in page.text
    assert [link.key for link in links_of(evidence.id)] == ["A.5.35", "A.5.36", "A.7.7"]
    assert (evidence.origin, evidence.valid_until) == ("crosscheck", date(2028, 1, 17))
    assert CampaignStep.get(CampaignStep.kind == "closed").evidence_id == evidence.id
    assert not campaigns.is_open(one.id) and duties.duties(NOW.date()) == []
    _check_files(evidence)


def _check_files(evidence: Evidence) -> None:
    pdf, xlsx = files_of(evidence.id)
    with evidence_files.opened(pdf, now=NOW) as content:
        assert b"".join(content.chunks()).startswith(b"%PDF-")
    with evidence_files.opened(xlsx, now=NOW) as content:
        sheet = read_sheet(b"".join(content.chunks()), "report.xlsx")
    assert len(sheet.rows) == 5 and sum("できていない" in row for row in sheet.rows) == 1


def test_a_head_sees_the_visits_of_the_own_department_only(office: House) -> None:
    planned(office).submit("/begin").follow()
    one = Campaign.get()
    place = office.places[2].id
    page = office.head(place).get(f"/crosschecks/{one.id}")
    arcs = [v for v in campaigns.visits_of(one.id) if place in (v.checker_id, v.checked_id)]
    assert page.text.count("変える") + page.text.count("決める") == 1
    assert f"/crosschecks/visits/{next(v.id for v in arcs if v.checker_id == place)}" in page.body.decode()
    other = next(v for v in campaigns.visits_of(one.id) if v.checker_id != place)
    office.head(place).get(f"/crosschecks/visits/{other.id}/members", status=404)
    office.head(place).get(f"/crosschecks/{one.id}/report/pdf", status=404)
    stranger = factories.signed_in(office.app, factories.person(department_id=factories.department().id))
    stranger.get(f"/crosschecks/{one.id}", status=404)


def test_rules_of_pairing_that_leave_nothing_are_named_on_the_page(office: House) -> None:
    one, *others = office.places
    for other in others:
        page = office.officer.get("/crosschecks/pair-rules").click("決まりを加える")
        page.submit(checker_id=str(one.id), checked_id=str(other.id), reason="架空の理由", from_day="R8.4.1").follow()
    page = planned(office)
    assert "組み合わせを作れません" in page.text and f"{one.name} → {others[2].name}" in page.text
    rule = office.officer.get("/crosschecks/pair-rules").click("組ませない")
    rule.submit("/end").follow()
    page = office.officer.get(f"/crosschecks/{Campaign.get().id}").submit("/draw").follow()
    assert "この組み合わせで開始する" in page.text


def test_a_swap_by_hand_asks_for_a_reason(office: House) -> None:
    page = planned(office)
    one = Campaign.get()
    visit, *rest = campaigns.visits_of(one.id)
    following = next(v for v in rest if v.checker_id == visit.checked_id)
    opposite = next(v for v in rest if v.checker_id == following.checked_id)
    page = page.click("相手を入れ替える")
    page = page.submit(first_id=str(visit.id), second_id=str(opposite.id), status=422)
    assert "互いに点検し合う" in page.text
    page = page.submit(reason="研修を兼ねる").follow()
    assert "手で変更：研修を兼ねる" in page.text and "互いに点検し合う" in page.text


def test_the_pages_speak_english(office: House) -> None:
    planned(office)
    page = office.officer.get(f"/crosschecks/{Campaign.get().id}?lang=en")
    assert "paired for the first time, of like size (1 and 1 people)" in page.text
    assert "Begin with these pairs" in page.text
