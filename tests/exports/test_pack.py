"""The audit pack: complete, the same bytes for the same knowledge, safe names, nothing damaged, nothing beyond the scope."""

import errno
import json
import os
import re
import tracemalloc
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from isms.audits import rules as audits
from isms.catalogue import rules as catalogue
from isms.core import blobs, durable
from isms.core.days import Span
from isms.core.errors import Invalid, Unavailable
from isms.core.permissions import CONSOLE, Actor, Role
from isms.evidence import redactions
from isms.evidence import rules as evidence
from isms.evidence.models import FileCheck
from isms.exports import orders, pack, pack_evidence
from isms.exports.archive import safe_name
from isms.people import rules as people
from isms.trail.models import TrailEntry
from tests import factories
from tests.evidence.proofs import EDITION, harm, recorded
from tests.exports.stories import NAMES, PERIOD, Story, packed, run, sums_hold, verified
from tests.status.standings import NOW, TODAY, auditor

WINDOWS = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")


@pytest.fixture
def story(db: Any) -> Story:
    return Story()


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text("utf-8"))


def lines(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "trail.jsonl").read_text("utf-8").splitlines()]


def test_a_pack_is_whole_and_verifies_itself(story: Story, tmp_path: Path) -> None:
    story.approve()
    folder = packed(tmp_path)
    assert (sums_hold(folder).returncode, sums_hold(folder).stdout) == (0, "")
    told = verified(folder)
    assert told.returncode == 0, told.stdout + told.stderr
    assert [line[:2] for line in told.stdout.splitlines()[:-1]] == ["OK"] * 5
    listed = {line.split("  ", 1)[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there - listed == {"SHA256SUMS"}
    assert listed >= {f"{n}.{e}" for n in ("status", "statement") for e in ("json", "xlsx", "pdf")}
    states = {one["state"] for one in read(folder, "status.json")["requirements"]}
    assert states == set("not_applicable nonconforming not_implemented unproven expiring proven".split())


def test_it_is_unpacked_by_other_programs(story: Story, tmp_path: Path) -> None:
    folder = packed(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    assert run("unzip", "-q", str(tmp_path / "pack.zip"), folder=other).returncode == 0
    assert sums_hold(other).returncode == 0
    assert {p.relative_to(other) for p in other.rglob("*")} == {p.relative_to(folder) for p in folder.rglob("*")}


def test_the_same_knowledge_gives_the_same_bytes(story: Story, tmp_path: Path) -> None:
    for name, by in (("a", orders.console()), ("b", orders.console())):
        pack.write(tmp_path / name, PERIOD, by=by, now=NOW + timedelta(minutes=len(name)))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert archive.namelist() == sorted(archive.namelist())
        assert len({info.date_time for info in archive.infolist()}) == 1
    story.find("A.5.9")
    pack.write(tmp_path / "c", PERIOD, by=orders.console(), now=NOW)
    assert (tmp_path / "c").read_bytes() != (tmp_path / "a").read_bytes()


def test_attack_32_members_have_names_that_every_system_takes(story: Story, tmp_path: Path) -> None:
    folder = packed(tmp_path)
    files = next(one for one in read(folder, "evidence.json") if one["ref"] == story.odd.ref)["files"]
    assert [file["name"] for file in files] == list(NAMES)
    paths = [file["path"] for file in files]
    assert len({path.casefold() for path in paths}) == len(NAMES)
    for path, name in zip(paths, NAMES, strict=True):
        assert re.fullmatch(r"files/EV-[0-9]{4}-[0-9]{4,}/[0-9]{2,}[A-Za-z0-9.-]*", path)
        assert len(path) < 120
        assert (folder / path).read_bytes() == f"架空の記録,{name}\n".encode()


@pytest.mark.parametrize(
    "name",
    [
        "../../x.txt",
        "C:\\x.txt",
        "CON",
        "nul.txt",
        "a" * 300 + ".txt",
        "x.",
        "x .txt ",
        "-rf",
        "a\nb.txt",
        "記録",
        ".x",
    ],
)
def test_attack_32_no_name_leaves_its_folder(name: str) -> None:
    safe = safe_name(1, name)
    assert re.fullmatch(r"01(-[A-Za-z0-9-]+)?(\.[a-z0-9]+)?", safe)
    assert not WINDOWS.fullmatch(safe)
    assert len(safe) <= 80


def test_what_was_valid_in_the_period_and_known_at_its_end_is_in_it(story: Story, tmp_path: Path) -> None:
    before = Span(date(2026, 4, 1), TODAY - timedelta(days=95))
    refs = {one["title"] for one in read(packed(tmp_path, period=before), "evidence.json")}
    assert "改めた記録" not in refs  # recorded 90 days ago
    assert refs >= {"期限の切れた記録", "改める前の記録", "取り下げた記録"}
    later = Span(TODAY - timedelta(days=3), TODAY)
    there = read(packed(tmp_path / "later", period=later), "evidence.json")
    assert "期限の切れた記録" not in {one["title"] for one in there}
    assert {one["title"]: one["gone"] for one in there}["取り下げた記録"]


def test_a_period_that_is_not_over_is_refused(story: Story, tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        pack.write(tmp_path / "x.zip", Span(TODAY, TODAY + timedelta(days=1)), by=orders.console(), now=NOW)
    with pytest.raises(Invalid):
        orders.period(TODAY, TODAY - timedelta(days=1))
    assert list(tmp_path.iterdir()) == []


def test_attack_47_a_damaged_file_never_leaves(story: Story, tmp_path: Path) -> None:
    """It is found while it is copied, told of, and the pack begun again without it."""
    harm(story.odd)
    sha256 = evidence.files_of(story.odd.id)[0].sha256
    file = tmp_path / "pack.zip"
    assert pack.write(file, PERIOD, by=orders.console(), now=NOW) == {sha256: "changed"}
    assert FileCheck.get().sha256 == sha256
    folder = packed(tmp_path)  # again: it is known now
    bytes_of = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert blobs.path_of(sha256).read_bytes() not in bytes_of
    told = next(one for one in read(folder, "evidence.json") if one["ref"] == story.odd.ref)["files"][0]
    assert (told["path"], told["absent"]) == (None, "changed")
    states = {(one["id"], one["kind"]): one for one in read(folder, "status.json")["requirements"]}
    assert states["5.1", "control"]["reasons"] == ["damaged"]
    assert "中身が変わっています" in (folder / "index.html").read_text("utf-8")
    assert verified(folder).returncode == 0


def test_destroyed_bytes_are_named_and_gone(story: Story, tmp_path: Path) -> None:
    first = evidence.files_of(story.odd.id)[0]
    proposal = redactions.propose_redaction(story.odd.id, first.id, reason="架空の誤り", by=story.by, now=NOW)
    redactions.confirm_redaction(proposal.id, by=story.approver, now=NOW)
    folder = packed(tmp_path)
    told = next(one for one in read(folder, "evidence.json") if one["ref"] == story.odd.ref)
    assert [file["absent"] for file in told["files"]] == ["destroyed"] + [None] * (len(NAMES) - 1)
    assert verified(folder).returncode == 0


def test_a_disk_that_breaks_again_and_again_gives_no_pack(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack_evidence, "copy", lambda *_: {"0" * 64: "changed"})
    with pytest.raises(Unavailable):
        pack.write(tmp_path / "x.zip", PERIOD, by=orders.console(), now=NOW)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("when", [1, 5, 40])
def test_a_full_disk_leaves_nothing_behind(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    """The disk is full after so many writes; the older pack stands."""
    file = tmp_path / "pack.zip"
    file.write_bytes(b"older")
    real = os.fdopen

    class Full:
        def __init__(self, inner: Any) -> None:
            self.inner, self.left = inner, when

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            self.inner.close()

        def write(self, content: bytes) -> int:
            self.left -= 1
            if self.left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return int(self.inner.write(content))

    monkeypatch.setattr(durable.os, "fdopen", lambda handle, mode, **more: Full(real(handle, mode, **more)))
    with pytest.raises(Unavailable, match="ディスクがいっぱい"):
        pack.write(file, PERIOD, by=orders.console(), now=NOW)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("pack.zip", b"older")]


def engaged(*scope: str) -> Actor:
    who, _ = auditor(*scope)
    by = audits.with_coverage(factories.actor(who), NOW)
    assert by is not None
    return by


CANARY = "カナリア"


def test_attack_2_an_auditor_gets_what_the_engagement_covers(story: Story, tmp_path: Path) -> None:
    catalogue.decide(
        EDITION, "A.8.8", applicable=True, justification=CANARY, implementation="partial", by=story.by, now=NOW
    )
    story.prove("A.8.8", "A.5.1", title="両方の記録", ago=30)
    story.prove("A.8.8", title=f"{CANARY}の記録", ago=30)
    story.find("A.8.8", title=f"{CANARY}の指摘")
    people.add_person(
        number="77", name=f"{CANARY}三郎", mail="c@example.org.example", from_day=TODAY, by=CONSOLE, now=NOW
    )
    story.approve()
    folder = packed(tmp_path, by=engaged("A.5.1"))
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in (".pdf", ".xlsx"):
            assert CANARY not in path.read_text("utf-8"), path.name
    assert [one["key"] for one in read(folder, "statement.json")["controls"]] == ["A.5.1"]
    assert {one["title"]: one["controls"] for one in read(folder, "evidence.json")}["両方の記録"] == [
        f"{EDITION} A.5.1"
    ]
    assert [one["id"] for one in read(folder, "status.json")["requirements"]] == ["5.1"]
    assert [one["entry"]["no"] for one in lines(folder)] == list(range(1, TrailEntry.select().count() + 1))
    told = verified(folder)
    assert told.returncode == 0, told.stdout


def test_attack_3_personal_details_never_leave(story: Story, tmp_path: Path) -> None:
    people.add_person(
        number="77", name=f"{CANARY}三郎", mail="c@example.org.example", from_day=TODAY, by=CONSOLE, now=NOW
    )
    for name, by in (("officer", orders.console()), ("auditor", engaged())):
        folder = packed(tmp_path / name, by=by)
        assert CANARY not in (folder / "trail.jsonl").read_text("utf-8")
        withheld = [row for row in lines(folder) if row.get("withheld")]
        assert withheld
        assert all(row["salt"] is None and row["details"] is None for row in withheld)
        assert verified(folder).returncode == 0


def test_what_put_covered_evidence_out_of_count_is_told(story: Story, tmp_path: Path) -> None:
    """A successor that is linked elsewhere makes the state; without it verify.py would compute another."""
    first = story.prove("A.5.7", title="改める前", ago=30)
    story.prove("A.8.8", title="別の管理策へ", ago=20, predecessor_id=first.id)
    folder = packed(tmp_path, by=engaged("A.5.7"))
    assert read(folder, "status.json")["requirements"][0]["reasons"] == ["missing"]
    assert verified(folder).returncode == 0


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("value", ["x'ff00'", "7", "NULL", "'{\"a\":1'"])
@pytest.mark.parametrize("column", ["at", "verb", "details", "hash", "salt"])
def test_a_trail_that_was_tampered_with_is_packed_and_found(
    story: Story, db: Any, tmp_path: Path, column: str, value: str
) -> None:
    """Attack 52: neither stops the pack, nor goes unnoticed in it."""
    db.execute_sql("DROP TRIGGER trail_entry_no_update")
    db.execute_sql("PRAGMA ignore_check_constraints = 1")
    if value == "NULL" and column not in ("details", "salt"):
        value = "''"
    db.execute_sql(f"UPDATE trail_entry SET {column} = {value} WHERE no = 9")
    told = verified(packed(tmp_path))
    assert told.returncode == 1
    assert "trail.jsonl" in told.stdout


def test_an_auditor_without_an_engagement_gets_nothing(story: Story, tmp_path: Path) -> None:
    by = factories.actor(factories.with_role(Role.AUDITOR))
    folder = packed(tmp_path, by=by)
    assert read(folder, "status.json")["requirements"] == read(folder, "evidence.json") == []
    assert read(folder, "statement.json")["controls"] == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_memory_does_not_grow_with_the_files(story: Story, tmp_path: Path) -> None:
    """Ten times the bytes, in small files and in large ones, take no more memory."""
    most = []
    for number in (6, 54):
        for place in range(number):
            content = bytes([number, place]) + os.urandom(1000) * (900 if place % 2 else 4000)
            recorded(story.by, content.hex().encode(), now=NOW - timedelta(hours=1), controls=[(EDITION, "A.5.1")])
        tracemalloc.start()
        pack.write(tmp_path / "pack.zip", PERIOD, by=orders.console(), now=NOW)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert (tmp_path / "pack.zip").stat().st_size > 200_000_000
    assert most[1] < most[0] + 12_000_000, most


def test_the_page_of_the_pack_holds_texts_as_texts(story: Story, tmp_path: Path) -> None:
    """Attack 59: markup, in every field that reaches the page."""
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    story.prove("A.5.1", title=evil, ago=3, note=evil)
    story.find("A.5.1", title=evil)
    page = (packed(tmp_path) / "index.html").read_text("utf-8")
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<img" not in page
    assert 'lang="ja"' in page and 'lang="en"' in page
    targets = set(re.findall(r'href="([^"#]+)"', page))
    assert [target for target in targets if not (tmp_path / "pack" / target).exists()] == []
