"""A ledger goes in: headers, cells, editions, files, reviews; all or nothing, and twice is once."""

import json
import os
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from isms.catalogue import rules as catalogue
from isms.core import blobs
from isms.core.errors import Conflict, Forbidden, Invalid
from isms.core.imports import Plan, Verdict
from isms.core.permissions import CONSOLE, Actor, Role
from isms.core.sheets import write_csv
from isms.evidence import imports, redactions, reviews, rules
from isms.evidence.files import keep
from isms.evidence.import_files import Folder, Sent
from isms.evidence.import_rows import HEADERS
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, Review
from isms.people import rules as people
from isms.trail import verify
from isms.trail.models import TrailEntry
from tests import factories
from tests.evidence import proofs
from tests.evidence.proofs import EDITION
from tests.factories import NOW
from tests.laws.test_queries import counting

OLD = "iso27001-2013"
TRANSITION = date(2025, 4, 1)
LEAST = {"件名": "架空の点検", "管理策": "5.1", "収集日": "R8.4.1"}


@pytest.fixture
def by(db: Any) -> Actor:
    """Make the officer who imports."""
    return proofs.officer(name="架空 取込")


def sheet(*rows: dict[str, Any]) -> bytes:
    """Write rows as a CSV with all headers that any of them has."""
    heads = list(dict.fromkeys(head for row in rows for head in row))
    return write_csv(heads, [[row.get(head, "") for head in heads] for row in rows])


def book(*rows: dict[str, Any]) -> bytes:
    """Write rows as a workbook, numbers as numbers."""
    out = BytesIO()
    heads = list(dict.fromkeys(head for row in rows for head in row))
    with Workbook(out) as written:
        page = written.add_worksheet("一覧")
        for number, cells in enumerate([heads, *([row.get(head) for head in heads] for row in rows)]):
            page.write_row(number, 0, cells)
    return out.getvalue()


def planned(by: Actor, *rows: dict[str, Any], **more: Any) -> Plan:
    """Plan the import of rows that say at least what they must."""
    return imports.plan(sheet(*({**LEAST, **row} for row in rows)), "台帳.csv", by=by, now=NOW, **more)


def taken(by: Actor, *rows: dict[str, Any], **more: Any) -> Plan:
    """Import rows that say at least what they must."""
    return imports.take(sheet(*({**LEAST, **row} for row in rows)), "台帳.csv", by=by, now=NOW, **more)


def refusal(by: Actor, row: dict[str, Any], **more: Any) -> str:
    """Give why a row is refused."""
    (one,) = planned(by, row, **more).rows
    assert one.verdict is Verdict.BAD, one.values
    return " ".join(one.notes)


def links(evidence: Evidence) -> list[tuple[str, str, date]]:
    """Give the links of an evidence."""
    return [(row.edition, row.key, row.from_day) for row in rules.links_of(evidence.id)]


def test_all_columns_arrive(by: Actor, tmp_path: Path) -> None:
    reviewer = factories.with_role(Role.OFFICER, name="架空 確子")
    owner = factories.person(name="架空 担子", number="A-7")
    department = factories.department("架空総務課", code="S10")
    (tmp_path / "点検.txt").write_text("架空の点検")
    (tmp_path / "深い").mkdir()
    (tmp_path / "深い" / "表.csv").write_text("a,b\n")
    row = {
        "件名": "バックアップの点検",
        "管理策": "5.1、A.8.13／箇条9.2",
        "種類": "ログ",
        "収集日": "令和8年4月1日",
        "対象期間": "令和7年度",
        "有効期限": "2027/3/31",
        "部署": "Ｓ１０",
        "担当": "架空担子",
        "ファイル": "点検.txt；深い\\表.csv",
        "リンク": "https://files.example/1",
        "備考": "一行目",
        "確認者": "架空 確子",
        "確認日": "R8.4.3",
    }
    taken(by, row, files=Folder(tmp_path))
    made = Evidence.get()
    assert (made.title, made.kind, made.origin, made.ref) == ("バックアップの点検", "log", "import", "EV-2026-0001")
    assert (made.collected_on, made.valid_until) == (date(2026, 4, 1), date(2027, 3, 31))
    assert (made.period_from, made.period_to) == (date(2025, 4, 1), date(2026, 3, 31))
    assert (made.department_id, made.owner_id) == (department.id, owner.id)
    assert (made.url, made.note, made.recorded_by) == ("https://files.example/1", "一行目", by.id)
    assert [key for _, key, _ in links(made)] == ["A.5.1", "A.8.13", "9.2.1", "9.2.2"]
    assert [(f.name, f.kind) for f in rules.files_of(made.id)] == [("点検.txt", "txt"), ("表.csv", "csv")]
    assert all(blobs.stands(f.sha256) for f in rules.files_of(made.id))
    (review,) = reviews.reviews_of(made.id)
    assert (review.accepted, review.imported, review.reviewer_id) == (True, True, reviewer.id)
    assert (review.reviewed_on, review.recorded_by, review.recorded_at) == (date(2026, 4, 3), by.id, NOW)


def test_english_headers_in_another_order(by: Actor) -> None:
    content = write_csv(
        ["Reviewed_on", "collected_on", "CONTROLS", "title", "Note", "unknown"],
        [["", "2026-04-01", "Clause 9.3.1", "A check", "n", "?"]],
    )
    plan = imports.take(content, "l.csv", by=by, now=NOW)
    assert any("unknown" in notice for notice in plan.notices)
    assert links(Evidence.get()) == [(EDITION, "9.3.1", date(2026, 4, 1))]


def test_every_fact_stands_in_the_trail(by: Actor, tmp_path: Path) -> None:
    factories.with_role(Role.OFFICER, name="架空 確子")
    (tmp_path / "a.txt").write_text("架空")
    taken(by, {"ファイル": "a.txt", "確認者": "架空 確子", "確認日": "R8.5.1"}, files=Folder(tmp_path))
    assert list(verify.verify()) == []
    for table, model in (("evidence", Evidence), ("evidence_file", EvidenceFile), ("evidence_link", EvidenceLink)):
        row = model.get()
        entry = TrailEntry.get(TrailEntry.subject == f"{table}:{row.id}")
        assert json.loads(entry.details)["after"] == row.plain()
    last = TrailEntry.select().order_by(TrailEntry.no.desc()).get()
    assert last.verb == "evidence.imported"
    assert json.loads(last.details)["rows"]["new"] == 1


def test_twice_is_once(by: Actor, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("架空")
    rows: list[dict[str, Any]] = [{}, {"件名": "別", "ファイル": "a.txt"}, {"管理策": "箇条4.1", "番号": "E-1187"}]
    assert taken(by, *rows, files=Folder(tmp_path)).counts()[Verdict.NEW] == 3
    head = TrailEntry.select().count()
    again = taken(by, *rows, files=Folder(tmp_path))
    assert again.counts()[Verdict.SAME] == 3
    assert Evidence.select().count() == 3
    assert TrailEntry.select().count() == head + 1  # that somebody imported, and nothing else
    (tmp_path / "a.txt").write_text("架空の別の中身")
    assert taken(by, *rows, files=Folder(tmp_path)).counts()[Verdict.NEW] == 1


def test_a_row_that_stands_twice_in_a_ledger_is_taken_once(by: Actor) -> None:
    plan = taken(by, {}, {})
    assert [row.verdict for row in plan.rows] == [Verdict.NEW, Verdict.SAME]
    assert "2行目と同じ" in plan.rows[1].notes[0]
    assert Evidence.select().count() == 1


def test_a_review_that_came_later_is_added(by: Actor) -> None:
    factories.with_role(Role.OFFICER, name="架空 確子")
    taken(by, {})
    plan = taken(by, {"確認者": "架空 確子", "確認日": "R8.5.1"})
    assert plan.counts()[Verdict.CHANGED] == 1
    assert Evidence.select().count() == 1
    assert Review.get().imported
    again = taken(by, {"確認者": "架空 確子", "確認日": "R8.6.1"})
    assert again.counts()[Verdict.SAME] == 1
    assert Review.select().count() == 1


def test_all_or_nothing(by: Actor, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("架空")
    before = TrailEntry.select().count()
    with pytest.raises(Invalid, match="3行目"):
        taken(by, {"ファイル": "a.txt"}, {"有効期限": "2020-01-01"}, files=Folder(tmp_path))
    assert Evidence.select().count() == 0
    assert TrailEntry.select().count() == before
    assert blobs.stored() == []


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"件名": ""}, "件名が空です"),
        ({"管理策": "5.99"}, "にない番号です：5.99"),
        ({"収集日": "2026/4/31"}, "2026年4月は30日まで"),
        ({"収集日": "2099-01-01"}, "先の日付"),
        ({"有効期限": "R8.3.31"}, "有効期限が収集日より前"),
        ({"対象期間": "いつか"}, "期間として読めません"),
        ({"部署": "ない課"}, "部署「ない課」は登録されていません"),
        ({"担当": "架空 無名"}, "職員名簿にありません"),
        ({"リンク": "javascript:alert(1)"}, "http:// か https://"),
        ({"種類": "動画"}, "「動画」は分かりません"),
        ({"ファイル": "ない.txt"}, "指定されたフォルダーにありません"),
        ({"件名": "題\u202e"}, "使えない文字"),
        ({"版": "ISO 9001"}, "版「ISO 9001」はありません"),
        ({"改める前の証跡": "EV-2020-0001"}, "改める前の証跡 EV-2020-0001 がありません"),
        ({"番号": "EV-2099-0001"}, "番号 EV-2099-0001 は使えません"),
        ({"確認者": "架空 取込"}, "両方書くか、両方空けて"),
        ({"確認日": "R8.4.2"}, "両方書くか、両方空けて"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_is_wrong_with_a_row_is_said(by: Actor, row: dict[str, Any], words: str) -> None:
    assert words in refusal(by, row)


def test_a_number_of_the_old_edition_is_carried_over(by: Actor) -> None:
    catalogue.put_in_force(OLD, from_day=date(2020, 4, 1), by=by, now=NOW)
    catalogue.put_in_force(EDITION, from_day=TRANSITION, by=by, now=NOW)
    old = date(2024, 10, 1)
    taken(by, {"管理策": "A.15.2.1", "収集日": old.isoformat(), "有効期限": "2026-12-31"})
    assert links(Evidence.get()) == [(OLD, "A.15.2.1", old), (EDITION, "A.5.22", TRANSITION)]
    assert "A.15.2.1 は旧版の番号です" in refusal(by, {"管理策": "A.15.2.1"})
    assert "A.5.22" in refusal(by, {"管理策": "A.15.2.1"})


def test_a_number_that_only_the_later_edition_has_is_its(by: Actor) -> None:
    catalogue.put_in_force(OLD, from_day=date(2020, 4, 1), by=by, now=NOW)
    catalogue.put_in_force(EDITION, from_day=TRANSITION, by=by, now=NOW)
    taken(by, {"管理策": "箇条9.3.1", "収集日": "2024-10-01", "有効期限": "2026-12-31"})
    assert links(Evidence.get()) == [(EDITION, "9.3.1", date(2024, 10, 1))]


def test_a_column_says_of_which_edition_the_numbers_are(by: Actor) -> None:
    taken(by, {"管理策": "A.15.2.1", "版": "ISO/IEC 27001:2013"})
    assert links(Evidence.get()) == [(OLD, "A.15.2.1", date(2026, 4, 1))]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_number_that_lost_its_zero_is_refused(by: Actor) -> None:
    cells = [{"件名": "x", "管理策": number, "収集日": "2026-04-01"} for number in (5.1, 5.3, "5.1", "5.10")]
    plan = imports.plan(book(*cells), "l.xlsx", by=by, now=NOW)
    assert [row.verdict for row in plan.rows] == [Verdict.BAD, Verdict.BAD, Verdict.NEW, Verdict.NEW]
    assert "5.1 と 5.10 を見分けられません" in plan.rows[0].notes[0]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_bare_number_without_a_longer_one_is_taken(by: Actor) -> None:
    plan = imports.plan(
        book({"件名": "x", "管理策": 6.5, "収集日": date(2026, 4, 1).isoformat()}), "l.xlsx", by=by, now=NOW
    )
    assert plan.rows[0].values["links"][0].key == "A.6.5"


@pytest.mark.parametrize("engine", ["sqlite"])
class TestFiles:
    """Names in a ledger reach nothing but the regular files of the folder (attack 32)."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        (tmp_path / "外.txt").write_text("外にある架空の秘密")
        inside = tmp_path / "中"
        inside.mkdir()
        (inside / "link.txt").symlink_to(tmp_path / "外.txt")
        (inside / "deep").symlink_to(tmp_path)
        (inside / "a.txt").write_text("架空")
        os.mkfifo(inside / "fifo.txt")
        return inside

    @pytest.mark.parametrize(
        "name", ["../外.txt", "link.txt", "deep/外.txt", "fifo.txt", "..\\外.txt", "{folder}/a.txt"]
    )
    def test_nothing_outside(self, by: Actor, folder: Path, name: str) -> None:
        words = refusal(by, {"ファイル": name.replace("{folder}", str(folder))}, files=Folder(folder))
        assert "指定されたフォルダーにありません" in words

    def test_one_of_the_name(self, by: Actor, folder: Path) -> None:
        for sub in ("x", "y"):
            (folder / sub).mkdir()
            (folder / sub / "b.txt").write_text(f"架空 {sub}")
        assert "複数あります" in refusal(by, {"ファイル": "b.txt"}, files=Folder(folder))
        plan = taken(by, {"ファイル": "y/b.txt\na.txt"}, files=Folder(folder))
        assert plan.counts()[Verdict.NEW] == 1
        assert [f.size for f in rules.files_of(Evidence.get().id)] == [8, 6]

    def test_content_and_name_agree(self, by: Actor, folder: Path) -> None:
        (folder / "x.pdf").write_bytes(b"MZ\x90\0")
        (folder / "y.exe").write_bytes(b"MZ\x90\0")
        assert "pdf ではなく" in refusal(by, {"ファイル": "x.pdf"}, files=Folder(folder))
        assert "種類は受け付けません" in refusal(by, {"ファイル": "y.exe"}, files=Folder(folder))

    def test_what_was_destroyed_stays_away(self, by: Actor, folder: Path) -> None:
        made = proofs.recorded(by, "架空".encode())
        file = rules.files_of(made.id)[0]
        proposal = redactions.propose_redaction(made.id, file.id, reason="x", by=by, now=NOW)
        redactions.confirm_redaction(proposal.id, by=proofs.approver(), now=NOW)
        assert "以前に消去したファイル" in refusal(by, {"ファイル": "a.txt"}, files=Folder(folder))

    def test_a_composed_name_is_found(self, by: Actor, folder: Path) -> None:
        (folder / "か\u3099.txt").write_text("架空")  # as some systems keep が
        assert planned(by, {"ファイル": "が.txt"}, files=Folder(folder)).counts()[Verdict.NEW] == 1

    def test_sent_files_are_told_apart(self, by: Actor) -> None:
        sent = Sent(keep([proofs.upload(name="a.txt")]))
        plan = planned(by, {"ファイル": "x/a.txt"}, {"件名": "別", "ファイル": "y/a.txt"}, files=sent)
        assert [row.verdict for row in plan.rows] == [Verdict.NEW, Verdict.BAD]
        assert "見分けられません" in plan.rows[1].notes[0]


class TestReviews:
    """No imported review is one's own (attack 8)."""

    def test_not_by_who_imports(self, by: Actor) -> None:
        assert "取り込む人自身" in refusal(by, {"確認者": "架空 取込", "確認日": "R8.5.1"})

    def test_not_by_the_author(self, by: Actor) -> None:
        factories.person(name="架空 確子")
        row = {"確認者": "架空 確子", "確認日": "R8.5.1"}
        assert "登録した本人" in refusal(by, {**row, "担当": "架空 確子"})
        assert "登録した本人" in refusal(by, {**row, "登録者": "架空　確子"})
        factories.person(name="架空 登録")
        plan = planned(by, {**row, "担当": "架空 確子", "登録者": "架空 登録"})
        assert plan.counts()[Verdict.NEW] == 1

    def test_not_by_the_author_of_what_it_corrects(self, by: Actor) -> None:
        other = proofs.officer(name="架空 前任")
        old = proofs.recorded(other)
        row = {"確認者": "架空 前任", "確認日": "R8.5.1", "改める前の証跡": old.ref}
        assert "登録した本人" in refusal(by, row)

    def test_not_by_the_author_of_an_earlier_row_that_it_corrects(self, by: Actor) -> None:
        factories.person(name="架空 前任")
        factories.person(name="架空 後任")
        row = {"確認者": "架空 前任", "確認日": "R8.5.1", "登録者": "架空 後任"}
        plan = planned(
            by,
            {"番号": "EV-2026-0001", "登録者": "架空 前任"},
            {"番号": "EV-2026-0002", "件名": "二", "登録者": "架空 後任", "改める前の証跡": "EV-2026-0001"},
            {"件名": "三", "改める前の証跡": "EV-2026-0002", **row},
        )
        assert [one.verdict for one in plan.rows] == [Verdict.NEW, Verdict.NEW, Verdict.BAD]
        assert "登録した本人" in plan.rows[2].notes[0]

    def test_not_before_it_was_collected_nor_ahead(self, by: Actor) -> None:
        factories.person(name="架空 確子")
        for day in ("R8.3.31", "2026-11-19"):
            assert "確認日は、収集日から今日まで" in refusal(by, {"確認者": "架空 確子", "確認日": day})

    def test_returned_with_a_reason(self, by: Actor) -> None:
        factories.person(name="架空 確子")
        row = {"確認者": "架空 確子", "確認日": "R8.5.1", "確認結果": "差し戻し"}
        assert "差し戻しの理由が空" in refusal(by, row)
        taken(by, {**row, "差し戻しの理由": "頁が足りません。"})
        assert not Review.get().accepted

    def test_only_officers_bring_them(self, by: Actor) -> None:
        department = factories.department("架空第一課")
        made = factories.person(name="架空 課長")
        people.set_heads(made.id, [department.id], from_day=made.from_day, by=CONSOLE, now=NOW)
        head = factories.actor(made)
        factories.person(name="架空 確子")
        row = {"部署": "架空第一課"}
        assert "事務局だけ" in refusal(head, {**row, "確認者": "架空 確子", "確認日": "R8.5.1"})
        taken(head, row)
        assert Evidence.get().department_id == department.id
        factories.department("架空第二課")
        assert "責任者ではありません" in refusal(head, {"部署": "架空第二課"})
        assert "責任者を務める部署" in refusal(head, {})


def test_who_may_not_record_may_not_import(db: Any) -> None:
    with pytest.raises(Forbidden):
        planned(factories.actor(factories.with_role(Role.ADMINISTRATOR)), {})


def test_our_own_numbers_are_kept_and_the_next_follows(by: Actor) -> None:
    taken(by, {"番号": "EV-2026-0042"}, {"件名": "古い", "番号": "ev-2025-0007"}, {"件名": "新しい"})
    refs = [row.ref for row in Evidence.select().order_by(Evidence.id)]
    assert refs == ["EV-2025-0007", "EV-2026-0042", "EV-2026-0043"]
    made = proofs.recorded(by)
    assert made.ref == "EV-2026-0044"
    assert "使えません" in refusal(by, {"件名": "別", "番号": "EV-2026-0042"})
    assert "使えません" in refusal(by, {"件名": "別", "番号": "EV-2026-0001"})
    plan = planned(by, {"件名": "甲", "番号": "EV-2026-0050"}, {"件名": "乙", "番号": "EV-2026-0050"})
    assert plan.rows[1].verdict is Verdict.BAD


def test_another_number_goes_into_the_note(by: Actor) -> None:
    taken(by, {"番号": "E-1187", "備考": "架空の備考"})
    assert Evidence.get().note == "架空の備考\n台帳の番号 E-1187"


def test_a_chain_arrives_as_a_chain(by: Actor) -> None:
    rows = [
        {"番号": "EV-2026-0001"},
        {"件名": "二", "番号": "EV-2026-0002", "改める前の証跡": "EV-2026-0001"},
        {"件名": "三", "改める前の証跡": "EV-2026-0002", "取り下げの理由": "架空"},
    ]
    taken(by, *rows)
    found = list(Evidence.select().order_by(Evidence.id))
    assert [row.predecessor_id for row in found] == [None, found[0].id, found[1].id]
    with pytest.raises(Invalid):
        taken(by, {"件名": "四", "改める前の証跡": "EV-2026-0001"})
    with pytest.raises(Conflict):
        rules.guard_standing(found[2])


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_long_ledger_asks_no_more_often(by: Actor) -> None:
    factories.with_role(Role.OFFICER, name="架空 確子")

    def asked(number: int) -> list[str]:
        sent: list[str] = []
        said = {"確認者": "架空 確子", "確認日": "R8.5.1", "担当": "架空 取込"}
        with counting(sent):
            taken(by, *({**said, "件名": f"{number} の {i}"} for i in range(number)))
        return sent

    few, many = asked(5), asked(400)
    assert len(many) == len(few), {sql[:90]: many.count(sql) for sql in many if many.count(sql) > few.count(sql)}


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_field_can_be_called_in_both_languages(db: Any) -> None:
    for names in HEADERS.values():
        assert any(name.isascii() for name in names)
        assert not names[0].isascii()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_expired_is_history(by: Actor) -> None:
    plan = planned(by, {"収集日": "2020-04-01"})
    assert plan.rows[0].values["valid_until"] == rules.propose_valid_until(date(2020, 4, 1)) < NOW.date()
    assert any("期限が過ぎているもの: 1件" in notice for notice in plan.notices)
