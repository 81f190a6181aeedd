"""Signing in: password, second step, one-time links. Every way in ends in `_enter`; docs/security.md lists them.

Unknown, left, and without a password: the same work and the same answer as a wrong password (attack 12).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from peewee import JOIN, fn

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Invalid
from isms.core.permissions import SYSTEM, Actor
from isms.core.words import gettext
from isms.people import accounts, limits, links, passwords, sessions, tries
from isms.people.actors import actor_of
from isms.people.models import Account, Person, SignInSession
from isms.people.sessions import SignInAgain, Visitor, is_present
from isms.people.throttle import account_key, account_name


@dataclass(frozen=True)
class Entered:
    """What the browser gets: tokens for its cookies, and the step that is still missing ("", "code", "enrol")."""

    token: str
    missing: str
    person: Person
    device: str | None = None


def sign_in(name: str, password: str, visitor: Visitor, *, now: datetime) -> Entered:
    """Sign in with employee number or mail address and password; raises Invalid, or TooMany while one must wait."""
    person = _find(name)
    failure = tries.begin(account_key(name), visitor, person.id if person else None, now)
    kept = _hash_in_use(person, now)
    right = passwords.check_password(kept, password)
    if person is None or kept is None or not right:
        with atomic():
            trail.record(SYSTEM, "signin.failed", person or "signin", now, address=visitor.address)
        raise Invalid(gettext("職員番号（メールアドレス）かパスワードが違います。"))
    renewed = passwords.hash_password(password) if passwords.needs_rehash(kept) else None
    with atomic():
        tries.succeed(failure)
        if renewed is not None:
            Account.update(password_hash=renewed).where(
                Account.person == person.id, Account.password_hash == kept
            ).execute()
        return _enter(person, visitor, means="password", now=now)


def _hash_in_use(person: Person | None, now: datetime) -> str | None:
    today = settings.today(now)  # asked for unknown names too: the same queries for all
    if person is None or person.account is None or not person.is_here(today):
        return None
    kept: str | None = person.account.password_hash
    return kept


def _find(name: str) -> Person | None:
    """Find the person by what was typed, folded as the throttle folds it, with the account; one query."""
    wanted = account_name(name)
    rows = list(
        Person.select(Person, Account)
        .join(Account, JOIN.LEFT_OUTER, attr="account")
        .where((Person.mail == wanted) | (fn.LOWER(Person.number) == wanted))
        .limit(2)
    )
    if len(rows) > 1:  # two numbers that differ in case alone: each must be typed exactly
        rows = [person for person in rows if person.number == name.strip()]
    if not rows:
        return None
    person: Person = rows[0]
    person.account = getattr(person, "account", None)
    return person


def _enter(person: Person, visitor: Visitor, *, means: str, now: datetime) -> Entered:
    """Begin the sign-in in the rule's transaction: whole, or half-open as long as a second step is missing."""
    if not is_present(Person.get_by_id(person.id), now):
        raise SignInAgain()
    missing = "" if means == "console" else missing_step(person, now)
    token = sessions.begin(person.id, visitor, whole=not missing, means=means, now=now)
    device = None
    if not missing:
        device = _welcome(person, visitor, means, now)
    return Entered(token, missing, person, device)


def _welcome(person: Person, visitor: Visitor, means: str, now: datetime) -> str | None:
    trail.record(_actor(person), "signin.succeeded", person, now, means=means, address=visitor.address)
    return tries.remember_device(visitor, person.id, now) if means != "console" else None


def missing_step(person: Person, now: datetime) -> str:
    """Say what is missing after the password: "code", "enrol" (a role asks for it and there is none yet) or nothing."""
    account = accounts.find_account(person.id)
    if account is not None and account.totp_secret:
        return "code"
    return "enrol" if limits.totp_required(actor_of(person, now).roles) else ""


# second step


def give_code(session: SignInSession, code: str, visitor: Visitor, *, now: datetime) -> Entered:
    """Finish a half-open sign-in with a code of the app."""
    return _second_step(session, visitor, now, lambda: accounts.use_code(session.person_id, code, now=now))


def give_recovery_code(session: SignInSession, code: str, visitor: Visitor, *, now: datetime) -> Entered:
    """Finish a half-open sign-in with a recovery code."""
    return _second_step(session, visitor, now, lambda: accounts.use_recovery_code(session.person_id, code, now=now))


def _second_step(session: SignInSession, visitor: Visitor, now: datetime, use: Callable[[], bool]) -> Entered:
    """Use a code up; five wrong ones end the sign-in, and those of several sign-ins make one wait."""
    with atomic():
        failure = tries.begin(f"code {session.person_id}", visitor, session.person_id, now)
        sessions.count_code(session, now)
    if use():
        with atomic():
            tries.succeed(failure)
            return _finish(session, visitor, now)
    with atomic():
        trail.record(SYSTEM, "signin.code_failed", session.person, now, address=visitor.address)
    raise Invalid({"code": accounts.WRONG_CODE})


def enrol(
    session: SignInSession, secret: str, code: str, visitor: Visitor, *, now: datetime
) -> tuple[Entered, list[str]]:
    """Finish the half-open sign-in of somebody who must set up the second step first; gives the recovery codes too."""
    if session.whole or missing_step(session.person, now) != "enrol":
        raise SignInAgain()
    by = _actor(session.person)
    codes = accounts.enrol_totp(session.person_id, secret, code, by=by, now=now, session_id=session.id)
    with atomic():
        return _finish(session, visitor, now), codes


def _finish(session: SignInSession, visitor: Visitor, now: datetime) -> Entered:
    token = sessions.step_up(session, visitor, now=now)
    return Entered(token, "", session.person, _welcome(session.person, visitor, session.means, now))


# one-time links


def enter_by_link(token: str, visitor: Visitor, *, now: datetime) -> Entered:
    """Sign in with a link from the console, whole; raises LinkGone."""
    with atomic():
        link = links.use_up(token, "signin", now=now)
        return _enter(link.person, visitor, means="console", now=now)


def choose_password(token: str, password: str, visitor: Visitor, *, now: datetime) -> Entered:
    """Choose the password with an invitation or a reset, which never switches the second step off; raises LinkGone."""
    kept = accounts.hashed(links.look(token, now).person, password)
    with atomic():
        person = links.use_up(token, "invite", "reset", now=now).person
        accounts.keep_password(person.id, kept, by=_actor(person), now=now)
        return _enter(person, visitor, means="link", now=now)


# signed in


def prove(person: Person, password: str, visitor: Visitor, *, now: datetime) -> None:
    """Ask for the password again before something that a borrowed browser must not do; raises Invalid on `current`."""
    failure = tries.begin(account_key(person.number), visitor, person.id, now)
    account = accounts.find_account(person.id)
    if not passwords.check_password(account.password_hash if account else None, password):
        with atomic():
            trail.record(_actor(person), "signin.failed", person, now, address=visitor.address)
        raise Invalid({"current": gettext("いまのパスワードが違います。")})
    with atomic():
        tries.succeed(failure)


def change_password(
    session: SignInSession, current: str, password: str, visitor: Visitor, *, now: datetime
) -> str | None:
    """Change one's own password; other sign-ins end, other browsers are forgotten. Gives a token for this browser."""
    person = session.person
    prove(person, current, visitor, now=now)
    kept = accounts.hashed(person, password)
    with atomic():
        accounts.keep_password(person.id, kept, by=_actor(person), now=now, session_id=session.id)
        return tries.remember_device(visitor, person.id, now)


def sign_out(session: SignInSession, *, now: datetime) -> None:
    """End the sign-in of this browser; raises NotFound when it has ended."""
    sessions.end(session.id, person_id=session.person_id, by=_actor(session.person), now=now, verb="signout")


def _actor(person: Person) -> Actor:
    return Actor(f"person:{person.id}", person.name, person.id)
