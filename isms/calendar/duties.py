"""What the calendar's own kinds of work ask of people: tasks, evidence to collect, registers to review."""

from collections.abc import Iterator
from datetime import date

from isms.calendar import collecting, kinds
from isms.calendar.owners import Owning
from isms.calendar.plan import Planned, ended, open_now, own_kinds
from isms.core.words import gettext
from isms.people.duties import Duty, Past, response_due


def duties(today: date) -> list[Duty]:
    """Give what has opened and is not done, and what was sent back, of everybody; constant queries."""
    return [*(_duty(one) for one in open_now(today, own_kinds())), *_returned(today)]


def _returned(today: date) -> Iterator[Duty]:
    """Ask for evidence again that its review sent back."""
    sent_back = collecting.returned_now(today)
    owning = Owning(today) if sent_back else None
    for occurrence, evidence in sent_back:
        assert owning is not None
        owners = owning.of(occurrence.schedule)
        yield Duty(
            key=f"resubmit:{evidence.id}",
            title=gettext("差し戻された証跡「%(title)s」を提出し直す", title=evidence.title),
            due=response_due(evidence.review.reviewed_on),
            endpoint="calendar.occurrence",
            values={"occurrence_id": occurrence.id},
            note=evidence.ref,
            persons=owners.persons,
            departments=owners.departments,
            roles=owners.roles,
            of_departments=owners.of_departments,
        )


def past(from_day: date, today: date) -> list[Past]:
    """Give what was due from a day on and was done or missed; what was skipped was nobody's fault."""
    return [_past(one) for one in ended(from_day, today, own_kinds()) if one.state != "skipped"]


def _duty(one: Planned) -> Duty:
    assert one.occurrence is not None
    endpoint, values = kinds.where(one.occurrence, one.schedule.kind)
    owners = one.owners
    return Duty(
        key=f"occurrence:{one.occurrence.id}",
        title=one.schedule.title,
        due=one.due,
        endpoint=endpoint,
        values=values,
        note=_note(one),
        persons=owners.persons,
        departments=owners.departments,
        roles=owners.roles,
        of_departments=owners.of_departments,
    )


def _note(one: Planned) -> str:
    label = kinds.label_of(one.schedule.kind)
    if one.owners.fell:
        return gettext("%(kind)s（担当がいないため、%(owner)sが引き受けます）", kind=label, owner=one.owners.words)
    return label


def _past(one: Planned) -> Past:
    assert one.occurrence is not None
    endpoint, values = kinds.where(one.occurrence, one.schedule.kind)
    done_by = one.end.recorded_by.partition(":") if one.end is not None else ("", "", "")
    persons = frozenset({int(done_by[2])}) if done_by[0] == "person" else one.owners.persons
    return Past(
        key=f"occurrence:{one.occurrence.id}",
        title=one.schedule.title,
        due=one.due,
        done_on=one.done_on,
        endpoint=endpoint,
        values=values,
        note=kinds.label_of(one.schedule.kind),
        persons=persons,
        departments=one.owners.departments,
    )
