"""verify.py: one changed byte anywhere is named, and so is a forger who computes the sums anew."""

import ast
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from isms.exports.verifier import WORDS, source
from tests.exports.stories import Story, packed, run, sums_hold, verified

MEMBERS = [
    *(f"{name}.{ending}" for name in ("status", "statement") for ending in ("json", "xlsx", "pdf")),
    *("evidence.json", "findings.json", "findings.csv", "trail.jsonl", "standards.json", "pack.json"),
    *("index.html", "verify.py", "SHA256SUMS", "files"),
]


@pytest.fixture
def engine() -> str:
    """Take one engine: a pack knows none."""
    return "sqlite"


@pytest.fixture
def pack(db: Any, tmp_path: Path) -> Path:
    story = Story()
    story.approve()
    return packed(tmp_path)


def flip(path: Path, place: float) -> None:
    """Change one byte, so far into the file."""
    content = bytearray(path.read_bytes())
    content[int((len(content) - 1) * place)] ^= 1
    path.write_bytes(bytes(content))


def summed(folder: Path) -> None:
    """Compute the sums anew, as a forger would."""
    names = sorted(
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != "SHA256SUMS"
    )
    lines = [f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(lines), "utf-8")


def changed(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    """Change what a member of JSON says, and the sums with it."""
    path = folder / name
    value = json.loads(path.read_text("utf-8"))
    value = change(value) or value
    path.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    summed(folder)


def entries(folder: Path) -> list[Any]:
    return [json.loads(line) for line in (folder / "trail.jsonl").read_text("utf-8").splitlines()]


def kept(folder: Path, rows: list[Any]) -> None:
    """Write the trail anew, and the sums with it."""
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows]
    (folder / "trail.jsonl").write_text("".join(lines), "utf-8")
    summed(folder)


@pytest.mark.parametrize("member", MEMBERS)
@pytest.mark.parametrize("place", [0.0, 0.4, 1.0])
def test_one_changed_byte_is_named(pack: Path, member: str, place: float) -> None:
    path = pack / member if member != "files" else next(p for p in (pack / "files").rglob("*") if p.is_file())
    shutil.copy(pack / "verify.py", pack.parent / "verify.py")  # the auditor's own copy
    flip(path, place)
    told = run(sys.executable, "-I", "-S", str(pack.parent / "verify.py"), str(pack), folder=pack)
    assert told.returncode == 1
    assert path.relative_to(pack).as_posix() in told.stdout
    if member not in ("SHA256SUMS",):
        assert sums_hold(pack).returncode == 1


def test_every_member_is_among_those_that_were_changed(pack: Path) -> None:
    assert {path.name for path in pack.iterdir()} == set(MEMBERS)


def test_a_missing_and_an_added_member_are_named(pack: Path) -> None:
    (pack / "findings.csv").unlink()
    (pack / "files" / "added.txt").write_text("x")
    (pack / "added.exe").write_text("x")
    told = verified(pack)
    assert told.returncode == 1
    assert "findings.csv" in told.stdout
    assert "files/added.txt" in told.stdout
    assert "added.exe" in told.stdout


def upgrade(status: Any) -> None:
    one = next(one for one in status["requirements"] if one["state"] == "unproven")
    one["state"], one["reasons"] = "proven", []


def forget_a_finding(status: Any) -> None:
    one = next(one for one in status["requirements"] if one["open_findings"])
    one["open_findings"], one["state"] = [], "proven"


def lengthen(status: Any) -> None:
    one = next(one for one in status["requirements"] if one["state"] == "expiring")
    one["evidence"][0]["valid_until"], one["state"] = "2030-01-01", "proven"


def leave_one_out(status: Any) -> None:
    status["requirements"] = [one for one in status["requirements"] if one["state"] != "nonconforming"]


def justify(status: Any) -> None:
    status["requirements"][0]["justification"] = "別の理由"


def ask_another_day(status: Any) -> None:
    status["as_of"] = "2026-11-01"


@pytest.mark.parametrize("forge", [upgrade, forget_a_finding, lengthen, leave_one_out, justify, ask_another_day])
def test_a_forged_state_does_not_follow_from_the_facts(pack: Path, forge: Callable[[Any], None]) -> None:
    """The sums are computed anew, so only the computation from the trail can tell."""
    changed(pack, "status.json", forge)
    told = verified(pack, "--lang", "en")
    assert told.returncode == 1
    assert sums_hold(pack).returncode == 0
    assert [line[:2] for line in told.stdout.splitlines() if line[:2] in ("OK", "NG")] == ["OK"] * 4 + ["NG"]
    assert "status.json" in told.stdout


def test_a_state_forged_by_other_days_of_warning_is_found(pack: Path) -> None:
    changed(pack, "pack.json", lambda about: about.update(expiry_warning_days=1))
    assert "pack.json" in verified(pack).stdout


def test_a_forged_scope_hides_no_requirement(pack: Path) -> None:
    """Whoever narrows the scope must leave the rest out of the status, which an auditor sees; not more than that."""
    changed(pack, "pack.json", lambda about: about.update(scope=["iso27001-2022 A.5.1"]))
    told = verified(pack)
    assert told.returncode == 1
    assert "status.json" in told.stdout


def test_a_file_that_was_exchanged_is_not_what_was_recorded(pack: Path) -> None:
    one = next(one for one in json.loads((pack / "evidence.json").read_text("utf-8")) if one["files"])
    path = pack / one["files"][0]["path"]
    path.write_bytes(b"forged")
    sha256 = hashlib.sha256(b"forged").hexdigest()

    def exchange(listed: Any) -> None:
        file = next(row for row in listed if row["ref"] == one["ref"])["files"][0]
        file["sha256"], file["size"] = sha256, 6

    summed(pack)
    assert path.relative_to(pack).as_posix() in verified(pack).stdout
    changed(pack, "evidence.json", exchange)
    told = verified(pack)
    assert told.returncode == 1
    assert one["ref"] in told.stdout


def test_evidence_that_was_left_out_is_missed(pack: Path) -> None:
    listed = json.loads((pack / "evidence.json").read_text("utf-8"))
    for file in listed[0]["files"]:
        (pack / file["path"]).unlink()
    changed(pack, "evidence.json", lambda rows: rows[1:])
    told = verified(pack)
    assert told.returncode == 1
    assert listed[0]["ref"] in told.stdout


def test_a_statement_that_was_never_issued_is_found(pack: Path) -> None:
    changed(pack, "statement.json", lambda told: told["controls"][0].update(applicable=False))
    assert "statement.json" in verified(pack).stdout
    (pack / "statement.pdf").write_bytes(b"%PDF-forged")
    summed(pack)
    assert "statement.pdf" in verified(pack).stdout


def _details(rows: list[Any]) -> str:
    row = next(row for row in rows if row["entry"]["verb"] == "evidence.accepted")
    row["details"]["after"]["accepted"] = False
    return str(row["entry"]["no"])


def _entry(rows: list[Any]) -> str:
    rows[5]["entry"]["actor"] = "person:99"
    return "6"


def _hash(rows: list[Any]) -> str:
    rows[5]["hash"] = "0" * 64
    return "6"


def _removed(rows: list[Any]) -> str:
    del rows[7]
    return "8"


def _swapped(rows: list[Any]) -> str:
    rows[7], rows[8] = rows[8], rows[7]
    return "8"


def _emptied(rows: list[Any]) -> str:
    row = next(row for row in rows if row["details"] is not None)
    row["salt"] = row["details"] = None
    return str(row["entry"]["no"])


def _added(rows: list[Any]) -> str:
    rows[4]["entry"]["extra"] = 1
    return "5"


@pytest.mark.parametrize("forge", [_details, _entry, _hash, _removed, _swapped, _emptied, _added])
def test_a_changed_trail_is_named_with_its_entry(pack: Path, forge: Callable[[list[Any]], str]) -> None:
    rows = entries(pack)
    place = forge(rows)
    kept(pack, rows)
    told = verified(pack, "--lang", "en")
    assert told.returncode == 1
    assert any("trail.jsonl" in line and f" {place} " in line for line in told.stdout.splitlines()), told.stdout


def rechained(rows: list[Any]) -> list[Any]:
    """Compute a whole chain anew, as a forger with much patience would."""
    prev = "0" * 64
    for number, row in enumerate(rows, 1):
        if row["details"] is not None:
            plain = json.dumps(row["details"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            row["entry"]["details"] = hashlib.sha256(bytes.fromhex(row["salt"]) + plain.encode()).hexdigest()
        row["entry"].update(no=number, prev=prev)
        plain = json.dumps(row["entry"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        prev = row["hash"] = hashlib.sha256(plain.encode()).hexdigest()
    return rows


def test_a_chain_computed_anew_is_found_by_a_number_noted_down(pack: Path) -> None:
    rows = entries(pack)
    noted = f"{rows[-1]['entry']['no']} {rows[-1]['hash'][:16]}"
    assert verified(pack, "--checkpoint", noted).returncode == 0
    finding = next(row for row in rows if row["entry"]["verb"] == "finding.opened")
    finding["details"]["after"]["grade"] = "observation"
    kept(pack, rechained(rows))
    last = entries(pack)[-1]
    head = {"no": last["entry"]["no"], "hash": last["hash"]}
    changed(pack, "status.json", lambda told: told.update(trail_head=head))
    told = verified(pack, "--checkpoint", noted, "--lang", "en")
    assert told.returncode == 1
    assert "noted down" in told.stdout
    for text in ("nonsense", "1 abc", "99999 " + "0" * 64):
        assert verified(pack, "--checkpoint", text).returncode == 1


def test_a_tail_cut_off_is_found_by_the_head(pack: Path) -> None:
    kept(pack, entries(pack)[:-1])
    told = verified(pack)
    assert told.returncode == 1
    assert "status.json" in told.stdout


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"entry":1,"hash":2,"salt":3,"details":4}']
)
def test_lines_that_are_no_entries_stop_nothing(pack: Path, line: bytes) -> None:
    content = (pack / "trail.jsonl").read_bytes().split(b"\n")
    content[3] = line
    (pack / "trail.jsonl").write_bytes(b"\n".join(content))
    summed(pack)
    told = verified(pack)
    assert told.returncode == 1
    assert "trail.jsonl" in told.stdout
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("member", ["status.json", "evidence.json", "standards.json", "pack.json", "statement.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"a":'])
def test_members_that_are_no_json_are_named(pack: Path, member: str, content: bytes) -> None:
    (pack / member).write_bytes(content)
    summed(pack)
    told = verified(pack)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr


def test_names_in_the_sums_that_lead_elsewhere_are_not_opened(pack: Path) -> None:
    with (pack / "SHA256SUMS").open("a") as file:
        file.write(f"{'0' * 64}  ../secret\n{'0' * 64}  /etc/passwd\n")
    told = verified(pack)
    assert told.returncode == 1
    assert "../secret" in told.stdout


def _runtime_types(tree: ast.AST) -> Iterator[str]:
    """Give the built-in types that are indexed outside annotations: Python 3.8 cannot."""
    annotations = set()
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if (found := getattr(node, name, None)) is not None:
                annotations |= {id(one) for one in ast.walk(found)}
    there = (node for node in ast.walk(tree) if isinstance(node, ast.Subscript) and id(node) not in annotations)
    names = (node.value.id for node in there if isinstance(node.value, ast.Name))
    yield from (name for name in names if name in {"dict", "list", "set", "tuple", "type", "Mapping", "Iterable"})


def test_it_is_written_for_python_3_8_and_the_standard_library() -> None:
    tree = ast.parse(source(), feature_version=(3, 8))
    assert list(_runtime_types(tree)) == []
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {str(name).split(".")[0] for name in names} <= set(sys.stdlib_module_names)
    assert "zoneinfo" not in names  # 3.9, and Windows has no data for it


def test_it_speaks_both_languages_or_one(pack: Path) -> None:
    both, english = verified(pack).stdout, verified(pack, "--lang", "en").stdout
    assert "すべて一致しました。 / Everything agrees." in both
    assert english.isascii()
    assert set(WORDS) >= {"sums", "chain", "noted", "files", "frozen", "states"}
