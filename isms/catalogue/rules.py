"""What the organisation decides on the standards: which edition is in force, and how it holds with each control.

What is asked of a past day takes `known_at`: only rows recorded by that moment count; None is all that is known now.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from peewee import JOIN, ModelSelect

from isms import trail
from isms.catalogue import words
from isms.catalogue.editions import Edition, Kind, Requirement
from isms.catalogue.models import Decision, EditionInForce
from isms.catalogue.shelf import standards, use
from isms.catalogue.wording import adapted
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.text import clean_text
from isms.core.unchanged import Kept
from isms.core.words import gettext
from isms.people.models import Person

__all__ = ["Said", "decide", "decide_many", "decisions_on", "edition_on", "get_requirement", "standards", "use"]

STANDARD = "ISO/IEC 27001"
LONGEST = 5000

_in_force: Kept[list[EditionInForce]] = Kept(lambda: list(EditionInForce.select()))


class Said(NamedTuple):
    """What a decision says of one control."""

    key: str
    applicable: bool
    justification: str
    implementation: str = "not_started"
    owner_id: int | None = None
    note: str = ""


def in_sight(by: Actor, permission: Permission, edition_id: str) -> Callable[[str], bool]:
    """Give the question whether the actor may know of a requirement by its key: an auditor of what is covered."""
    if Scope.ALL in scopes_of(by, permission):
        return lambda key: True
    covered = by.coverage
    return lambda key: covered is not None and covered.covers(edition_id, key)


def edition_on(day: date, known_at: datetime | None = None) -> Edition:
    """Give the edition in force on the day, as the organisation words it."""
    return adapted(edition_id_on(day, known_at), known_at)


def edition_id_on(day: date, known_at: datetime | None = None) -> str:
    """Give the id of the edition in force on the day; the newest one where none was put in force by then."""
    known = (row for row in _in_force.get() if known_at is None or row.recorded_at <= known_at)
    row = max((one for one in known if one.from_day <= day), key=lambda one: (one.from_day, one.id), default=None)
    return row.edition if row else standards().editions_of(STANDARD)[-1].id


def editions_in_force(known_at: datetime | None = None) -> ModelSelect:
    """Give the query of the editions that were put in force."""
    query = EditionInForce.select()
    return query if known_at is None else query.where(EditionInForce.recorded_at <= known_at)


def put_in_force(edition_id: str, *, from_day: date, by: Actor, now: datetime) -> EditionInForce:
    """Let an edition of ISO/IEC 27001 count from a day on."""
    with atomic():
        edition = standards().edition(edition_id)
        if edition.standard != STANDARD:
            raise Invalid({"edition": gettext("%(standard)s の版を選んでください。", standard=STANDARD)})
        if from_day < edition.published:
            raise Invalid({"from_day": gettext("この版の発行日（%(day)s）より前です。", day=edition.published)})
        row = EditionInForce.create(edition=edition_id, from_day=from_day, recorded_at=now, recorded_by=by.id)
        trail.record(by, "edition.put_in_force", row, now, after=row.plain())
        return row


def get_requirement(edition_id: str, key: str) -> Requirement:
    """Give a requirement as the organisation words it, its own controls too; NotFound without one."""
    return adapted(edition_id).get(key)


def decisions_on(edition_id: str, day: date, known_at: datetime | None = None) -> dict[str, Decision]:
    """Give the decision in force on the day by key, each with its owner; one query."""
    query = _with_owner().where(Decision.edition == edition_id, Decision.from_day <= day)
    if known_at is not None:
        query = query.where(Decision.recorded_at <= known_at)
    return {row.key: row for row in query.order_by(Decision.from_day, Decision.id)}


def get_decision(decision_id: int) -> Decision:
    """Give a recorded decision; raises NotFound."""
    found = Decision.get_or_none(Decision.id == decision_id)
    if found is None:
        raise NotFound()
    return found


def history(edition_id: str, key: str) -> list[Decision]:
    """Give all decisions on a control, the newest first, each with its owner."""
    query = _with_owner().where(Decision.edition == edition_id, Decision.key == key)
    return list(query.order_by(Decision.from_day.desc(), Decision.id.desc()))


def _with_owner() -> ModelSelect:
    return Decision.select(Decision, Person).join(Person, JOIN.LEFT_OUTER)


def decide(
    edition_id: str,
    key: str,
    *,
    applicable: bool,
    justification: str,
    implementation: str = "not_started",
    owner_id: int | None = None,
    note: str = "",
    from_day: date | None = None,
    by: Actor,
    now: datetime,
) -> Decision:
    """Decide whether a control applies, why, and how far it is implemented; from today on unless a day is given."""
    said = Said(key, applicable, justification, implementation, owner_id, note)
    return decide_many(edition_id, [said], from_day=from_day, by=by, now=now)[0]


def decide_many(
    edition_id: str, said: Iterable[Said], *, from_day: date | None = None, by: Actor, now: datetime
) -> list[Decision]:
    """Decide on many controls at once: all of them or none."""
    with atomic():
        edition = adapted(edition_id)
        rows = [_checked(edition, one) for one in said]
        _check_owners({row["owner"] for row in rows if row["owner"] is not None})
        common = {"from_day": from_day or settings.today(now), "recorded_at": now, "recorded_by": by.id}
        made = [Decision.create(edition=edition_id, **row, **common) for row in rows]
        trail.record_many(by, [trail.Change("decision.made", row, {"after": row.plain()}) for row in made], now)
        return made


def _checked(edition: Edition, said: Said) -> dict[str, Any]:
    """Give the values as they are kept; Invalid with a message per field."""
    requirement = edition.get(said.key)
    if requirement.kind is not Kind.CONTROL:
        raise Invalid(gettext("箇条はいつも適用されます。決定は管理策にだけ記録します。"))
    wrong: dict[str, str] = {}
    justification = clean_text(said.justification, LONGEST, lines=True)
    if not justification:
        wrong["justification"] = gettext("理由を入力してください。適用しないときも、適用するときも必要です。")
    implementation = said.implementation if said.applicable else "not_started"  # what does not apply has no degree
    if implementation not in words.IMPLEMENTATION:
        wrong["implementation"] = gettext("実施状況を選んでください。")
    if wrong:
        raise Invalid(wrong)
    return {
        "key": said.key,
        "applicable": said.applicable,
        "justification": justification,
        "implementation": implementation,
        "owner": said.owner_id,
        "note": clean_text(said.note, LONGEST, lines=True),
    }


def _check_owners(ids: set[int]) -> None:
    if Person.select().where(Person.id.in_(sorted(ids))).count() != len(ids):
        raise Invalid({"owner_id": gettext("責任者を職員から選んでください。")})
