"""From one edition of the standard to the next: what every decision becomes, what must be asked, and the step itself.

Decisions for the next edition may be recorded ahead, from the day of the transition: that is how the work is kept
while it goes on. What was one control and still is one is carried as it stands; what was merged or is new is asked.
Evidence and findings follow in `isms.status.transition`, which may know them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from isms.catalogue.editions import Edition, Kind, Requirement
from isms.catalogue.mappings import Relation
from isms.catalogue.models import Decision, EditionInForce
from isms.catalogue.rules import (
    STANDARD,
    Said,
    decide_many,
    decisions_on,
    edition_id_on,
    editions_in_force,
    put_in_force,
)
from isms.catalogue.shelf import standards
from isms.catalogue.wording import adapted, add_own_control, own_controls
from isms.catalogue.words import IMPLEMENTATION
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Actor
from isms.core.words import gettext


class Way(StrEnum):
    """How a control comes about in the next edition."""

    SAME = "same"
    MERGED = "merged"
    NEW = "new"
    OWN = "own"


@dataclass(frozen=True)
class Before:
    """A control of the old edition and the decision on it, if there is one."""

    requirement: Requirement
    decision: Decision | None


@dataclass(frozen=True)
class Proposal:
    """A control of the next edition: what it was, what is decided already, what could be."""

    requirement: Requirement
    way: Way
    before: tuple[Before, ...]
    decision: Decision | None

    @cached_property
    def suggestion(self) -> Said | None:
        """Give what follows from the old decisions: it applies if one of them did, and is as far as the least of them."""
        old = [one.decision for one in self.before if one.decision is not None]
        if not old:
            return None
        counting = [one for one in old if one.applicable] or old
        owners = {one.owner_id for one in counting}
        numbers = gettext("、").join(one.requirement.id for one in self.before)
        return Said(
            self.requirement.key,
            applicable=any(one.applicable for one in old),
            justification="\n".join(dict.fromkeys(one.justification for one in counting)),
            implementation=min((one.implementation for one in counting), key=list(IMPLEMENTATION).index),
            owner_id=owners.pop() if len(owners) == 1 else None,
            note="\n".join(dict.fromkeys(one.note for one in counting if one.note))
            or gettext("旧版の %(numbers)s から引き継いだ決定", numbers=numbers),
        )

    @property
    def is_carried(self) -> bool:
        """Tell whether the old decision goes over as it stands."""
        return self.decision is None and self.way in (Way.SAME, Way.OWN) and self.suggestion is not None

    @property
    def is_open(self) -> bool:
        """Tell whether somebody still has to decide."""
        return self.decision is None and not self.is_carried


@dataclass(frozen=True)
class Plan:
    """All proposals for a transition on a day."""

    old: Edition
    new: Edition
    day: date
    proposals: tuple[Proposal, ...]

    @cached_property
    def open(self) -> tuple[Proposal, ...]:
        return tuple(one for one in self.proposals if one.is_open)

    @cached_property
    def carried(self) -> tuple[Proposal, ...]:
        return tuple(one for one in self.proposals if one.is_carried)

    @cached_property
    def decided(self) -> tuple[Proposal, ...]:
        return tuple(one for one in self.proposals if one.decision is not None)

    def find(self, key: str) -> Proposal | None:
        """Give the proposal for a control of the next edition."""
        return next((one for one in self.proposals if one.requirement.key == key), None)


def next_edition(edition_id: str) -> Edition | None:
    """Give the edition that a mapping of succession leads to; None for the newest."""
    ahead = [one.new for one in standards().mappings if one.relation is Relation.SUCCESSION and one.old == edition_id]
    found = [edition for edition in standards().editions_of(STANDARD) if edition.id in ahead]
    return found[0] if found else None


class Step(NamedTuple):
    """A transition that was taken."""

    old: str
    new: str
    day: date


def taken() -> Step | None:
    """Give the latest transition that was taken, be its day still to come; None before the first."""
    row = editions_in_force().order_by(EditionInForce.from_day.desc(), EditionInForce.id.desc()).first()
    if row is None:
        return None
    old = edition_id_on(row.from_day - timedelta(days=1))
    ahead = next_edition(old)
    return Step(old, row.edition, row.from_day) if ahead is not None and ahead.id == row.edition else None


def planned_day(new_id: str, today: date) -> date:
    """Give the day for which decisions on the next edition were recorded ahead; today when there are none."""
    return (
        Decision.select(Decision.from_day).where(Decision.edition == new_id).order_by(Decision.from_day.desc()).scalar()
        or today
    )


def plan(old_id: str, new_id: str, day: date) -> Plan:
    """Give the proposals for a transition on the day; six queries."""
    old, new = adapted(old_id), adapted(new_id)
    before, after = decisions_on(old_id, day), decisions_on(new_id, day)
    backward = standards().mapping(old_id, new_id).backward
    made = []
    for requirement in _with_own(old, new):
        keys = backward.get(requirement.key, ())
        way = Way.NEW if not keys else Way.SAME if len(keys) == 1 else Way.MERGED
        if standards().edition(new_id).find(requirement.key) is None:
            way, keys = Way.OWN, (requirement.key,)
        was = tuple(Before(row, before.get(key)) for key in keys if (row := old.find(key)))
        made.append(Proposal(requirement, way, was, after.get(requirement.key)))
    return Plan(old, new, day, tuple(made))


def _with_own(old: Edition, new: Edition) -> Iterable[Requirement]:
    """Give the controls of the next edition, and the organisation's own that have not come over yet."""
    yield from new.of_kind(Kind.CONTROL)
    for requirement in old.of_kind(Kind.CONTROL):
        if standards().edition(old.id).find(requirement.key) is None and new.find(requirement.key) is None:
            theme = requirement.theme if requirement.theme in new.themes else ""
            yield replace(requirement, edition=new.id, theme=theme)


def adopt(old_id: str, new_id: str, *, day: date, by: Actor, now: datetime) -> Plan:
    """Put the next edition in force from the day, with the decisions that carry over; nothing may be open."""
    with atomic():
        if edition_id_on(day) != old_id:
            raise Conflict(gettext("この日に適用されている版が、移行元の版ではありません。"))
        found = plan(old_id, new_id, day)
        if found.open:
            numbers = gettext("、").join(one.requirement.id for one in found.open[:10])
            raise Invalid(
                gettext(
                    "まだ決めていない管理策が%(number)s件あります（%(numbers)s など）。すべて決めてから移行してください。",
                    number=len(found.open),
                    numbers=numbers,
                )
            )
        put_in_force(new_id, from_day=day, by=by, now=now)
        for key, row in own_controls(old_id).items():
            if found.new.find(key) is None:
                titles = {"title_ja": row.title_ja, "title_en": row.title_en}
                theme = row.theme if row.theme in found.new.themes else ""
                add_own_control(new_id, key, **titles, theme=theme, by=by, now=now)
        decide_many(new_id, [one.suggestion for one in found.carried if one.suggestion], from_day=day, by=by, now=now)
        return found
