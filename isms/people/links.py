"""One-time links: an invitation, a new password, or a sign-in from the console. The database keeps their hash alone.

Looking at a link changes nothing, so a scanner of mails may follow it as often as it likes (attack 20).
"""

from collections.abc import Callable
from datetime import datetime

from isms import trail
from isms.core.database import atomic
from isms.core.errors import Conflict, DomainError
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.people import limits
from isms.people.models import Link, Person
from isms.people.sessions import is_present
from isms.people.tokens import new_token, token_hash

PURPOSES = ("invite", "reset", "signin")

# What also takes a link to its person, in the transaction that makes it: a room above that can, with the link's token.
Carrier = Callable[[Link, str, datetime], None]
CARRIERS: list[Carrier] = []


class LinkGone(DomainError):
    """A link that cannot be used: unknown, used, too old, or a newer one took its place. One answer for all."""

    status = 410


def make_link(person: Person, purpose: str, *, by: Actor, now: datetime) -> str:
    """Make the person's only open link and give its token, which is shown or sent once and kept nowhere."""
    if purpose not in PURPOSES or (purpose == "signin" and by.id != "console"):
        raise ValueError(f"no link of purpose {purpose} by {by.id}")
    with atomic():
        if not is_present(Person.get_by_id(person.id), now):
            raise Conflict(gettext("在籍していない人には案内を作れません。"))
        end_links(person.id, now)
        token, kept = new_token()
        expires = now + limits.link_life(purpose)
        link = Link.create(
            token_hash=kept, person=person, purpose=purpose, made_at=now, made_by=by.id, expires_at=expires
        )
        trail.record(by, "link.made", person, now, purpose=purpose)
        for carry in CARRIERS:
            carry(link, token, now)
        return token


def end_links(person_id: int, now: datetime) -> None:
    """End the person's open links, in the rule's transaction."""
    Link.update(ended_at=now).where(Link.person == person_id, Link.used_at.is_null(), Link.ended_at.is_null()).execute()


def look(token: str, now: datetime) -> Link:
    """Give the open link with its person, and change nothing; raises LinkGone."""
    link = (
        Link.select(Link, Person)
        .join(Person)
        .where(Link.token_hash == token_hash(token), Link.used_at.is_null(), Link.ended_at.is_null())
        .first()
    )
    if link is None or not now < link.expires_at or not is_present(link.person, now):
        raise LinkGone()
    return link


def use_up(token: str, *purposes: str, now: datetime) -> Link:
    """Use the link up in the rule's transaction, so that of two clicks one wins; raises LinkGone."""
    with atomic():
        link = look(token, now)
        if link.purpose not in purposes:
            raise LinkGone()
        Link.update(used_at=now).where(Link.id == link.id).execute()
        person = link.person
        trail.record(Actor(f"person:{person.id}"), "link.used", person, now, purpose=link.purpose)
        return link
