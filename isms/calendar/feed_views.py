"""Pages of one's calendar feed, and the feed itself."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for

from isms.calendar import feed, feed_entries
from isms.calendar.plan import Planned
from isms.calendar.views import href, room
from isms.core import clock
from isms.core.look import organisation_name
from isms.core.permissions import Permission as P
from isms.core.sending import send_made
from isms.core.web import Answer, house
from isms.core.words import gettext, speaking
from isms.people.duties import Duty
from isms.people.models import Person

MIMETYPE = "text/calendar; charset=utf-8"


@room.panel("account", P.CALENDAR_READ)
def feed_panel(person: Person) -> dict[str, Any]:
    """Show on the person's own page whether there is a feed."""
    return {"feed": feed.living_feed(person.id)}


@room.get("/calendar/feed", permission=P.CALENDAR_READ)
def own_feed() -> Answer:
    """Show whether one has a feed, and when it was last read."""
    return {"feed": feed.living_feed(g.actor.person_id)}


@room.route("/calendar/feed", methods=["POST"], permission=P.CALENDAR_READ)
def make_feed() -> Answer:
    """Make one's feed anew and show its address, this once."""
    token = feed.make_feed(g.actor.person_id, by=g.actor, now=clock.now())
    address = house().config.base_url + url_for("calendar.read_feed", token=token)
    return render_template("calendar/feed_made.html", address=address)


@room.route("/calendar/feed/end", methods=["POST"], permission=P.CALENDAR_READ)
def end_feed() -> Answer:
    """End one's feed."""
    feed.end_feed(g.actor.person_id, by=g.actor, now=clock.now())
    flash(gettext("配信を止めました。これまでの番地では、もう読めません。"))
    return redirect(url_for("calendar.own_feed"), 303)


@room.get("/feed/<token>.ics", permission=P.PUBLIC)
def read_feed(token: str) -> Answer:
    """Give the feed to whoever holds its address, in the language of its person."""
    now = clock.now()
    found, actor = feed.reader(token, now)
    with speaking(actor.locale):
        name = feed.title(organisation_name(), actor.name)
        body = feed.written(name, feed_entries.of(found, actor, now=now, address=_address))
    feed.note_read(found, now)
    return send_made("calendar.ics", body, MIMETYPE)


def _address(one: Planned | Duty) -> str:
    """Give the whole address of the page of a time or a duty."""
    path = url_for(one.endpoint, **one.values) if isinstance(one, Duty) else href(one)
    return house().config.base_url + path
