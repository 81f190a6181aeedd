"""Decisions from a sheet: a plan with a verdict per row, then all or nothing.

A row's number is looked up in the edition in force on its 適用日 (today when there is none); where no edition was put
in force by then, in the newest one published by then. A number that only a later edition has is a decision ahead of
the transition, for that edition. A number of an earlier edition is refused, with what it became.

A row that says what is in force on its day already adds nothing. An empty cell says nothing: what stands stays.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from isms import trail
from isms.catalogue import numbers
from isms.catalogue.editions import Edition, Kind, Requirement
from isms.catalogue.import_rows import HEADERS, REQUIRED, heading, read_cell, shown
from isms.catalogue.models import Decision, EditionInForce
from isms.catalogue.rules import STANDARD, Said, decide_many, editions_in_force
from isms.catalogue.shelf import standards
from isms.catalogue.wording import adapted
from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import UnreadableDay
from isms.core.errors import Invalid
from isms.core.imports import Plan, Row, Verdict
from isms.core.permissions import Actor, Permission, demand_permission
from isms.core.sheets import Cell, match_headers, read_sheet
from isms.core.text import UnusableText, clean_text, fold
from isms.core.words import gettext
from isms.people.models import Person

__all__ = ["HEADERS", "REQUIRED", "heading", "plan", "take"]

FIELDS = ("applicable", "justification", "implementation", "owner_id", "note")


class Known:
    """What the rows are compared with, read once: constant queries whatever the sheet's length."""

    def __init__(self) -> None:
        self.editions = [adapted(edition.id) for edition in standards().editions_of(STANDARD)]  # oldest first
        self.in_force = [(row.from_day, row.edition) for row in _in_order(editions_in_force())]
        self.decisions: dict[tuple[str, str], list[Decision]] = {}
        for row in Decision.select().order_by(Decision.from_day, Decision.id):
            self.decisions.setdefault((row.edition, row.key), []).append(row)
        self.found: dict[tuple[str, str], list[Requirement]] = {}
        self.names: dict[int, str] = {}
        self.owners: dict[str, set[int]] = {}
        for person in Person.select(Person.id, Person.number, Person.name, Person.mail):
            self.names[person.id] = person.name
            for name in filter(None, (person.number, person.name, person.mail)):
                self.owners.setdefault(_folded(name), set()).add(person.id)

    def edition(self, day: date) -> Edition:
        """Give the edition in whose numbers a row of the day speaks."""
        said = [edition for from_day, edition in self.in_force if from_day <= day]
        published = [edition for edition in self.editions if edition.published <= day] or self.editions[:1]
        return next(one for one in self.editions if one.id == said[-1]) if said else published[-1]

    def controls(self, edition: Edition, text: str) -> list[Requirement]:
        """Give the controls of an edition that a cell names; none for a cell that it does not understand."""
        place = (edition.id, text)
        if place not in self.found:
            try:
                found = numbers.read_all(edition, text)
            except Invalid:
                found = ()
            self.found[place] = [one for one in found if one.kind is Kind.CONTROL]
        return self.found[place]

    def decision(self, edition: str, key: str, day: date) -> Decision | None:
        """Give the decision in force on the day."""
        found = [row for row in self.decisions.get((edition, key), ()) if row.from_day <= day]
        return found[-1] if found else None

    def owner(self, text: str) -> int:
        """Find a person by name, number or mail address; raises Invalid."""
        ids = self.owners.get(_folded(text), set())
        if len(ids) > 1:
            raise Invalid(gettext("%(name)s は複数います。職員番号かメールアドレスで書いてください。", name=text))
        if not ids:
            raise Invalid(gettext("%(name)s は職員名簿にありません。", name=text))
        return next(iter(ids))


def _in_order(rows: Any) -> Any:
    return rows.order_by(EditionInForce.from_day, EditionInForce.id)


def _folded(name: str) -> str:
    return "".join((fold(name) or "").split())


def plan(content: bytes, filename: str, *, by: Actor, now: datetime) -> Plan:
    """Say what the import of the sheet would do, row by row; raises BadSheet for a file that is none."""
    demand_permission(by, Permission.CONTROLS_DECIDE)
    sheet = read_sheet(content, filename)
    header, columns, unknown = match_headers(sheet, HEADERS, required=REQUIRED)
    known, day = Known(), settings.today(now)
    rows, seen = [], dict[tuple[str, str, date], int]()
    for line, cells in sheet.rows_after(header):
        row = Row(line, Verdict.SAME, {field: shown(cells[column]) for field, column in columns.items()})
        _read(row, {field: cells[column] for field, column in columns.items()}, known, day)
        if row.verdict is not Verdict.BAD:
            _judge(row, known, seen)
        rows.append(row)
    result = Plan(rows)
    if unknown:
        result.notices.append(gettext("使わない列: %(names)s", names="、".join(unknown)))
    return result


def _read(row: Row, cells: dict[str, Cell], known: Known, today: date) -> None:
    """Read the cells into values: those of a decision, and `edition` and `key`."""
    values = row.values
    for field, cell in cells.items():
        try:
            values[field] = read_cell(field, cell)
        except (UnusableText, UnreadableDay, Invalid) as error:
            row.refuse(f"{heading(field)}: {error}")
    for field in REQUIRED:
        if field in values and values[field] in ("", None):
            row.refuse(gettext("%(field)sが空です。", field=heading(field)))
    if row.verdict is Verdict.BAD:
        return
    values["from_day"] = values.get("from_day") or today
    try:
        requirement = _requirement(values["control"], cells["control"], known, values["from_day"])
        values["owner_id"] = known.owner(values["owner"]) if values.get("owner") else None
    except Invalid as error:
        row.refuse(str(error))
        return
    values |= {"edition": requirement.edition, "key": requirement.key}


def _requirement(text: str, cell: Cell, known: Known, day: date) -> Requirement:
    """Find the control that a row speaks of; raises Invalid with what to write instead."""
    edition = known.edition(day)
    found = known.controls(edition, text)
    if not found:
        place = known.editions.index(edition)
        later = [one for other in known.editions[place + 1 :] for one in known.controls(other, text)]
        earlier = [one for other in known.editions[:place] for one in known.controls(other, text)]
        if earlier and not later:
            raise Invalid(_became(earlier, edition))
        found = later or list(numbers.read_all(edition, text))  # which names what it does not know
    if len(found) != 1:
        raise Invalid(gettext("一つの行には、一つの管理策を書いてください。"))
    if found[0].kind is not Kind.CONTROL:
        raise Invalid(gettext("箇条はいつも適用されます。決定は管理策にだけ記録します。"))
    if isinstance(cell, float) and (longer := known.controls(_edition_of(known, found[0]), f"{text}0")):
        raise Invalid(
            gettext(
                "番号が数値で入っているため、%(short)s と %(long)s を見分けられません。列を文字列にして入れ直してください。",
                short=found[0].id,
                long=longer[0].id,
            )
        )
    return found[0]


def _edition_of(known: Known, requirement: Requirement) -> Edition:
    """Give the edition that a requirement was found in."""
    return next(one for one in known.editions if one.id == requirement.edition)


def _became(old: list[Requirement], edition: Edition) -> str:
    """Say what numbers of an earlier edition became."""
    now_is = dict.fromkeys(one.id for row in old for one in standards().successors(row))
    if not now_is:
        return gettext("旧版の番号です。%(edition)s にはこれに当たる管理策がありません。", edition=edition.name)
    return gettext(
        "旧版の番号です。現行版（%(edition)s）では %(numbers)s です。",
        edition=edition.name,
        numbers=gettext("、").join(now_is),
    )


def _judge(row: Row, known: Known, seen: dict[tuple[str, str, date], int]) -> None:
    """Compare a row with the decision in force on its day; `seen` are the lines so far."""
    values = row.values
    place = (values["edition"], values["key"], values["from_day"])
    if place in seen:
        row.refuse(gettext("%(line)s行目と同じ管理策、同じ適用日です。", line=seen[place]))
        return
    seen[place] = row.line
    row.known = known.decision(*place)
    for field, otherwise in (("implementation", "not_started"), ("owner_id", None), ("note", "")):
        if not values.get(field):
            values[field] = getattr(row.known, field) if row.known else otherwise
    if not values["applicable"]:
        values["implementation"] = "not_started"
    if row.known is None:
        row.verdict = Verdict.NEW
    else:
        row.changes = dict(_changes(row.known, values, known.names))
        row.verdict = Verdict.CHANGED if row.changes else Verdict.SAME
    if values["edition"] != known.edition(values["from_day"]).id:
        row.notes.append(gettext("次の版の決定として、移行に先立って記録します。"))


def _changes(old: Decision, values: dict[str, Any], names: dict[int, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    words: dict[str, Any] = {"applicable": APPLICABLE, "implementation": IMPLEMENTATION, "owner_id": names}
    for field in FIELDS:
        was, will = getattr(old, field), values[field]
        if was != will:
            known = words.get(field, {})
            yield field, (str(known.get(was, was or "")), str(known.get(will, will or "")))


def take(content: bytes, filename: str, *, by: Actor, now: datetime) -> Plan:
    """Import the sheet: all of it, or nothing when any row is bad (Invalid)."""
    with atomic():
        result = plan(content, filename, by=by, now=now)
        result.must_be_whole()
        groups: dict[tuple[str, date], list[Said]] = {}
        for row in (*result.of(Verdict.NEW), *result.of(Verdict.CHANGED)):
            said = Said(row.values["key"], *(row.values[field] for field in FIELDS))
            groups.setdefault((row.values["edition"], row.values["from_day"]), []).append(said)
        for (edition, day), said_rows in sorted(groups.items()):
            decide_many(edition, said_rows, from_day=day, by=by, now=now)
        counts = {verdict.value: number for verdict, number in result.counts().items()}
        trail.record(by, "decisions.imported", "decisions", now, file=clean_text(filename, 200), rows=counts)
        return result
