"""The trail as rules see it: entries chain, only what can be held is taken, nothing else can be done to them."""

import hashlib
import json
from typing import Any

import peewee
import pytest
import rfc8785
from hypothesis import given

from isms.core.database import atomic
from isms.core.errors import Invalid
from isms.core.permissions import CONSOLE
from isms.trail import chain, kinds, rules
from isms.trail.models import TrailEntry
from tests.trail.entries import NOW, details, kinds_of, write

BAD = {
    "a float": 0.5,
    "2^53": 2**53,
    "-2^53": -(2**53),
    "a lone surrogate": "\ud83d",
    "NUL": "a\0b",
    "bytes": b"a",
    "a date": NOW,
    "a number as key": {1: "a"},
    "a lone surrogate in a key": {"\ude00": 1},
    "a key beyond U+FFFF": {"𠮷": 1},
    "a float deep down": [{"a": [None, {"b": 1.0}]}],
    "a set": {1},
}


def test_entries_chain(db: Any) -> None:
    """Recomputed with nothing but hashlib and json, as an outsider would."""
    write({"name": "山田"}, {"n": 1})
    prev = "0" * 64
    for no, row in enumerate(TrailEntry.select().order_by(TrailEntry.no).dicts(), 1):
        salted = bytes.fromhex(row["salt"]) + row["details"].encode()
        entry = {
            "v": 1,
            "no": no,
            "at": "2026-11-21T03:04:05.000006Z",
            "actor": "console",
            "verb": "thing.done",
            "subject": "thing:1",
            "details": hashlib.sha256(salted).hexdigest(),
            "prev": prev,
        }
        plain = json.dumps(entry, sort_keys=True, separators=(",", ":")).encode()
        assert row["hash"] == hashlib.sha256(plain).hexdigest()
        assert row["prev"] == prev
        assert len(row["salt"]) == 32
        prev = row["hash"]
    assert rules.head_number() == 2


def test_salts_differ(db: Any) -> None:
    write({"a": 1}, {"a": 1})
    first, second = TrailEntry.select()
    assert first.salt != second.salt
    assert first.details_hash != second.details_hash


@given(details)
def test_canonical_bytes_are_those_of_the_standard_library(value: dict[str, Any]) -> None:
    """What docs/trail.md tells outsiders: RFC 8785 and json.dumps agree on all that the trail takes."""
    plain = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert chain.details_bytes(value) == plain.encode() == rfc8785.dumps(value)


def test_why_keys_end_at_ffff() -> None:
    """UTF-16 and code points order such keys differently, which is why they are refused."""
    keys = {"\uff21": 1, "𠮷": 2}
    assert rfc8785.dumps(keys) != json.dumps(keys, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_what_cannot_be_held_is_refused_before_anything_is_written(db: Any, value: Any) -> None:
    with pytest.raises(Invalid), atomic():
        rules.record_many(
            CONSOLE,
            [rules.Change("thing.done", "thing:1", {"a": 1}), rules.Change("thing.done", "thing:1", {"a": value})],
            NOW,
        )
    assert rules.head_number() == 0


def test_a_refusal_writes_nothing_even_if_somebody_catches_it(db: Any) -> None:
    with atomic():
        with pytest.raises(Invalid):
            rules.record(CONSOLE, "thing.done", "thing:1", NOW, a=1.5)
        assert rules.head_number() == 0


def test_too_deep_is_refused() -> None:
    deep: Any = None
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Invalid):
        chain.details_bytes({"a": deep})


def test_undeclared_verbs_and_missing_transactions_are_mistakes_of_the_code(db: Any) -> None:
    with pytest.raises(RuntimeError, match="not declared"), atomic():
        rules.record(CONSOLE, "thing.unheard_of", "thing:1", NOW)
    with pytest.raises(RuntimeError, match="transaction"):
        rules.record(CONSOLE, "thing.done", "thing:1", NOW)


CHANGES = [
    *(f"UPDATE trail_entry SET {c} = 'x' WHERE no = 2" for c in ("at", "actor", "verb", "subject", "prev", "hash")),
    "UPDATE trail_entry SET details_hash = 'x'",
    "UPDATE trail_entry SET no = 7 WHERE no = 2",
    "UPDATE trail_entry SET details = '{}' WHERE no = 1",
    "UPDATE trail_entry SET salt = NULL WHERE no = 1",
    "UPDATE trail_entry SET details = NULL WHERE no = 1",
    "UPDATE trail_entry SET salt = NULL, details = NULL, actor = 'x' WHERE no = 1",
    "DELETE FROM trail_entry WHERE no = 2",
    "DELETE FROM trail_entry",
]
ON_ONE = {
    "sqlite": [
        "INSERT OR REPLACE INTO trail_entry VALUES (2, 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x', 'x')",
        "UPDATE trail_entry SET rowid = 9 WHERE no = 2",
    ],
    "postgresql": [
        "TRUNCATE trail_entry",
        "INSERT INTO trail_entry SELECT * FROM trail_entry WHERE no = 1 ON CONFLICT (no) DO UPDATE SET actor = 'x'",
    ],
}


def test_triggers_refuse_every_change(db: Any, engine: str) -> None:
    write({}, {}, {})
    before = list(TrailEntry.select().order_by(TrailEntry.no).tuples())
    for change in CHANGES + ON_ONE[engine]:
        with pytest.raises(peewee.DatabaseError, match="append-only"):
            db.execute_sql(change)
    assert list(TrailEntry.select().order_by(TrailEntry.no).tuples()) == before


def test_the_one_change_is_both_columns_to_null(db: Any) -> None:
    write({"a": 1})
    db.execute_sql("UPDATE trail_entry SET salt = NULL, details = NULL WHERE no = 1")
    assert TrailEntry.get().details is None
    with pytest.raises(peewee.DatabaseError, match="append-only"):
        db.execute_sql("UPDATE trail_entry SET salt = '00', details = '{}' WHERE no = 1")


def test_a_new_epoch_quotes_what_was_lost(db: Any) -> None:
    write({})
    head = rules.head()
    assert head is not None
    rules.begin_epoch(lost={"no": 9, "hash": "f" * 64}, now=NOW)
    newest = rules.get_entry(2)
    assert newest.verb == "trail.epoch_begun"
    assert rules.details_of(newest) == {
        "last_known": {"no": 9, "hash": "f" * 64},
        "restored": {"no": 1, "hash": head.hash},
    }


def test_names_take_one_query_a_kind(db: Any) -> None:
    asked: list[list[int]] = []

    def names(ids: list[int]) -> dict[int, str]:
        asked.append(ids)
        return {number: f"もの{number}" for number in ids if number != 3}

    with kinds_of(thing=kinds.Kind(names)):
        found = kinds.names(["thing:2", "thing:1", "thing:3", "thing:²", "thing:", "other:1", "console", "thing:2"])
    assert asked == [[1, 2, 3]]
    assert found["thing:1"] == "もの1"
    assert found["thing:3"] == "thing:3"
    assert found["thing:²"] == "thing:²"
    assert found["other:1"] == "other:1"
    assert found["console"] == "サーバーの操作者"
