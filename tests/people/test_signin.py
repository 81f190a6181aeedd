"""Signing in: the rules of password, second step and throttling."""

from datetime import date, timedelta
from typing import Any
from unittest.mock import patch

import pyotp
import pytest
from argon2 import PasswordHasher
from argon2.low_level import verify_secret

from isms.core.database import db as database
from isms.core.errors import Invalid, TooMany
from isms.core.permissions import Role
from isms.people import accounts, passwords, sessions, signin
from isms.people.models import Account, Failure, Person, SignInSession
from isms.people.sessions import SignInAgain, Visitor
from isms.people.throttle import account_key
from isms.trail.models import TrailEntry
from tests.factories import NOW, PASSWORD, TOTP_SECRET, person
from tests.races import race, won

OFFICE = Visitor("192.0.2.10", "Mozilla/5.0")
ELSEWHERE = Visitor("198.51.100.7", "curl/8")
SECOND = timedelta(seconds=1)
WRONG = "まちがいの言葉 十二分に長い"


def code(moment: Any = NOW) -> str:
    return pyotp.TOTP(TOTP_SECRET).at(moment)


def half_open(who: Person, now: Any = NOW) -> SignInSession:
    entered = signin.sign_in(who.number, PASSWORD, OFFICE, now=now)
    assert entered.missing == "code"
    found = sessions.identify(entered.token, now)
    assert found is not None
    return found


def fail(name: str, visitor: Visitor = ELSEWHERE, *, times: int = 1, now: Any = NOW) -> None:
    for _ in range(times):
        with pytest.raises(Invalid):
            signin.sign_in(name, WRONG, visitor, now=now)


def verbs() -> list[str]:
    return [verb for (verb,) in TrailEntry.select(TrailEntry.verb).order_by(TrailEntry.no).tuples()]


def test_staff_signs_in_with_number_or_mail(db: Any) -> None:
    who = person(number="00012", mail="taro@example.org.example")
    for name in ("00012", " ００012 ", "taro@example.org.example", "Taro@EXAMPLE.org.example"):
        entered = signin.sign_in(name, PASSWORD, OFFICE, now=NOW)
        found = sessions.identify(entered.token, NOW)
        assert found is not None
        assert found.whole
        assert found.person == who
    assert verbs().count("signin.succeeded") == 4
    assert Failure.select().count() == 0


def test_two_numbers_that_differ_in_case_alone_are_typed_exactly(db: Any) -> None:
    for number in ("a12", "A12"):
        person(number=number, mail=None)
    for number in ("a12", "A12"):
        assert signin.sign_in(number, PASSWORD, OFFICE, now=NOW).person.number == number


def test_a_wrong_password_is_told_to_the_trail_without_what_was_typed(db: Any) -> None:
    who = person()
    fail(who.number)
    fail("ひみつの言葉")
    subjects = [e.subject for e in TrailEntry.select().where(TrailEntry.verb == "signin.failed")]
    assert subjects == [f"person:{who.id}", "signin"]
    assert all(WRONG not in e.details and "ひみつ" not in e.details for e in TrailEntry.select())
    assert "ひみつ" not in str(list(Failure.select().dicts()))


def test_attack_12_unknown_left_and_without_password_cost_and_say_the_same(db: Any) -> None:
    known, left, bare = person(), person(to_day=date(2026, 11, 17)), person(password=None)
    seen = []
    for name in (known.number, left.number, bare.number, "99999", "nobody@example.org.example"):
        with (
            patch("argon2._password_hasher.verify_secret", wraps=verify_secret) as verify,
            patch.object(database.obj, "execute_sql", wraps=database.obj.execute_sql) as execute,
            pytest.raises(Invalid) as refused,
        ):
            signin.sign_in(name, WRONG, OFFICE, now=NOW)
        queries = [call.args[0] for call in execute.call_args_list]
        seen.append((verify.call_count, queries, str(refused.value)))
    assert seen[0][0] == 1
    for one in seen:
        assert one == seen[0]
    for gone in (left, bare):  # not even with what would have been right
        with pytest.raises(Invalid):
            signin.sign_in(gone.number, PASSWORD, ELSEWHERE, now=NOW)


def test_attack_12_the_wait_says_nothing_about_who_exists(db: Any) -> None:
    answers = []
    for name in (person().number, "99999"):
        fail(name, times=5)
        with pytest.raises(TooMany) as refused:
            signin.sign_in(name, WRONG, ELSEWHERE, now=NOW + SECOND)
        answers.append((str(refused.value), refused.value.retry_after))
    assert answers[0] == answers[1] == (answers[0][0], 29)


VARIANTS = [
    ("TARO@example.org.example", "192.0.2.1"),
    (" taro@example.org.example\t", "192.0.2.2"),
    ("ｔａｒｏ＠ｅｘａｍｐｌｅ．ｏｒｇ．ｅｘａｍｐｌｅ", "192.0.2.3"),
    ("ta\u200bro@example.org.example", "192.0.2.4"),
    ("taro@example.org.example", "192.0.2.5"),
]


def test_attack_13_every_spelling_counts_on_one_account(db: Any) -> None:
    who = person(mail="taro@example.org.example")
    for name, address in VARIANTS:
        fail(name, Visitor(address))
    for name, _ in VARIANTS:
        with pytest.raises(TooMany):
            signin.sign_in(name, PASSWORD, Visitor("203.0.113.9"), now=NOW)
    assert signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW + timedelta(minutes=1)).token


def test_attack_13_an_ipv6_network_counts_as_one_address(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    for index in range(100):
        fail(f"nobody{index}", Visitor(f"2001:db8:1:2::{index + 1:x}"))
    with pytest.raises(TooMany):
        signin.sign_in("nobody100", WRONG, Visitor("2001:db8:1:2:ffff::1"), now=NOW)
    fail("nobody100", Visitor("2001:db8:1:3::1"))


def test_attack_13_parallel_tries_find_the_counter_raised(db: Any) -> None:
    who = person()
    results = race(*[lambda: signin.sign_in(who.number, WRONG, ELSEWHERE, now=NOW)] * 12)
    assert sum(isinstance(result, Invalid) for result in results) == 5
    assert sum(isinstance(result, TooMany) for result in results) == 7


def test_attack_14_a_thousand_failures_elsewhere_do_not_lock_the_owner_out(db: Any) -> None:
    who = person()
    device = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW).device
    assert device
    now = NOW
    for _ in range(1000):
        now += timedelta(seconds=40)
        Failure.create(at=now, account_key=account_key(who.number), address_key="198.51.100.7")
    with pytest.raises(TooMany) as refused:
        signin.sign_in(who.number, PASSWORD, ELSEWHERE, now=now + SECOND)
    assert refused.value.retry_after <= 15 * 60
    at_home = Visitor("198.51.100.7", "Mozilla/5.0", device)  # even behind the attacker's own address
    assert signin.sign_in(who.number, PASSWORD, at_home, now=now + SECOND).token
    assert signin.sign_in(who.number, PASSWORD, OFFICE, now=now + timedelta(minutes=16)).token


def test_attack_14_a_known_browser_may_not_guess_either_and_knows_one_person(db: Any) -> None:
    who, other = person(), person()
    device = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW).device or ""
    known = Visitor("192.0.2.10", "", device)
    fail(who.number, known, times=5)
    with pytest.raises(TooMany):
        signin.sign_in(who.number, PASSWORD, known, now=NOW)
    fail(other.number, known, times=5)
    with pytest.raises(TooMany):
        signin.sign_in(other.number, PASSWORD, ELSEWHERE, now=NOW)


def test_a_refused_try_does_not_lengthen_the_wait(db: Any) -> None:
    who = person()
    fail(who.number, times=5)
    for second in range(29):
        with pytest.raises(TooMany):
            signin.sign_in(who.number, WRONG, ELSEWHERE, now=NOW + second * SECOND)
    assert signin.sign_in(who.number, PASSWORD, ELSEWHERE, now=NOW + 30 * SECOND).token


def test_attack_15_a_code_works_once(db: Any) -> None:
    who = person(totp=True)
    assert signin.give_code(half_open(who), code(), OFFICE, now=NOW).missing == ""
    with pytest.raises(Invalid):
        signin.give_code(half_open(who), code(), OFFICE, now=NOW)
    assert signin.give_code(half_open(who), code(NOW + 30 * SECOND), OFFICE, now=NOW).token


@pytest.mark.parametrize("_round", range(3))
def test_attack_15_of_two_threads_with_one_code_one_wins(db: Any, _round: int) -> None:
    who = person(totp=True)
    first, second = half_open(who), half_open(who)
    results = race(
        lambda: signin.give_code(first, code(), OFFICE, now=NOW),
        lambda: signin.give_code(second, code(), OFFICE, now=NOW),
    )
    assert won(results) == 1


def test_attack_15_of_two_threads_with_one_recovery_code_one_wins(db: Any) -> None:
    who = person()
    codes = accounts.enrol_totp(who.id, TOTP_SECRET, code(), by=signin._actor(who), now=NOW)
    first, second = half_open(who), half_open(who)
    results = race(
        lambda: signin.give_recovery_code(first, codes[3], OFFICE, now=NOW),
        lambda: signin.give_recovery_code(second, codes[3].upper(), OFFICE, now=NOW),
    )
    assert won(results) == 1
    assert accounts.recovery_codes_left(who.id) == 9


def test_attack_15_five_wrong_codes_burn_the_half_open_sign_in(db: Any) -> None:
    who = person(totp=True)
    half = half_open(who)
    for index in range(5):
        with pytest.raises(Invalid):
            signin.give_code(half, f"{(int(code()) + 7 + index) % 1000000:06}", OFFICE, now=NOW)
    later = NOW + 60 * SECOND
    with pytest.raises(SignInAgain):
        signin.give_code(half, code(later), OFFICE, now=later)
    assert SignInSession.select().where(SignInSession.whole).count() == 0
    assert verbs().count("signin.code_failed") == 5


def test_attack_15_wrong_codes_of_many_sign_ins_make_one_wait(db: Any) -> None:
    who = person(totp=True)
    halves = [half_open(who) for _ in range(6)]
    for half in halves[:5]:
        with pytest.raises(Invalid):
            signin.give_code(half, "000000" if code() != "000000" else "000001", OFFICE, now=NOW)
    with pytest.raises(TooMany):
        signin.give_code(halves[5], code(), OFFICE, now=NOW)


def test_attack_15_parallel_wrong_codes_are_five_at_most(db: Any) -> None:
    who = person(totp=True)
    half = half_open(who)
    guesses = [f"{(int(code()) + 7 + index) % 1000000:06}" for index in range(12)]
    results = race(*[lambda g=g: signin.give_code(half, g, OFFICE, now=NOW) for g in guesses])
    assert sum(isinstance(result, Invalid) for result in results) == 5
    assert won(results) == 0


def test_attack_16_the_password_alone_gives_no_whole_sign_in(db: Any) -> None:
    for who in (person(totp=True), person(roles=[Role.AUDITOR])):
        entered = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW)
        found = sessions.identify(entered.token, NOW)
        assert found is not None
        assert not found.whole
        assert sessions.living(who.id, NOW) == []
        assert sessions.identify(entered.token, NOW + timedelta(minutes=10)) is None


def test_who_has_a_second_step_cannot_pass_it_by_setting_up_another(db: Any) -> None:
    half = half_open(person(totp=True, roles=[Role.OFFICER]))
    secret = pyotp.random_base32()
    with pytest.raises(SignInAgain):
        signin.enrol(half, secret, pyotp.TOTP(secret).at(NOW), OFFICE, now=NOW)


def test_a_role_that_asks_for_it_sets_the_second_step_up_first(db: Any) -> None:
    who = person(roles=[Role.APPROVER])
    entered = signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW)
    assert entered.missing == "enrol"
    half = sessions.identify(entered.token, NOW)
    assert half is not None
    with pytest.raises(Invalid):
        signin.enrol(half, TOTP_SECRET, "000000", OFFICE, now=NOW)
    whole, codes = signin.enrol(half, TOTP_SECRET, code(), OFFICE, now=NOW)
    assert len(codes) == 10
    assert sessions.identify(entered.token, NOW) is None
    found = sessions.identify(whole.token, NOW)
    assert found is not None
    assert found.whole


def test_a_hash_with_old_costs_is_renewed_at_sign_in(db: Any) -> None:
    who = person()
    cheap = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(passwords._bytes(PASSWORD))
    Account.update(password_hash=cheap).execute()
    signin.sign_in(who.number, PASSWORD, OFFICE, now=NOW)
    kept = Account.get().password_hash
    assert kept != cheap
    assert not passwords.needs_rehash(kept)


def test_asking_for_the_password_again_counts_as_a_try(db: Any) -> None:
    who = person()
    for _ in range(5):
        with pytest.raises(Invalid) as refused:
            signin.prove(who, WRONG, OFFICE, now=NOW)
        assert set(refused.value.fields) == {"current"}
    with pytest.raises(TooMany):
        signin.prove(who, PASSWORD, OFFICE, now=NOW)
