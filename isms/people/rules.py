"""What may happen to the registers of departments and people."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import JOIN, ModelSelect

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.people.accounts import guard_last_administrator
from isms.people.models import Department, Headship, Membership, Person
from isms.people.words import EMPLOYMENT

MAIL = re.compile(r"[^@\s<>,;:\"()\[\]]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def on_day(model: Any, day: date) -> Any:
    """Give the condition that a row of from/to days holds on the day."""
    return (model.from_day <= day) & (model.to_day.is_null() | (model.to_day >= day))


def mail_key(mail: str | None) -> str | None:
    """Give the one spelling of a mail address under which it is kept and found; None for none."""
    folded = unicodedata.normalize("NFKC", mail or "").strip().lower()
    return folded or None


# departments


def departments(day: date | None = None) -> ModelSelect:
    """Give the departments, of one day or all, in the order of their codes."""
    query = Department.select().order_by(Department.code, Department.id)
    return query if day is None else query.where(on_day(Department, day))


def get_department(department_id: int) -> Department:
    """Give the department; raises NotFound."""
    department = Department.get_or_none(Department.id == department_id)
    if department is None:
        raise NotFound()
    return department


def _check_department(name: str, from_day: date, to_day: date | None, but: int | None = None) -> None:
    if not name.strip():
        raise Invalid({"name": gettext("部署名を入力してください。")})
    if to_day is not None and to_day < from_day:
        raise Invalid({"to_day": gettext("終わりの日が始まりの日より前です。")})
    twin = Department.select().where(Department.name == name, Department.id != (but or 0))
    twin = twin.where(Department.to_day.is_null() | (Department.to_day >= from_day))
    if to_day is not None:
        twin = twin.where(Department.from_day <= to_day)
    if twin.exists():
        raise Invalid({"name": gettext("同じ名前の部署がその期間にあります。")})


def add_department(
    *,
    name: str,
    from_day: date,
    by: Actor,
    now: datetime,
    code: str | None = None,
    name_en: str = "",
    to_day: date | None = None,
) -> Department:
    """Add a department from a day on."""
    with atomic():
        _check_department(name, from_day, to_day)
        department = Department.create(code=code or None, name=name, name_en=name_en, from_day=from_day, to_day=to_day)
        trail.record(by, "department.added", department, now, before=None, after=department.plain())
        return department


def change_department(
    department_id: int, *, by: Actor, now: datetime, version: int | None = None, **values: Any
) -> Department:
    """Change a department that nobody else changed meanwhile; ending it needs that nobody belongs to it after."""
    with atomic():
        department = get_department(department_id)
        department.must_be_version(version)
        before = department.plain()
        new = {**before, **values}
        _check_department(new["name"], values.get("from_day", department.from_day), values.get("to_day"), department_id)
        if values.get("to_day") is not None:
            _guard_members_gone(department, values["to_day"])
        department.change(**values)
        trail.record(by, "department.changed", department, now, before=before, after=department.plain())
        return department


def _guard_members_gone(department: Department, to_day: date) -> None:
    staying = Membership.select().where(
        Membership.department == department,
        Membership.to_day.is_null() | (Membership.to_day > to_day),
    )
    number = staying.count()
    if number:
        raise Invalid(
            {"to_day": gettext("その日のあとも %(number)s人が所属しています。先に異動を登録してください。", number=number)}
        )


# people


def get_person(person_id: int) -> Person:
    """Give the person; raises NotFound."""
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise NotFound()
    return person


def find_person(identifier: str) -> Person | None:
    """Find a person by mail address or employee number."""
    text = unicodedata.normalize("NFKC", identifier).strip()
    return Person.get_or_none((Person.mail == mail_key(text)) | (Person.number == text))


def get_person_by_mail(mail: str) -> Person:
    """Give the person with the mail address; raises NotFound with a message for the console."""
    person = Person.get_or_none(Person.mail == mail_key(mail))
    if person is None:
        raise NotFound(gettext("メールアドレス %(mail)s の職員はいません。", mail=mail))
    return person


def check_person(values: dict[str, Any], but: int | None = None) -> dict[str, Any]:
    """Give the values as they are kept; raises Invalid with a message per field."""
    wrong: dict[str, str] = {}
    kept = {**values, "mail": mail_key(values.get("mail"))}
    for field, label in (("number", gettext("職員番号")), ("name", gettext("氏名"))):
        if not kept.get(field):
            wrong[field] = gettext("%(label)sを入力してください。", label=label)
    if kept["mail"] and not MAIL.fullmatch(kept["mail"]):
        wrong["mail"] = gettext("メールアドレスの形ではありません。")
    if kept.get("employment") not in EMPLOYMENT:
        wrong["employment"] = gettext("雇用の区分を選んでください。")
    if kept.get("to_day") and kept["to_day"] < kept["from_day"]:
        wrong["to_day"] = gettext("終わりの日が始まりの日より前です。")
    others = Person.select().where(Person.id != (but or 0))
    if kept.get("number") and others.where(Person.number == kept["number"]).exists():
        wrong["number"] = gettext("この職員番号はすでに使われています。")
    if kept["mail"] and others.where(Person.mail == kept["mail"]).exists():
        wrong["mail"] = gettext("このメールアドレスはすでに使われています。")
    if wrong:
        raise Invalid(wrong)
    return kept


def add_person(
    *,
    number: str,
    name: str,
    from_day: date,
    by: Actor,
    now: datetime,
    department_id: int | None = None,
    position: str = "",
    **more: Any,
) -> Person:
    """Add a person, and their place when a department is given. `more`: kana, mail, employment, to_day, locale."""
    with atomic():
        given = {"employment": "permanent", **more, "number": number, "name": name, "from_day": from_day}
        person = Person.create(**check_person(given))
        trail.record(by, "person.added", person, now, before=None, after=person.plain())
        if department_id is not None:
            place(person.id, department_id=department_id, position=position, from_day=from_day, by=by, now=now)
        return person


def change_person(person_id: int, *, by: Actor, now: datetime, version: int | None = None, **values: Any) -> Person:
    """Change a person whom nobody else changed meanwhile; a last day must not take the last administrator away."""
    with atomic():
        person = get_person(person_id)
        person.must_be_version(version)
        before = person.plain()
        kept = check_person({**person.__data__, **values}, but=person_id)
        if kept["to_day"] is not None and kept["to_day"] != person.to_day:
            guard_last_administrator(person_id, now=now)
        person.change(**{name: kept[name] for name in values})
        trail.record(by, "person.changed", person, now, before=before, after=person.plain())
        return person


def place(
    person_id: int, *, department_id: int, from_day: date, by: Actor, now: datetime, position: str = ""
) -> Membership:
    """Give a person their place from a day on; the place before ends the day before."""
    with atomic():
        get_department(department_id)
        for old in Membership.select().where(Membership.person == person_id, _still(Membership, from_day)):
            if old.from_day >= from_day:
                raise Conflict(gettext("その日以後の所属がすでに登録されています。"))
            _end(old, "membership.changed", _day_before(from_day), by, now)
        new = Membership.create(person=person_id, department=department_id, position=position, from_day=from_day)
        trail.record(by, "membership.added", new, now, before=None, after=new.plain())
        return new


def set_heads(
    person_id: int, department_ids: Iterable[int], *, from_day: date, by: Actor, now: datetime
) -> list[Headship]:
    """Say which departments a person heads from a day on; headships not named end the day before."""
    wanted = set(department_ids)
    with atomic():
        standing = list(Headship.select().where(Headship.person == person_id, _still(Headship, from_day)))
        for old in standing:
            if old.department_id not in wanted:
                _end(old, "headship.changed", max(_day_before(from_day), old.from_day), by, now)
        fresh = wanted - {old.department_id for old in standing}
        added = []
        for department_id in sorted(fresh):
            get_department(department_id)
            new = Headship.create(person=person_id, department=department_id, from_day=from_day)
            trail.record(by, "headship.added", new, now, before=None, after=new.plain())
            added.append(new)
        return added


def _still(model: Any, day: date) -> Any:
    return model.to_day.is_null() | (model.to_day >= day)


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _end(row: Any, verb: str, day: date, by: Actor, now: datetime) -> None:
    before = row.plain()
    row.change(to_day=day)
    trail.record(by, verb, row, now, before=before, after=row.plain())


# asking


def roster(day: date) -> ModelSelect:
    """Give the people of the day with their place of that day; `person.place` may be missing."""
    return (
        Person.select(Person, Membership, Department)
        .join(Membership, JOIN.LEFT_OUTER, on=(Membership.person == Person.id) & on_day(Membership, day), attr="place")
        .join(Department, JOIN.LEFT_OUTER, attr="department")
        .where(on_day(Person, day))
    )


def names_of(ids: list[int]) -> dict[int, str]:
    """Give the names of people by id."""
    return dict(Person.select(Person.id, Person.name).where(Person.id.in_(ids)).tuples())


def departments_named(ids: list[int]) -> dict[int, str]:
    """Give the names of departments by id."""
    return dict(Department.select(Department.id, Department.name).where(Department.id.in_(ids)).tuples())


# settings


def change_setting(name: str, text: str, *, by: Actor, now: datetime) -> None:
    """Change what the organisation decides; the text is read by the setting's own reader."""
    if name not in settings.SETTINGS:
        raise NotFound()
    value = settings.SETTINGS[name].read(text)
    with atomic():
        row, before = settings.write(name, value)
        trail.record(by, "setting.changed", f"setting:{row.id}", now, before=before, after=row.plain())
    settings.forget()


trail.describe("person", names_of, model=Person)
trail.describe("department", departments_named, model=Department)
trail.describe("membership", lambda ids: {}, model=Membership)
trail.describe("headship", lambda ids: {}, model=Headship)
trail.describe("setting", settings.names_of, model=settings.SettingRow)
