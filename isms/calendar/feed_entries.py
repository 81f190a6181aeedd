"""What stands in a person's feed: the times that fall to them, and what else they have to do."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from isms.calendar import feed, kinds
from isms.calendar.feed import Entry
from isms.calendar.models import Feed
from isms.calendar.plan import Planned, planned
from isms.calendar.states import STATES
from isms.core import settings
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.people.duties import Duty

BACK, AHEAD = timedelta(days=365), timedelta(days=548)  # the past year, the next 18 months
SILENT = ("planned", "open")  # states that go without saying
Address = Callable[[Planned | Duty], str]


def of(found: Feed, actor: Actor, *, now: datetime, address: Address) -> list[Entry]:
    """Give the entries of a person's feed; nothing in them is of the moment of asking but what is due near it."""
    today = settings.today(now)
    return [*_planned(found, actor, today, address), *_others(found, actor, today, address)]


def _planned(found: Feed, actor: Actor, today: date, address: Address) -> Iterator[Entry]:
    for one in planned(today - BACK, today + AHEAD, today):
        if one.owners.has(actor):
            # what is planned to a month stands on its last day: a bar over the month would cover all else
            yield Entry(
                key=f"schedule-{one.schedule.id}-{one.nominal.isoformat()}",
                title=_title(one),
                first=one.due,
                last=one.due,
                changed_at=_changed_at(one, found),
                note=_note(one),
                href=address(one),
                cancelled=one.state == "skipped",
            )


def _title(one: Planned) -> str:
    if one.state in SILENT:
        return one.title
    return gettext("%(title)s（%(state)s）", title=one.title, state=STATES[one.state])


def _note(one: Planned) -> str:
    lines = [kinds.label_of(one.schedule.kind)]
    if one.whole_month:
        lines.append(gettext("その月のうちに行います。"))
    return "\n".join([*lines, *filter(None, [one.schedule.note])])


def _changed_at(one: Planned, found: Feed) -> datetime:
    """Give the moment of the last change that is known; what the rule gives is as old as the feed."""
    rows = [row for row in (one.occurrence, one.move, one.end) if row is not None]
    return max((row.recorded_at for row in rows), default=found.made_at)


def _others(found: Feed, actor: Actor, today: date, address: Address) -> Iterator[Entry]:
    for duty in feed.others_of(actor, today):
        if duty.kind != "occurrence":  # the calendar tells those itself
            yield Entry(duty.key, duty.title, duty.due, duty.due, found.made_at, duty.note, address(duty))
