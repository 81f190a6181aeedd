"""What may happen to departments."""

from datetime import date, datetime
from typing import Any

from peewee import ModelSelect

from isms import trail
from isms.core.database import atomic
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.people.models import Department, Membership
from isms.people.roster import on_day


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
            {
                "to_day": gettext(
                    "その日のあとも %(number)s人が所属しています。先に異動を登録してください。", number=number
                )
            }
        )
