"""What the page of one occurrence says: how it stands in a sentence, its history, its evidence, its controls."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from babel.dates import format_skeleton

from isms.calendar import collecting, rules
from isms.calendar.models import Occurrence, Opening, Schedule
from isms.calendar.states import STEPS, Standing
from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Requirement
from isms.core.errors import NotFound
from isms.core.look import day_with_weekday, short_day
from isms.core.words import gettext, locale, ngettext
from isms.evidence.models import Evidence, Review
from isms.evidence.words import REVIEWS
from isms.trail import kinds as trail_kinds


def sentence(how: Standing, state: str, today: date) -> str:
    """Say in a sentence how it stands with an occurrence."""
    if how.end is not None:
        words = {
            "done": gettext("%(day)s に実施しました。", day=short_day(how.end.day)),
            "skipped": gettext("今回は見送りました。"),
            "substituted": gettext("代わりの方法で実施しました。"),
        }
        return words[state]
    left = (how.due - today).days
    if left < 0:
        return ngettext("期限を%(num)s日過ぎています。", "期限を%(num)s日過ぎています。", -left)
    return (
        ngettext("期限まであと%(num)s日です。", "期限まであと%(num)s日です。", left)
        if left
        else gettext("期限は今日です。")
    )


def due_words(schedule: Schedule, how: Standing) -> str:
    """Say when it is due: on a day, or on any day of a month."""
    if schedule.whole_month and how.move is None:
        return gettext("%(month)sのうち", month=format_skeleton("yMMMM", how.due, locale=locale()))
    return day_with_weekday(how.due)


def history(occurrence: Occurrence, may_know: Callable[[Evidence], bool]) -> dict[str, Any]:
    """Give the evidence of the occurrence, the newest of it if it was sent back, and what became of the occurrence.

    What a review said of evidence, and words that became evidence, are told to whoever may know that evidence.
    """
    laid_down, told = laid(occurrence.id), diary(occurrence)
    known = {one["evidence"].id for one in laid_down if may_know(one["evidence"])}
    for one in laid_down:
        one["reason"] = one["reason"] if one["evidence"].id in known else ""
    for row in told:
        row["text"] = row["text"] if row.get("evidence_id") in {None, *known} else ""
    back = returned(occurrence.id)
    back = back if back is not None and back["evidence"].id in known else None
    return {"laid": laid_down, "returned": back, "diary": told}


def diary(occurrence: Occurrence) -> list[dict[str, Any]]:
    """Give what became of the occurrence, the oldest first, with the names of who did it."""
    opened = list(Opening.select().where(Opening.occurrence == occurrence))
    steps = rules.steps_of(occurrence.id)
    names = trail_kinds.names({row.recorded_by for row in [*opened, *steps]})
    told = [
        {"at": row.recorded_at, "words": gettext("始まった"), "who": names[row.recorded_by], "text": ""}
        for row in opened
    ]
    told += [
        {
            "at": step.recorded_at,
            "words": STEPS[step.kind],
            "who": names[step.recorded_by],
            "text": step.text,
            "evidence_id": step.evidence_id,
            "to_day": step.to_day,
            "day": step.day if step.kind in {"done", "substituted"} else None,
        }
        for step in steps
    ]
    return sorted(told, key=lambda one: one["at"])


def laid(occurrence_id: int) -> list[dict[str, Any]]:
    """Give the evidence that fulfils the occurrence, the newest first, with what its review said; two queries."""
    rows = collecting.laid_down(occurrence_id)
    said = Review.select().where(Review.evidence.in_([row.id for row in rows])).order_by(Review.id)
    newest = {review.evidence_id: review for review in said}
    return [_told(row, newest.get(row.id)) for row in rows]


def _told(row: Evidence, review: Review | None) -> dict[str, Any]:
    key = "waiting" if review is None else "accepted" if review.accepted else "returned"
    reason = review.reason if review else ""
    href = trail_kinds.href(f"evidence:{row.id}")
    return {"evidence": row, "word": REVIEWS[key], "reason": reason, "late": key == "returned", "href": href}


def returned(occurrence_id: int) -> dict[str, Any] | None:
    """Give the newest evidence of the occurrence when its review sent it back."""
    told = laid(occurrence_id)
    return told[0] if told and told[0]["late"] and collecting.is_returned(told[0]["evidence"]) else None


def requirements(schedule: Schedule, day: date) -> Iterable[Requirement]:
    """Give the requirements that the schedule proves on the day."""
    for edition, key in rules.controls_on(schedule, day):
        try:
            yield catalogue.get_requirement(edition, key)
        except NotFound:  # a control of one's own that was taken out again
            continue
