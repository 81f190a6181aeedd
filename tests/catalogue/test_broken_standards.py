"""A data file that breaks a rule stops the start and names file, line and reason: each rule is broken once."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from isms.catalogue.standards import BrokenStandard, load
from isms.core.words import speaking

JAPANESE = re.compile("[ぁ-ん]|[ァ-ヶ]{2}")
CONTROLS = Path(__file__).parents[2] / "controls"
NEW = "iso27001-2022.csv"
OLD = "iso27001-2013.csv"
CSF = "nist-csf-2.0.csv"
SUCCESSION = "mappings/iso27001-2013--iso27001-2022.csv"
REFERENCE = "mappings/nist-csf-2.0--iso27001-2022.csv"


@dataclass(frozen=True)
class Breach:
    """Replace `old`, which stands once in the file; the line named must be the one that has `at` (else `new`)."""

    file: str
    old: str
    new: str
    reason: str
    at: str = ""


BREACHES = {
    "duplicate id": Breach(
        NEW, "\n5.2,control", "\n5.1,control", "番号 A.5.1 は", "5.1,control,Information security roles"
    ),
    "duplicate clause": Breach(
        NEW, "\n4.2,clause", "\n4.1,clause", "番号 4.1 は", "4.1,clause,Understanding the needs"
    ),
    "unknown kind": Breach(NEW, "\n5.7,control", "\n5.7,contrul", "「contrul」という値は使えません。"),
    "empty kind": Breach(NEW, "\n5.7,control", "\n5.7,", "「」という値は使えません。", "5.7,,"),
    "empty id": Breach(NEW, "\n5.7,control", "\n,control", "番号「」が", ",control,Threat"),
    "id that is none": Breach(NEW, "\n5.7,control", "\n5..7,control", "番号「5..7」が"),
    "id as long as a story": Breach(NEW, "\n5.7,control", f"\n{'5' * 5000},control", "が正しくありません。", "555555"),
    "empty english title": Breach(NEW, ",Threat intelligence,", ",,", "title_en が空です。", "5.7,control,,"),
    "empty japanese title": Breach(NEW, ",脅威インテリジェンス,", ",　,", "title_ja が空です。", "5.7,control,"),
    "empty confidence": Breach(OLD, "鍵管理,low", "鍵管理,", "title_ja_confidence が空です。", "A.10.1.2,"),
    "unknown confidence": Breach(OLD, "鍵管理,low", "鍵管理,lou", "「lou」という値は使えません。"),
    "unknown theme": Breach(NEW, "記憶媒体,high,physical", "記憶媒体,high,phisical", "「phisical」という"),
    "control without theme": Breach(NEW, "記憶媒体,high,physical", "記憶媒体,high,", "「」という値は", "7.10,control"),
    "unknown attribute value": Breach(
        NEW,
        "ICTの備え,high,organizational,corrective",
        "ICTの備え,high,organizational,corective",
        "「corective」という",
    ),
    "empty attribute value": Breach(
        NEW, "ICTの備え,high,organizational,corrective", "ICTの備え,high,organizational,corrective|", "「」という値は"
    ),
    "missing column": Breach(NEW, "id,kind,title_en,", "id,kind,title,", "列 title_en がありません。", "id,kind,"),
    "missing attribute column": Breach(
        NEW, ",control_type,", ",control_kind,", "列 control_type がありません。", "id,kind,"
    ),
    "missing japanese column": Breach(
        "iso22301-2019.csv", ",title_ja,", ",title_jp,", "列 title_ja がありません。", "id,kind,"
    ),
    "unknown column": Breach(CSF, "title_en,text_en", "title_en,text_eng", "列 text_eng は使えません。"),
    "body of a standard that is sold": Breach(
        CSF, "# public_domain = true\n", "", "列 text_en は使えません。", "id,kind,"
    ),
    "column twice": Breach(CSF, "title_en,text_en", "title_en,title_en", "列の名前が空か、重なっています。"),
    "too few cells": Breach(NEW, "5.7,control,Threat intelligence,", "5.7,control,", "列の数が", "5.7,control,脅威"),
    "too many cells": Breach(SUCCESSION, "\nA.5.1.1,A.5.1", "\nA.5.1.1,A.5.1,A.5.2", "列の数が3で"),
    "quote left open": Breach(SUCCESSION, "\nA.5.1.1,A.5.1", '\n"A.5.1.1,A.5.1', "引用符の使い方"),
    "text behind a quote": Breach(SUCCESSION, "\nA.5.1.1,A.5.1", '\n"A.5".1.1,A.5.1', "引用符の使い方"),
    "NUL": Breach(OLD, "鍵管理", "鍵\0管理", "目に見えない制御文字"),
    "direction override": Breach(OLD, "鍵管理", "鍵\u202e管理", "目に見えない制御文字"),
    "lone carriage return": Breach(OLD, "鍵管理", "鍵\r管理", "目に見えない制御文字"),
    "half documented": Breach(OLD, "ISMS scope,適用範囲", "ISMS scope,", "日本語と英語の両方に"),
    "wrong count of controls": Breach(NEW, "# control = 93", "# control = 94", "control は94件のはずですが、93件"),
    "count missing": Breach(NEW, "# clause = 30\n", "", "clause は0件のはずですが、30件", "# standard"),
    "count that is no number": Breach(NEW, "# clause = 30", '# clause = "30"', "clause は30件のはずですが、30件"),
    "count of an unknown kind": Breach(NEW, "# clause = 30", "# klause = 30", "「klause」という値は"),
    "wrong count of a theme": Breach(NEW, 'People", count = 8', 'People", count = 9', "people は9件のはずですが、8件"),
    "head that is no TOML": Breach(NEW, "# year = 2022", "# year := 2022", "冒頭の書き方"),
    "head key twice": Breach(NEW, "# year = 2022", "# year = 2022\n# year = 2023", "冒頭の書き方", "# year = 2023"),
    "head lacks a key": Breach(NEW, '# name = "ISO/IEC 27001:2022"\n', "", "冒頭に name がありません。", "# standard"),
    "head has an unknown key": Breach(
        NEW, "# year = 2022", "# year = 2022\n# yaer = 1", "冒頭の yaer という項目", "yaer"
    ),
    "value of the wrong type": Breach(NEW, "# year = 2022", '# year = "2022"', "year の値が"),
    "empty value": Breach(NEW, '# jis = "JIS Q 27001:2023"', '# jis = ""', "jis の値が"),
    "date that is none": Breach(NEW, "# published = 2022-10-25", "# published = 2022-10-32", "冒頭の書き方"),
    "unknown language": Breach(NEW, '["ja", "en"]', '["ja", "de", "en"]', "languages の値が"),
    "language that is none": Breach(NEW, '["ja", "en"]', '["en", {}]', "languages の値が"),
    "prefix that breaks addresses": Breach(
        NEW, 'control_prefix = "A."', 'control_prefix = "A/"', "control_prefix の値が"
    ),
    "theme without words": Breach(NEW, 'people = {ja = "人的", ', "people = {", "people には ja と en"),
    "theme that is no table": Breach(NEW, "[themes]", "[themes]\n# flat = 3", "flat には ja と en", "flat = 3"),
    "attribute value without words": Breach(
        NEW, 'detective = {ja = "検知"', 'detective = {ja = ""', "detective には ja"
    ),
    "attribute without label": Breach(
        NEW,
        'label = {ja = "セキュリティ領域", en = "Security domains"}',
        "",
        "label がありません。",
        "attributes.security_d",
    ),
    "mapping to nowhere": Breach(SUCCESSION, "\nA.5.1.1,A.5.1\n", "\nA.5.1.1,A.5.38\n", "「A.5.38」はありません。"),
    "mapping from nowhere": Breach(SUCCESSION, "\nA.5.1.1,A.5.1\n", "\nA.5.1.9,A.5.1\n", "「A.5.1.9」はありません。"),
    "mapping to a heading": Breach(SUCCESSION, "\n9.2,9.2.1", "\n9.2,9.2", "「9.2」はありません。", "9.2,9.2"),
    "reference to nowhere": Breach(REFERENCE, "\nGV,6.1\n", "\nGV,6.9\n", "「6.9」はありません。"),
    "pair lost": Breach(REFERENCE, "\nGV,6.1\n", "\n", "rows は412件のはずですが、411件", "# rows"),
    "new ones miscounted": Breach(SUCCESSION, "# new = 12", "# new = 11", "new は11件のはずですが、12件"),
    "unknown relation": Breach(SUCCESSION, '"succession"', '"sucession"', "「sucession」という値は"),
    "mapping with an unknown key": Breach(SUCCESSION, "# new = 12", "# new = 12\n# nwe = 1", "冒頭の nwe", "# nwe"),
    "mapping without a column": Breach(SUCCESSION, "\nold,new\n", "\nold,now\n", "列 new がありません。"),
    "mapping without new": Breach(SUCCESSION, "# new = 12\n", "", "冒頭に new がありません。", "# relation"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a copy of the standards that may be broken."""
    return Path(shutil.copytree(CONTROLS, tmp_path / "controls"))


def refused(folder: Path) -> BrokenStandard:
    """Load what must be refused."""
    with pytest.raises(BrokenStandard) as caught:
        load(folder)
    return caught.value


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES.keys())
def test_a_broken_rule_names_file_and_line(folder: Path, breach: Breach) -> None:
    path = folder / breach.file
    before = path.read_text("utf-8")
    assert before.count(breach.old) == 1, "the breach must hit one place"
    after = before.replace(breach.old, breach.new)
    path.write_bytes(after.encode())
    error = refused(folder)
    assert error.path == path
    assert breach.reason in str(error.reason)
    assert (breach.at or breach.new.strip("\n")) in after.split("\n")[error.line - 1]
    assert f"{path} の{error.line}行目：" in str(error)
    with speaking("en"):
        assert str(error).startswith(f"{path}, line {error.line}: ")
        assert not JAPANESE.search(str(error)), "said in English"


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        ("id,kind\n組織,x\n".encode("shift_jis"), 2, "UTF-8"),
        ("# standard = 1\n".encode("utf-16"), 1, "UTF-8"),
        (b"", 1, "表に行がありません"),
        (b"# a = 1\n", 1, "表に行がありません"),
        (b"# a = 1\nid,kind\n", 1, "表に行がありません"),
        (b"PK\x03\x04\x14\x00\x06\x00", 1, "制御文字"),
    ],
    ids=["Shift_JIS", "UTF-16", "empty", "head only", "columns only", "xlsx"],
)
def test_a_file_that_is_no_table(folder: Path, data: bytes, line: int, reason: str) -> None:
    (folder / NEW).write_bytes(data)
    error = refused(folder)
    assert (error.path, error.line) == (folder / NEW, line)
    assert reason in str(error.reason)


def test_a_pair_that_stands_twice(folder: Path) -> None:
    path = folder / REFERENCE
    path.write_text(path.read_text("utf-8").replace("\nGV,8.1\n", "\nGV,6.1\n"), "utf-8")
    error = refused(folder)
    assert (error.path, error.line) == (path, 6)
    assert str(error.reason) == "5行目と同じ組です。"


def test_a_sheet_program_may_save_it_its_own_way(folder: Path) -> None:
    """A byte order mark and Windows line ends change nothing."""
    plain = load(folder).requirements("iso27001-2022")
    for path in folder.rglob("*.csv"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert load(folder).requirements("iso27001-2022") == plain


def test_a_mapping_that_leads_back(folder: Path) -> None:
    text = '# relation = "reference"\n# rows = 1\nold,new\nA.5.1,A.5.1.1\n'
    path = folder / "mappings" / "iso27001-2022--iso27001-2013.csv"
    path.write_text(text, "utf-8")
    error = refused(folder)
    assert (error.path, error.line) == (path, 1)
    assert "輪になっています" in str(error.reason)


def test_a_longer_way_back(folder: Path) -> None:
    for name, pair in (("iso27001-2022--iso22301-2019", "4.1,4.1"), ("iso22301-2019--nist-csf-2.0", "4.1,GV")):
        text = f'# relation = "reference"\n# rows = 1\nold,new\n{pair}\n'
        (folder / "mappings" / f"{name}.csv").write_text(text, "utf-8")
    assert "輪になっています" in str(refused(folder).reason)


def test_a_mapping_to_itself(folder: Path) -> None:
    text = '# relation = "reference"\n# rows = 1\nold,new\nA.5.1,A.5.2\n'
    (folder / "mappings" / "iso27001-2022--iso27001-2022.csv").write_text(text, "utf-8")
    assert "輪になっています" in str(refused(folder).reason)


@pytest.mark.parametrize("name", ["iso27001-2013--iso27001-2005", "iso27001-2013", "a--b--c"])
def test_a_mapping_of_unknown_editions(folder: Path, name: str) -> None:
    path = (folder / SUCCESSION).rename(folder / "mappings" / f"{name}.csv")
    error = refused(folder)
    assert error.path == path
    assert "という版がありません" in str(error.reason)


def test_a_file_name_that_makes_no_id(folder: Path) -> None:
    path = (folder / "iso22301-2019.csv").rename(folder / "ISO 22301.CSV")
    assert refused(folder).path == path


def test_a_folder_without_standards(tmp_path: Path) -> None:
    error = refused(tmp_path / "nothing")
    assert str(error) == f"{tmp_path / 'nothing'}：規格の版が一つもありません。"


def test_a_file_that_cannot_be_read(folder: Path) -> None:
    (folder / NEW).unlink()
    (folder / NEW).mkdir()
    error = refused(folder)
    assert (error.path, error.line) == (folder / NEW, 0)


def test_an_edition_and_a_mapping_are_added_without_code(folder: Path) -> None:
    """A third edition that succeeds 2022 is a file, and what leads to it another."""
    head = (
        '# standard = "ISO/IEC 27001"\n# name = "架空の次版"\n# year = 2030\n# published = 2030-01-01\n'
        '# title_ja = "架空"\n# title_en = "Invented"\n# languages = ["ja", "en"]\n# [counts]\n# control = 3\n'
    )
    rows = "id,kind,title_en,title_ja,title_ja_confidence\nB.1,control,One,一,high\nB.10,control,Ten,十,low\nB.2,control,Two,二,low\n"
    (folder / "a-next-2030.csv").write_text(head + rows, "utf-8")
    pairs = '# relation = "succession"\n# rows = 3\n# new = 1\nold,new\nA.5.1,B.1\nA.5.2,B.2\nA.5.2,B.1\n'
    (folder / "mappings" / "iso27001-2022--a-next-2030.csv").write_text(pairs, "utf-8")
    standards = load(folder)
    assert [row.key for row in standards.requirements("a-next-2030")] == ["B.1", "B.2", "B.10"]
    assert [row.key for row in standards.new("a-next-2030")] == ["B.10"]
    assert [row.key for row in standards.merged("a-next-2030")] == ["B.1"]
    assert [row.key for row in standards.split("iso27001-2022")] == ["A.5.2"]
    split = standards.edition("iso27001-2022").get("A.5.2")
    assert [row.key for row in standards.successors(split)] == ["B.1", "B.2"]
    assert standards.editions_of("ISO/IEC 27001")[-1].id == "a-next-2030"
    assert standards.new("iso27001-2022") == load(CONTROLS).new("iso27001-2022")


def test_a_mark_of_a_new_control_needs_no_mapping(folder: Path) -> None:
    """An edition that nothing leads to has nothing that is new."""
    (folder / SUCCESSION).unlink()
    assert load(folder).new("iso27001-2022") == ()
