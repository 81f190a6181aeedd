"""The list of people from a sheet: a plan with a verdict per row, then all or nothing.

A person is known by the employee number. A day in 退職日 ends a person. Who is in the register but not in the
sheet is only named, unless `leavers` says that the sheet is the whole list: then they end the day before `now`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from peewee import chunked

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.imports import Plan, Row, Verdict
from isms.core.permissions import Actor, Permission, Role
from isms.core.sheets import match_headers, read_sheet
from isms.core.text import clean_text
from isms.core.words import gettext
from isms.people import accounts
from isms.people.departments import add_department
from isms.people.import_rows import HEADERS, REQUIRED, read_row, shown
from isms.people.models import Department, Headship, Membership, Person, RoleGrant
from isms.people.roster import held, on_day
from isms.people.rules import change_person, place, set_heads
from isms.people.words import EMPLOYMENT

PERSON_FIELDS = ("number", "name", "kana", "mail", "employment", "to_day")


@dataclass
class Known:
    """Today's register, read once: constant queries whatever the sheet's length."""

    people: dict[str, Person]
    mails: dict[str, str]
    places: dict[int, Membership]
    heads: dict[int, set[str]]
    roles: dict[int, set[Role]]
    departments: dict[str, Department]

    @classmethod
    def read(cls, day: date, now: datetime) -> "Known":
        people = {person.number: person for person in Person.select()}
        heads: dict[int, set[str]] = {}
        for person_id, name in (
            Headship.select(Headship.person, Department.name).join(Department).where(on_day(Headship, day)).tuples()
        ):
            heads.setdefault(person_id, set()).add(name)
        roles: dict[int, set[Role]] = {}
        for person_id, role in RoleGrant.select(RoleGrant.person, RoleGrant.role).where(held(now)).tuples():
            roles.setdefault(person_id, set()).add(Role(role))
        return cls(
            people=people,
            mails={person.mail: person.number for person in people.values() if person.mail},
            places={m.person_id: m for m in Membership.select().where(on_day(Membership, day))},
            heads=heads,
            roles=roles,
            departments={d.name: d for d in Department.select().where(on_day(Department, day))},
        )

    def provisional(self, mail: str | None) -> Person | None:
        """Find who was entered with the mail address in place of a number."""
        return self.people.get(mail) if mail else None


def plan(content: bytes, filename: str, *, by: Actor, now: datetime, leavers: bool = False) -> Plan:
    """Say what the import of the sheet would do, row by row; raises BadSheet for a file that is none."""
    return _plan(content, filename, by=by, now=now, leavers=leavers)[0]


def _plan(content: bytes, filename: str, *, by: Actor, now: datetime, leavers: bool) -> tuple[Plan, Known]:
    sheet = read_sheet(content, filename)
    header, columns, unknown = match_headers(sheet, HEADERS, required=REQUIRED)
    day = settings.today(now)
    known = Known.read(day, now)
    numbers: dict[str, int] = {}
    mails: dict[str, int] = {}
    rows = []
    for line, cells in sheet.rows_after(header):
        row = Row(line, Verdict.SAME, {f: shown(cells[c]) for f, c in columns.items()})
        read_row(row, {field: cells[column] for field, column in columns.items()}, day)
        if row.verdict != Verdict.BAD:
            _judge(row, known, by, numbers, mails)
        rows.append(row)
    result = Plan(rows)
    if unknown:
        result.notices.append(gettext("使わない列: %(names)s", names="、".join(unknown)))
    _tell_departments(result, known)
    _add_absent(result, known, set(numbers), leavers, day)
    return result, known


def _judge(row: Row, known: Known, by: Actor, numbers: dict[str, int], mails: dict[str, int]) -> None:
    number, mail = row.values["number"], row.values.get("mail")
    for seen, key, label in ((numbers, number, gettext("職員番号")), (mails, mail, gettext("メールアドレス"))):
        if key and key in seen:
            note = gettext("%(label)s %(key)s が%(line)s行目と同じです。", label=label, key=key, line=seen[key])
            row.refuse(note)
        elif key:
            seen[key] = row.line
    if mail and known.mails.get(mail, number) not in {number, mail}:
        row.refuse(gettext("メールアドレス %(mail)s は別の職員のものです。", mail=mail))
    person = row.known = known.people.get(number) or known.provisional(mail)
    roles, held = row.values.get("roles"), known.roles.get(person.id, set()) if person else set()
    if roles is not None and roles != held and not by.has(Permission.ACCOUNTS_EDIT):
        row.refuse(gettext("役割を変えられるのはシステム管理者だけです。"))
    if row.verdict == Verdict.BAD:
        return
    if person is None:
        row.verdict = Verdict.NEW
        return
    if row.values.get("to_day") and row.values["to_day"] < (row.values.get("from_day") or person.from_day):
        row.refuse(gettext("退職日が採用日より前です。"))
        return
    row.changes = _changes(row.values, person, known)
    if row.changes:
        row.verdict = Verdict.LEFT if "to_day" in row.changes and row.values["to_day"] else Verdict.CHANGED


def _changes(values: dict[str, Any], person: Person, known: Known) -> dict[str, tuple[str, str]]:
    """Compare what the sheet says with the register; a column that the sheet lacks, or an empty name of one, says nothing."""
    place_now = known.places.get(person.id)
    now_is: dict[str, Any] = {field: getattr(person, field) for field in PERSON_FIELDS}
    now_is["department"] = next(
        (d.name for d in known.departments.values() if place_now and d.id == place_now.department_id), ""
    )
    now_is["position"] = place_now.position if place_now else ""
    now_is["heads"] = known.heads.get(person.id, set())
    now_is["roles"] = known.roles.get(person.id, set())
    changed = {}
    for field, old in now_is.items():
        new = values.get(field)
        if field not in values or (new in ("", None) and field in {"employment", "department", "to_day"}) or new == old:
            continue
        if field == "kana" and new == "":
            continue
        changed[field] = (_word(old), _word(new))
    return changed


def _word(value: Any) -> str:
    if isinstance(value, set | frozenset):
        return "、".join(sorted(str(getattr(v, "label", v)) for v in value))
    if isinstance(value, date):
        return value.isoformat()
    return str(EMPLOYMENT.get(value, value) if value else "")


def _tell_departments(result: Plan, known: Known) -> None:
    named: dict[str, int] = {}
    for row in result.rows:
        if row.verdict == Verdict.BAD:
            continue
        for name in {row.values.get("department") or "", *row.values.get("heads", set())} - {"", *known.departments}:
            named[name] = named.get(name, 0) + 1
    for name, number in sorted(named.items()):
        result.notices.append(gettext("新しい部署「%(name)s」を作ります（%(number)s人）。", name=name, number=number))


def _add_absent(result: Plan, known: Known, numbers: set[str], leavers: bool, day: date) -> None:
    absent = [p for p in known.people.values() if p.number not in numbers and (p.to_day is None or p.to_day >= day)]
    absent = [p for p in absent if p.employment != "external"]
    if not absent:
        return
    if not leavers:
        result.notices.append(gettext("この表にいない職員が%(number)s人います（変更しません）。", number=len(absent)))
        return
    last = max(row.line for row in result.rows) if result.rows else 1
    for person in absent:
        ends = max(date.fromordinal(day.toordinal() - 1), person.from_day)
        cells = {"number": person.number, "name": person.name}
        row = Row(last, Verdict.LEFT, cells, {"to_day": ends}, {"to_day": ("", ends.isoformat())}, known=person)
        row.notes.append(gettext("この表にいません。"))
        result.rows.append(row)


def take(content: bytes, filename: str, *, by: Actor, now: datetime, leavers: bool = False) -> Plan:
    """Import the sheet: all of it, or nothing when any row is bad (Invalid)."""
    with atomic():
        result, known = _plan(content, filename, by=by, now=now, leavers=leavers)
        result.must_be_whole()
        day = settings.today(now)
        _make_departments(result, known, by, now, day)
        _add_people(result.of(Verdict.NEW), known, by, now, day)
        for row in (*result.of(Verdict.CHANGED), *result.of(Verdict.LEFT)):
            _change_one(row, known, by, now, day)
        counts = {verdict.value: number for verdict, number in result.counts().items()}
        trail.record(by, "people.imported", "people", now, file=clean_text(filename, 200), rows=counts)
        return result


def _make_departments(result: Plan, known: Known, by: Actor, now: datetime, day: date) -> None:
    for row in result.rows:
        for name in sorted({row.values.get("department") or "", *row.values.get("heads", set())} - {""}):
            if name not in known.departments:
                begins = min([day, *(r.values["from_day"] for r in result.rows if r.values.get("from_day"))])
                known.departments[name] = add_department(name=name, from_day=begins, by=by, now=now)


def _add_people(rows: list[Row], known: Known, by: Actor, now: datetime, day: date) -> None:
    people = []
    for row in rows:
        v = row.values
        people.append(
            {
                "number": v["number"],
                "name": v["name"],
                "kana": v.get("kana", ""),
                "mail": v.get("mail"),
                "employment": v.get("employment") or "permanent",
                "from_day": v.get("from_day") or day,
                "to_day": v.get("to_day"),
            }
        )
    added = _insert(Person, people, "person.added", Person.number, "number", by, now)
    places = []
    for row in rows:
        person = row.known = added[row.values["number"]]
        if row.values.get("department"):
            places.append(
                {
                    "person": person.id,
                    "department": known.departments[row.values["department"]].id,
                    "position": row.values.get("position", ""),
                    "from_day": person.from_day,
                    "to_day": person.to_day,
                }
            )
    _insert(Membership, places, "membership.added", Membership.person, "person_id", by, now)
    for row in rows:
        _rights(row, known, by, now, row.known.from_day)


def _insert(
    model: Any, values: list[dict[str, Any]], verb: str, key: Any, name: str, by: Actor, now: datetime
) -> dict[Any, Any]:
    """Insert many rows and their trail entries; gives the rows by their key."""
    keys = [v["number"] if "number" in v else v["person"] for v in values]
    for batch in chunked(values, 500):
        model.insert_many(batch).execute()
    rows: list[Any] = []
    for part in chunked(keys, 500):
        rows.extend(model.select().where(key.in_(part)))
    rows.sort(key=lambda row: row.id)
    if rows:
        trail.record_many(by, (trail.Change(verb, row, {"before": None, "after": row.plain()}) for row in rows), now)
    return {getattr(row, name): row for row in rows}


def _rights(row: Row, known: Known, by: Actor, now: datetime, day: date) -> None:
    if row.values.get("heads"):
        set_heads(
            row.known.id, (known.departments[name].id for name in row.values["heads"]), from_day=day, by=by, now=now
        )
    for role in sorted(row.values.get("roles") or ()):
        accounts.grant_role(row.known.id, role, by=by, now=now)


def _change_one(row: Row, known: Known, by: Actor, now: datetime, day: date) -> None:
    person = row.known
    own = {field: row.values[field] for field in PERSON_FIELDS if field in row.changes}
    if own:
        change_person(person.id, by=by, now=now, **own)
    if "department" in row.changes or "position" in row.changes:
        _move(row, known, by, now, day)
    if "heads" in row.changes:
        wanted = (known.departments[name].id for name in row.values["heads"])
        set_heads(person.id, wanted, from_day=day, by=by, now=now)
    if "roles" in row.changes:
        _change_roles(person.id, row.values["roles"], known.roles.get(person.id, set()), by, now)


def _move(row: Row, known: Known, by: Actor, now: datetime, day: date) -> None:
    standing = known.places.get(row.known.id)
    name = row.values.get("department")
    department_id = known.departments[name].id if name else standing.department_id if standing else None
    if department_id is None:
        return
    position = row.values.get("position", standing.position if standing else "")
    place(row.known.id, department_id=department_id, position=position, from_day=day, by=by, now=now)


def _change_roles(person_id: int, wanted: Iterable[Role], have: Iterable[Role], by: Actor, now: datetime) -> None:
    for role in sorted(set(wanted) - set(have)):
        accounts.grant_role(person_id, role, by=by, now=now)
    for role in sorted(set(have) - set(wanted)):
        accounts.end_role(person_id, role, by=by, now=now)
