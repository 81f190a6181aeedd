"""The import of a ledger in the browser and at the console: looked at first, then all or nothing."""

import re
from pathlib import Path

import pytest
from flask import Flask

from config import Config
from isms.core import blobs
from isms.core.permissions import Role
from isms.evidence import reviews, rules
from isms.evidence.models import Evidence, EvidenceFile
from isms.people.models import ImportPreview
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.evidence import console

MAIL = "p00001@example.org.example"
HEADS = "件名,管理策,収集日,ファイル,確認者,確認日"
GOOD = f"""{HEADS}
架空の点検,5.1、箇条4.1,R8.4.1,点検.txt,架空 確子,R8.4.3
架空の記録,8.13,令和8年5月1日,,,
""".encode()
BAD = GOOD + "架空の誤り,5.99,2026/4/31,ない.txt,,\n".encode()
FILE = ("点検.txt", "架空の点検".encode())


@pytest.fixture
def officer(house: Flask) -> Browserlike:
    """Sign an officer in; another is there to have reviewed."""
    factories.person(name="架空 確子")
    return factories.signed_in(house, Role.OFFICER)


def sent(browser: Browserlike, content: bytes = GOOD, *files: tuple[str, bytes], name: str = "台帳.csv") -> Page:
    """Send a ledger with files and look at its preview."""
    page = browser.get("/evidence/import").submit("file", file=(name, content), files=list(files))
    return page.follow()


def test_a_ledger_is_looked_at_and_taken(officer: Browserlike) -> None:
    page = sent(officer, GOOD, FILE, ("余り.txt", b"x"))
    assert "新しい証跡が2件加わり" in page.text
    assert "送られたファイルのうち1個は、台帳に名前がありません" in page.text
    assert Evidence.select().count() == 0
    page = page.submit("/evidence/import/").follow()
    assert "台帳を取り込みました（新規2件" in page.text
    one = Evidence.get(Evidence.title == "架空の点検")
    assert [file.name for file in rules.files_of(one.id)] == ["点検.txt"]
    assert reviews.reviews_of(one.id)[0].imported
    assert "台帳に書かれていた確認" in officer.get(f"/evidence/{one.id}").text
    page = sent(officer, GOOD, FILE).submit("/evidence/import/").follow()
    assert "新規0件" in page.text
    assert Evidence.select().count() == 2


def test_what_is_wrong_stands_first_and_stops_all(officer: Browserlike) -> None:
    page = sent(officer, BAD, FILE)
    assert "1行を取り込めません" in page.text
    first = re.findall(r"<tr[^>]*>(.*?)</tr>", page.html.split("<tbody>")[1])[0]
    assert "取込不可" in first
    assert "2026年4月は30日まで" in first
    assert [form for form in page.forms if "/evidence/import/" in form.action] == []
    taken = officer.get(page.click("取込不可の行を xlsx で受け取る").address)
    assert taken.body.startswith(b"PK")
    refused = officer.open("POST", page.address, data={"csrf_token": page.token})
    assert refused.status == 422
    assert "何も書き込んでいません" in refused.text
    assert Evidence.select().count() == EvidenceFile.select().count() == 0


def test_a_preview_is_its_owners_alone(house: Flask, officer: Browserlike) -> None:
    page = sent(officer, GOOD, FILE)
    other = factories.signed_in(house, Role.OFFICER)
    other.get(page.address, status=404)
    token = other.get("/evidence/import").token
    other.open("POST", page.address, data={"csrf_token": token}, status=404)
    people = officer.get("/people/import").submit("file", file=("a.csv", "職員番号,氏名\n9,架空\n".encode()))
    number = people.location.rpartition("/")[2]
    officer.get(f"/evidence/import/{number}", status=404)


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([FILE, FILE], "同じ名前のファイルがあります"),
        ([("a.exe", b"MZ")], "種類は受け付けません"),
        ([("a.pdf", b"MZ\x90")], "pdf ではなく"),
    ],
)
def test_files_that_are_not_taken_are_named(officer: Browserlike, files: list[tuple[str, bytes]], words: str) -> None:
    page = officer.get("/evidence/import").submit("file", file=("l.csv", GOOD), files=files, status=422)
    assert words in page.text
    assert "まだ取り込んでいません" in page.text
    assert ImportPreview.select().count() == 0


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"PK\x03\x04 broken", "名前だけ\nx\n".encode()])
def test_what_is_no_ledger_is_refused(officer: Browserlike, content: bytes) -> None:
    page = officer.get("/evidence/import").submit("file", file=("l.xlsx", content), status=303 if content else 422)
    if content:
        officer.get(page.location, status=422)
    assert Evidence.select().count() == 0


@pytest.mark.parametrize("engine", ["sqlite"])
def test_files_of_a_preview_are_swept_when_nothing_comes_of_it(officer: Browserlike) -> None:
    sent(officer, GOOD, FILE)
    assert len(blobs.stored()) == 1
    assert EvidenceFile.select().count() == 0


@pytest.mark.parametrize("engine", ["sqlite"])
class TestConsole:
    """`isms import evidence` and `isms export`."""

    @pytest.fixture
    def ledger(self, tmp_path: Path, db: object) -> Path:
        factories.with_role(Role.OFFICER, number="00001", name="架空 取込")
        factories.person(name="架空 確子")
        (tmp_path / "files").mkdir()
        (tmp_path / "files" / FILE[0]).write_bytes(FILE[1])
        (tmp_path / "l.csv").write_bytes(GOOD)
        return tmp_path / "l.csv"

    def test_a_dry_run_writes_nothing(self, ledger: Path, config: Config) -> None:
        files = str(ledger.parent / "files")
        said = console.isms(config, "import", "evidence", str(ledger), "--as", MAIL, "--files", files, "--dry-run")
        assert said.returncode == 0, said.stderr
        assert "新規 2" in said.stdout
        assert Evidence.select().count() == 0

    def test_it_is_imported_and_exported(self, ledger: Path, config: Config, tmp_path: Path) -> None:
        files = str(ledger.parent / "files")
        said = console.isms(config, "import", "evidence", str(ledger), "--as", MAIL, "--files", files)
        assert said.returncode == 0, said.stderr
        assert Evidence.select().count() == 2
        for kind in ("ledger", "decisions", "people"):
            out = tmp_path / f"{kind}.xlsx"
            more = ["--files", str(tmp_path / "out")] if kind == "ledger" else []
            said = console.isms(config, "export", kind, "--out", str(out), *more)
            assert said.returncode == 0, said.stderr
            assert out.read_bytes().startswith(b"PK")
        assert [path.read_bytes() for path in (tmp_path / "out").glob("*/*.txt")] == [FILE[1]]

    def test_what_is_wrong_is_said_in_one_line(self, ledger: Path, config: Config) -> None:
        ledger.write_bytes(BAD)
        files = str(ledger.parent / "files")
        said = console.isms(config, "import", "evidence", str(ledger), "--as", MAIL, "--files", files)
        assert said.returncode == 1
        assert len(said.stderr.strip().splitlines()) == 1
        assert "4行目" in said.stderr
        assert Evidence.select().count() == 0
