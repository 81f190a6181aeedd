"""What fulfils an occurrence by evidence: what was to be collected, and the record of a register's review."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from babel.dates import format_skeleton
from peewee import JOIN

from isms.calendar import kinds, rules
from isms.calendar.days import DAY, next_times
from isms.calendar.models import Occurrence, OccurrenceStep, Schedule
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Invalid
from isms.core.look import short_day
from isms.core.permissions import Actor
from isms.core.words import gettext, locale
from isms.evidence import reviews
from isms.evidence import rules as evidence_rules
from isms.evidence.duties import COLLECTED
from isms.evidence.files import Kept, Upload
from isms.evidence.models import Evidence, Review, Withdrawal

TITLE = 160  # characters of a schedule's title that stand in the title of its evidence


def covers_until(occurrence: Occurrence, collected_on: date, today: date) -> date:
    """Give the last day of proof to propose: until the next time is due and its lead time is over, and not before today."""
    schedule = occurrence.schedule
    following = next_times(schedule, occurrence.due + DAY, 1)
    if following:
        last = following[0].due + timedelta(days=schedule.lead_days)
    else:
        last = evidence_rules.propose_valid_until(collected_on)
    return max(last, today, collected_on)


def laid_down(occurrence_id: int) -> list[Evidence]:
    """Give the evidence that fulfils the occurrence, the newest first."""
    steps = OccurrenceStep.select(OccurrenceStep.evidence).where(
        OccurrenceStep.occurrence == occurrence_id, OccurrenceStep.evidence.is_null(False)
    )
    return list(Evidence.select().where(Evidence.id.in_(steps)).order_by(Evidence.id.desc()))


def is_returned(evidence: Evidence) -> bool:
    """Tell whether the evidence was returned by its review, and nothing took its place."""
    said = reviews.reviews_of(evidence.id)
    if not said or said[-1].accepted:
        return False
    gone = Withdrawal.select().where(Withdrawal.evidence == evidence).exists()
    return not gone and not Evidence.select().where(Evidence.predecessor == evidence).exists()


def returned_now(today: date) -> list[tuple[Occurrence, Evidence]]:
    """Give what was sent back and would still prove something, with its occurrence; `review` says when. One query."""
    corrected = Evidence.alias()
    rows = (
        OccurrenceStep.select(OccurrenceStep, Occurrence, Schedule, Evidence, Review)
        .join(Occurrence)
        .join(Schedule)
        .join_from(OccurrenceStep, Evidence)
        .join(Review)
        .join_from(Evidence, corrected, JOIN.LEFT_OUTER, on=corrected.predecessor == Evidence.id)
        .where(
            Review.accepted == False,  # noqa: E712
            Evidence.origin == COLLECTED,
            Evidence.valid_until >= today,
            corrected.id.is_null(),
            Evidence.id.not_in(Withdrawal.select(Withdrawal.evidence)),
        )
        .order_by(OccurrenceStep.id)
    )
    return [(row.occurrence, row.evidence) for row in rows]


def submit(
    occurrence_id: int,
    *,
    collected_on: date,
    valid_until: date,
    files: Iterable[Upload | Kept] = (),
    url: str = "",
    note: str = "",
    by: Actor,
    now: datetime,
) -> Evidence:
    """Record what was to be collected and finish the occurrence with it; what was returned is laid down anew.

    The evidence proves once somebody else has accepted it.
    """
    given = list(files)
    if not (given or url or note):
        raise Invalid({"files": gettext("ファイル、リンク、備考のどれか一つは入れてください。")})
    with atomic():
        occurrence = rules.doable(occurrence_id, by=by, now=now)
        before = _taken_back(occurrence_id, by, now)
        values = {"collected_on": collected_on, "valid_until": valid_until, "url": url, "note": note}
        made = _record(occurrence, given, before, values, by, now)
        rules.finish(occurrence_id, day=collected_on, text="", evidence_id=made.id, by=by, now=now)
        return made


def _taken_back(occurrence_id: int, by: Actor, now: datetime) -> Evidence | None:
    """Give the evidence of the occurrence that its review sent back, and open the occurrence again for another."""
    before = next(iter(laid_down(occurrence_id)), None)
    if before is None or not is_returned(before):
        return None
    rules.reopen(occurrence_id, text=gettext("証跡 %(ref)s が差し戻されたため", ref=before.ref), by=by, now=now)
    return before


def record_review(occurrence_id: int, *, day: date, text: str, by: Actor, now: datetime) -> OccurrenceStep:
    """Finish the review of a register with what came of it; where it proves controls, the words become evidence."""
    said = evidence_rules.said(text, "text")
    with atomic():
        occurrence = rules.doable(occurrence_id, by=by, now=now)
        before = _taken_back(occurrence_id, by, now)
        made = None
        if rules.controls_on(occurrence.schedule, day):
            until = covers_until(occurrence, day, settings.today(now))
            file = Upload(gettext("見直しの記録.txt"), BytesIO(_review_words(occurrence, day, said, by).encode()))
            made = _record(occurrence, [file], before, {"collected_on": day, "valid_until": until}, by, now)
        evidence_id = made.id if made else None
        return rules.finish(occurrence_id, day=day, text=said, evidence_id=evidence_id, by=by, now=now)


def _review_words(occurrence: Occurrence, day: date, said: str, by: Actor) -> str:
    label = kinds.REGISTERS.get(occurrence.schedule.about, kinds.REGISTERS["other"])[0]
    lines = [
        occurrence.schedule.title,
        gettext("台帳：%(name)s", name=label),
        gettext("見直した日：%(day)s", day=short_day(day)),
        gettext("見直した人：%(name)s", name=by.name or by.id),
        gettext("結果："),
        said,
    ]
    return "\n".join(lines) + "\n"


def _record(
    occurrence: Occurrence,
    files: list[Upload | Kept],
    before: Evidence | None,
    values: dict[str, Any],
    by: Actor,
    now: datetime,
) -> Evidence:
    """Record the evidence of an occurrence under its name, for the controls of its schedule."""
    schedule = occurrence.schedule
    when = format_skeleton("yMMMM", occurrence.nominal, locale=locale()) if schedule.whole_month else ""
    return evidence_rules.record_evidence(
        title=gettext(
            "%(title)s（%(when)s）", title=schedule.title[:TITLE], when=when or short_day(occurrence.nominal)
        ),
        controls=rules.controls_on(schedule, values["collected_on"]),
        files=files,
        department_id=schedule.department_id or by.department_id,
        owner_id=by.person_id,
        predecessor_id=before.id if before else None,
        origin=COLLECTED,
        by=by,
        now=now,
        **values,
    )
