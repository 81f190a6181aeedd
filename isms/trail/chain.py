"""The format of the trail, version 1. It can never change: `docs/trail.md` gives it to outsiders.

An entry is `{"v":1,"no","at","actor","verb","subject","details","prev"}` in RFC 8785 canonical bytes;
`hash` is SHA-256 of them, `prev` the hash before (64 zeros for the first). `details` is SHA-256 of 16 random
salt bytes followed by the canonical bytes of the details object. Pure functions; no database.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import rfc8785

from isms.core.errors import Invalid
from isms.core.words import gettext

FIRST_PREV = "0" * 64
LARGEST = 2**53 - 1


@dataclass(frozen=True)
class Entry:
    """The hashed part of an entry; `details` is the salted hash of the details, not the details."""

    no: int
    at: str
    actor: str
    verb: str
    subject: str
    details: str
    prev: str
    v: int = 1

    def canonical(self) -> bytes:
        """Give the bytes that are hashed."""
        return rfc8785.dumps(asdict(self))

    def hash(self) -> str:
        """Give the entry's hash, lower-case hex."""
        return hashlib.sha256(self.canonical()).hexdigest()


def details_bytes(details: dict[str, Any]) -> bytes:
    """Give the canonical bytes of a details object; raises Invalid for what a chain cannot hold.

    Refused: floats, integers of 2^53 and more, lone surrogates, keys that are no text, other types.
    """
    _check(details)
    return rfc8785.dumps(details)


def details_hash(salt: bytes, canonical: bytes) -> str:
    """Give the salted hash that stands in the entry for its details."""
    return hashlib.sha256(salt + canonical).hexdigest()


def _check(value: Any) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, int) and abs(value) <= LARGEST:
        return
    if isinstance(value, str) and not any("\ud800" <= c <= "\udfff" for c in value):
        return
    if isinstance(value, list | tuple):
        for item in value:
            _check(item)
        return
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        for key, item in value.items():
            _check(key)
            _check(item)
        return
    raise Invalid(gettext("記録できない値が含まれています（小数、大きすぎる数、壊れた文字など）。"))
