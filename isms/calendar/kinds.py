"""Kinds of regular work. A room declares its own at import: what opening means to it, and where the work is done."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from isms.calendar.models import Occurrence, Schedule
from isms.calendar.recurrence import is_daily
from isms.core.words import lazy_gettext

Opened = Callable[[Occurrence, datetime], None]
Work = Callable[[Occurrence], tuple[str, dict[str, Any]]]


@dataclass(frozen=True)
class Kind:
    """A kind: `opened` runs in the transaction of the opening; `work` gives the endpoint and values of where it is done.

    The calendar's `own` kinds are in people's to-do by the calendar; the room of any other kind tells its duties itself.
    """

    name: str
    label: Any
    opened: Opened | None = None
    work: Work | None = None
    own: bool = False
    entered: bool = True  # on the calendar's pages; else the room makes the schedules itself


KINDS: dict[str, Kind] = {}
OWN = ("task", "collect", "register_review")

# what a review of a register is about: its name, and the page where it stands
REGISTERS: dict[str, tuple[Any, str]] = {
    "people": (lazy_gettext("職員名簿"), "people.index"),
    "departments": (lazy_gettext("部署の一覧"), "people.departments"),
    "accounts": (lazy_gettext("アカウントと役割"), "accounts.index"),
    "controls": (lazy_gettext("管理策の決定"), "catalogue.index"),
    "measures": (lazy_gettext("事故防止策"), "measures.index"),
    "schedules": (lazy_gettext("予定の決まり"), "calendar.schedules"),
    "closed_days": (lazy_gettext("休業日"), "calendar.closed_days"),
    "other": (lazy_gettext("そのほかの台帳"), ""),
}


def declare(
    name: str, label: Any, *, opened: Opened | None = None, work: Work | None = None, entered: bool = True
) -> None:
    """Declare a kind; the name is unique."""
    if name in KINDS:
        raise ValueError(f"kind {name} is declared twice")
    KINDS[name] = Kind(name, label, opened, work, own=name in OWN, entered=entered)


def label_of(name: str) -> str:
    """Give the word for a kind; its name for one whose room is gone."""
    return str(KINDS[name].label) if name in KINDS else name


def is_entered_here(name: str) -> bool:
    """Tell whether schedules of the kind are entered on the calendar's pages."""
    return name in KINDS and KINDS[name].entered


def is_kept(schedule: Schedule) -> bool:
    """Tell whether the times of a schedule become rows; of daily work its own room keeps what was done."""
    kind = KINDS.get(schedule.kind)
    return kind is not None and (kind.own or kind.opened is not None or not is_daily(schedule.rrule))


def where(occurrence: Occurrence, kind: str) -> tuple[str, dict[str, Any]]:
    """Give the endpoint and values of the page on which an occurrence of the kind is done."""
    known = KINDS.get(kind)
    if known is None or known.work is None:
        return "calendar.occurrence", {"occurrence_id": occurrence.id}
    return known.work(occurrence)


declare("task", lazy_gettext("作業"))
declare("collect", lazy_gettext("証跡の収集"))
declare("register_review", lazy_gettext("台帳の見直し"))
