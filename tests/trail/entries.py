"""Entries to test with, and ways to change them behind the app's back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from isms.core.database import atomic, db, is_sqlite
from isms.core.permissions import CONSOLE, Actor, Role
from isms.trail import kinds, rules

NOW = datetime(2026, 11, 21, 3, 4, 5, 6, UTC)
OFFICER = Actor("person:1", person_id=1, roles=frozenset({Role.OFFICER, Role.STAFF}))
APPROVER = Actor("person:2", person_id=2, roles=frozenset({Role.APPROVER, Role.STAFF}))

kinds.verb("thing.done", "thing.done")
kinds.verb("thing.told", "thing.told", personal=True)

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
keys = st.text(st.characters(max_codepoint=0xFFFF, exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | whole | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)
details = st.dictionaries(keys, values, max_size=5)


def write(*details: dict[str, Any], verb: str = "thing.done", subject: str = "thing:1", now: datetime = NOW) -> int:
    """Add an entry for each of the details; gives the last number."""
    with atomic():
        return rules.record_many(CONSOLE, [rules.Change(verb, subject, one) for one in details], now)


def remove_triggers() -> None:
    """Do what an attacker with the database does first."""
    if not is_sqlite():
        db.execute_sql("ALTER TABLE trail_entry DISABLE TRIGGER USER")
        return
    triggers = db.execute_sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'trail_entry'")
    for (name,) in triggers.fetchall():
        db.execute_sql(f'DROP TRIGGER "{name}"')


def change(which: int, /, **columns: Any) -> None:
    """Change columns of an entry without asking anybody."""
    for name, value in columns.items():
        mark = db.param
        db.execute_sql(f'UPDATE trail_entry SET "{name}" = {mark} WHERE no = {mark}', (value, which))


@contextmanager
def kinds_of(**more: kinds.Kind) -> Iterator[None]:
    """Have other kinds of subjects inside the block."""
    before = dict(kinds.KINDS)
    kinds.KINDS.update(more)
    yield
    kinds.KINDS.clear()
    kinds.KINDS.update(before)
