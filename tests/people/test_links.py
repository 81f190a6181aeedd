"""One-time links: who may make them, what uses them up, what they never do."""

from datetime import timedelta
from typing import Any

import pytest

from isms.core.errors import Conflict, Invalid
from isms.core.permissions import CONSOLE, Role
from isms.people import links, rules, sessions, signin
from isms.people.links import LinkGone
from isms.people.models import Link, Person
from isms.people.sessions import Visitor
from tests.factories import NOW, PASSWORD, actor, person
from tests.races import race, won

OFFICE = Visitor("192.0.2.10", "Mozilla/5.0")
NEW_PASSWORD = "紺の傘 歩く梯子 しじみ汁"
HOUR = timedelta(hours=1)


def link(who: Person, purpose: str = "invite", now: Any = NOW) -> str:
    return links.make_link(who, purpose, by=CONSOLE, now=now)


def use(token: str, now: Any = NOW) -> signin.Entered:
    return signin.choose_password(token, NEW_PASSWORD, OFFICE, now=now)


def test_an_invitation_lets_staff_choose_a_password_and_in(db: Any) -> None:
    who = person(password=None)
    entered = use(link(who))
    assert entered.missing == ""
    assert signin.sign_in(who.number, NEW_PASSWORD, OFFICE, now=NOW).token


def test_an_officer_who_was_invited_sets_up_the_second_step_next(db: Any) -> None:
    assert use(link(person(password=None, roles=[Role.OFFICER]))).missing == "enrol"


def test_a_reset_never_switches_the_second_step_off(db: Any) -> None:
    who = person(totp=True)
    assert use(link(who, "reset")).missing == "code"
    assert signin.sign_in(who.number, NEW_PASSWORD, OFFICE, now=NOW).missing == "code"


def test_a_link_from_the_console_signs_in_whole(db: Any) -> None:
    for who in (person(roles=[Role.OFFICER]), person(totp=True), person(password=None)):
        entered = signin.enter_by_link(link(who, "signin"), OFFICE, now=NOW)
        found = sessions.identify(entered.token, NOW)
        assert found is not None
        assert found.whole


def test_only_the_console_makes_links_that_sign_in(db: Any) -> None:
    administrator = person(roles=[Role.ADMINISTRATOR])
    with pytest.raises(ValueError, match="signin"):
        links.make_link(person(), "signin", by=actor(administrator), now=NOW)


def test_a_weak_password_does_not_use_the_link_up(db: Any) -> None:
    token = link(person(password=None))
    with pytest.raises(Invalid) as refused:
        signin.choose_password(token, "password1234", OFFICE, now=NOW)
    assert set(refused.value.fields) == {"password"}
    assert use(token).token


def test_attack_20_looking_changes_nothing(db: Any) -> None:
    token = link(person())
    before = list(Link.select().dicts())
    for _ in range(10):
        assert links.look(token, NOW).purpose == "invite"
    assert list(Link.select().dicts()) == before
    assert use(token).token


def test_attack_21_a_link_works_once(db: Any) -> None:
    token = link(person())
    use(token)
    with pytest.raises(LinkGone):
        use(token)


def test_attack_21_each_purpose_has_its_own_door(db: Any) -> None:
    who = person()
    for purpose in ("invite", "reset"):
        with pytest.raises(LinkGone):
            signin.enter_by_link(link(who, purpose), OFFICE, now=NOW)
    with pytest.raises(LinkGone):
        use(link(who, "signin"))


@pytest.mark.parametrize(("purpose", "life"), [("invite", 168 * HOUR), ("reset", 24 * HOUR), ("signin", HOUR)])
def test_attack_21_a_link_dies_at_its_hour(db: Any, purpose: str, life: timedelta) -> None:
    token = link(person(), purpose)
    assert links.look(token, NOW + life - timedelta(seconds=1)).purpose == purpose
    with pytest.raises(LinkGone):
        links.look(token, NOW + life)


def test_attack_21_a_newer_link_kills_the_older(db: Any) -> None:
    who = person()
    older, newer = link(who), link(who, "reset")
    with pytest.raises(LinkGone):
        links.look(older, NOW)
    assert links.look(newer, NOW).person == who


def test_attack_21_after_a_new_password_open_links_are_void(db: Any) -> None:
    who = person()
    token = link(who, "reset")
    here = sessions.identify(signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW).token, NOW)
    assert here is not None
    signin.change_password(here, PASSWORD, NEW_PASSWORD, OFFICE, now=NOW)
    with pytest.raises(LinkGone):
        links.look(token, NOW)


def test_attack_21_a_link_of_another_installation_or_made_up(db: Any) -> None:
    link(person())
    for token in ("", "x", "A" * 43, "ソ", "\ud800", "x" * 10_000):
        with pytest.raises(LinkGone):
            links.look(token, NOW)


def test_attack_21_who_has_left_is_let_in_by_no_link(db: Any) -> None:
    who = person()
    token = link(who, "signin")
    rules.change_person(who.id, to_day=NOW.date() - timedelta(days=1), by=CONSOLE, now=NOW)
    with pytest.raises(LinkGone):
        signin.enter_by_link(token, OFFICE, now=NOW)
    with pytest.raises(Conflict):
        link(rules.get_person(who.id))


@pytest.mark.parametrize("_round", range(3))
def test_attack_21_of_two_clicks_at_once_one_wins(db: Any, _round: int) -> None:
    signs, chooses = link(person(), "signin"), link(person())
    assert won(race(*[lambda: signin.enter_by_link(signs, OFFICE, now=NOW)] * 2)) == 1
    assert won(race(*[lambda: use(chooses)] * 2)) == 1
