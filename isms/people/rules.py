"""What may happen to people: they come, change, move, head departments, leave."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Role
from isms.core.words import gettext
from isms.people.accounts import grant_role, guard_last_administrator
from isms.people.departments import get_department
from isms.people.models import Headship, Membership, Person
from isms.people.words import EMPLOYMENT

MAIL = re.compile(r"[^@\s<>,;:\"()\[\]]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def mail_key(mail: str | None) -> str | None:
    """Give the one spelling of a mail address under which it is kept and found; None for none."""
    folded = unicodedata.normalize("NFKC", mail or "").strip().lower()
    return folded or None


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
            if old.from_day > from_day:
                raise Conflict(gettext("その日より後の所属がすでに登録されています。"))
            if old.from_day == from_day:
                return _correct(old, by, now, department=department_id, position=position)
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


def _correct(row: Membership, by: Actor, now: datetime, **values: Any) -> Membership:
    """Correct a place on the very day it begins."""
    before = row.plain()
    row.change(**values)
    trail.record(by, "membership.changed", row, now, before=before, after=row.plain())
    return row


def change_setting(name: str, text: str, *, by: Actor, now: datetime, version: int | None = None) -> None:
    """Change what the organisation decides; the text is read by the setting's own reader."""
    if name not in settings.SETTINGS:
        raise NotFound()
    try:
        value = settings.SETTINGS[name].read(text)
    except Invalid as error:
        raise Invalid({"value": str(error)}) from error
    with atomic():
        row, before = settings.write(name, value, version)
        trail.record(by, "setting.changed", f"setting:{row.id}", now, before=before, after=row.plain())


def found(*, organisation: str, name: str, mail: str, by: Actor, now: datetime, number: str = "") -> Person:
    """Begin the tracker: the organisation's name and its first officer, who is administrator too.

    Without an employee number the mail address stands in until the first import knows better.
    """
    with atomic():
        if Person.select().exists():
            raise Conflict(gettext("この台帳はすでに使い始められています。"))
        change_setting("organisation_name", organisation, by=by, now=now)
        first = add_person(
            number=number or mail_key(mail) or "", name=name, mail=mail, from_day=settings.today(now), by=by, now=now
        )
        for role in (Role.OFFICER, Role.ADMINISTRATOR):
            grant_role(first.id, role, by=by, now=now)
        trail.record(by, "organisation.founded", first, now, organisation=organisation)
        return first
