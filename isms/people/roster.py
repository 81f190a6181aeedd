"""Asking who there is: the roster of any day, places, headships, roles, names."""

from datetime import date, datetime
from typing import Any

from peewee import JOIN, ModelSelect, fn

from isms import trail
from isms.core import settings
from isms.core.errors import NotFound
from isms.core.permissions import Actor, Permission, Role, demand
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.people.models import Department, Headship, Membership, Person, RoleGrant
from isms.people.words import EMPLOYMENT, FIELDS


def on_day(model: Any, day: date) -> Any:
    """Give the condition that a row of from/to days holds on the day."""
    return (model.from_day <= day) & (model.to_day.is_null() | (model.to_day >= day))


def roster(day: date) -> ModelSelect:
    """Give the people of the day with their place of that day; `person.place` may be missing."""
    return (
        Person.select(Person, Membership, Department)
        .join(Membership, JOIN.LEFT_OUTER, on=(Membership.person == Person.id) & on_day(Membership, day), attr="place")
        .join(Department, JOIN.LEFT_OUTER, attr="department")
        .where(on_day(Person, day))
    )


def seen_person(person_id: int, *, by: Actor, now: datetime) -> Person:
    """Give the person with today's place, to an actor who may see them; raises NotFound for anyone else."""
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise NotFound()
    day = settings.today(now)
    place_now = Membership.get_or_none(Membership.person == person, on_day(Membership, day))
    person.department_id = place_now.department_id if place_now else None
    demand(by, Permission.PEOPLE_READ, person)
    return person


def places_of(person_id: int) -> list[Membership]:
    """Give the person's places, newest first, with their departments."""
    query = Membership.select(Membership, Department).join(Department).where(Membership.person == person_id)
    return list(query.order_by(Membership.from_day.desc()))


def headships_of(person_id: int) -> list[Headship]:
    """Give the departments that the person heads or headed, newest first."""
    query = Headship.select(Headship, Department).join(Department).where(Headship.person == person_id)
    return list(query.order_by(Headship.from_day.desc(), Headship.id))


def get_person_by_role(role: str, now: datetime) -> Person:
    """Give a person who has the role now, one with few other roles first; raises NotFound for the console."""
    day = settings.today(now)
    people = Person.select().where(on_day(Person, day)).order_by(Person.id)
    granted: dict[int, set[str]] = {}
    for person_id, name in RoleGrant.select(RoleGrant.person, RoleGrant.role).where(held(now)).tuples():
        granted.setdefault(person_id, set()).add(name)
    for (person_id,) in Headship.select(Headship.person).where(on_day(Headship, day)).tuples():
        granted.setdefault(person_id, set()).add(Role.HEAD)
    for person in people:
        if person.employment != "external":
            granted.setdefault(person.id, set()).add(Role.STAFF)
    having = [person for person in people if role in granted.get(person.id, ())]
    if not having:
        raise NotFound(gettext("役割 %(role)s の人がいません。", role=role))
    return min(having, key=lambda person: (len(granted[person.id]), person.id))


def held(now: datetime) -> Any:
    """Give the condition that a role grant counts at the moment."""
    return (RoleGrant.from_at <= now) & (RoleGrant.to_at.is_null() | (RoleGrant.to_at > now))


def add_role_words(people: list[Person], now: datetime) -> None:
    """Write each person's roles into `role_words`, and whether they have a place; two queries for all."""
    ids = [person.id for person in people]
    words: dict[int, list[str]] = {i: [] for i in ids}
    for person_id, role in (
        RoleGrant.select(RoleGrant.person, RoleGrant.role).where(RoleGrant.person.in_(ids), held(now)).tuples()
    ):
        words[person_id].append(str(Role(role).label))
    heading = Headship.select(Headship.person, Department.name).join(Department)
    for person_id, name in heading.where(Headship.person.in_(ids), on_day(Headship, settings.today(now))).tuples():
        words[person_id].append(gettext("%(name)sの責任者", name=name))
    for person in people:
        person.role_words = "、".join(words[person.id])


def add_members(departments: list[Department], day: date) -> None:
    """Write into `members` how many people belong to each department on the day."""
    ids = [department.id for department in departments]
    counted = dict(
        Membership.select(Membership.department, fn.COUNT(Membership.id))
        .where(Membership.department.in_(ids), on_day(Membership, day))
        .group_by(Membership.department)
        .tuples()
    )
    for department in departments:
        department.members = counted.get(department.id, 0)


def names_of(ids: list[int]) -> dict[int, str]:
    """Give the names of people by id."""
    return dict(Person.select(Person.id, Person.name).where(Person.id.in_(ids)).tuples())


def departments_named(ids: list[int]) -> dict[int, str]:
    """Give the names of departments by id."""
    return dict(Department.select(Department.id, Department.name).where(Department.id.in_(ids)).tuples())


def _named_like(words: str) -> Any:
    return contains(Person.name, words) | contains(Person.kana, words) | (Person.number == words)


def _of_person(model: Any) -> Any:
    return lambda words: model.person.in_(Person.select(Person.id).where(_named_like(words)))


def _places_named(model: Any) -> Any:
    def names(ids: list[int]) -> dict[int, str]:
        rows = model.select(model.id, Person.name, Department.name).join(Person).switch(model).join(Department)
        rows = rows.where(model.id.in_(ids)).tuples()
        return {
            i: gettext("%(name)s（%(department)s）", name=name, department=department) for i, name, department in rows
        }

    return names


trail.describe(
    "person",
    names_of,
    label=lazy_gettext("職員"),
    model=Person,
    find=_named_like,
    fields=FIELDS["person"],
    values={"employment": EMPLOYMENT},
)
trail.describe(
    "department",
    departments_named,
    label=lazy_gettext("部署"),
    model=Department,
    find=lambda words: contains(Department.name, words),
    fields=FIELDS["department"],
)
for _name, _label, _model in (
    ("membership", lazy_gettext("所属"), Membership),
    ("headship", lazy_gettext("部門責任者"), Headship),
):
    trail.describe(
        _name, _places_named(_model), label=_label, model=_model, find=_of_person(_model), fields=FIELDS[_name]
    )
trail.describe(
    "setting",
    settings.names_of,
    label=lazy_gettext("設定"),
    model=settings.SettingRow,
    find=lambda words: settings.SettingRow.name == words,
    fields=FIELDS["setting"],
)
trail.describe("people", lambda ids: {}, label=lazy_gettext("職員名簿"))
trail.describe("signin", lambda ids: {}, label=lazy_gettext("ログイン"))
