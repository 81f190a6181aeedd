"""What the room asks of people: answers, corrective actions, checks of their effect, reviews of measures."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from isms.core.permissions import Role
from isms.core.words import gettext
from isms.findings import measures
from isms.findings.models import Finding, Measure
from isms.findings.progress import Action, Progress, progress_of
from isms.findings.rules import newest_step
from isms.findings.words import FOLLOWING
from isms.people.duties import Duty, Past, person_ids, response_due
from isms.people.models import Person
from isms.people.roster import on_day

ANSWERS = ("reply", "correction", "cause", "action")
SOON = timedelta(days=30)  # before its day a review of a measure is asked for
OFFICERS = frozenset({Role.OFFICER})


def duties(today: date) -> list[Duty]:
    """Give what is open today; five queries."""
    here = {number for (number,) in Person.select(Person.id).where(on_day(Person, today)).tuples()}
    waiting = progress_of(Finding.select().where(newest_step() != "closed").order_by(Finding.id))
    given = [duty for progress in waiting.values() for duty in _of_finding(progress, today, here)]
    return [*given, *_of_measures(today, here)]


def _of_finding(progress: Progress, today: date, here: set[int]) -> Iterator[Duty]:
    finding, following = progress.finding, progress.next
    values, place = {"finding_id": finding.id}, _set(finding.department_id)
    more: dict[str, Any] = {"of_departments": place, "private": finding.title}
    told = {"ref": finding.ref, "title": finding.title}
    if following in ANSWERS or following == "close":
        title = gettext("%(ref)s %(title)s：%(next)s", **told, next=FOLLOWING[following])
        to = _whom(None, place if following != "close" else frozenset(), here)
        due = progress.due or today
        yield Duty(f"finding_{following}:{finding.id}", title, due, "findings.finding", values, **more, **to)
    for action in progress.of("planned", "done"):
        values = {"finding_id": finding.id, "step_id": action.plan.id}
        note = action.plan.text.splitlines()[0]
        if action.done is None:
            title = gettext("%(ref)s %(title)s：是正処置", **told)
            to = _whom(action.plan.owner_id, place, here)
            due, key = action.plan.due or today, f"finding_action:{action.plan.id}"
            yield Duty(key, title, due, "findings.action", values, note, **more, **to)
        elif action.check_from is not None and action.check_from <= today:
            title = gettext("%(ref)s %(title)s：有効性の確認", **told)
            due, key = response_due(action.check_from), f"finding_effect:{action.plan.id}"
            to = {"roles": OFFICERS, "but": person_ids(*action.had_a_hand)}
            yield Duty(key, title, due, "findings.check_effect", values, note, **more, **to)


def _of_measures(today: date, here: set[int]) -> Iterator[Duty]:
    standing = list(Measure.select().where(Measure.to_day.is_null()).order_by(Measure.id))
    last = measures.last_reviews(one.id for one in standing)
    for one in standing:
        due = measures.next_review(one, last.get(one.id))
        if due is None or due > today + SOON:
            continue
        title = gettext("事故防止策 %(ref)s の見直し", ref=one.ref)
        note, place = one.measure.splitlines()[0], _set(one.department_id)
        to, values = _whom(one.owner_id, place, here), {"measure_id": one.id}
        yield Duty(f"measure_review:{one.id}", title, due, "measures.measure", values, note, of_departments=place, **to)


def _set(number: int | None) -> frozenset[int]:
    return frozenset() if number is None else frozenset({number})


def _whom(person_id: int | None, place: frozenset[int], here: set[int]) -> dict[str, Any]:
    """Say to whom it falls: the person who is still here, else the head of the department, else the officers."""
    if person_id in here:
        return {"persons": frozenset({person_id})}
    return {"departments": place} if place else {"roles": OFFICERS}


def past(from_day: date, today: date) -> list[Past]:
    """Give the answers and actions whose day was from a day on and has gone; two queries."""
    known = progress_of(Finding.select().order_by(Finding.id))
    return [one for progress in known.values() for one in _past(progress) if from_day <= one.due < today]


def _past(progress: Progress) -> Iterator[Past]:
    finding = progress.finding
    place, told = _set(finding.department_id), {"ref": finding.ref, "title": finding.title}
    if finding.due is not None and place:
        replied = next((step.day for step in progress.steps if step.kind in ("reply", "closed")), None)
        title, key = gettext("%(ref)s %(title)s：回答", **told), f"finding_reply:{finding.id}"
        values = {"finding_id": finding.id}
        yield Past(key, title, finding.due, replied, "findings.finding", values, departments=place)
    for action in progress.all_actions:
        if action.state != "replaced" and action.plan.due is not None:
            yield _past_action(finding, action, place, told)


def _past_action(finding: Finding, action: Action, place: frozenset[int], told: dict[str, Any]) -> Past:
    done = action.done.day if action.done else None
    return Past(
        f"finding_action:{action.plan.id}",
        gettext("%(ref)s %(title)s：是正処置", **told),
        action.plan.due or action.plan.day,
        done,
        "findings.finding",
        {"finding_id": finding.id},
        action.plan.text.splitlines()[0],
        _set(action.plan.owner_id),
        place,
    )
