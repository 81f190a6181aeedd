"""Who does what today: so that every duty falls to somebody, whoever has left and whichever department has no head."""

from dataclasses import dataclass
from datetime import datetime

from isms.core import settings
from isms.core.permissions import Role
from isms.people.duties import Duty
from isms.people.models import Department, Headship, Membership, Person, RoleGrant
from isms.people.roster import held, on_day

Ids = frozenset[int]


@dataclass(frozen=True)
class Staffing:
    """The people of a day, where they are, whom they head, and what roles they have."""

    people: dict[int, Person]
    places: dict[int, int]  # person -> department
    heads: dict[int, Ids]  # department -> persons
    roles: dict[Role, Ids]
    departments: dict[int, Department]

    def who(self, duty: Duty) -> Ids:
        """Give those to whom the duty falls; where nobody is left, the officers see that it is not forgotten."""
        named = set(duty.persons & self.people.keys())
        for department in duty.departments:
            named |= self.heads.get(department, frozenset())
        for role in duty.roles:
            named |= self.roles.get(role, frozenset())
        officers = self.roles.get(Role.OFFICER, frozenset())
        return frozenset(named - duty.but) or officers - duty.but or officers

    def departments_of(self, duty: Duty) -> Ids:
        """Give the departments whose heads see the duty."""
        said = duty.departments | duty.of_departments
        return said or frozenset(self.places[one] for one in duty.persons if one in self.places)

    def name(self, person_id: int) -> str:
        """Name a person of today."""
        return str(self.people[person_id].name)


def staffing(now: datetime) -> Staffing:
    """Read who is there at the moment; five queries."""
    day = settings.today(now)
    people = {one.id: one for one in Person.select().where(on_day(Person, day))}
    heads: dict[int, set[int]] = {}
    for person_id, department_id in (
        Headship.select(Headship.person, Headship.department).where(on_day(Headship, day)).tuples()
    ):
        if person_id in people:
            heads.setdefault(department_id, set()).add(person_id)
    roles: dict[Role, set[int]] = {Role.HEAD: set().union(*heads.values())}
    roles[Role.STAFF] = {one.id for one in people.values() if one.employment != "external"}
    for person_id, role in RoleGrant.select(RoleGrant.person, RoleGrant.role).where(held(now)).tuples():
        if person_id in people and role in set(Role):
            roles.setdefault(Role(role), set()).add(person_id)
    places = Membership.select(Membership.person, Membership.department).where(on_day(Membership, day))
    return Staffing(
        people,
        dict(places.tuples()),
        {department: frozenset(ids) for department, ids in heads.items()},
        {role: frozenset(ids) for role, ids in roles.items()},
        {one.id: one for one in Department.select()},
    )
