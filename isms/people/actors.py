"""Who a person is at this moment: the actor of the gate, made of today's rows."""

from datetime import date, datetime

from peewee import Value

from isms.core import settings
from isms.core.permissions import Actor, Role
from isms.people.models import Headship, Membership, Person, RoleGrant
from isms.people.roster import held, on_day


def actor_of(person: Person, now: datetime) -> Actor:
    """Give the person as an actor with the roles, headships and place of the moment; two queries.

    Everyone of the organisation is staff; who heads a department is head; an external person has granted roles only.
    """
    day = settings.today(now)
    rows = _standing(person, now, day)
    roles = {Role(value) for kind, value in rows if kind == "role" and value in set(Role)}
    heads = frozenset(int(value) for kind, value in rows if kind == "head")
    if heads:
        roles.add(Role.HEAD)
    if person.employment != "external":
        roles.add(Role.STAFF)
    return Actor(
        id=f"person:{person.id}",
        name=person.name,
        person_id=person.id,
        roles=frozenset(roles),
        department_id=next((int(value) for kind, value in rows if kind == "place"), None),
        heads=heads,
        locale=person.locale,
    )


def _standing(person: Person, now: datetime, day: date) -> list[tuple[str, str]]:
    roles = RoleGrant.select(Value("role").alias("kind"), RoleGrant.role.alias("value")).where(
        RoleGrant.person == person, held(now)
    )
    heads = Headship.select(Value("head"), Headship.department.cast("TEXT")).where(
        Headship.person == person, on_day(Headship, day)
    )
    places = Membership.select(Value("place"), Membership.department.cast("TEXT")).where(
        Membership.person == person, on_day(Membership, day)
    )
    return list((roles | heads | places).tuples())
