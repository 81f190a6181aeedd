"""The pages of evidence, as people use them without a script, on both engines."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from isms.audits import rules as audits
from isms.catalogue.models import Decision
from isms.core import clock, settings
from isms.core.permissions import CONSOLE, Actor, Role
from isms.evidence import reviews, rules
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink
from isms.people import rules as people
from isms.people.models import Person
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.evidence import proofs
from tests.evidence.proofs import A51, EDITION
from tests.laws.test_queries import counting

TEXT = ("点検記録.txt", "架空の点検記録".encode())
CLIENT = "https://files.example/keep?a=1"


def today() -> date:
    """Give the day of the organisation."""
    return settings.today(clock.now())


def officer(house: Flask, **more: Any) -> tuple[Browserlike, Actor]:
    """Sign an officer in."""
    made = factories.with_role(Role.OFFICER, **more)
    return factories.signed_in(house, made), factories.actor(made, clock.now())


def head(house: Flask, department_id: int) -> Browserlike:
    """Sign in somebody who heads the department."""
    made = factories.person()
    people.set_heads(made.id, [department_id], from_day=made.from_day, by=CONSOLE, now=factories.NOW)
    return factories.signed_in(house, made)


def auditor(house: Flask, *keys: str) -> Browserlike:
    """Sign in an auditor whose engagement covers the requirements."""
    made = factories.with_role(Role.AUDITOR)
    values: dict[str, Any] = {"title": "架空の監査", "from_day": date(2022, 4, 1), "to_day": date(2036, 3, 31)}
    audits.engage(auditor_id=made.id, scope=keys, **values, by=CONSOLE, now=factories.NOW)
    return factories.signed_in(house, made)


def recorded(by: Actor, title: str = "架空の記録", *keys: str, **more: Any) -> Evidence:
    """Record evidence with a file of its own, today."""
    controls = [(EDITION, key) for key in keys or ("A.5.1",)]
    values: dict[str, Any] = {"collected_on": today(), "controls": controls, "title": title, **more}
    return proofs.recorded(by, f"本文 {title}".encode(), now=clock.now(), **values)


def listed(page: Page) -> list[str]:
    """Give the references in the table of the page."""
    return re.findall(r">(EV-\d{4}-\d{4})</a>", page.html)


def test_one_screen_records_files_and_controls(house: Flask) -> None:
    browser, by = officer(house)
    page = browser.get("/evidence/new")
    done = page.submit(
        title="クラウドの評価票",
        controls="5.23、Ａ．８．１ 箇条9.2",
        files=[TEXT, ("表.csv", b"a,b\n1,2\n")],
        period="令和8年度",
        note="架空の備考",
        url=CLIENT,
        button="done",
    ).follow()
    assert "EV-" in done.text
    made = Evidence.get()
    assert made.recorded_by == by.id
    assert (made.period_from, made.period_to) == (date(2026, 4, 1), date(2027, 3, 31))
    assert made.valid_until == rules.propose_valid_until(made.collected_on)
    links = [(row.edition, row.key, row.from_day) for row in rules.links_of(made.id)]
    assert links == [(EDITION, key, today()) for key in ("A.5.23", "A.8.1", "9.2.1", "9.2.2")]
    assert [file.name for file in rules.files_of(made.id)] == ["点検記録.txt", "表.csv"]
    assert 'rel="noopener noreferrer' in done.html
    assert CLIENT.replace("&", "&amp;") in done.html


def test_the_first_button_offers_the_next(house: Flask) -> None:
    browser, _ = officer(house)
    answer = browser.get("/evidence/new").submit(title="一つ目", controls="5.1", note="架空")
    assert answer.location == "/evidence/new"
    assert "を記録しました" in answer.follow().text


def test_a_refused_form_loses_nothing_and_asks_for_no_file_again(house: Flask) -> None:
    browser, _ = officer(house)
    page = browser.get("/evidence/new")
    page = page.submit(
        title="題", controls="5.1、A.99", valid_until="2001-01-01", files=[TEXT, ("a.exe", b"MZ\x90")], status=422
    )
    assert "a.99" in page.text
    assert "a.exe" in page.text
    assert "有効期限が収集日より前です" in page.text
    form = page.form("title")
    assert form.fields["title"] == "題"
    assert form.fields["valid_until"] == "2001-01-01"
    page = page.submit("title", controls="5.1", valid_until="", button="done")
    page.follow()
    (file,) = EvidenceFile.select()
    assert file.name == TEXT[0]


def test_a_kept_file_can_be_left_out(house: Flask) -> None:
    browser, _ = officer(house)
    page = browser.get("/evidence/new").submit(title="", controls="5.1", files=[TEXT], status=422)
    page.submit("title", title="題", note="架空", kept=None, button="done")
    assert EvidenceFile.select().count() == 0


def test_a_kept_file_is_for_its_sender_alone(house: Flask) -> None:
    """Attack 5: what is signed for one is nothing in the hands of another."""
    browser, _ = officer(house)
    page = browser.get("/evidence/new").submit(title="", controls="5.1", files=[TEXT], status=422)
    token = page.form("title").fields["kept"]
    other, _ = officer(house)
    stolen = other.get("/evidence/new").submit(title="題", controls="5.1", note="x", also={"kept": token}, status=422)
    assert "もう一度選んでください" in stolen.text
    forged = other.get("/evidence/new").submit(title="題", controls="5.1", note="x", also={"kept": "a.b.c"}, status=422)
    assert "もう一度選んでください" in forged.text
    assert Evidence.select().count() == 0


def test_what_was_understood_is_shown_before_anything_is_recorded(house: Flask) -> None:
    browser, _ = officer(house)
    page = browser.get("/evidence/new").submit(title="題", controls="5.10", button="look", status=200)
    assert "情報及びその他の関連資産" in page.html.split("data-read")[1].split("</ul>")[0]
    assert Evidence.select().count() == 0


def test_more_fields_than_the_form_has_change_nothing(house: Flask) -> None:
    """Attack 9."""
    browser, by = officer(house)
    more = dict.fromkeys(("id", "ref", "recorded_by", "recorded_at", "origin", "import_key", "predecessor_id"), "7")
    browser.get("/evidence/new").submit(title="題", controls="5.1", note="x", also=more)
    made = Evidence.get()
    assert (made.recorded_by, made.origin, made.import_key, made.predecessor_id) == (by.id, "person", None, None)
    assert made.ref.startswith("EV-20")


def test_the_list_is_narrowed(house: Flask) -> None:
    browser, by = officer(house)
    _, other = officer(house)
    department = factories.department("架空総務課")
    one = recorded(by, "アクセス権 棚卸し", "A.5.18", kind="log", department_id=department.id, owner_id=other.person_id)
    two = recorded(other, "入退室記録", "A.7.2", "9.3.1", collected_on=today() - timedelta(days=800))
    reviews.review(one.id, accepted=True, by=other, now=clock.now())
    for query, found in (
        ("", [two, one]),
        ("q=棚卸", [one]),
        (f"q={two.ref.lower()}", [two]),
        ("control=5.18", [one]),
        ("control=箇条9.3", [two]),
        ("kind=log", [one]),
        (f"department={department.id}", [one]),
        ("review=accepted", [one]),
        ("review=waiting", [two]),
        ("review=withdrawn", []),
        (f"on={today()}", [one]),
        ("mine=recorded", [one]),
        ("mine=owned", []),
    ):
        page = browser.get(f"/evidence?{query}")
        assert listed(page) == [row.ref for row in found], query
    assert "にない番号です" in browser.get("/evidence?control=A.99").text


def test_the_list_says_how_each_stands(house: Flask) -> None:
    browser, by = officer(house)
    _, other = officer(house)
    made = {
        word: recorded(by, word) for word in ("承認", "差し戻し", "取り下げ", "期限切れ", "改めた", "破損", "確認待ち")
    }
    old = recorded(by, "古い", collected_on=today() - timedelta(days=900))
    for word, row in made.items():
        if word not in ("差し戻し", "確認待ち"):
            reviews.review(row.id, accepted=True, by=other, now=clock.now())
    reviews.review(made["差し戻し"].id, accepted=False, reason="x", by=other, now=clock.now())
    reviews.review(old.id, accepted=True, by=other, now=clock.now())
    rules.withdraw(made["取り下げ"].id, reason="x", by=by, now=clock.now())
    new = recorded(by, "新しい", predecessor_id=made["改めた"].id)
    reviews.review(new.id, accepted=True, by=other, now=clock.now())
    proofs.harm(made["破損"])
    browser.get(f"/evidence/{made['破損'].id}/files/{rules.files_of(made['破損'].id)[0].id}", status=None)
    rows = dict(re.findall(r">(EV-\d{4}-\d{4})</a>.*?</svg>([^<]+)</span></td></tr>", browser.get("/evidence").html))
    for word in ("承認", "差し戻し", "取り下げ", "改めた", "破損", "確認待ち"):
        assert rows[made[word].ref] == word
    assert rows[old.ref] == "期限切れ"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_list_asks_eight_times_at_most(house: Flask) -> None:
    browser, by = officer(house)
    for number in range(60):
        recorded(by, f"架空の記録 {number}", "A.5.1", "A.8.1")
    browser.get("/evidence")
    asked: list[str] = []
    with counting(asked):
        page = browser.get("/evidence")
    assert len(listed(page)) == 50
    assert len(asked) <= 8, "\n".join(asked)


def test_a_head_works_on_the_own_department_alone(house: Flask) -> None:
    _, by = officer(house)
    own, others = factories.department("架空第一課"), factories.department("架空第二課")
    mine, theirs = recorded(by, "うち", department_id=own.id), recorded(by, "よそ", department_id=others.id)
    browser = head(house, own.id)
    assert listed(browser.get("/evidence")) == [mine.ref]
    assert browser.get(f"/evidence/{mine.id}").status == 200
    for path in ("", "/correct", "/withdraw", "/links"):
        browser.get(f"/evidence/{theirs.id}{path}", status=404)
    choices = browser.get("/evidence/new").form("title").choices["department_id"]
    assert choices == [str(own.id)]
    browser.get("/evidence/new").submit(title="課の記録", controls="5.1", note="x")
    assert Evidence.get(Evidence.title == "課の記録").department_id == own.id
    page = browser.get("/evidence/new").submit(
        title="よその", controls="5.1", note="x", also={"department_id": str(others.id)}, status=422
    )
    assert "選択肢から選んでください" in page.text
    browser.get("/evidence/review", status=403)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_who_may_only_read_works_on_nothing(house: Flask) -> None:
    """A head who is approver too reads all evidence, and still works on that of the department alone."""
    _, by = officer(house)
    own, others = factories.department("架空第一課"), factories.department("架空第二課")
    both = factories.person(roles=[Role.APPROVER])
    people.set_heads(both.id, [own.id], from_day=both.from_day, by=CONSOLE, now=factories.NOW)
    browser = factories.signed_in(house, both)
    mine, theirs = recorded(by, "うち", department_id=own.id), recorded(by, "よそ", department_id=others.id)
    for made, status in ((mine, 200), (theirs, 404)):
        assert browser.get(f"/evidence/{made.id}").status == 200
        link = rules.links_of(made.id)[0].id
        for path in ("correct", "withdraw", "links", f"links/{link}/end"):
            browser.get(f"/evidence/{made.id}/{path}", status=status)
    assert "取り下げる" not in browser.get(f"/evidence/{theirs.id}").text


def test_an_auditor_sees_what_the_engagement_covers(house: Flask) -> None:
    _, by = officer(house)
    inside, outside = recorded(by, "範囲の内", "A.5.1", "A.8.1"), recorded(by, "範囲の外", "A.8.1")
    browser = auditor(house, "A.5.1")
    page = browser.get("/evidence")
    assert listed(page) == [inside.ref]
    assert "A.8.1" not in page.text
    assert listed(browser.get("/evidence?control=8.1")) == []
    assert "A.8.1" not in browser.get(f"/evidence/{inside.id}").text
    browser.get(f"/evidence/{outside.id}", status=404)
    assert "範囲の外" not in browser.get("/evidence?download=csv").body.decode("utf-8-sig")
    for path in ("/evidence/new", "/evidence/review", "/evidence/import"):
        browser.get(path, status=403)
    browser.get(f"/evidence/{inside.id}/withdraw", status=404)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.STAFF])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_nobody_else_sees_evidence(house: Flask, role: Role) -> None:
    """Attack 7."""
    _, by = officer(house)
    made = recorded(by)
    browser = factories.signed_in(house, role)
    browser.get("/evidence", status=403)
    browser.get(f"/evidence/{made.id}", status=404)


def test_another_person_reviews(house: Flask) -> None:
    browser, by = officer(house)
    reviewer, _ = officer(house, name="架空 確子")
    first, second = recorded(by, "一つ目"), recorded(by, "二つ目")
    assert "あなたが記録した2件は、ほかの人の確認を待っています" in browser.get("/evidence/review").text
    browser.get(f"/evidence/review/{first.id}", status=404)
    page = reviewer.get("/evidence/review", status=303).follow()
    assert "一つ目" in page.text
    assert "確認待ち 2" in page.text
    page = page.submit("/accept").follow(303).follow()
    assert "承認しました" in page.text
    page = page.submit("reason", reason="", status=422)
    assert "まだ差し戻していません" in page.text
    page = page.submit("reason", reason="頁が足りません。").follow()
    assert "あなたの確認を待つ証跡はありません" in page.text
    assert "頁が足りません。" in browser.get(f"/evidence/{second.id}").text
    assert "架空 確子" in browser.get(f"/evidence/{first.id}").text
    reviewer.get(f"/evidence/review/{first.id}", status=409)


def test_the_reviewer_is_told_what_accepting_changes(house: Flask) -> None:
    browser, by = officer(house)
    reviewer, other = officer(house)
    old = recorded(by, "前のもの", "4.1", valid_until=today() + timedelta(days=5))
    reviews.review(old.id, accepted=True, by=other, now=clock.now())
    made = recorded(by, "新しいもの", "4.1", "9.2.1", "A.5.1")
    page = reviewer.get(f"/evidence/review/{made.id}")
    assert "承認すると 箇条4.1 は 期限間近 から 有効 に変わります。" in page.text
    assert "承認すると 箇条9.2.1 は 証跡なし から 有効 に変わります。" in page.text
    assert "A.5.1 は" not in page.text  # nothing is decided on it: it stays so
    page.submit("/accept")
    page = browser.get("/controls/iso27001-2022/4.1")
    assert "有効" in page.text


def test_a_correction_begins_with_what_stands(house: Flask) -> None:
    browser, by = officer(house)
    old = recorded(by, "前の記録", "A.5.1", "5.1", note="前の備考")
    page = browser.get(f"/evidence/{old.id}/correct")
    form = page.form("title")
    assert (form.fields["title"], form.fields["note"]) == ("前の記録", "前の備考")
    assert form.fields["controls"] == "A.5.1、箇条5.1"
    page.submit("title", title="後の記録", button="done")
    new = Evidence.get(Evidence.title == "後の記録")
    assert new.predecessor_id == old.id
    assert [f.sha256 for f in rules.files_of(new.id)] == [f.sha256 for f in rules.files_of(old.id)]
    assert [row.key for row in rules.links_of(new.id)] == ["A.5.1", "5.1"]
    assert "後の記録" in browser.get(f"/evidence/{old.id}").text


def test_withdrawing_says_what_loses_its_proof(house: Flask) -> None:
    browser, by = officer(house)
    _, other = officer(house)
    one, two = recorded(by, "一つ目", "A.5.1", "A.8.1"), recorded(by, "二つ目", "A.5.1")
    for row in (one, two):
        reviews.review(row.id, accepted=True, by=other, now=clock.now())
    page = browser.get(f"/evidence/{one.id}/withdraw")
    told = re.findall(r"<li><b[^>]*>([^<]+)</b>.*?： ?(.*?)</li>", page.html)
    assert [(number, "1件" in words) for number, words in told] == [("A.5.1", True), ("A.8.1", False)]
    page.submit("reason", reason="", status=422)
    page = page.submit("reason", reason="架空の理由").follow()
    assert "取り下げられています" in page.text
    browser.get(f"/evidence/{one.id}/withdraw", status=409)
    browser.get(f"/evidence/{one.id}/correct", status=409)


def test_controls_are_added_and_ended(house: Flask) -> None:
    browser, by = officer(house)
    made = recorded(by)
    page = browser.get(f"/evidence/{made.id}/links")
    page = page.submit("controls", controls="5.1、8.1", status=422)
    assert "すでに A.5.1 に結び付いています" in page.text
    assert [row.key for row in rules.links_of(made.id)] == ["A.5.1"]
    page.submit("controls", controls="8.1、箇条4.1")
    assert [row.key for row in rules.links_of(made.id)] == ["A.5.1", "A.8.1", "4.1"]
    link = EvidenceLink.get(EvidenceLink.key == "A.8.1")
    browser.get(f"/evidence/{made.id}/links/{link.id}/end").submit("to_day", to_day=today().isoformat(), reason="")
    assert rules.links_of(made.id)[1].to_day == today()
    other = recorded(by, "別のもの")
    browser.get(f"/evidence/{other.id}/links/{link.id}/end", status=404)  # attack 4


def test_a_file_is_destroyed_by_two_people(house: Flask) -> None:
    browser, by = officer(house)
    made = recorded(by)
    file = rules.files_of(made.id)[0]
    browser.get(f"/evidence/{made.id}/files/{file.id}/redact").submit("reason", reason="個人情報")
    approver = factories.signed_in(house, Role.APPROVER)
    page = approver.get("/evidence/redactions").click(file.name)
    page.submit("sure", status=422)
    page.submit("sure", sure="y")
    page = browser.get(f"/evidence/{made.id}")
    assert "消去されました" in page.text
    assert file.sha256 in page.text
    browser.get(f"/evidence/{made.id}/files/{file.id}", status=410)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_nothing_that_is_typed_becomes_markup(house: Flask) -> None:
    """Attacks 42 and 59."""
    browser, by = officer(house)
    _, other = officer(house)
    bad = "<script>x</script>{{7*7}}%(x)s\"'"
    made = recorded(by, bad, note=bad, url="https://x.example/?q=%3Cb%3E")
    for path in ("", "/correct", "/withdraw", "/links"):
        page = browser.get(f"/evidence/{made.id}{path}")
        assert "<script>x" not in page.html
        assert "{{7*7}}" in page.html
    reviews.review(made.id, accepted=False, reason=bad, by=other, now=clock.now())
    assert "<script>x" not in browser.get(f"/evidence/{made.id}").html
    assert "<script>x" not in browser.get("/evidence").html


def test_a_link_is_http_and_never_fetched(house: Flask) -> None:
    """Attacks 53 and 54."""
    browser, _ = officer(house)
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://a:b@c.example/"):
        page = browser.get("/evidence/new").submit(title="題", controls="5.1", url=url, status=422)
        assert "http:// か https://" in page.text


def test_the_same_form_twice_is_one_evidence(house: Flask) -> None:
    browser, _ = officer(house)
    page = browser.get("/evidence/new")
    page.submit(title="題", controls="5.1", note="x", button="done")
    page.submit(title="題", controls="5.1", note="x", button="done")
    assert Evidence.select().count() == 1


def test_the_pages_are_told_in_english(house: Flask) -> None:
    someone = factories.with_role(Role.OFFICER)
    browser = factories.signed_in(house, someone, language="en")
    page = browser.get("/evidence/new?lang=en")
    assert "Record, then the next" in page.text
    page = page.submit(title="t", controls="Clause 5.1, A.5.1", note="x", button="done").follow()
    assert [row.key for row in EvidenceLink.select()] == ["5.1", "A.5.1"]
    assert A51[1] in page.text
    assert Person.select().count() == 1
    assert Decision.select().count() == 0
