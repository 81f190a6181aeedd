"""What may happen to occurrences: they open, are done, postponed, skipped, done in another way, opened again."""

from datetime import date, datetime
from typing import Any

from isms import trail
from isms.calendar.models import Occurrence, OccurrenceStep, Opening, Schedule
from isms.calendar.opening import get_schedule, occurrence_at, open_occurrence
from isms.calendar.owners import Owners, Owning, owners_of
from isms.calendar.schedules import (
    add_closed_days,
    add_schedule,
    change_closed_days,
    change_schedule,
    controls_of,
    end_closed_days,
    end_schedule,
    get_closed_days,
)
from isms.calendar.states import Standing, standing
from isms.catalogue import transition
from isms.catalogue.rules import STANDARD, edition_id_on
from isms.catalogue.shelf import standards
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Permission, demand, demand_permission
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.evidence.models import Evidence
from isms.status.transition import became

__all__ = [
    "Owners",
    "Owning",
    "add_closed_days",
    "add_schedule",
    "change_closed_days",
    "change_schedule",
    "controls_of",
    "controls_on",
    "doable",
    "end_closed_days",
    "end_schedule",
    "finish",
    "get_closed_days",
    "get_occurrence",
    "get_schedule",
    "occurrence_at",
    "open_occurrence",
    "owners_of",
    "postpone",
    "reopen",
    "seen_occurrence",
    "skip",
    "state_of",
    "steps_of",
    "substitute",
]

TEXT = 5000  # characters at most


def get_occurrence(occurrence_id: int) -> Occurrence:
    """Give the occurrence with its schedule; raises NotFound."""
    row = Occurrence.select(Occurrence, Schedule).join(Schedule).where(Occurrence.id == occurrence_id).first()
    if row is None:
        raise NotFound()
    return row


def seen_occurrence(occurrence_id: int, *, by: Actor) -> Occurrence:
    """Give the occurrence to an actor who may read the calendar; raises NotFound for anyone else."""
    row = get_occurrence(occurrence_id)
    demand(by, Permission.CALENDAR_READ, row)
    return row


def doable(occurrence_id: int, *, by: Actor, now: datetime) -> Occurrence:
    """Give the occurrence to an actor to whom it falls, to the head who sees it, or to an officer; else NotFound."""
    row = get_occurrence(occurrence_id)
    demand_permission(by, Permission.OCCURRENCES_DO)
    demand(by, Permission.OCCURRENCES_DO, owners_of(row.schedule, settings.today(now)).thing(by))
    return row


def steps_of(occurrence_id: int) -> list[OccurrenceStep]:
    """Give what became of the occurrence, in the order of its recording."""
    steps = OccurrenceStep.select().where(OccurrenceStep.occurrence == occurrence_id)
    return list(steps.order_by(OccurrenceStep.id))


def state_of(occurrence: Occurrence, today: date) -> str:
    """Give the state on the day: planned, open, done, postponed, skipped, substituted, missed."""
    opened = Opening.select().where(Opening.occurrence == occurrence).exists()
    return standing(occurrence.due, steps_of(occurrence.id)).state(opened, today)


def finish(
    occurrence_id: int, *, day: date, text: str = "", evidence_id: int | None = None, by: Actor, now: datetime
) -> OccurrenceStep:
    """Say that it was done on a day; what is to be collected needs its evidence."""
    with atomic():
        row = _open(occurrence_id)
        if row.schedule.kind == "collect" and evidence_id is None:
            raise Invalid({"evidence_id": gettext("証跡を登録すると、この予定は実施済みになります。")})
        return _step(row, "done", day, text, by, now, evidence=evidence_id)


def substitute(
    occurrence_id: int,
    *,
    text: str,
    evidence_id: int | None = None,
    day: date | None = None,
    by: Actor,
    now: datetime,
) -> OccurrenceStep:
    """Say that something else was done in its place, and what."""
    with atomic():
        row = _open(occurrence_id)
        said = day or settings.today(now)
        return _step(row, "substituted", said, _said(text), by, now, evidence=evidence_id)


def skip(occurrence_id: int, *, text: str, by: Actor, now: datetime) -> OccurrenceStep:
    """Leave it out this time, saying why."""
    with atomic():
        return _step(_open(occurrence_id), "skipped", settings.today(now), _said(text), by, now)


def postpone(occurrence_id: int, *, to_day: date, text: str, by: Actor, now: datetime) -> OccurrenceStep:
    """Put it off to a later day, saying why."""
    with atomic():
        row, today = _open(occurrence_id), settings.today(now)
        if to_day <= max(_standing(row).due, today):
            raise Invalid({"to_day": gettext("いまの期限と今日より後の日付を入力してください。")})
        return _step(row, "postponed", today, _said(text), by, now, to_day=to_day)


def reopen(occurrence_id: int, *, text: str, by: Actor, now: datetime) -> OccurrenceStep:
    """Take back that it was done, skipped or substituted, saying why."""
    with atomic():
        row = get_occurrence(occurrence_id)
        if _standing(row).end is None:
            raise Conflict(gettext("この回はまだ終わっていません。"))
        return _step(row, "reopened", settings.today(now), _said(text), by, now)


def _standing(row: Occurrence) -> Standing:
    return standing(row.due, steps_of(row.id))


def _open(occurrence_id: int) -> Occurrence:
    """Give the occurrence, which must not have ended."""
    row = get_occurrence(occurrence_id)
    if _standing(row).end is not None:
        raise Conflict(gettext("この回はすでに終わっています。"))
    return row


def _said(text: str) -> str:
    if not text.strip():
        raise Invalid({"text": gettext("理由を入力してください。")})
    return text


def _step(row: Occurrence, kind: str, day: date, text: str, by: Actor, now: datetime, **more: Any) -> OccurrenceStep:
    try:
        kept = clean_text(text, TEXT, lines=True)
    except UnusableText as error:
        raise Invalid({"text": str(error)}) from error
    if not row.schedule.from_day <= day <= settings.today(now):
        raise Invalid({"day": gettext("予定の始まりの日から今日までの日付を入力してください。")})
    evidence_id = more.get("evidence")
    if evidence_id is not None and Evidence.get_or_none(Evidence.id == evidence_id) is None:
        raise Invalid({"evidence_id": gettext("証跡がありません。")})
    facts = {"kind": kind, "day": day, "text": kept, "recorded_at": now, "recorded_by": by.id}
    step = OccurrenceStep.create(occurrence=row, **facts, **more)
    trail.record(by, f"occurrence.{kind}", step, now, before=None, after=step.plain())
    return step


def controls_on(schedule: Schedule, day: date) -> list[tuple[str, str]]:
    """Give what the schedule proves on the day as (edition, key), carried into the edition that is in force then.

    What a mapping does not lead to the other edition is left out; other standards stay as they were entered.
    """
    wanted = edition_id_on(day)
    return list(dict.fromkeys(pair for edition, key in controls_of(schedule) for pair in _led(edition, key, wanted)))


def _led(edition: str, key: str, wanted: str) -> list[tuple[str, str]]:
    if standards().edition(edition).standard != STANDARD:
        return [(edition, key)]
    keys = [key]
    for old, new in _way(edition, wanted):
        keys = [found for one in keys for found in became(old, new).get(one, ())]
    for old, new in reversed(_way(wanted, edition)):
        keys = [one for one, found in became(old, new).items() if set(keys) & set(found)]
    return [(wanted, found) for found in keys]


def _way(first: str, last: str) -> list[tuple[str, str]]:
    """Give the steps by which one edition followed another; none when the first is not before the last."""
    steps = []
    while first != last:
        ahead = transition.next_edition(first)
        if ahead is None:
            return []
        steps.append((first, ahead.id))
        first = ahead.id
    return steps
