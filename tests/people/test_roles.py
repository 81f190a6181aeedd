"""Roles: given, taken, and never the last administrator's."""

from datetime import timedelta
from typing import Any

import pytest

from isms import trail
from isms.core.errors import Conflict, Forbidden, NotFound
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts, rules
from isms.people.actors import actor_of
from isms.trail.verify import verify
from tests.factories import NOW, actor, person
from tests.races import race, won

LATER = NOW + timedelta(days=1)


def administrators() -> set[int]:
    return {grant.person_id for grant in accounts.administrators(LATER)}


def test_a_role_counts_from_the_second_it_is_given_until_it_is_taken(db: Any) -> None:
    who = person()
    accounts.grant_role(who.id, Role.APPROVER, by=CONSOLE, now=NOW)
    assert Role.APPROVER in actor_of(who, NOW).roles
    assert Role.APPROVER not in actor_of(who, NOW - timedelta(seconds=1)).roles
    accounts.end_role(who.id, Role.APPROVER, by=CONSOLE, now=LATER)
    assert Role.APPROVER not in actor_of(who, LATER).roles
    last = trail.head()
    assert last is not None
    assert last.verb == "role.ended"
    assert list(verify()) == []


def test_twice_given_or_taken_is_refused(db: Any) -> None:
    who = person(roles=[Role.AUDITOR])
    with pytest.raises(Conflict):
        accounts.grant_role(who.id, Role.AUDITOR, by=CONSOLE, now=NOW)
    with pytest.raises(NotFound):
        accounts.end_role(who.id, Role.OFFICER, by=CONSOLE, now=NOW)
    with pytest.raises(NotFound):
        accounts.grant_role(10_000, Role.OFFICER, by=CONSOLE, now=NOW)


def test_who_is_not_administrator_gives_and_takes_nothing(db: Any) -> None:
    officer, who = person(roles=[Role.OFFICER]), person(roles=[Role.AUDITOR])
    with pytest.raises(Forbidden):
        accounts.grant_role(who.id, Role.OFFICER, by=actor(officer), now=NOW)
    with pytest.raises(Forbidden):
        accounts.end_role(who.id, Role.AUDITOR, by=actor(officer), now=NOW)


def test_the_last_administrator_can_neither_be_demoted_nor_leave(db: Any) -> None:
    only = person(roles=[Role.ADMINISTRATOR])
    with pytest.raises(Conflict):
        accounts.end_role(only.id, Role.ADMINISTRATOR, by=actor(only), now=NOW)
    with pytest.raises(Conflict):
        rules.change_person(only.id, to_day=NOW.date(), by=CONSOLE, now=NOW)
    second = person(roles=[Role.ADMINISTRATOR])
    rules.change_person(only.id, to_day=LATER.date(), by=CONSOLE, now=NOW)
    with pytest.raises(Conflict):  # the other one leaves tomorrow, and is no help after that
        rules.change_person(second.id, to_day=LATER.date(), by=CONSOLE, now=NOW)


@pytest.mark.parametrize("_round", range(5))
def test_attack_11_two_administrators_demote_each_other_at_once(db: Any, _round: int) -> None:
    a, b = person(roles=[Role.ADMINISTRATOR]), person(roles=[Role.ADMINISTRATOR])
    by_a, by_b = actor(a), actor(b)
    results = race(
        lambda: accounts.end_role(b.id, Role.ADMINISTRATOR, by=by_a, now=LATER),
        lambda: accounts.end_role(a.id, Role.ADMINISTRATOR, by=by_b, now=LATER),
    )
    assert won(results) == 1
    assert len(administrators()) == 1


def test_attack_11_also_when_a_third_one_would_remain(db: Any) -> None:
    a, b, c = (person(roles=[Role.ADMINISTRATOR]) for _ in range(3))
    by_a, by_b = actor(a), actor(b)
    results = race(
        lambda: accounts.end_role(b.id, Role.ADMINISTRATOR, by=by_a, now=LATER),
        lambda: accounts.end_role(a.id, Role.ADMINISTRATOR, by=by_b, now=LATER),
    )
    assert won(results) == 1
    assert len(administrators()) == 2
    assert c.id in administrators()


def test_attack_11_two_last_administrators_leave_at_once(db: Any) -> None:
    a, b = person(roles=[Role.ADMINISTRATOR]), person(roles=[Role.ADMINISTRATOR])
    results = race(
        lambda: rules.change_person(a.id, to_day=NOW.date(), by=CONSOLE, now=NOW),
        lambda: rules.change_person(b.id, to_day=NOW.date(), by=CONSOLE, now=NOW),
    )
    assert won(results) == 1
    assert len(administrators()) == 1
