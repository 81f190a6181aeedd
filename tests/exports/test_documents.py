"""State and statement as documents, opened by other programs; the same knowledge gives the same bytes."""

import csv
import io
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from python_calamine import CalamineWorkbook

from isms.catalogue import rules as catalogue
from isms.catalogue import statements
from isms.core import blobs
from isms.core.blobs import Damaged
from isms.core.errors import Forbidden, Invalid
from isms.core.permissions import Role
from isms.core.words import speaking
from isms.exports import orders
from isms.exports.orders import FORMATS, Order
from tests import factories
from tests.evidence.console import isms
from tests.evidence.proofs import EDITION
from tests.exports.stories import Story
from tests.exports.test_pack import engaged
from tests.status.standings import NOW, TODAY

TYPST = [
    '#eval("1+1")',
    '#read("/etc/passwd")',
    "*太字*",
    "$x^2$",
    "@ref",
    "<label>",
    "\\u{0}",
    "#[x]",
    "// 注",
    "= 見出し",
]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", '=HYPERLINK("http://x.example")']


@pytest.fixture
def story(db: Any) -> Story:
    return Story()


def made(kind: Any, form: str, *, day: date = TODAY, **more: Any) -> bytes:
    by = more.pop("by", None) or orders.console()
    return orders.made(Order(kind, day, form, **more), by=by, now=NOW)


def paper(content: bytes) -> str:
    """Give the text of a PDF as pypdfium2 reads it, page after page, without blanks."""
    document = pypdfium2.PdfDocument(content)
    pages = [document[number].get_textpage().get_text_bounded() for number in range(len(document))]
    return re.sub(r"\s", "", "".join(pages))


def sheet(content: bytes) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()


def test_the_json_has_the_keys_that_were_agreed(story: Story) -> None:
    told = json.loads(made("status", "json"))
    assert list(told) == ["organisation", "edition", "as_of", "known", "trail_head", "requirements"]
    assert (told["edition"], told["as_of"], told["known"]) == (EDITION, "2026-11-28", "then")
    assert len(told["requirements"]) == 123
    one = told["requirements"][0]
    assert (
        list(one)
        == (
            "id kind title_en title_ja applicable justification implementation owner state reasons evidence open_findings"
        ).split()
    )
    assert (one["id"], one["kind"], one["state"], one["applicable"]) == ("5.1", "control", "proven", True)
    laid = one["evidence"][0]
    assert list(laid) == ["ref", "title", "collected_on", "valid_until", "recorded_at", "review", "files"]
    assert list(laid["files"][0]) == ["name", "sha256", "size"]
    states = {(row["id"], row["kind"]): row for row in told["requirements"]}
    assert states["8.8", "control"]["reasons"] == ["expired"]
    assert states["5.2", "control"]["reasons"] == ["waiting"]
    assert states["5.4", "control"]["reasons"] == ["missing"]
    assert states["8.9", "control"]["open_findings"][0]["grade"] == "minor"
    assert states["5.1", "clause"]["applicable"] is True


@pytest.mark.parametrize("kind", ["status", "soa"])
def test_sheets_are_opened_by_calamine(story: Story, kind: str) -> None:
    rows = sheet(made(kind, "xlsx"))
    assert len(rows) == {"status": 124, "soa": 94}[kind]
    assert rows[0][0] == "番号"
    assert "情報セキュリティのための方針群" in rows[1]
    if kind == "status":
        first = dict(zip(rows[0], rows[1], strict=True))
        assert (first["状態"], first["有効な証跡"], first["実施状況"]) == ("有効", 1, "実施")
        assert isinstance(first["最も遅い期限"], date)
    table = list(csv.reader(io.StringIO(made(kind, "csv").decode("utf-8-sig"))))
    assert [len(row) for row in table] == [len(row) for row in rows]


@pytest.mark.parametrize("kind", ["status", "soa"])
def test_paper_holds_japanese_in_order(story: Story, kind: str) -> None:
    content = made(kind, "pdf")
    text = paper(content)
    titles = [one.title_ja for one in catalogue.edition_on(TODAY).requirements]
    wanted = [re.sub(r"\s", "", title) for title in titles[:60]]
    places: list[int] = []
    for title in wanted:
        places.append(text.find(title, places[-1] if places else 0))
    assert -1 not in places
    head = json.loads(made("status", "json"))["trail_head"]
    assert f"{head['no']}{head['hash']}" in text
    document = pypdfium2.PdfDocument(content)
    assert f"1/{len(document)}" in text
    width, height = document[0].get_size()
    assert sorted((round(width), round(height))) == [595, 842]  # A4
    assert b"/MarkInfo" in content
    assert b"pdfuaid" in content
    assert b"/Lang" in content


@pytest.mark.parametrize("kind", ["status", "soa"])
@pytest.mark.parametrize("form", FORMATS)
def test_the_same_knowledge_gives_the_same_bytes(story: Story, kind: str, form: str) -> None:
    assert made(kind, form) == made(kind, form)
    before = made(kind, form)
    catalogue.decide(EDITION, "A.5.1", applicable=True, justification="改めた理由", by=story.by, now=NOW)
    assert made(kind, form) != before


def test_known_then_is_changed_by_nothing_later(story: Story) -> None:
    """Attack 51."""
    day = TODAY - timedelta(days=50)

    def requirements(known: Any) -> Any:
        return json.loads(made("status", "json", day=day, known=known))["requirements"]

    then, now = requirements("then"), requirements("now")
    story.prove("A.5.30", ago=0, collected_on=day - timedelta(days=3))
    assert requirements("then") == then
    assert requirements("now") != now


def test_the_statement_of_a_day_is_the_version_approved_by_then(story: Story) -> None:
    draft = json.loads(made("soa", "json"))
    assert (draft["draft"], draft["version"]) == (True, None)
    assert "適用宣言書（案）" in paper(made("soa", "pdf"))
    story.approve()
    before = json.loads(made("soa", "json", day=TODAY - timedelta(days=160)))
    assert before["draft"]
    told = json.loads(made("soa", "json"))
    assert (told["version"]["number"], told["version"]["approver"]) == (1, "架空 史郎")
    frozen = statements.get_statement(1).word
    for form in ("xlsx", "pdf"):
        with blobs.open_checked(getattr(frozen, f"{form}_sha256")) as content:
            assert made("soa", form) == b"".join(content.chunks())
    catalogue.decide(EDITION, "A.5.1", applicable=False, justification="あとから", by=story.by, now=NOW)
    assert json.loads(made("soa", "json"))["controls"] == told["controls"]


def test_attack_47_a_damaged_statement_is_not_handed_out(story: Story) -> None:
    story.approve()
    blobs.path_of(statements.get_statement(1).word.pdf_sha256).write_bytes(b"%PDF-forged")
    with pytest.raises(Damaged):
        made("soa", "pdf")


def test_attack_2_documents_tell_an_auditor_what_is_covered(story: Story) -> None:
    story.approve()
    by = engaged("A.5.1")
    assert [one["id"] for one in json.loads(made("status", "json", by=by))["requirements"]] == ["5.1"]
    assert [row[0] for row in sheet(made("status", "xlsx", by=by))] == ["番号", "5.1"]
    told = json.loads(made("soa", "json", by=by))
    assert (told["extract"], [row["key"] for row in told["controls"]]) == (True, ["A.5.1"])
    assert told["version"]["changes"] is None
    assert "適用宣言書第1版（抜粋）" in paper(made("soa", "pdf", by=by))
    assert len(sheet(made("soa", "xlsx", by=by))) == 2
    with pytest.raises(Forbidden):
        made("status", "json", by=factories.actor(factories.with_role(Role.AUDITOR)))


def test_attack_41_typst_sees_texts_as_texts(story: Story) -> None:
    for number, text in enumerate(TYPST, 1):
        catalogue.decide(EDITION, f"A.7.{number}", applicable=True, justification=text, by=story.by, now=NOW)
    for kind in ("status", "soa"):
        found = paper(made(kind, "pdf"))
        for text in TYPST:
            assert re.sub(r"\s", "", text) in found
        assert "root:" not in found


def test_attack_37_no_text_becomes_a_formula(story: Story) -> None:
    for number, text in enumerate(FORMULAS, 1):
        catalogue.decide(EDITION, f"A.7.{number}", applicable=True, justification=text, by=story.by, now=NOW)
    for kind in ("status", "soa"):
        cells = {cell for row in sheet(made(kind, "xlsx")) for cell in row}
        assert cells >= set(FORMULAS)
        table = list(csv.reader(io.StringIO(made(kind, "csv").decode("utf-8-sig"))))
        cells = {cell for row in table for cell in row}
        assert cells >= {f"'{text}" for text in FORMULAS}


def test_english_speaks_english(story: Story) -> None:
    with speaking("en"):
        rows, text = sheet(made("status", "xlsx")), paper(made("status", "pdf"))
    assert rows[0][:4] == ["No.", "Kind", "Title", "State"]
    assert rows[1][2] == "Policies for information security"
    assert "Stateofthecontrolsasof2026-11-28" in text


@pytest.mark.parametrize("kind", ["status", "soa"])
def test_a_day_to_come_is_refused(story: Story, kind: str) -> None:
    with pytest.raises(Invalid):
        made(kind, "json", day=TODAY + timedelta(days=1))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_console_writes_files_and_no_trail(story: Story, config: Any, tmp_path: Path) -> None:
    out = tmp_path / "status.json"
    done = isms(config, "export", "status", "--as-of", "R8.11.20", "--format", "json", "--out", str(out))
    assert done.returncode == 0, done.stderr
    first = out.read_bytes()
    assert json.loads(first)["as_of"] == "2026-11-20"
    isms(config, "export", "status", "--as-of", "令和8年11月20日", "--format", "json", "--out", str(out))
    assert out.read_bytes() == first
    for arguments, complaint in (
        (("status", "--as-of", "11/20", "--format", "json", "--out", str(out)), "年がありません"),
        (("status", "--as-of", "2199-01-01", "--format", "json", "--out", str(out)), "先の日"),
        (("status", "--format", "docx", "--out", str(out)), "docx"),
        (("soa", "--format", "json", "--out", str(tmp_path / "no" / "x.json")), "フォルダー"),
        (("pack", "--from", "R8.11.2", "--to", "R8.11.1", "--out", str(out)), "前です"),
        (("pack", "--from", "R8.4.1", "--to", "R8.11.1", "--out", str(out), "--engagement", "99"), "委嘱 99"),
    ):
        refused = isms(config, "export", *arguments)
        assert refused.returncode == 1
        assert len(refused.stderr.splitlines()) == 1
        assert complaint in refused.stderr
    assert out.read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
