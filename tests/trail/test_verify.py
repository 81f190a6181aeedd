"""Whatever is changed behind the app's back, `verify` names the entry (attack 52)."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isms.core.errors import Invalid
from isms.trail import chain, redactions, rules
from isms.trail.models import TrailEntry
from isms.trail.stored import COLUMNS, stored
from isms.trail.verify import Damage, read_checkpoint, verify
from tests.trail.entries import APPROVER, NOW, OFFICER, change, details, remove_triggers, write

BYTES = {
    "at": "2026-11-21 03:04:05.000006Z",  # the same moment, one byte changed
    "actor": "consolf",
    "verb": "thing.dome",
    "subject": "thing:2",
    "details_hash": "0" * 64,
    "prev": "0" * 64,
    "hash": "0" * 64,
    "salt": "0" * 32,
    "details": '{"n":8}',
}


def named(**more: Any) -> list[int]:
    """Give the numbers that verify names."""
    return [damage.no for damage in verify(**more)]


@pytest.fixture
def five(db: Any) -> Any:
    """Have five entries and no triggers."""
    write(*({"n": n, "山": "川"} for n in range(5)))
    remove_triggers()
    assert named() == []
    return db


@pytest.mark.parametrize("column", BYTES)
@pytest.mark.parametrize("no", [1, 3, 5])
def test_a_changed_column(five: Any, no: int, column: str) -> None:
    change(no, **{column: BYTES[column]})
    if column == "prev" and no == 1:
        return  # that is what it was
    assert named() == [no]
    assert named(tail_only=True) == [no]


def test_every_column_is_tried() -> None:
    assert set(BYTES) == {column.name for column in COLUMNS} - {"no"}


def test_a_changed_number(five: Any) -> None:
    change(3, no=9)
    assert named() == [3, 6, 9]  # missing in its place, a gap before the new one, and no such entry there


def test_the_salt_in_capitals(five: Any) -> None:
    salt = TrailEntry.get(TrailEntry.no == 2).salt
    change(2, salt="AB" + salt[2:])
    assert named() == [2]


def test_a_removed_entry(five: Any) -> None:
    five.execute_sql("DELETE FROM trail_entry WHERE no = 3")
    assert list(verify()) == [Damage(3, "この号がありません。")]


def test_a_removed_beginning(five: Any) -> None:
    five.execute_sql("DELETE FROM trail_entry WHERE no <= 2")
    assert named() == [1]


def test_two_swapped(five: Any) -> None:
    change(2, no=90)
    change(3, no=2)
    change(90, no=3)
    assert named() == [2, 3, 4]  # 4 follows neither


def test_an_inserted_entry(five: Any) -> None:
    change(5, no=6)
    forge(5, prev=TrailEntry.get(TrailEntry.no == 4).hash)
    assert named() == [6]


def forge(no: int, **columns: Any) -> None:
    """Write an entry that is whole in itself; what is not given is taken from the one that stands there or next."""
    row = next(stored(no))
    TrailEntry.delete().where(TrailEntry.no == no).execute()
    kept = {**row._asdict(), "no": no, **columns}
    text = kept["details"]
    kept["details_hash"] = chain.details_hash(bytes.fromhex(kept["salt"]), text.encode())
    kept["hash"] = type(row)(**kept).computed_hash()
    TrailEntry.insert(**kept).execute()


def test_one_entry_computed_anew_no_longer_links(five: Any) -> None:
    forge(3, details='{"n":99}')
    assert named() == [4]


def test_a_chain_computed_anew_needs_a_checkpoint(five: Any) -> None:
    """The chain alone cannot show this: docs/trail.md says so."""
    head = rules.head()
    assert head is not None
    paper = (5, head.hash)
    for no in range(3, 6):
        forge(no, details='{"n":99}', prev=TrailEntry.get(TrailEntry.no == no - 1).hash)
    assert named() == []
    assert named(checkpoint=paper) == [5]
    assert named(checkpoint=(2, TrailEntry.get(TrailEntry.no == 2).hash)) == []  # a checkpoint proves what is before it


def test_a_tail_cut_off_needs_a_checkpoint(five: Any) -> None:
    head = rules.head()
    assert head is not None
    assert named(checkpoint=(5, head.hash)) == []
    five.execute_sql("DELETE FROM trail_entry WHERE no > 3")
    assert named() == []
    assert named(checkpoint=(5, head.hash)) == [5]
    assert named(checkpoint=(5, head.hash[:16])) == [5]
    assert named(checkpoint=(3, TrailEntry.get(TrailEntry.no == 3).hash[:16])) == []


def test_everything_gone(five: Any) -> None:
    five.execute_sql("DELETE FROM trail_entry")
    assert named() == []
    assert named(checkpoint=(5, "0" * 64)) == [5]


def test_a_falling_time(five: Any) -> None:
    write({})
    forge(6, at="2020-01-01T00:00:00.000000Z")
    assert named() == [6]


def test_redaction_is_no_damage_but_silent_redaction_is(five: Any) -> None:
    redactions.propose_redaction(2, reason="a", by=OFFICER, now=NOW)
    redactions.confirm_redaction(2, by=APPROVER, now=NOW)
    assert named() == []
    change(4, salt=None, details=None)  # the triggers would let it pass
    assert list(verify()) == [Damage(4, "詳細が、消去の記録なしに消されています。")]
    assert named(tail_only=True) == [4]


@pytest.mark.parametrize("column", ["salt", "details"])
def test_half_a_redaction(five: Any, column: str) -> None:
    change(3, **{column: None})
    assert named() == [3]


@pytest.mark.parametrize("engine", ["sqlite"])  # PostgreSQL takes no such values
@pytest.mark.parametrize("column", BYTES)
@pytest.mark.parametrize("value", ["CAST(x'e5b1' AS TEXT)", "x'ff'", "7", "0.5"], ids=["utf-8", "blob", "int", "real"])
def test_what_no_text_can_be(five: Any, column: str, value: str) -> None:
    """A byte changed in the file often leaves no text at all; that must not stop the reading."""
    five.execute_sql(f'UPDATE trail_entry SET "{column}" = {value} WHERE no = 3')
    assert named() == [3]


def test_a_damaged_entry_in_a_long_trail(db: Any) -> None:
    """Several batches, and the tail alone."""
    write(*({"n": n} for n in range(4500)))
    remove_triggers()
    change(100, actor="x")
    change(4400, actor="x")
    assert named() == [100, 4400]
    assert named(tail_only=True) == [4400]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(value=details, data=st.data())
def test_any_details_hold_and_any_single_change_is_found(five: Any, value: dict[str, Any], data: Any) -> None:
    no = write(value)
    assert named(tail_only=True) == []
    column = data.draw(st.sampled_from(sorted(BYTES)))
    text = str(getattr(next(stored(no)), column))
    at = data.draw(st.integers(0, len(text) - 1))
    letters = st.characters(exclude_characters="\0" + text[at], exclude_categories=["Cs"])
    change(no, **{column: text[:at] + data.draw(letters) + text[at + 1 :]})
    assert named(tail_only=True) == [no]
    change(no, **{column: text})


def test_checkpoints_are_read_as_printed() -> None:
    assert read_checkpoint(f" 1234  {'AB' * 32}\n") == (1234, "ab" * 32)
    assert read_checkpoint("7 0123456789abcdef") == (7, "0123456789abcdef")
    for text in ("", "7", "7 0123", "x " + "0" * 64, "7 " + "g" * 64, "7 " + "0" * 65):
        with pytest.raises(Invalid):
            read_checkpoint(text)


def test_a_damage_says_its_number() -> None:
    assert str(Damage(12, "a")) == "第12号：a"
    assert str(Damage(0, "a")) == "a"
