"""Entries as the database holds them, not as fields make them: any changed byte is seen, none stops the reading."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from isms.core.database import STORAGE_ERRORS, db
from isms.trail import chain
from isms.trail.models import TrailEntry

T = TypeVar("T")
BATCH = 2000


class Stored(NamedTuple):
    """A row; all but the number are None when it cannot be read."""

    no: int
    at: Any = None
    actor: Any = None
    verb: Any = None
    subject: Any = None
    details_hash: Any = None
    prev: Any = None
    hash: Any = None
    salt: Any = None
    details: Any = None

    def entry(self) -> chain.Entry:
        """Give the hashed part."""
        return chain.Entry(self.no, self.at, self.actor, self.verb, self.subject, self.details_hash, self.prev)

    def computed_hash(self) -> str:
        """Give the hash that the row should have; empty for what cannot be an entry."""
        try:
            return self.entry().hash()
        except ValueError:
            return ""

    def details_hold(self) -> bool:
        """Tell whether salt and details are those that were hashed, or were both redacted."""
        if self.salt is None or self.details is None:
            return self.salt is self.details
        try:
            salt = bytes.fromhex(self.salt)
            whole = chain.details_hash(salt, self.details.encode())
            return salt.hex() == self.salt and whole == self.details_hash  # fromhex reads capitals and blanks too
        except (ValueError, TypeError, AttributeError):
            return False

    def read_details(self) -> Any:
        """Give the details; the raw text where they are no JSON, None where they were redacted."""
        try:
            return None if self.details is None else json.loads(self.details)
        except (ValueError, TypeError):
            return self.details


COLUMNS = [getattr(TrailEntry, name) for name in Stored._fields]


def stored(first: int = 1) -> Iterator[Stored]:
    """Give the entries from a number on, oldest first."""
    while numbers := _numbers(first):
        yield from readable(numbers, _rows, Stored)
        first = numbers[-1] + 1


def readable(numbers: Sequence[int], read: Callable[[Sequence[int]], list[T]], broken: Callable[[int], T]) -> list[T]:
    """Read rows by their rising numbers; one that cannot be read becomes `broken`, found by halving."""
    try:
        return read(numbers)
    except (ValueError, *STORAGE_ERRORS) as error:
        # ValueError: a date that is none, bytes that are no UTF-8; SQLite's driver has no error of its own for these.
        if not isinstance(error, ValueError) and "could not decode" not in str(error).lower():
            raise
        if len(numbers) == 1:
            return [broken(numbers[0])]
    middle = len(numbers) // 2
    return readable(numbers[:middle], read, broken) + readable(numbers[middle:], read, broken)


def _numbers(first: int) -> list[int]:
    query = TrailEntry.select(TrailEntry.no).where(TrailEntry.no >= first).order_by(TrailEntry.no).limit(BATCH)
    return [no for (no,) in db.execute(query)]


def _rows(numbers: Sequence[int]) -> list[Stored]:
    query = TrailEntry.select(*COLUMNS).where(TrailEntry.no.between(numbers[0], numbers[-1])).order_by(TrailEntry.no)
    return [Stored(*row) for row in db.execute(query)]


def export_line(row: Stored) -> str:
    """Give an entry as one line of the export: entry, hash, salt and details (null when redacted)."""
    whole = {"entry": vars(row.entry()), "hash": row.hash, "salt": row.salt, "details": row.read_details()}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":"), default=repr)


def export() -> Iterator[str]:
    """Give the whole trail as lines of JSON, oldest first."""
    return (export_line(row) for row in stored())
