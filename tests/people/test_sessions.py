"""Sign-ins kept on the server: their limits, their end, what a stolen table is worth."""

import ast
import hashlib
from datetime import date, timedelta
from typing import Any

import pytest

from isms.core.errors import NotFound
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts, links, rules, sessions, signin, tries
from isms.people.actors import actor_of
from isms.people.models import Account, Device, Link, Person, SignInSession
from isms.people.sessions import SignInAgain, Visitor
from tests.factories import NOW, PASSWORD, actor, person
from tests.laws import sources
from tests.people.test_signin import code, half_open
from tests.races import race, won

OFFICE = Visitor("192.0.2.10", "Mozilla/5.0")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def token_of(who: Person, now: Any = NOW) -> str:
    return signin.sign_in(who.number, PASSWORD, OFFICE, now=now).token


def found(token: str, now: Any = NOW) -> SignInSession:
    session = sessions.identify(token, now)
    assert session is not None
    return session


def test_idle_for_an_hour_ends_a_sign_in(db: Any) -> None:
    token = token_of(person())
    assert sessions.identify(token, NOW + HOUR - MINUTE / 60) is not None
    assert sessions.identify(token, NOW + HOUR) is None


def test_busy_all_day_it_ends_at_the_absolute_limit(db: Any) -> None:
    token = token_of(person())
    for minutes in range(0, 12 * 60, 10):
        now = NOW + minutes * MINUTE
        sessions.touch(found(token, now), now)
    assert sessions.identify(token, NOW + 12 * HOUR - MINUTE) is not None
    assert sessions.identify(token, NOW + 12 * HOUR) is None


def test_use_is_noted_once_a_minute(db: Any) -> None:
    token = token_of(person())
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (119, 60), (120, 120)):
        now = NOW + timedelta(seconds=seconds)
        sessions.touch(found(token, now), now)
        assert SignInSession.get().seen_at == NOW + timedelta(seconds=noted)


def test_a_setting_changes_the_limits_of_sign_ins_that_stand(db: Any) -> None:
    token = token_of(person())
    rules.change_setting("session_idle_minutes", "5", by=CONSOLE, now=NOW)
    assert sessions.identify(token, NOW + 5 * MINUTE) is None


def test_attack_6_who_has_left_or_lost_a_role_is_so_at_the_next_request(db: Any) -> None:
    who = person(roles=[Role.AUDITOR], password=None)
    with pytest.raises(SignInAgain):
        sessions.step_up(SignInSession(id=0), OFFICE, now=NOW)
    token = signin.enter_by_link(links.make_link(who, "signin", by=CONSOLE, now=NOW), OFFICE, now=NOW).token
    assert Role.AUDITOR in actor_of(found(token).person, NOW).roles
    rules.change_person(who.id, to_day=date(2026, 11, 18), by=CONSOLE, now=NOW)
    last_moment = NOW.replace(hour=14, minute=59, second=59)  # 23:59:59 in Tokyo
    SignInSession.update(seen_at=last_moment).execute()
    assert sessions.identify(token, last_moment) is not None
    assert sessions.identify(token, last_moment + timedelta(seconds=1)) is None
    rules.change_person(who.id, to_day=None, by=CONSOLE, now=NOW)
    accounts.end_role(who.id, Role.AUDITOR, by=CONSOLE, now=NOW)
    assert Role.AUDITOR not in actor_of(who, NOW).roles
    assert sessions.identify(token, NOW) is None


def test_attack_17_every_step_gives_a_new_token_and_the_old_one_is_dead(db: Any) -> None:
    who = person(totp=True)
    half = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW)
    whole = signin.give_code(found(half.token), code(), OFFICE, now=NOW)
    assert whole.token != half.token
    assert sessions.identify(half.token, NOW) is None
    accounts.grant_role(who.id, Role.OFFICER, by=CONSOLE, now=NOW)
    assert sessions.identify(whole.token, NOW) is None


def test_attack_18_a_slow_request_does_not_revive_what_was_ended(db: Any) -> None:
    who, administrator = person(), person(roles=[Role.ADMINISTRATOR])
    token = token_of(who)
    slow = found(token)  # the slow request has loaded it …
    sessions.end_all(who.id, by=actor(administrator), now=NOW)  # … somebody ends it …
    sessions.touch(slow, NOW + 2 * MINUTE)  # … and the slow request goes on
    assert sessions.identify(token, NOW + 2 * MINUTE) is None
    assert SignInSession.get().seen_at == NOW
    with pytest.raises(NotFound):
        sessions.end(slow.id, person_id=who.id, by=actor(who), now=NOW)


def test_attack_18_a_half_open_sign_in_that_was_ended_does_not_become_whole(db: Any) -> None:
    who = person(totp=True)
    half = half_open(who)
    sessions.end_all(who.id, by=CONSOLE, now=NOW)
    with pytest.raises(SignInAgain):
        signin.give_code(half, code(), OFFICE, now=NOW)
    with pytest.raises(SignInAgain):
        sessions.step_up(half, OFFICE, now=NOW)
    assert sessions.living(who.id, NOW) == []


@pytest.mark.parametrize("_round", range(5))
def test_attack_18_ended_and_stepped_up_at_once_one_wins(db: Any, _round: int) -> None:
    who = person(totp=True)
    half = half_open(who)
    results = race(
        lambda: signin.give_code(half, code(), OFFICE, now=NOW),
        lambda: sessions.end(half.id, person_id=who.id, by=CONSOLE, now=NOW),
    )
    assert won(results) == 1
    assert len(sessions.living(who.id, NOW)) == (0 if isinstance(results[0], SignInAgain) else 1)


def test_attack_19_a_stolen_table_opens_nothing(db: Any) -> None:
    who = person()
    link = links.make_link(who, "reset", by=CONSOLE, now=NOW)
    entered = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW)
    held = [entered.token, link, entered.device or ""]
    kept = [row.token_hash for model in (SignInSession, Link, Device) for row in model.select()]
    assert sorted(kept) == sorted(hashlib.sha256(token.encode()).hexdigest() for token in held)
    everything = "".join(str(list(model.select().dicts())) for model in (SignInSession, Link, Device, Account, Person))
    assert all(token not in everything for token in [*held, PASSWORD])
    for stolen in kept:
        assert sessions.identify(stolen, NOW) is None
        with pytest.raises(links.LinkGone):
            links.look(stolen, NOW)
        thief = Visitor("198.51.100.7", "", stolen)
        assert tries.known_device(thief, who.id) == ""


def test_a_new_password_ends_other_sign_ins_links_and_known_browsers(db: Any) -> None:
    who = person()
    here = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW)
    there = token_of(who)
    link = links.make_link(who, "reset", by=CONSOLE, now=NOW)
    device = signin.change_password(found(here.token), PASSWORD, "紺の傘 歩く梯子 しじみ汁", OFFICE, now=NOW)
    assert sessions.identify(here.token, NOW) is not None
    assert sessions.identify(there, NOW) is None
    with pytest.raises(links.LinkGone):
        links.look(link, NOW)
    assert tries.known_device(Visitor(device=here.device or ""), who.id) == ""
    assert tries.known_device(Visitor(device=device or ""), who.id)


def test_one_ends_only_ones_own(db: Any) -> None:
    who, other = person(), person()
    mine = found(token_of(who))
    with pytest.raises(NotFound):
        sessions.end(mine.id, person_id=other.id, by=actor(other), now=NOW)
    assert len(sessions.living(who.id, NOW)) == 1


def test_a_sign_in_begins_only_where_security_md_says() -> None:
    begun = {
        (one.path, scope)
        for one in sources.house()
        for scope in ast.walk(one.tree)
        if isinstance(scope, ast.FunctionDef)
        for node in ast.walk(scope)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sessions.begin", "begin", "SignInSession.create")
    }
    assert {(path, scope.name) for path, scope in begun if "people" in path} == {
        ("isms/people/signin.py", "_enter"),
        ("isms/people/sessions.py", "begin"),
        ("isms/people/sessions.py", "step_up"),
    }
