"""Whose an occurrence is on a day. Who left is followed by the head of their department, who is not there by the officers."""

from dataclasses import dataclass, replace
from datetime import date
from types import SimpleNamespace
from typing import Any

from isms.calendar.models import Schedule
from isms.core import settings
from isms.core.days import end_of_day
from isms.core.permissions import Actor, Role
from isms.core.words import gettext
from isms.people.models import Department, Headship, Membership, Person, RoleGrant
from isms.people.roster import held, on_day


@dataclass(frozen=True)
class Owners:
    """Who has to do it; `fell`: it was meant for somebody who is not there any more."""

    persons: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()  # it falls to their heads
    roles: frozenset[Role] = frozenset()
    of_departments: frozenset[int] = frozenset()  # whose heads see it
    words: str = ""
    fell: bool = False

    def has(self, actor: Actor) -> bool:
        """Tell whether it falls to the actor."""
        return bool(actor.person_id in self.persons or self.departments & actor.heads or self.roles & actor.roles)

    def thing(self, actor: Actor) -> Any:
        """Give it as the policy asks about it: whose department's it is, and whether it is the actor's own."""
        heads = sorted((self.departments | self.of_departments) & actor.heads)
        own = actor.person_id if self.has(actor) else None
        return SimpleNamespace(department_id=heads[0] if heads else None, owner_person_id=own)


class Owning:
    """Who owns any schedule on a day, as known now; five queries, however many schedules."""

    def __init__(self, day: date) -> None:
        mine = Schedule.select(Schedule.person)
        self.day = day
        self.people = {person.id: person for person in Person.select().where(Person.id.in_(mine))}
        places = Membership.select().where(Membership.person.in_(mine), Membership.from_day <= day)
        self.places = {row.person_id: row.department_id for row in places.order_by(Membership.from_day, Membership.id)}
        self.departments = {row.id: row for row in Department.select()}
        heads = Headship.select(Headship.department).join(Person).where(on_day(Headship, day), on_day(Person, day))
        self.headed = {department_id for (department_id,) in heads.tuples()}
        granted = RoleGrant.select(RoleGrant.role).join(Person).where(on_day(Person, day))
        moment = end_of_day(day, settings.zone())
        self.granted = {role for (role,) in granted.where(held(moment)).distinct().tuples()} | {Role.STAFF}

    def of(self, schedule: Schedule) -> Owners:
        """Give the owners of a schedule's occurrences on the day."""
        if schedule.owner_kind == "person":
            return self._person(schedule)
        if schedule.owner_kind == "head":
            return self._head(schedule.department_id)
        return self._role(Role(schedule.role))

    def _person(self, schedule: Schedule) -> Owners:
        person = self.people[schedule.person_id]
        place = self.places.get(person.id, schedule.department_id)
        if person.is_here(self.day):
            seen = frozenset() if place is None else frozenset({place})
            return Owners(persons=frozenset({person.id}), of_departments=seen, words=person.name)
        return replace(self._head(schedule.department_id or place), fell=True)

    def _head(self, department_id: int | None) -> Owners:
        department = self.departments.get(department_id)
        if department is None or department_id not in self.headed or not _stands(department, self.day):
            return self._officers()
        mine = frozenset({department.id})
        words = gettext("%(name)sの責任者", name=department.name)
        return Owners(departments=mine, of_departments=mine, words=words)

    def _role(self, role: Role) -> Owners:
        there = role in self.granted or (role is Role.HEAD and bool(self.headed))
        return Owners(roles=frozenset({role}), words=str(role.label)) if there else self._officers()

    @staticmethod
    def _officers() -> Owners:
        return Owners(roles=frozenset({Role.OFFICER}), words=str(Role.OFFICER.label), fell=True)


def _stands(department: Department, day: date) -> bool:
    return department.from_day <= day and (department.to_day is None or department.to_day >= day)


def owners_of(schedule: Schedule, day: date) -> Owners:
    """Give who has to do a schedule's occurrences on the day."""
    return Owning(day).of(schedule)
