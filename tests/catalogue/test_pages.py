"""The pages of decisions, editions, the statement and the transition, as people use them."""

from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from isms.catalogue import rules, statements
from isms.catalogue.editions import Kind
from isms.catalogue.models import Decision, Statement
from isms.catalogue.rules import Said
from isms.core import clock, settings
from isms.core.permissions import CONSOLE, Role
from tests import factories
from tests.catalogue.test_decisions import NEW, OLD, count_queries
from tests.catalogue.test_import import csv
from tests.trail.visitors import Visitor, engage, visitor

REASON = "全職員に示すため。"


def today() -> date:
    return settings.today(clock.now())


def decide_all(edition: str = NEW, but: str = "", implementation: str = "implemented") -> None:
    keys = [row.key for row in rules.standards().edition(edition).of_kind(Kind.CONTROL) if row.key != but]
    said = [Said(key, True, REASON, implementation) for key in keys]
    rules.decide_many(edition, said, from_day=date(2022, 4, 1), by=CONSOLE, now=clock.now())


@pytest.fixture
def officer(house: Flask) -> Visitor:
    return visitor(house, Role.OFFICER, name="見本 花子")


@pytest.fixture
def approver(house: Flask) -> Visitor:
    return visitor(house, Role.APPROVER, name="架空 史郎")


def test_deciding_on_one_control(officer: Visitor) -> None:
    page = officer.get(f"/decisions/{NEW}/A.5.1").click("決定を記録する")
    page = page.submit(status=422, applicable="yes", justification="", implementation="partial")
    assert "理由" in page.text and "入力してください" in page.text
    assert page.form().fields["implementation"] == "partial"
    page = page.submit(applicable="yes", justification=REASON, implementation="partial", from_day="R8.4.1").follow()
    assert REASON in page.text and "2026年4月1日" in page.text
    (row,) = rules.history(NEW, "A.5.1")
    assert (row.from_day, row.recorded_by) == (date(2026, 4, 1), officer.id)
    page = officer.get(f"/decisions/{NEW}/A.5.1/decide")
    assert page.form().fields["justification"] == REASON  # the next decision starts from the last
    page.submit(applicable="no", implementation=None)
    assert [row.applicable for row in rules.history(NEW, "A.5.1")] == [False, True]
    assert officer.get("/decisions?q=5.1&answer=no").text.count("適用除外") >= 1


def test_a_decision_says_how_far_it_is_when_it_applies(officer: Visitor) -> None:
    page = officer.get(f"/decisions/{NEW}/A.5.1/decide")
    page = page.submit(status=422, applicable="yes", justification=REASON)
    assert "実施状況を選んでください" in page.text
    assert not Decision.select().exists()


def test_after_deciding_one_is_where_one_came_from(officer: Visitor) -> None:
    page = officer.get(f"/decisions/{NEW}/A.5.1/decide?next=" + quote("/decisions?theme=people"))
    assert page.submit(applicable="no", justification=REASON).location == "/decisions?theme=people"
    page = officer.get(f"/decisions/{NEW}/A.5.1/decide?next=" + quote("//evil.example/"))
    assert page.submit(applicable="no", justification=REASON).location == f"/decisions/{NEW}/A.5.1"


def test_deciding_the_same_on_many(officer: Visitor) -> None:
    page = officer.get("/decisions/many")
    values: dict[str, Any] = {"applicable": "yes", "justification": REASON, "implementation": "planned"}
    page = page.submit(status=422, **values)
    assert "選んでください" in page.text
    page = page.submit(keys=["A.5.1", "A.5.2", "X.9"], status=422, **values)
    page.submit(keys=["A.5.1", "A.5.2"], **values)
    found = rules.decisions_on(NEW, today())
    assert {key: row.implementation for key, row in found.items()} == {"A.5.1": "planned", "A.5.2": "planned"}


def test_what_cannot_be_asked_for(officer: Visitor) -> None:
    for path in (
        "/decisions?edition=nist-csf-2.0",
        "/decisions?edition=x",
        f"/decisions/{NEW}/A.5.99",
        f"/decisions/{NEW}/4.1",
        f"/decisions/{NEW}/4.1/decide",
        "/decisions/x/A.5.1",
        "/statement/1",
        "/statement/99999999999999999999",
        "/statement/0/xlsx",
        "/transition/confirm",
    ):
        officer.get(path, status=404)
    assert "日付" in officer.get("/decisions?day=never").text


def test_an_import_is_shown_first_and_taken_whole(officer: Visitor, house: Flask) -> None:
    sheet = csv(("5.1", "採用", REASON, "実施", "", ""), ("8.4", "除外", "持たないため", "", "", ""))
    preview = officer.get("/decisions/import").submit(file=("決定.csv", sheet)).follow()
    assert not Decision.select().exists()
    assert "新しい決定が2件" in preview.text
    visitor(house, Role.OFFICER).get(preview.address, status=404)
    preview.submit("取り込む").follow()
    assert set(rules.decisions_on(NEW, today())) == {"A.5.1", "A.8.4"}
    again = officer.get("/decisions/import").submit(file=("決定.csv", sheet)).follow()
    again.submit("取り込む").follow()
    assert Decision.select().count() == 2


def test_an_import_with_a_bad_row_offers_nothing_to_take(officer: Visitor) -> None:
    sheet = csv(("5.1", "採用", REASON, "実施", "", ""), ("A.5.1.1", "採用", REASON, "", "", ""))
    preview = officer.get("/decisions/import").submit(file=("決定.csv", sheet)).follow()
    assert "1行を取り込めません" in preview.text and "では 5.1 です" in preview.text
    answer = officer.post(preview.address, page=preview)
    assert answer.status == 422
    assert not Decision.select().exists()


def test_a_title_is_corrected_and_an_own_control_comes_and_goes(officer: Visitor) -> None:
    page = officer.get(f"/decisions/{NEW}/A.5.7").click("表題を直す")
    assert "脅威情報の活用" in page.submit(title_ja="脅威情報の活用").follow().text
    page = officer.get("/editions").click("加える")
    assert "規格にない英字" in page.submit(status=422, key="A.5.1", title_ja="題").text
    page = page.submit(key="X.1", title_ja="レセプトの取扱い", theme="organizational").follow()
    assert "レセプトの取扱い" in page.text
    assert "レセプトの取扱い" in officer.get(f"/decisions/{NEW}/X.1").text
    page.submit("/own/X.1/end")
    officer.get(f"/decisions/{NEW}/X.1", status=404)


def test_an_unconfirmed_title_says_so_until_it_is_corrected(officer: Visitor) -> None:
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=CONSOLE, now=clock.now())
    provisional = next(row for row in rules.edition_on(today()).of_kind(Kind.CONTROL) if row.provisional)
    path = f"/decisions/{OLD}/{provisional.key}"
    assert "仮訳" in officer.get(path).text
    officer.get("/editions").click(f"{provisional.key} の表題を直す").submit(title_ja=provisional.title_ja)
    assert "仮訳" not in officer.get(path).text


def test_an_edition_is_put_in_force(officer: Visitor) -> None:
    page = officer.get("/editions").click("版を記録する")
    assert "発行日" in page.submit(status=422, edition=NEW, from_day="2020-04-01").text
    page = page.submit(edition=OLD, from_day="2021-04-01").follow()
    assert "いまは ISO/IEC 27001:2013" in page.text
    assert "114" in officer.get("/decisions").text


def test_the_statement_from_draft_to_revision(officer: Visitor, approver: Visitor) -> None:
    decide_all(but="A.8.11")
    page = officer.get("/statement")
    assert "承認された版がまだありません" in page.text
    page = page.click("第1版の案をつくる")
    assert "8.11" in page.submit(status=422).text
    rules.decide(NEW, "A.8.11", applicable=False, justification="扱わないため", by=CONSOLE, now=clock.now())
    version = officer.get("/statement/issue").submit(changes="初めて定める。").follow()
    assert "承認を待っています" in version.text
    assert "承認または差し戻す" not in [words for _, words in version.links]
    officer.get("/statement/1/word", status=404)  # an officer is no approver
    officer.get("/statement/1/pdf", status=404)
    assert "適用宣言書 1" in approver.get("/statement").text  # it waits for them
    page = approver.get("/statement/1").click("承認または差し戻す").submit(button="この版を承認する").follow()
    assert "承認済み" in page.text and "架空 史郎" in page.text
    word = statements.get_statement(1).word
    for kind, known, begin in (("xlsx", word.xlsx_sha256, b"PK"), ("pdf", word.pdf_sha256, b"%PDF-")):
        answer = officer.get(f"/statement/1/{kind}")
        assert answer.body.startswith(begin)
        assert sha256(answer.body).hexdigest() == known
        assert answer.response.headers["Content-Disposition"].startswith("attachment")
    assert "改訂を推奨" not in officer.get("/statement").text
    rules.decide(
        NEW, "A.5.21", applicable=True, justification=REASON, implementation="planned", by=CONSOLE, now=clock.now()
    )
    page = officer.get("/statement")
    assert "改訂を推奨します" in page.text and "実施状況 実施 → 計画" in page.text
    page = page.click("変わった1件だけを見る")
    assert "5.21" in page.text and "5.22" not in page.text
    assert "改訂を推奨" not in officer.get("/statement/1").text
    assert "実施状況の見直し 1件（5.21）" in officer.get("/statement/issue").form().fields["changes"]


def test_a_version_is_returned_with_a_reason(officer: Visitor, approver: Visitor) -> None:
    decide_all()
    officer.get("/statement/issue").submit()
    page = approver.get("/statement/1/word")
    page = page.submit(status=422, button="差し戻す")
    assert "理由を入力してください" in page.text
    page.submit(button="差し戻す", note="8.4 の理由が足りません。")
    assert "8.4 の理由が足りません。" in officer.get("/statement/1").text
    assert officer.get("/statement/issue").submit().location == "/statement/2"


def test_who_issued_is_not_asked_to_approve(house: Flask) -> None:
    both = visitor(house, Role.OFFICER, Role.APPROVER)
    decide_all()
    page = both.get("/statement/issue").submit().follow()
    assert "承認または差し戻す" not in [words for _, words in page.links]
    both.get("/statement/1/word").submit(button="この版を承認する", status=403)
    assert statements.state_of(statements.get_statement(1)) == "waiting"


def test_a_damaged_file_is_not_handed_out(officer: Visitor, approver: Visitor, house: Flask) -> None:
    decide_all()
    officer.get("/statement/issue").submit()
    approver.get("/statement/1/word").submit(button="この版を承認する")
    path = house.config["ISMS"].data / "files" / statements.get_statement(1).word.pdf_sha256
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"%PDF", b"%pdf", 1))
    assert "壊れている" in officer.get("/statement/1/pdf", status=503).text
    officer.get("/statement/1/xlsx")


def test_an_auditor_sees_what_is_covered(house: Flask, officer: Visitor, approver: Visitor) -> None:
    decide_all()
    officer.get("/statement/issue").submit()
    approver.get("/statement/1/word").submit(button="この版を承認する")
    everything = visitor(house, Role.AUDITOR)
    assert everything.get("/statement/1/xlsx").body.startswith(b"PK")
    person = factories.person("架空 監査", roles=[Role.AUDITOR])
    engage(person.id, "A.5.1")
    some = _in(house, person)
    page = some.get("/statement")
    assert "情報セキュリティのための方針群" in page.text and "脅威インテリジェンス" not in page.text
    assert "1件" in some.get("/decisions").text and "脅威" not in some.get("/decisions").text
    some.get(f"/decisions/{NEW}/A.5.1")
    for path in (f"/decisions/{NEW}/A.5.2", "/statement/1", "/statement/1/xlsx"):
        some.get(path, status=404)


def _in(house: Flask, person: Any) -> Visitor:
    from isms.core.database import atomic
    from isms.people import cookies, sessions

    with atomic():
        token = sessions.begin(person.id, sessions.Visitor(), whole=True, means="password", now=clock.now())
    browser = Visitor(house)
    browser.client.set_cookie(cookies.SIGN_IN, token)
    return browser


def test_the_transition_through_its_pages(officer: Visitor) -> None:
    rules.put_in_force(OLD, from_day=date(2021, 4, 1), by=CONSOLE, now=clock.now())
    decide_all(OLD)
    day = today() + timedelta(days=30)
    page = officer.get("/editions").click("移行の準備をする")
    page = officer.get(f"/transition?day={day}")
    assert "あと35件" in page.text
    officer.get(f"/transition/confirm?day={day}", status=409)
    form = page.click("5.1 を決める")
    assert "A.5.1.2" in form.text and form.form().fields["justification"] == REASON
    page = form.submit().follow()
    assert "あと34件" in page.text
    plan = rules.decisions_on(NEW, day)
    assert (plan["A.5.1"].from_day, plan["A.5.1"].implementation) == (day, "implemented")
    many = officer.get(f"/decisions/many?edition={NEW}&day={day}")
    keys = [key for key in many.form().choices["keys"] if f"{key.removeprefix('A.')} を決める" in page.text]
    assert len(keys) == 34
    many.submit(keys=keys, applicable="yes", justification=REASON, implementation="planned")
    page = officer.get("/transition")  # the day is known from what was decided
    page = page.click("移行を確かめる")
    assert "58件" in page.text and "35件" in page.text
    page = page.submit("confirm").follow()
    assert "移行が決まっています" in page.text
    assert rules.edition_on(today()).id == OLD
    assert rules.edition_on(day).id == NEW
    assert len(rules.decisions_on(NEW, day)) == 93
    officer.post(f"/transition/confirm?day={day}", page=page, status=409)


def test_with_the_newest_edition_there_is_nothing_to_move_to(officer: Visitor) -> None:
    page = officer.get("/transition")
    assert "移行する先の版はありません" in page.text
    officer.post("/transition/carry", page=page, status=404)


def test_english(officer: Visitor, approver: Visitor) -> None:
    decide_all()
    officer.get("/statement/issue").submit()
    approver.get("/statement/1/word").submit(button="この版を承認する")
    for path in ("/decisions", f"/decisions/{NEW}/A.5.1", "/statement", "/statement/1", "/editions", "/transition"):
        page = officer.get(f"{path}?lang=en")
        assert "適用" not in page.text.replace("適用宣言書", "")
    assert "Policies for information security" in officer.get("/statement?lang=en").text


def test_queries_do_not_grow_with_decisions(officer: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(path: str) -> int:
        with pytest.MonkeyPatch.context() as patch:
            seen = count_queries(patch)
            officer.get(path)
        return len(seen)

    def counts(at: datetime) -> list[int]:
        with clock.moved(lambda: at):
            officer.get(paths[0])  # the menu counts anew
            return [asked(path) for path in paths]

    paths = ("/decisions", "/statement", "/decisions/many", "/editions")
    moment = clock.now()
    before = counts(moment)
    owner = factories.person("架空 次郎")
    keys = [row.key for row in rules.edition_on(today()).of_kind(Kind.CONTROL)]
    for _ in range(2):
        said = [Said(key, True, REASON, "planned", owner.id) for key in keys]
        rules.decide_many(NEW, said, by=CONSOLE, now=clock.now())
    assert counts(moment + timedelta(minutes=2)) == before
    assert Statement.select().count() == 0
