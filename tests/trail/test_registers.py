"""Rows of the registers that were changed behind the app's back are found by what the trail says of them."""

from threading import Event, Thread
from typing import Any

import pytest

from isms import load_rooms
from isms.core.database import db, is_sqlite
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts
from isms.people import rules as people_rules
from isms.people.models import Person, RoleGrant
from isms.trail import redactions, rules
from isms.trail.verify import verify
from tests import factories
from tests.trail.entries import APPROVER, NOW, OFFICER, change, remove_triggers

load_rooms()


@pytest.fixture
def person(db: Any) -> Person:
    """Have a person, changed once, with a role."""
    made = factories.person("架空 花子", roles=[Role.OFFICER])
    factories.department("架空課")
    people_rules.change_person(
        made.id, **{**values(made), "name": "架空 華子"}, by=OFFICER, now=NOW, version=made.version
    )
    assert told() == []
    return made


def values(person: Person) -> dict[str, Any]:
    return {
        name: getattr(person, name) for name in ("number", "name", "kana", "mail", "employment", "from_day", "to_day")
    }


def told() -> list[tuple[int, str]]:
    return [(damage.no, damage.reason) for damage in verify()]


def newest(subject: str) -> int:
    return max(row.no for row in rules.entries() if row.subject == subject)


@pytest.mark.parametrize(
    ("column", "value"),
    [("name", "架空 太郎"), ("mail", "x@example.example"), ("from_day", "2020-04-02"), ("to_day", "2027-03-31")],
)
def test_a_changed_row(person: Person, column: str, value: str) -> None:
    """Also a column that no entry ever gave a value: it was recorded as empty."""
    Person.update(**{column: value}).where(Person.id == person.id).execute()
    assert told() == [(newest(f"person:{person.id}"), f"person:{person.id} の行が、記録と違います。")]


def test_a_removed_row(person: Person) -> None:
    RoleGrant.delete().execute()
    assert told() == [(newest("role_grant:1"), "role_grant:1 の行が、記録なしに消されています。")]


def test_an_added_row(person: Person) -> None:
    """Who can write into the database makes himself an administrator: no entry says so."""
    RoleGrant.create(person=person.id, role="administrator", from_at=NOW)
    assert told() == [(0, "role_grant:2 の行が、記録なしに加えられています。")]


def test_an_ended_role_revived(person: Person) -> None:
    accounts.end_role(person.id, Role.OFFICER, by=CONSOLE, now=NOW)
    assert told() == []
    RoleGrant.update(to_at=None).where(RoleGrant.id == 1).execute()
    assert told() == [(newest("role_grant:1"), "role_grant:1 の行が、記録と違います。")]


def test_a_row_that_cannot_be_read(person: Person) -> None:
    if is_sqlite():
        person._meta.database.execute_sql("UPDATE person SET name = CAST(x'e5b1' AS TEXT)")
    else:
        RoleGrant.update(from_at="2026-99-99").execute()
    assert len(told()) == 1


def test_after_a_redaction_there_is_nothing_to_compare(person: Person) -> None:
    no = newest(f"person:{person.id}")
    redactions.propose_redaction(no, reason="a", by=OFFICER, now=NOW)
    redactions.confirm_redaction(no, by=APPROVER, now=NOW)
    assert told() == []


def test_a_damaged_entry_does_not_stop_the_comparison(person: Person) -> None:
    remove_triggers()
    change(1, details="{")
    assert [no for no, _ in told()] == [1]


def test_verify_sees_one_moment_while_others_write(person: Person) -> None:
    """A row that changed after its entries were read would look as if nobody had recorded it."""
    over, written = Event(), [0]

    def write() -> None:
        with db.connection_context():
            while not over.is_set():
                factories.department()
                written[0] += 1

    writer = Thread(target=write)
    writer.start()
    try:
        for _ in range(30):
            assert told() == []
    finally:
        over.set()
        writer.join()
    assert written[0] > 10
