"""Signing in: the rules, on both engines."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any
from unittest.mock import patch

import pyotp
import pytest

from isms.core import settings
from isms.core.database import atomic, db as database
from isms.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, TooMany
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts, links, passwords, rules, sessions, signin, totp
from isms.people.models import Account, Device, Failure, Link, SignInSession
from isms.people.sessions import SignInAgain, Visitor
from isms.trail.models import TrailEntry
from tests.factories import NOW, PASSWORD, TOTP_SECRET, actor, person

OFFICE = Visitor("192.0.2.10", "Mozilla/5.0")
ELSEWHERE = Visitor("198.51.100.7", "curl/8")
MINUTE = timedelta(minutes=1)
WRONG = "まちがいの言葉 十二分に長い"


def code(moment: Any = NOW) -> str:
    return pyotp.TOTP(TOTP_SECRET).at(moment)


def whole(who: Any, now: Any = NOW, visitor: Visitor = OFFICE) -> signin.Entered:
    entered = signin.sign_in(who.number, PASSWORD, visitor, now=now)
    assert entered.missing == ""
    return entered


def race(*jobs: Callable[[], Any]) -> list[Any]:
    """Run the jobs at once, each in its thread; gives what each returned, or its domain error."""
    barrier, results = Barrier(len(jobs)), [None] * len(jobs)

    def run(index: int) -> None:
        try:
            barrier.wait()
            results[index] = jobs[index]()
        except DomainError as error:
            results[index] = error
        finally:
            database.close()

    threads = [Thread(target=run, args=(index,)) for index in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return results


def verbs() -> list[str]:
    return [verb for (verb,) in TrailEntry.select(TrailEntry.verb).order_by(TrailEntry.no).tuples()]


def test_staff_signs_in_with_number_or_mail(db: Any) -> None:
    who = person(number="00012")
    for name in ("00012", " ００012 ", who.mail, who.mail.upper()):
        entered = signin.sign_in(name, PASSWORD, OFFICE, now=NOW)
        found = sessions.identify(entered.token, NOW)
        assert found is not None and found.whole and found.person == who
    assert verbs().count("signin.succeeded") == 4
    assert Failure.select().count() == 0


def test_a_wrong_password_is_told_to_the_trail_without_what_was_typed(db: Any) -> None:
    who = person()
    for name in (who.number, "ひみつの言葉"):
        with pytest.raises(Invalid, match="違います"):
            signin.sign_in(name, WRONG, OFFICE, now=NOW)
    subjects = [e.subject for e in TrailEntry.select().where(TrailEntry.verb == "signin.failed")]
    assert sorted(subjects) == sorted([f"person:{who.id}", "signin"])
    assert all(WRONG not in e.details and "ひみつ" not in e.details for e in TrailEntry.select())
