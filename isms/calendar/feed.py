"""Each person's calendar feed: a secret address that any calendar program reads without signing in, and what it says.

Of the address only the hash is kept. Days are days: events without times, so that no time zone moves them.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from icalendar import Calendar, Event

from isms import trail
from isms.calendar.models import Feed
from isms.core import settings
from isms.core.database import STORAGE_ERRORS, atomic, in_a_hurry
from isms.core.errors import NotFound
from isms.core.logs import log
from isms.core.permissions import Actor, Permission
from isms.core.words import gettext, lazy_gettext
from isms.people.actors import actor_of
from isms.people.duties import Duty
from isms.people.models import Person
from isms.people.sessions import is_present
from isms.people.tokens import new_token, token_hash

NOTED_EVERY = timedelta(minutes=5)
REFRESH = timedelta(hours=6)
CALENDARS_NAME = "isms"  # the right side of every UID: it must not change with the server's address

trail.verb("feed.made", lazy_gettext("予定表の配信を始めた"), personal=True)
trail.verb("feed.ended", lazy_gettext("予定表の配信を止めた"), personal=True)

# Rooms above tell what else falls to people: each gives the open duties of all as of a day.
OTHERS: list[Callable[[date], Iterable[Duty]]] = []


class Entry(NamedTuple):
    """One line of the feed: an event that takes whole days, both included."""

    key: str  # the same as long as it is the same thing
    title: str
    first: date
    last: date
    changed_at: datetime
    note: str = ""
    href: str = ""
    cancelled: bool = False


def living_feed(person_id: int) -> Feed | None:
    """Give the person's feed, if there is one."""
    found: Feed | None = Feed.get_or_none(Feed.person == person_id, Feed.ended_at.is_null())
    return found


def make_feed(person_id: int, *, by: Actor, now: datetime) -> str:
    """Make the person's only feed and give its token, which is shown once and kept nowhere; an older one ends."""
    token, kept = new_token()
    with atomic():
        _end(person_id, now)
        Feed.create(token_hash=kept, person=person_id, made_at=now)
        trail.record(by, "feed.made", f"person:{person_id}", now)
    return token


def end_feed(person_id: int, *, by: Actor, now: datetime) -> None:
    """End the person's feed; raises NotFound when there is none."""
    with atomic():
        if not _end(person_id, now):
            raise NotFound()
        trail.record(by, "feed.ended", f"person:{person_id}", now)


def _end(person_id: int, now: datetime) -> int:
    return int(Feed.update(ended_at=now).where(Feed.person == person_id, Feed.ended_at.is_null()).execute())


def reader(token: str, now: datetime) -> tuple[Feed, Actor]:
    """Give the feed behind the token with its person as of now.

    Raises NotFound for one that never was or has ended, and for a person who has left or may see no calendar any more.
    """
    feed = (
        Feed.select(Feed, Person)
        .join(Person)
        .where(Feed.token_hash == token_hash(token), Feed.ended_at.is_null())
        .first()
    )
    if feed is None or not is_present(feed.person, now):
        raise NotFound()
    actor = actor_of(feed.person, now)
    if not actor.has(Permission.CALENDAR_READ):
        raise NotFound()
    return feed, actor


def note_read(feed: Feed, now: datetime) -> None:
    """Note that the feed was read, now and then; a database that cannot be written does not matter."""
    if feed.read_at is not None and now - feed.read_at < NOTED_EVERY:
        return
    try:
        with in_a_hurry():
            Feed.update(read_at=now).where(Feed.id == feed.id, Feed.ended_at.is_null()).execute()
    except STORAGE_ERRORS as error:
        log.warning("not noted that a feed was read", error=type(error).__name__)


def others_of(actor: Actor, today: date) -> list[Duty]:
    """Give the open duties of rooms above that fall to the actor."""
    return [duty for tell in OTHERS for duty in tell(today) if duty.falls_to(actor)]


def written(name: str, entries: Iterable[Entry]) -> bytes:
    """Write the entries as an iCalendar file (RFC 5545); the same entries give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", "-//ISMS//calendar//JA")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", settings.zone().key)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    for one in sorted(entries, key=lambda one: (one.first, one.key)):
        calendar.add_component(_event(one))
    return calendar.to_ical()


def _event(one: Entry) -> Event:
    event = Event()
    event.add("uid", f"{one.key.replace(':', '-')}@{CALENDARS_NAME}")
    event.add("dtstamp", one.changed_at)
    event.add("last-modified", one.changed_at)
    event.add("summary", one.title)
    event.add("dtstart", one.first)
    event.add("dtend", one.last + timedelta(days=1))  # the day after the last, as RFC 5545 counts
    event.add("transp", "TRANSPARENT")  # a day on which something is due is not a day on which nobody has time
    if one.note:
        event.add("description", one.note)
    if one.href:
        event.add("url", one.href)
    if one.cancelled:
        event.add("status", "CANCELLED")
    return event


def title(organisation: str, person: str) -> str:
    """Name the calendar as programs list it."""
    return gettext("%(organisation)s 年間予定（%(person)s）", organisation=organisation, person=person)
