"""The format of the trail, version 1. It can never change: `docs/trail.md` gives it to outsiders.

An entry is `{"v":1,"no","at","actor","verb","subject","details","prev"}` in RFC 8785 canonical bytes;
`hash` is SHA-256 of them, `prev` the hash before (64 zeros for the first). `details` is SHA-256 of 16 random
salt bytes followed by the canonical bytes of the details object. Pure functions; no database.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import rfc8785

from isms.core.errors import Invalid
from isms.core.words import gettext

FIRST_PREV = "0" * 64
LARGEST = 2**53 - 1
DEEPEST = 32  # objects and lists inside one another
UNHOLDABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL holds no NUL, UTF-8 no lone surrogate
# RFC 8785 sorts keys by UTF-16 code units. Up to U+FFFF that is the order of code points, which every JSON library can do.
BEYOND_KEY = re.compile("[^\u0001-\ud7ff\ue000-\uffff]")


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
        return rfc8785.dumps(vars(self))

    def hash(self) -> str:
        """Give the entry's hash, lower-case hex."""
        return hashlib.sha256(self.canonical()).hexdigest()


def details_bytes(details: dict[str, Any]) -> bytes:
    """Give the canonical bytes of a details object; raises Invalid for what a chain cannot hold.

    Refused: floats, integers of 2^53 and more, NUL, lone surrogates, keys that are no text or go beyond U+FFFF,
    more than 32 levels, other types.
    """
    if not _holdable(details, DEEPEST):
        raise Invalid(gettext("記録できない値が含まれています（小数、大きすぎる数、壊れた文字など）。"))
    return rfc8785.dumps(details)


def details_hash(salt: bytes, canonical: bytes) -> str:
    """Give the salted hash that stands in the entry for its details."""
    return hashlib.sha256(salt + canonical).hexdigest()


def _holdable(value: Any, depth: int) -> bool:
    if isinstance(value, str):
        return not UNHOLDABLE.search(value)
    if isinstance(value, int):
        return abs(value) <= LARGEST
    if depth == 0:
        return value is None
    if isinstance(value, dict):
        return all(_is_key(key) and _holdable(item, depth - 1) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(_holdable(item, depth - 1) for item in value)
    return value is None


def _is_key(key: Any) -> bool:
    return isinstance(key, str) and not BEYOND_KEY.search(key)
