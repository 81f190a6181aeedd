"""The part of verify.py that reads the files of a pack: sums, and the chain of the trail."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WORDS: dict[str, dict[str, str]] = {}  # filled in when a pack is written

LANGUAGES = ["ja", "en"]
SUMS = "SHA256SUMS"
ENTRY = ("no", "at", "actor", "verb", "subject", "details", "prev", "v")
MOST_TOLD = 20  # damages of one check that are named one by one


def say(word: str, **names: Any) -> str:
    """Say it in the languages that were asked for."""
    return " / ".join(WORDS[word][language] % names for language in LANGUAGES)


class Broken(Exception):
    """A member that cannot even be read; the text names it."""


class Pack:
    """The unpacked files."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.entries: list[dict[str, Any]] = []

    def path(self, name: str) -> Path:
        """Give where a member lies; Broken for one that would lie elsewhere."""
        if "\\" in name or any(part in ("", ".", "..") for part in name.split("/")):
            raise Broken(name)
        return self.folder / name

    def text(self, name: str) -> str:
        """Read a member of text."""
        try:
            return self.path(name).read_text("utf-8")
        except (OSError, ValueError) as error:
            raise Broken(f"{name} ({error})") from error

    def read(self, name: str) -> Any:
        """Read a member of JSON."""
        try:
            return json.loads(self.text(name))
        except ValueError as error:
            raise Broken(f"{name} ({error})") from error

    def sha256(self, name: str) -> str:
        """Hash a member; empty for one that is missing."""
        digest = hashlib.sha256()
        try:
            with self.path(name).open("rb") as file:
                for chunk in iter(lambda: file.read(1 << 20), b""):
                    digest.update(chunk)
        except (OSError, Broken):
            return ""
        return digest.hexdigest()

    def members(self) -> list[str]:
        """Name everything that lies in the folder."""
        found = (path for path in self.folder.rglob("*") if path.is_symlink() or not path.is_dir())
        return sorted(path.relative_to(self.folder).as_posix() for path in found)


def check_sums(pack: Pack) -> Iterator[str]:
    """Compare every file with SHA256SUMS, and look for files that are not in it."""
    lines = pack.text(SUMS).split("\n")
    listed = set()
    for number, line in enumerate(lines[:-1] if lines[-1] == "" else lines, 1):
        found = re.match(r"([0-9a-f]{64})  (.+)\Z", line)
        if found is None:
            yield say("line", name=SUMS, line=number)
            continue
        listed.add(found.group(2))
        real = pack.sha256(found.group(2))
        if not real:
            yield say("missing", name=found.group(2))
        elif real != found.group(1):
            yield say("changed", name=found.group(2))
    for name in pack.members():
        if name not in listed and name != SUMS:
            yield say("unlisted", name=name)


def check_chain(pack: Pack) -> Iterator[str]:
    """Check the trail from its first entry to its head, and the details that are given."""
    prev, last_at, gone, told = "0" * 64, "", set(), set()
    with pack.path("trail.jsonl").open("rb") as file:
        for number, line in enumerate(file, 1):
            row, wrong = _entry(line, number, prev, last_at)
            if wrong:
                yield say(wrong, name="trail.jsonl", line=number)
            if row is None:
                return  # what follows cannot be linked to anything
            prev, last_at = row["hash"], row["entry"]["at"]
            if row["details"] is None and not row.get("withheld"):
                gone.add(number)
            if row["entry"]["verb"] == "trail.redacted":
                told.add(row["entry"]["subject"])
            pack.entries.append(row)
    for number in sorted(gone):
        if f"trail_entry:{number}" not in told:
            yield say("redacted", name="trail.jsonl", line=number)
    head = pack.read("status.json").get("trail_head")
    if head != (_head(pack) if pack.entries else None):
        yield say("head", name="status.json")


def _entry(line: bytes, number: int, prev: str, last_at: str) -> tuple[dict[str, Any] | None, str]:
    """Read one entry and say what is wrong with it."""
    try:
        row = json.loads(line.decode("utf-8"))
        entry, salt, details = row["entry"], row["salt"], row["details"]
        canonical = _canonical(entry)
        holds = sorted(entry) == sorted(ENTRY) and isinstance(row["hash"], str)
        if not holds or set(row) - {"entry", "hash", "salt", "details", "withheld"}:
            return None, "line"
    except (ValueError, KeyError, TypeError):
        return None, "line"
    if hashlib.sha256(canonical).hexdigest() != row["hash"]:
        return row, "entry"
    if entry["no"] != number or entry["prev"] != prev or entry["at"] < last_at:
        return row, "link"
    if (salt is None) != (details is None) or (row.get("withheld") and details is not None):
        return row, "details"
    if details is not None and _salted(salt, details) != entry["details"]:
        return row, "details"
    return row, ""


def _canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _salted(salt: Any, details: Any) -> str:
    try:
        return hashlib.sha256(bytes.fromhex(salt) + _canonical(details)).hexdigest()
    except (ValueError, TypeError):
        return ""


def _head(pack: Pack) -> dict[str, Any]:
    last = pack.entries[-1]
    return {"no": last["entry"]["no"], "hash": last["hash"]}


def check_noted(pack: Pack, checkpoint: str) -> Iterator[str]:
    """Compare the trail with a number and a hash that were noted down earlier."""
    found = re.match(r"\s*([0-9]{1,15})\s+([0-9a-f]{16,64})\s*\Z", checkpoint.lower())
    number = int(found.group(1)) if found else 0
    hashes = {row["entry"]["no"]: row["hash"] for row in pack.entries}
    if found is None or not hashes.get(number, "").startswith(found.group(2)):
        yield say("checkpoint", name="trail.jsonl", line=number)
