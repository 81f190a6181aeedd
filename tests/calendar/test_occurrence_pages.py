"""The page of one time: what it is, who may do what with it, and the evidence that fulfils it."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from isms.calendar import collecting, rules
from isms.calendar.models import Occurrence, OccurrenceStep
from isms.core import clock
from isms.core.errors import Invalid
from isms.core.permissions import CONSOLE, Role
from isms.evidence import reviews
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink
from isms.people.models import Person
from tests import factories
from tests.calendar.rounds import noon, schedule

TODAY = date(2026, 11, 20)
FILE = ("記録.txt", "架空の記録".encode())
A72 = ("iso27001-2022", "A.7.2")


@pytest.fixture
def who(house: Flask) -> Iterator[Person]:
    """Give somebody of the staff, on a Friday in November."""
    with clock.moved(lambda: noon(TODAY)):
        yield factories.person("架空 花子", department_id=factories.department().id)


def time_of(who: Person | None = None, **more: Any) -> Occurrence:
    """Make a time that is open and due on 30 November: the person's, or the officers'."""
    own = {"owner_kind": "person", "person_id": who.id, "role": ""} if who else {}
    row = schedule("毎年11月30日", title="入退室の記録", lead_days=30, **own | more)
    found = rules.open_occurrence(row.id, date(2026, 11, 30), by=CONSOLE, now=noon(TODAY))
    assert found is not None
    return found


def page_of(time: Occurrence) -> str:
    return f"/calendar/occurrences/{time.id}"


def returned(evidence: Evidence) -> None:
    """Let an officer return the evidence."""
    by = factories.actor(factories.with_role(Role.OFFICER))
    reviews.review(evidence.id, accepted=False, reason="架空の不足", by=by, now=noon(TODAY))


def test_its_person_finishes_a_task(house: Flask, who: Person) -> None:
    time = time_of(who)
    page = factories.signed_in(house, who).get(page_of(time))
    assert "期限まであと10日です。" in page.text and "架空 花子" in page.text
    form = page.click("実施した")
    page = form.submit(day="2026-12-01", text="先の日付で書いた", status=422)
    assert "今日までの日付" in page.text and "先の日付で書いた" in page.html
    page = page.submit(day="R8.11.19").follow()
    assert "2026年11月19日 に実施しました。" in page.text
    page = page.click("実施待ちに戻す").submit(text="", status=422).submit(text="架空の誤り").follow()
    assert "架空の誤り" in page.text and "実施待ち" in page.text


@pytest.mark.parametrize(
    ("link", "given", "said"),
    [
        ("延期する", {"to_day": "2026-12-11", "text": "架空の都合"}, "2026年12月11日"),
        ("今回は見送る", {"text": "架空の都合"}, "今回は見送りました。"),
        ("代わりの方法で実施した", {"text": "架空の都合", "day": "2026-11-20"}, "代わりの方法で実施しました。"),
    ],
)
def test_what_else_becomes_of_it_needs_a_reason(
    house: Flask, who: Person, link: str, given: dict[str, Any], said: str
) -> None:
    time = time_of(who)
    form = factories.signed_in(house, who).get(page_of(time)).click(link)
    page = form.submit(fill=given | {"text": " "}, status=422)
    assert OccurrenceStep.select().count() == 0
    page = page.submit(fill=given).follow()
    assert said in page.text and "架空の都合" in page.text


def test_a_day_before_it_is_no_postponement(house: Flask, who: Person) -> None:
    form = factories.signed_in(house, who).get(page_of(time_of(who))).click("延期する")
    page = form.submit(to_day="2026-11-30", text="架空の都合", status=422)
    assert "いまの期限と今日より後の日付" in page.text and "架空の都合" in page.html


def test_evidence_is_named_by_its_number(house: Flask, who: Person) -> None:
    browser = factories.signed_in(house, Role.OFFICER)
    form = browser.get(page_of(time_of())).click("代わりの方法で実施した")
    page = form.submit(text="架空の理由", evidence_ref="EV-2026-9999", status=422)
    assert "この番号の証跡はありません。" in page.text


def test_of_others_one_sees_the_page_and_no_button(house: Flask, who: Person) -> None:
    time = time_of()
    browser = factories.signed_in(house, who)
    assert "実施した" not in browser.get(page_of(time)).text
    for path in ("finish", "postpone", "skip", "substitute", "reopen", "submit"):
        browser.get(f"{page_of(time)}/{path}", status=404)
        browser.post(f"{page_of(time)}/{path}", {"text": "x"}, page=browser.get("/account"), status=404)
    assert OccurrenceStep.select().count() == 0


def test_a_head_does_what_the_department_has_to_do(house: Flask, who: Person) -> None:
    head = factories.with_role(Role.HEAD)
    place = min(factories.actor(head).heads)
    time = time_of(owner_kind="head", department_id=place, role="")
    factories.signed_in(house, Role.HEAD).get(f"{page_of(time)}/skip", status=404)
    page = factories.signed_in(house, head).get(page_of(time)).click("実施した").submit().follow()
    assert "に実施しました。" in page.text


@pytest.mark.parametrize("deed", ["finish", "reviewed", "steal", "done"])
def test_what_does_not_fit_the_kind_is_not_found(house: Flask, who: Person, deed: str) -> None:
    time = time_of(who, kind="collect", controls=[A72])
    factories.signed_in(house, who).get(f"{page_of(time)}/{deed}", status=404)


def test_a_time_ahead_is_taken_up_before_its_day(house: Flask, who: Person) -> None:
    row = schedule("毎年2月15日", title="推進会議", owner_kind="person", person_id=who.id, role="")
    path = f"/calendar/schedules/{row.id}/times/2027-02-15"
    browser = factories.signed_in(house, who)
    assert Occurrence.select().count() == 0
    page = browser.get(path).submit("前もって").follow()
    assert (Occurrence.get().nominal, "延期する" in page.text) == (date(2027, 2, 15), True)
    assert browser.get(path, status=303).location == f"/calendar/occurrences/{Occurrence.get().id}"
    stranger = factories.signed_in(house, Role.STAFF)
    stranger.post(path, page=stranger.get("/account"), status=404)


@pytest.mark.parametrize("day", ["2027-02-16", "x", "0001-01-01", "9999-12-31", "2027-2-15", "２０２７-02-15"])
def test_a_day_that_the_rule_does_not_give_is_not_found(house: Flask, who: Person, day: str) -> None:
    row = schedule("毎年2月15日", title="推進会議")
    factories.signed_in(house, Role.OFFICER).get(f"/calendar/schedules/{row.id}/times/{day}", status=404)


def test_submitting_evidence_fulfils_it(house: Flask, who: Person) -> None:
    time = time_of(who, kind="collect", controls=[A72], note="守衛室の帳簿の写し")
    browser = factories.signed_in(house, who)
    form = browser.get(page_of(time)).click("証跡を提出する")
    assert "守衛室の帳簿の写し" in form.text
    # covers until the next time, 30 November 2027, and the 30 days in which it is collected
    assert form.form("note").fields["valid_until"] == "2027-12-30"
    page = form.submit("note", note="架空の帳簿", valid_until="2026-11-01", status=422)
    assert "有効期限が収集日より前です。" in page.text and "架空の帳簿" in page.html
    assert Evidence.select().count() == 0
    page = page.submit("note", valid_until="2027-12-30", files=[FILE]).follow()
    made = Evidence.get()
    assert (made.origin, made.owner_id, made.valid_until) == ("collected", who.id, date(2027, 12, 30))
    assert [(row.edition, row.key) for row in EvidenceLink.select()] == [A72]
    assert EvidenceFile.get().name == "記録.txt"
    assert made.ref in page.text and "確認待ち" in page.text and "に実施しました。" in page.text
    step = OccurrenceStep.get()
    assert (step.kind, step.evidence_id, step.day) == ("done", made.id, TODAY)


def test_a_file_that_came_once_is_not_asked_for_again(house: Flask, who: Person) -> None:
    time = time_of(who, kind="collect", controls=[A72])
    form = factories.signed_in(house, who).get(f"{page_of(time)}/submit")
    page = form.submit("note", collected_on="いつか", files=[FILE], status=422)
    assert "受け取ったファイル" in page.text
    page.submit("note", collected_on="2026-11-19")
    assert EvidenceFile.get().name == "記録.txt"


def test_nothing_is_no_evidence(house: Flask, who: Person) -> None:
    time = time_of(who, kind="collect", controls=[A72])
    page = factories.signed_in(house, who).get(f"{page_of(time)}/submit").submit("note", status=422)
    assert "どれか一つは入れてください" in page.text


def test_what_was_returned_is_submitted_again(house: Flask, who: Person) -> None:
    time = time_of(who, kind="collect", controls=[A72])
    browser = factories.signed_in(house, who)
    browser.get(f"{page_of(time)}/submit").submit("note", note="一度目")
    first = Evidence.get()
    returned(first)
    page = browser.get(page_of(time))
    assert f"{first.ref} は差し戻されました" in page.text and "架空の不足" in page.text
    assert "を提出し直す" in browser.get("/todo").text and "を直す" not in browser.get("/todo").text
    page = page.click("もう一度提出する").submit("note", note="二度目").follow()
    assert "は差し戻されました" not in page.text
    assert "を提出し直す" not in browser.get("/todo").text
    second = Evidence.get(Evidence.predecessor == first.id)
    assert [step.kind for step in rules.steps_of(time.id)] == ["done", "reopened", "done"]
    assert rules.steps_of(time.id)[-1].evidence_id == second.id


def test_it_is_submitted_once(house: Flask, who: Person) -> None:
    time = time_of(who, kind="collect", controls=[A72])
    browser = factories.signed_in(house, who)
    form = browser.get(f"{page_of(time)}/submit")
    form.submit("note", note="一度目")
    browser.get(f"{page_of(time)}/submit").submit("note", note="二度目", status=409)
    assert Evidence.select().count() == 1  # the second evidence went with its transaction


def test_the_proposal_is_never_of_the_past(db: Any) -> None:
    row = schedule("毎月10日", kind="collect", controls=[A72], day=date(2026, 4, 1))
    time = rules.occurrence_at(row.id, date(2026, 4, 10), by=CONSOLE, now=noon(TODAY))
    assert collecting.covers_until(time, TODAY, TODAY) == TODAY
    last = schedule("毎年11月30日", kind="collect", controls=[A72], to_day=date(2026, 12, 31))
    time = rules.occurrence_at(last.id, date(2026, 11, 30), by=CONSOLE, now=noon(TODAY))
    assert collecting.covers_until(time, TODAY, TODAY) == date(2027, 11, 19)  # nothing follows: as any evidence


def test_a_review_of_a_register_leaves_its_words(house: Flask, who: Person) -> None:
    time = time_of(kind="register_review", about="people", controls=[A72])
    browser = factories.signed_in(house, Role.OFFICER)
    page = browser.get(page_of(time))
    assert "「職員名簿」を開く" in page.text
    form = page.click("台帳を見直した")
    page = form.submit(text="", status=422)
    page = page.submit(text="退職者2名の終わりの日を入れた。").follow()
    assert "退職者2名の終わりの日を入れた。" in page.text
    made, file = Evidence.get(), EvidenceFile.get()
    assert made.ref in page.text and (file.kind, made.origin) == ("txt", "collected")
    assert (
        browser.get(f"/evidence/{made.id}/files/{file.id}").body.decode().endswith("退職者2名の終わりの日を入れた。\n")
    )


def test_what_evidence_holds_and_its_review_said_is_not_for_everybody(house: Flask, who: Person) -> None:
    time = time_of(kind="register_review", about="people", controls=[A72])
    officer = factories.signed_in(house, Role.OFFICER)
    officer.get(page_of(time)).click("台帳を見直した").submit(text="退職者2名の終わりの日を入れた。")
    returned(Evidence.get())
    for browser, told in ((officer, True), (factories.signed_in(house, who), False)):
        page = browser.get(page_of(time))
        assert ["退職者2名" in page.text, "架空の不足" in page.text] == [told, told]
        assert Evidence.get().ref in page.text, "that it was done is for everybody"
    assert "退職者2名" not in factories.signed_in(house, who).get("/calendar/list?download=csv").body.decode(
        "utf-8-sig"
    )


def test_a_review_that_was_returned_is_said_again(house: Flask, who: Person) -> None:
    time = time_of(kind="register_review", about="people", controls=[A72])
    browser = factories.signed_in(house, Role.OFFICER)
    browser.get(page_of(time)).click("台帳を見直した").submit(text="架空の結果")
    returned(Evidence.get())
    page = browser.get(page_of(time)).click("もう一度提出する").submit(text="架空の詳しい結果").follow()
    assert "は差し戻されました" not in page.text
    assert Evidence.select().where(Evidence.predecessor.is_null(False)).count() == 1


def test_a_review_that_proves_nothing_leaves_its_words_alone(db: Any) -> None:
    row = schedule("毎年11月30日", kind="register_review", about="other")
    time = rules.occurrence_at(row.id, date(2026, 11, 30), by=CONSOLE, now=noon(TODAY))
    with pytest.raises(Invalid):
        collecting.record_review(time.id, day=TODAY, text=" ", by=CONSOLE, now=noon(TODAY))


def test_the_pages_are_told_in_english(house: Flask, who: Person) -> None:
    time = time_of(kind="collect", controls=[A72])
    browser = factories.signed_in(house, Role.OFFICER, language="en")
    browser.get("/calendar?lang=en")
    page = browser.get(page_of(time))
    assert "Due in 10 days." in page.text and "Submit evidence" in page.text
    assert "postponed" in page.click("Postpone").text
    assert "there is no gap" in browser.get(f"{page_of(time)}/submit").text
