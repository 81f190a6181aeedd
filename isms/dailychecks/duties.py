"""What people have to do about daily checks: today's, until it is recorded; the last days that were left out."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from isms.core import settings
from isms.core.days import local_day
from isms.core.words import gettext
from isms.dailychecks.expected import checks, due_days, duties_on, stretches
from isms.dailychecks.missing import Key, Late, month, of_late
from isms.dailychecks.models import DailyCheck, DailyDuty, DailyRecord
from isms.people.duties import Duty, Past
from isms.people.models import Membership, Person
from isms.people.roster import on_day


def duties(today: date) -> list[Duty]:
    """Give today's checks that nobody recorded, and the days left out that can still be made up for; six queries."""
    late = of_late(today)
    due = {daily.id for daily in late.dailies.values() if due_days(daily, today, today)}
    parts = duties_on(today).order_by(DailyDuty.daily, DailyDuty.department)
    wanted = [p for p in parts if p.daily_id in due and (p.daily_id, p.department_id, today) not in late.done]
    return [*_todays(wanted, today), *_left_out(late)]


def _todays(due: list[DailyDuty], today: date) -> Iterator[Duty]:
    whose = _whose(due, today)
    for part in due:
        yield Duty(
            key=f"daily:{part.daily_id}:{part.department_id}:{today}",
            title=part.daily.title,
            due=today,
            endpoint="dailychecks.index",
            note=gettext("%(hour)s時まで", hour=part.daily.due_hour),
            persons=whose[part.daily_id, part.department_id],
            routine=True,
            of_departments=frozenset({part.department_id}),
        )


def _whose(parts: Iterable[DailyDuty], day: date) -> dict[Key, frozenset[int]]:
    """Give who may be expected to do each: those named who are still of the department, else everybody of it; one query."""
    parts = list(parts)
    members: dict[int, set[int]] = {}
    places = Membership.select(Membership.department, Membership.person).join(Person)
    places = places.where(
        Membership.department.in_({part.department_id for part in parts}), on_day(Membership, day), on_day(Person, day)
    )
    for department_id, person_id in places.tuples():
        members.setdefault(department_id, set()).add(person_id)
    given = {}
    for part in parts:
        everybody = members.get(part.department_id, set())
        given[part.daily_id, part.department_id] = frozenset({part.person_id, part.deputy_id} & everybody or everybody)
    return given


def _left_out(late: Late) -> Iterator[Duty]:
    for (daily_id, department_id), days in late.missing.items():
        yield Duty(
            key=f"daily_missing:{daily_id}:{department_id}",
            title=gettext("%(title)sの記録がない日", title=late.dailies[daily_id].title),
            due=days[0],
            endpoint="dailychecks.department",
            values={"department_id": department_id, "month": month(days[0]), "check": daily_id},
            note=gettext("、").join(f"{day.month}/{day.day}" for day in days),
            departments=frozenset({department_id}),
            of_departments=frozenset({department_id}),
        )


def past(from_day: date, today: date) -> list[Past]:
    """Give every check that was due before today: who did it and on which day; four queries."""
    dailies = {daily.id: daily for daily in checks()}
    yesterday = today - timedelta(days=1)
    due = {daily.id: due_days(daily, from_day, yesterday) for daily in dailies.values()}
    done = _first_records(from_day, yesterday)
    parts = DailyDuty.select().where(DailyDuty.person.is_null(False)).order_by(DailyDuty.from_day)
    named = [part for part in parts if part.to_day is None or part.to_day >= from_day]
    given = []
    for stretch in stretches(dailies.values()):
        for day in stretch.of(due[stretch.daily_id]):
            key = stretch.daily_id, stretch.department_id
            given.append(_past(dailies[key[0]], key[1], day, done.get((*key, day)), _named(named, key, day)))
    return given


def _first_records(from_day: date, to_day: date) -> dict[tuple[int, int, date], DailyRecord]:
    rows = DailyRecord.select().where(DailyRecord.day.between(from_day, to_day)).order_by(DailyRecord.id.desc())
    return {(row.daily_id, row.department_id, row.day): row for row in rows}


def _named(parts: list[DailyDuty], key: Key, day: date) -> set[int]:
    for part in parts:
        mine = (part.daily_id, part.department_id) == key
        if mine and part.from_day <= day and (part.to_day is None or part.to_day >= day):
            return {part.person_id}
    return set()


def _past(daily: DailyCheck, department_id: int, day: date, row: DailyRecord | None, named: set[int]) -> Past:
    return Past(
        key=f"daily:{daily.id}:{department_id}:{day}",
        title=daily.title,
        due=day,
        done_on=None if row is None else local_day(row.recorded_at, settings.zone()),
        endpoint="dailychecks.department",
        values={"department_id": department_id, "month": month(day), "check": daily.id},
        persons=frozenset(named if row is None else {row.person_id}),
        departments=frozenset({department_id}),
    )
