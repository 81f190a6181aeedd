"""An outsider verifies an export with the twenty lines of docs/trail.md, and finds every spoilt one."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from config import ROOT
from isms.trail import redactions, rules
from isms.trail.stored import Stored, export, export_line
from tests.trail.entries import APPROVER, NOW, OFFICER, change, details, remove_triggers, write

Rows = list[dict[str, Any]]


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """Take the program out of the docs."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/trail.md").read_text(), re.S | re.M)
    assert len(blocks) == 1
    assert len([line for line in blocks[0].splitlines() if line]) <= 20
    path = tmp_path / "verify_trail.py"
    path.write_text(blocks[0])
    return path


def ran(script: Path, lines: list[str], *arguments: str) -> tuple[int, str]:
    """Run it as an outsider would, without this project on the path; gives status and what it says."""
    (script.parent / "trail.jsonl").write_text("".join(f"{line}\n" for line in lines))
    command = [sys.executable, "-I", str(script), "trail.jsonl", *arguments]
    done = subprocess.run(command, cwd=script.parent, capture_output=True, text=True, timeout=30)
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.fixture
def exported(db: Any) -> list[str]:
    """Export six entries; the second is redacted, the others say all that details can."""
    write(
        {"名": '山\u2028田\x7f\x1f"\\/𠮷é', "\uffee": -(2**53) + 1, "é": [None, True, {"b": {}, "a": []}]}, {"n": 2}, {}
    )
    redactions.propose_redaction(2, reason="誤記", by=OFFICER, now=NOW)
    redactions.confirm_redaction(2, by=APPROVER, now=NOW)
    write({"n": 6})
    return list(export())


def test_a_good_export(exported: list[str], script: Path) -> None:
    head = rules.head()
    assert head is not None
    assert ran(script, exported) == (0, f"6 {head.hash}")
    assert ran(script, exported, "6", head.hash) == (0, f"6 {head.hash}")
    assert ran(script, exported, "3", json.loads(exported[2])["hash"][:16])[0] == 0
    assert ran(script, [])[0] == 0


def test_the_export_has_the_fields_of_the_docs(exported: list[str]) -> None:
    for line in exported:
        row = json.loads(line)
        assert set(row) == {"entry", "hash", "salt", "details"}
        assert set(row["entry"]) == {"v", "no", "at", "actor", "verb", "subject", "details", "prev"}
    assert json.loads(exported[1])["details"] is None


def _set(*path: Any) -> Callable[[Rows], None]:
    *way, name, value = path

    def spoil(rows: Rows) -> None:
        place: Any = rows
        for step in way:
            place = place[step]
        assert place[name] != value
        place[name] = value

    return spoil


SPOILT: dict[str, tuple[Callable[[Rows], Any], str]] = {
    "actor": (_set(2, "entry", "actor", "person:9"), "entry 3 was changed"),
    "time": (_set(2, "entry", "at", "2026-11-21T03:04:05.000007Z"), "entry 3 was changed"),
    "verb": (_set(2, "entry", "verb", "thing.told"), "entry 3 was changed"),
    "subject": (_set(2, "entry", "subject", "thing:9"), "entry 3 was changed"),
    "version": (_set(2, "entry", "v", 2), "entry 3 is missing"),
    "details hash": (_set(2, "entry", "details", "0" * 64), "entry 3 was changed"),
    "prev": (_set(2, "entry", "prev", "0" * 64), "entry 3 is missing"),
    "hash": (_set(2, "hash", "0" * 64), "entry 3 was changed"),
    "salt": (_set(5, "salt", "0" * 32), "the details of entry 6"),
    "details": (_set(5, "details", "n", 7), "the details of entry 6"),
    "a fraction": (_set(5, "details", "n", 6.5), "the details of entry 6"),
    "details without salt": (_set(1, "details", {"n": 2}), "the details of entry 2"),
    "half redacted": (_set(5, "salt", None), "the details of entry 6"),
    "more in the entry": (lambda rows: rows[2]["entry"].update(x=1), "entry 3 was changed"),
    "removed": (lambda rows: rows.pop(2), "entry 3 is missing"),
    "first removed": (lambda rows: rows.pop(0), "entry 1 is missing"),
    "swapped": (lambda rows: rows.insert(3, rows.pop(2)), "entry 3 is missing"),
    "doubled": (lambda rows: rows.insert(3, rows[2]), "entry 4 is missing"),
}


@pytest.mark.parametrize(("spoil", "says"), SPOILT.values(), ids=SPOILT)
def test_a_spoilt_export(exported: list[str], script: Path, spoil: Callable[[Rows], Any], says: str) -> None:
    rows = [json.loads(line) for line in exported]
    spoil(rows)
    status, said = ran(script, [json.dumps(row) for row in rows])
    assert status == 1
    assert said.startswith(says)


def test_a_cut_export_needs_the_checkpoint(exported: list[str], script: Path) -> None:
    head = json.loads(exported[-1])["hash"]
    assert ran(script, exported[:4])[0] == 0
    assert ran(script, exported[:4], "6", head) == (1, "entry 6 is missing: the end was cut off")
    assert ran(script, exported, "6", "0" * 16) == (1, "entry 6 was changed")


@given(details)
def test_reading_the_export_gives_the_same_bytes(value: dict[str, Any]) -> None:
    """What an outsider parses and writes again is what was hashed."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    line = export_line(Stored(1, "t", "a", "v", "s", "d", "p", "h", "00", text))
    assert line.count("\n") == 0
    again = json.dumps(json.loads(line)["details"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert again == text


def test_a_damaged_trail_is_exported_as_it_is(db: Any, script: Path) -> None:
    write({"n": 1}, {"n": 2}, {"n": 3})
    remove_triggers()
    change(2, details='{"n":', actor="x")
    status, said = ran(script, list(export()))
    assert (status, said) == (1, "entry 2 was changed")
