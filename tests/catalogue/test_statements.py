"""The statement of applicability: issued by one person, approved by another, frozen; then compared with what changed."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from isms.catalogue import rules, statements, transition, wording
from isms.catalogue.changes import Change
from isms.catalogue.editions import Kind
from isms.catalogue.models import Statement, StatementApproval
from isms.catalogue.rules import Said
from isms.core import blobs
from isms.core.errors import Conflict, Forbidden, Invalid, NotFound
from isms.core.permissions import CONSOLE, Actor, Role
from isms.core.words import speaking
from isms.trail.models import TrailEntry
from tests import factories
from tests.catalogue.test_decisions import NEW, NOW, OLD, TODAY, count_queries
from tests.catalogue.test_transition import DAY, begin, settle

LATER = NOW + timedelta(days=1)


@pytest.fixture(autouse=True)
def _store(tmp_path: Path) -> None:
    blobs.use(tmp_path)


@pytest.fixture
def officer(db: Any) -> Actor:
    return factories.actor(factories.person("見本 花子", roles=[Role.OFFICER]))


@pytest.fixture
def approver(db: Any) -> Actor:
    return factories.actor(factories.person("架空 史郎", roles=[Role.APPROVER]))


def decide_all(but: str = "") -> None:
    """Decide on every control: all apply but two."""
    keys = [row.key for row in rules.edition_on(TODAY).of_kind(Kind.CONTROL) if row.key != but]
    said = [Said(key, key not in ("A.8.4", "A.8.28"), f"理由 {key}", "implemented") for key in keys]
    rules.decide_many(NEW, said, by=CONSOLE, now=NOW)


def decide(key: str, **more: Any) -> None:
    values = {"applicable": True, "justification": f"理由 {key}", "implementation": "implemented"}
    rules.decide(NEW, key, **{**values, **more}, by=CONSOLE, now=LATER)


def approved(officer: Actor, approver: Actor) -> Statement:
    decide_all()
    made = statements.issue(by=officer, now=NOW)
    statements.approve(made.number, by=approver, now=NOW)
    return statements.get_statement(made.number)


def now_changed() -> list[Change]:
    return statements.changes_since(statements.current(), statements.content_on(TODAY + timedelta(days=1)))


def test_a_version_is_numbered_dated_and_frozen(officer: Actor) -> None:
    decide_all()
    made = statements.issue(changes="初版", by=officer, now=NOW)
    decide("A.5.1", justification="後から改めた理由")
    again = statements.get_statement(made.number)
    row = statements.content_of(again)["rows"][0]
    assert (again.number, again.issued_on, again.changes, statements.state_of(again)) == (1, TODAY, "初版", "waiting")
    assert (row["id"], row["justification"]) == ("5.1", "理由 A.5.1")
    assert len(statements.content_of(again)["rows"]) == 93


def test_a_version_with_undecided_controls_is_refused(officer: Actor) -> None:
    decide_all(but="A.8.11")
    with pytest.raises(Invalid, match=r"8\.11"):
        statements.issue(by=officer, now=NOW)
    assert not Statement.select().exists()


def test_one_version_waits_at_a_time(officer: Actor, approver: Actor) -> None:
    decide_all()
    statements.issue(by=officer, now=NOW)
    with pytest.raises(Conflict):
        statements.issue(by=officer, now=NOW)
    statements.return_to_issuer(1, note="理由が足りません", by=approver, now=NOW)
    assert statements.issue(by=officer, now=NOW).number == 2
    assert statements.state_of(statements.get_statement(1)) == "returned"


def test_nobody_approves_what_they_issued(db: Any) -> None:
    both = factories.actor(factories.person(roles=[Role.OFFICER, Role.APPROVER]))
    decide_all()
    statements.issue(by=both, now=NOW)
    with pytest.raises(Forbidden):
        statements.approve(1, by=both, now=NOW)
    with pytest.raises(Forbidden):
        statements.return_to_issuer(1, note="自分の", by=both, now=NOW)
    assert not StatementApproval.select().exists()


def test_a_version_is_approved_once(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    with pytest.raises(Conflict):
        statements.approve(1, by=approver, now=NOW)
    with pytest.raises(Conflict):
        statements.return_to_issuer(1, note="やはり", by=approver, now=NOW)


def test_returning_needs_a_reason(officer: Actor, approver: Actor) -> None:
    decide_all()
    statements.issue(by=officer, now=NOW)
    with pytest.raises(Invalid):
        statements.return_to_issuer(1, note=" ", by=approver, now=NOW)


def test_the_frozen_files_are_read_by_other_programs(officer: Actor, approver: Actor) -> None:
    word = approved(officer, approver).word
    with blobs.open_checked(word.xlsx_sha256) as file:
        sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(file.chunks()))).get_sheet_by_index(0).to_python()
    assert len(sheet) == 94
    assert sheet[0][:5] == ["番号", "管理策", "適用", "理由", "実施状況"]
    assert sheet[1][:5] == ["5.1", "情報セキュリティのための方針群", "適用", "理由 A.5.1", "実施"]
    assert [row[2:5] for row in sheet if row[0] == "8.4"] == [["適用除外", "理由 A.8.4", "–"]]
    with blobs.open_checked(word.pdf_sha256) as file:
        document = pypdfium2.PdfDocument(b"".join(file.chunks()))
        text = "".join(page.get_textpage().get_text_range() for page in document)
        document.close()
    assert "適用宣言書 第1版" in text and "架空 史郎" in text
    assert text.index("情報セキュリティのための方針群") < text.index("脅威インテリジェンス") < text.index("理由 A.8.34")


def test_the_files_stay_japanese_whoever_approves(officer: Actor) -> None:
    english = factories.actor(factories.person("Example, Alex", roles=[Role.APPROVER], locale="en"))
    with speaking("en"):
        word = approved(officer, english).word
    with blobs.open_checked(word.xlsx_sha256) as file:
        sheet = CalamineWorkbook.from_filelike(BytesIO(b"".join(file.chunks()))).get_sheet_by_index(0).to_python()
    assert sheet[0][0] == "番号"


def test_what_changed_since_is_named(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    assert now_changed() == []
    decide("A.5.21", implementation="planned")
    decide("A.5.23", justification="クラウドへ移るため")
    decide("A.8.4")
    decide("A.8.8", owner_id=officer.person_id)
    found = {change.row["id"]: change.words() for change in now_changed()}
    assert found == {
        "5.21": ["実施状況 実施 → 計画"],
        "5.23": ["理由を改めた"],
        "8.4": ["適用除外 → 適用"],
        "8.8": ["責任者 – → 見本 花子"],
    }


def test_a_decision_that_says_the_same_again_is_no_change(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    decide("A.5.1", note="見直した。変更なし。")
    assert now_changed() == []


def test_an_own_control_and_a_corrected_title_are_changes(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    wording.add_own_control(NEW, "X.1", title_ja="レセプトの取扱い", by=CONSOLE, now=LATER)
    wording.correct_title(NEW, "A.5.7", title_ja="脅威情報の活用", by=CONSOLE, now=LATER)
    assert {c.row["id"]: c.words() for c in now_changed()} == {"5.7": ["表題を改めた"], "X.1": ["新たに加えた"]}
    decide("X.1")
    statements.approve(statements.issue(by=officer, now=LATER).number, by=approver, now=LATER)
    wording.end_own_control(NEW, "X.1", by=CONSOLE, now=LATER)
    assert [(c.row["id"], c.words()) for c in now_changed()] == [("X.1", ["除いた"])]


def test_the_changes_are_worded_for_the_history(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    assert statements.get_statement(1).changes == "初版"
    decide("A.5.21", implementation="planned")
    decide("A.5.23", implementation="planned", justification="クラウドへ移るため")
    second = statements.issue(by=officer, now=LATER)
    assert second.changes == "理由の改め 1件（5.23）\n実施状況の見直し 2件（5.21、5.23）"
    assert statements.current().number == 1  # type: ignore[union-attr]


def test_after_a_transition_only_what_really_changed_is_named(officer: Actor, approver: Actor) -> None:
    begin()
    statements.approve(statements.issue(by=officer, now=NOW).number, by=approver, now=NOW)
    settle()
    transition.adopt(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)
    rules.decide(
        NEW,
        "A.5.4",
        applicable=True,
        justification="改めた",
        implementation="planned",
        from_day=DAY,
        by=CONSOLE,
        now=NOW,
    )
    found = statements.changes_since(statements.current(), statements.content_on(DAY))
    told = {change.row["id"]: change.words() for change in found}
    assert len(told) == 24 + 11 + 1
    assert told["5.1"] == ["旧版の A.5.1.1、A.5.1.2 をまとめた"]
    assert told["5.7"] == ["新たに加えた"]
    assert told["5.4"] == ["理由を改めた", "実施状況 実施 → 計画"]
    text = statements.proposed_changes(DAY).splitlines()
    assert text[0] == "ISO/IEC 27001:2022 への移行"
    assert text[1].startswith("加えた管理策 11件（5.7、5.23、")


def test_the_current_version_of_a_past_moment(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    assert statements.current(NOW - timedelta(seconds=1)) is None
    assert statements.current(NOW).number == 1  # type: ignore[union-attr]


def test_each_step_stands_in_the_trail(officer: Actor, approver: Actor) -> None:
    approved(officer, approver)
    entries = TrailEntry.select().where(TrailEntry.verb.startswith("statement.")).order_by(TrailEntry.no)
    assert [(e.verb, e.actor) for e in entries] == [
        ("statement.issued", officer.id),
        ("statement.approved", approver.id),
    ]


def test_a_number_that_was_never_issued(db: Any) -> None:
    for number in (1, 0, 1 << 40):
        with pytest.raises(NotFound):
            statements.get_statement(number)


def test_the_contents_of_a_day_take_few_queries(officer: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    decide_all()
    statements.content_on(TODAY)
    seen = count_queries(monkeypatch)
    assert len(statements.content_on(TODAY)["rows"]) == 93
    assert len([one for one in seen if "trail_entry" not in str(one)]) == 1  # the decisions; all else was kept
