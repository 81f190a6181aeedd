"""Sign-ins of browsers, kept on the server: begun, stepped up, found again, listed and ended.

A row that has ended is never written again: every change says `ended_at IS NULL`, so a slow request cannot revive a
sign-in that was ended meanwhile (attack 18). Limits: isms/people/limits.py.
"""

from dataclasses import dataclass
from datetime import datetime

from isms import trail
from isms.core import settings
from isms.core.database import STORAGE_ERRORS, atomic, in_a_hurry
from isms.core.errors import DomainError, NotFound
from isms.core.logs import log
from isms.core.permissions import Actor
from isms.people import limits
from isms.people.models import Person, SignInSession
from isms.people.tokens import new_token, token_hash


class SignInAgain(DomainError):
    """The sign-in that was half done has ended: its time is over, its codes were wrong too often, somebody ended it."""

    status = 401


@dataclass(frozen=True)
class Visitor:
    """The browser that asks: its address, what it calls itself, and the token that it was given at an earlier sign-in."""

    address: str = ""
    agent: str = ""
    device: str = ""


def begin(person_id: int, visitor: Visitor, *, whole: bool, means: str, now: datetime) -> str:
    """Begin a sign-in in the rule's transaction; gives the token for the cookie."""
    token, kept = new_token()
    SignInSession.create(
        token_hash=kept,
        person=person_id,
        whole=whole,
        means=means,
        began_at=now,
        seen_at=now,
        address=visitor.address[:64],
        agent=visitor.agent[:200],
    )
    return token


def step_up(session: SignInSession, visitor: Visitor, *, now: datetime) -> str:
    """Make a half-open sign-in whole, under a new token; raises SignInAgain when it has ended meanwhile."""
    if not _close(session.id, now):
        raise SignInAgain()
    return begin(session.person_id, visitor, whole=True, means=session.means, now=now)


def identify(token: str, now: datetime) -> SignInSession | None:
    """Find the living sign-in, with its person; one query. None: unknown, ended, idle or long too, or the person left."""
    session = (
        SignInSession.select(SignInSession, Person)
        .join(Person)
        .where(SignInSession.token_hash == token_hash(token), SignInSession.ended_at.is_null())
        .first()
    )
    if session is None or not is_alive(session, now) or not is_present(session.person, now):
        return None
    return session


def is_alive(session: SignInSession, now: datetime) -> bool:
    """Tell whether the sign-in is within its limits."""
    longest = limits.absolute() if session.whole else limits.HALF_OPEN
    return now - session.began_at < longest and now - session.seen_at < limits.idle()


def is_present(person: Person, now: datetime) -> bool:
    """Tell whether the person is of the organisation today."""
    return person.is_here(settings.today(now))


def touch(session: SignInSession, now: datetime) -> None:
    """Note that the sign-in is in use, once a minute at most; a database that cannot be written does not matter."""
    if now - session.seen_at < limits.SEEN_EVERY:
        return
    try:
        with in_a_hurry():
            SignInSession.update(seen_at=now).where(
                SignInSession.id == session.id, SignInSession.ended_at.is_null()
            ).execute()
    except STORAGE_ERRORS as error:
        log.warning("not noted that a sign-in is in use", error=type(error).__name__)


def count_code(session: SignInSession, now: datetime) -> None:
    """Count a code of a half-open sign-in as wrong before it is looked at; raises SignInAgain after the last try."""
    with atomic():
        fresh = SignInSession.get_or_none(SignInSession.id == session.id, SignInSession.ended_at.is_null())
        if fresh is None or fresh.whole or fresh.wrong_codes >= limits.WRONG_CODES:
            raise SignInAgain()
        SignInSession.update(wrong_codes=fresh.wrong_codes + 1).where(SignInSession.id == session.id).execute()


def living(person_id: int, now: datetime) -> list[SignInSession]:
    """List the person's living sign-ins, the newest first."""
    rows = SignInSession.select().where(
        SignInSession.person == person_id, SignInSession.whole, SignInSession.ended_at.is_null()
    )
    return [row for row in rows.order_by(SignInSession.id.desc()) if is_alive(row, now)]


def end(session_id: int, *, person_id: int, by: Actor, now: datetime, verb: str = "session.ended") -> None:
    """End one sign-in of the person; raises NotFound for another person's or one that has ended."""
    with atomic():
        session = SignInSession.get_or_none(SignInSession.id == session_id, SignInSession.person == person_id)
        if session is None or not _close(session.id, now):
            raise NotFound()
        trail.record(by, verb, f"person:{person_id}", now, session=session_id)


def end_all(person_id: int, *, by: Actor, now: datetime, keep: int | None = None) -> int:
    """End the person's sign-ins but the one to keep, also the half-open ones; gives how many were whole."""
    with atomic():
        ended = [
            row.id
            for row in SignInSession.select().where(
                SignInSession.person == person_id,
                SignInSession.ended_at.is_null(),
                SignInSession.id != (keep or 0),
            )
            if _close(row.id, now) and row.whole
        ]
        if ended:
            trail.record(by, "session.ended", f"person:{person_id}", now, sessions=ended)
        return len(ended)


def _close(session_id: int, now: datetime) -> bool:
    query = SignInSession.update(ended_at=now).where(SignInSession.id == session_id, SignInSession.ended_at.is_null())
    return bool(query.execute())
