"""What a backup file is: a zip of stored members, and a manifest that tells the hash and size of each.

`tables/<name>.jsonl` holds a table's rows, one JSON list a line; `files/…` the stored files; `manifest.json` comes last.
Members are not compressed: the file claims no byte that it does not hold, so it cannot be a bomb.
"""

import base64
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from peewee import DatabaseError

from isms.core.database import db
from isms.core.errors import DomainError
from isms.core.words import gettext
from isms.trail import verify
from isms.trail.models import TrailEntry

FORMAT = "isms-backup"
VERSION = 1
MANIFEST = "manifest.json"
FILES = "files"  # the folder of content-addressed files, in the backup and in the data folder
STORED_FILE = re.compile(r"files/(?:[0-9a-f]{2}/)*[0-9a-f]{64}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
HASH = re.compile(r"[0-9a-f]{64}")
CHUNK = 1 << 20
LONGEST = 128 << 20  # bytes of a row, of the manifest, of the zip's directory

# What is not in a backup, so that a restore revives no session, no link and no half-done work. The migrations' own
# table is written anew by the migrations.
LEFT_OUT = frozenset(
    {
        "schema_migration",
        "form_key",
        "sign_in_session",
        "link",
        "failure",
        "device",
        "import_preview",
        "export_job",
        "mail",  # a restored copy would send again what has long been sent
        "feed",
    }
)


@dataclass(frozen=True)
class Head:
    """The newest entry of a trail."""

    no: int
    hash: str


@dataclass(frozen=True)
class Table:
    """A table in the backup."""

    columns: list[str]
    rows: int


@dataclass(frozen=True)
class Member:
    """A member of the zip; `size` in bytes."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; `damaged` are entries of the trail that did not hold when it was written."""

    made_at: str
    engine: str
    migrations: list[str]
    trail: Head | None
    damaged: list[int] = field(default_factory=list)
    tables: dict[str, Table] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def written(self) -> bytes:
        """Write it as it stands in the file."""
        return json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)}, ensure_ascii=False, indent=1).encode()

    @classmethod
    def read(cls, content: bytes) -> "Manifest":
        """Read what `written` wrote; raises ValueError for anything else."""
        try:
            told = json.loads(content)
            if told.pop("format") != FORMAT:
                raise ValueError("format")
            if told.pop("version") != VERSION:
                raise NewerFormat()
            tables = {name: Table(**table) for name, table in told.pop("tables").items()}
            members = {name: Member(**member) for name, member in told.pop("members").items()}
            head = told.pop("trail")
            head = None if head is None else Head(**head)
            manifest = cls(trail=head, tables=tables, members=members, **told)
            if not manifest._is_sound():
                raise ValueError("a value of another kind")
        except (TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(str(error)) from error
        return manifest

    def _is_sound(self) -> bool:
        """Tell whether every value is of its kind, and tables and members say the same."""
        head = self.trail
        in_members = {name for name in self.members if not STORED_FILE.fullmatch(name)}
        return (
            all(isinstance(text, str) for text in (self.made_at, self.engine))
            and (head is None or (_whole(head.no) and _is_hash(head.hash)))
            and self.migrations != []
            and _all(self.migrations, lambda name: isinstance(name, str))
            and _all(self.damaged, _whole)
            and in_members == {member_of(table) for table in self.tables}
            and all(_whole(member.size) and _is_hash(member.sha256) for member in self.members.values())
            and all(NAME.fullmatch(name) and name not in LEFT_OUT for name in self.tables)
            and all(
                _whole(t.rows) and t.columns != [] and _all(t.columns, NAME.fullmatch) for t in self.tables.values()
            )
        )


class NewerFormat(ValueError):
    """A backup of a later kind than this program knows."""


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and HASH.fullmatch(value) is not None


def _all(values: Any, holds: Callable[[Any], Any]) -> bool:
    return isinstance(values, list) and all(holds(value) for value in values)


def member_of(table: str) -> str:
    """Name the member that holds a table."""
    return f"tables/{table}.jsonl"


def encode(row: Iterable[Any]) -> bytes:
    """Write a row as its line, the same from either engine.

    Text, integers and null as they are; false and true as 0 and 1; days as ISO text; bytes as {"base64": …}.
    """
    return json.dumps([_plain(v) for v in row], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes | memoryview):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a backup cannot hold {type(value).__name__}")


def decode(line: bytes, width: int) -> list[Any]:
    """Read a row of so many columns; raises ValueError for anything that `encode` does not write."""
    try:
        row = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested") from error
    if not isinstance(row, list) or len(row) != width:
        raise ValueError("columns")
    return [_value(value) for value in row]


def _value(value: Any) -> Any:
    if value is None or isinstance(value, str) or type(value) is int:
        return value
    if isinstance(value, dict) and value.keys() == {"base64"} and isinstance(value["base64"], str):
        return base64.b64decode(value["base64"], validate=True)
    raise ValueError("a value of another kind")


@dataclass(frozen=True)
class Summary:
    """What was written or restored; `kept` says where the replaced database is."""

    file: Path
    rows: int
    files: int
    head: Head | None
    kept: str = ""
    epoch: int | None = None

    def __str__(self) -> str:
        head = f"{self.head.no} {self.head.hash}" if self.head else "0"
        lines = [
            gettext(
                "%(file)s：データ %(rows)s 行、ファイル %(files)s 件、操作記録の先頭 %(head)s。",
                file=self.file, rows=self.rows, files=self.files, head=head,
            )
        ]  # fmt: skip
        if self.epoch:
            lines.append(gettext("失われた記録があるため、第%(no)s号から新しい期を始めました。", no=self.epoch))
        if self.kept:
            lines.append(gettext("置き換える前のデータベースは %(kept)s に残しました。", kept=self.kept))
        return " ".join(lines)


class Damaged(DomainError):
    """It was written, or restored, as it was: but the trail, or a stored file, does not hold."""

    status = 503

    def __init__(self, summary: Summary, damages: list[str]) -> None:
        message = gettext(
            "終わりましたが、壊れたものがあります（%(count)s 件）。最初は %(first)s　%(summary)s",
            count=len(damages), first=damages[0], summary=summary,
        )  # fmt: skip
        super().__init__(message)
        self.summary, self.damages = summary, damages


def trail_head() -> Head | None:
    """Give the newest entry of the open database."""
    row = TrailEntry.select(TrailEntry.no, TrailEntry.hash).order_by(TrailEntry.no.desc()).tuples().first()
    return Head(*row) if row else None


def trail_damages(*, current: bool) -> list[verify.Damage]:
    """Verify the whole trail of the open database; unless its schema is current, today's rows only if they can be read."""
    found: list[verify.Damage] = []
    try:
        with db.atomic():
            for damage in verify.verify():
                found.append(damage)  # noqa: PERF402  what was found before an error counts
    except DatabaseError:
        if current:
            raise
    return found


class Progress:
    """Tells on standard error how far a long run is: nothing in the first seconds, then every few."""

    EVERY = 3.0  # seconds

    def __init__(self) -> None:
        self.last = time.monotonic()

    def tell(self, line: str) -> None:
        if time.monotonic() - self.last >= self.EVERY:
            self.last = time.monotonic()
            sys.stderr.write(f"isms: {line}\n")
            sys.stderr.flush()

    def each(self, items: Iterable[Any], name: str, every: int = 1) -> Iterator[Any]:
        """Pass the items on, telling how many have gone by."""
        number = 0
        for number, item in enumerate(items, 1):
            yield item
            if number % every == 0:
                self.tell(f"{name}: {number}")
