"""What the calendar's own kinds of work ask of people: tasks, evidence to collect, registers to review."""

from datetime import date

from isms.calendar import kinds
from isms.calendar.plan import Planned, ended, open_now, own_kinds
from isms.core.words import gettext
from isms.people.duties import Duty, Past


def duties(today: date) -> list[Duty]:
    """Give what has opened and is not done, of everybody; constant queries."""
    return [_duty(one) for one in open_now(today, own_kinds())]


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
