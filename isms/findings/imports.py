"""A ledger of findings: a plan with a verdict per row, then all or nothing. Twice adds nothing; a closing is added later."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import fiscal_year
from isms.core.errors import Invalid
from isms.core.imports import Plan, Row, Verdict
from isms.core.permissions import Actor, Permission, demand_permission
from isms.core.sheets import Cell, cell_day, cell_text, match_headers, read_sheet
from isms.core.text import clean_text
from isms.core.words import gettext
from isms.evidence.import_controls import KnownNumbers, folded, read_controls
from isms.findings import history, rules
from isms.findings.import_rows import GRADES_READ, HEADERS, REQUIRED, SOURCES_READ
from isms.findings.models import Finding, FindingStep
from isms.findings.steps import append
from isms.people.models import Person

OWN_REF = re.compile(r"F-([0-9]{4})-([0-9]{4,7})")


class Known(KnownNumbers):
    """What the rows are compared with, read once."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.today = settings.today(now)
        self.year = fiscal_year(self.today, settings.get("fiscal_year_start_month"))
        self.recorded = {(folded(row.title), row.opened_on, row.grade): row for row in Finding.select()}
        self.last: dict[int, int] = {}
        for row in self.recorded.values():
            if match := OWN_REF.fullmatch(row.ref):
                self.last[int(match[1])] = max(self.last.get(int(match[1]), 0), int(match[2]))
        self.closed = rules.closed_days([row.id for row in self.recorded.values()])
        self.refs: dict[str, int] = {}
        self.people = dict(Person.select(Person.number, Person.id).tuples())


def plan(content: bytes, filename: str, *, by: Actor, now: datetime) -> Plan:
    """Say what the import of a ledger would do, row by row; raises BadSheet for a file that is none."""
    demand_permission(by, Permission.FINDINGS_EDIT)
    sheet = read_sheet(content, filename)
    header, columns, unknown = match_headers(sheet, HEADERS, required=REQUIRED)
    known, rows = Known(now), []
    for line, cells in sheet.rows_after(header):
        named = {name: cells[column] for name, column in columns.items()}
        row = Row(line, Verdict.NEW, {name: str(cell or "") for name, cell in named.items()})
        try:
            _read(row, named, known)
            _judge(row, known)
        except (ValueError, Invalid) as error:  # texts and days that cannot be taken are ValueErrors
            row.refuse(str(error))
        rows.append(row)
    result = Plan(rows)
    if unknown:
        result.notices.append(gettext("使わない列: %(names)s", names="、".join(unknown)))
    return result


def _read(row: Row, cells: dict[str, Cell], known: Known) -> None:
    """Read the cells into values, and find what they name."""
    values = row.values = {name: READERS.get(name, _line)(cell) for name, cell in cells.items()}
    for field in REQUIRED:
        if values[field] in ("", None):
            raise Invalid(gettext("%(field)sが空です。", field=HEADERS[field][0]))
    day: date = values["opened_on"]
    values["grade"] = _word(values["grade"], GRADES_READ)
    values["source"] = _word(values["source"], SOURCES_READ) if values.get("source") else "own"
    text = {"title": values["title"], "description": values.get("description") or ""}
    values |= rules.checked(values["grade"], values["source"], day, known.today, **text)
    values["links"] = read_controls(values["controls"], cells["controls"], known, day, values.get("edition") or "")
    values["department_id"] = known.department(values["department"], day) if values.get("department") else None
    values["told"] = history.read(values.get("history") or "")
    history.check(values["told"], day, known.today, known.people)
    if values.get("due") and values["due"] < day:
        raise Invalid(gettext("期限が、見つかった日より前です。"))
    closed = values.get("closed_on")
    if closed and not day <= closed <= known.today:
        raise Invalid(gettext("完了日は、発見日から今日までの日付です。"))
    if closed and not values.get("closing"):
        raise Invalid(gettext("完了の内容が空です。"))


def _judge(row: Row, known: Known) -> None:
    """Compare a row with what is on record."""
    values = row.values
    place = (folded(values["title"]), values["opened_on"], values["grade"])
    row.known = known.recorded.get(place)
    if row.known is not None:
        closes = bool(values.get("closed_on")) and row.known.id not in known.closed
        row.verdict = Verdict.CHANGED if closes else Verdict.SAME
        return
    known.recorded[place] = Finding(id=0)
    known.closed[0] = values["opened_on"]
    text = (values.get("ref") or "").upper()
    match = OWN_REF.fullmatch(text)
    values["own_ref"] = (int(match[1]), int(match[2]), text) if match else None
    if match:
        year, number = int(match[1]), int(match[2])
        if text in known.refs or number <= known.last.get(year, 0) or not 1990 <= year <= known.year:
            raise Invalid(gettext("番号 %(ref)s は使えません。空けておくと新しい番号が付きます。", ref=text))
        known.refs[text] = row.line


def _line(cell: Cell) -> str:
    return cell_text(cell, 2000)


def _lines(cell: Cell) -> str:
    return cell_text(cell, 5000, lines=True)


def _word(text: str, words: dict[str, str]) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    if plain not in words:
        known = gettext("、").join(one for one in words if not one.isascii())
        raise Invalid(gettext("「%(text)s」は分かりません（%(known)s）。", text=text, known=known))
    return words[plain]


def _story(cell: Cell) -> str:
    return cell_text(cell, 100_000, lines=True)


READERS: dict[str, Any] = {
    **dict.fromkeys(("opened_on", "closed_on", "due"), cell_day),
    **dict.fromkeys(("description", "closing"), _lines),
    "history": _story,
}


def take(content: bytes, filename: str, *, by: Actor, now: datetime) -> Plan:
    """Import the ledger: all of it, or nothing when any row is bad (Invalid)."""
    with atomic():
        result = plan(content, filename, by=by, now=now)
        result.must_be_whole()
        new = result.of(Verdict.NEW)
        kept = sorted((row for row in new if row.values["own_ref"]), key=lambda row: row.values["own_ref"][:2])
        for row in (*kept, *(row for row in new if not row.values["own_ref"])):
            _open(row, by, now)
        for row in result.of(Verdict.CHANGED):
            _close(row, row.known, by, now)
        counts = {verdict.value: number for verdict, number in result.counts().items()}
        trail.record(by, "findings.imported", "finding", now, file=clean_text(filename, 200), rows=counts)
        return result


def _open(row: Row, by: Actor, now: datetime) -> None:
    values = row.values
    made = rules.open_finding(
        grade=values["grade"],
        title=values["title"],
        description=values["description"],
        source=values["source"],
        department_id=values["department_id"],
        controls=[],
        opened_on=values["opened_on"],
        due=values.get("due"),
        ref=values["own_ref"][2] if values["own_ref"] else "",
        by=by,
        now=now,
    )
    for link in values["links"]:
        rules.link_finding(made.id, link.edition, link.key, from_day=link.from_day, by=by, now=now)
    _tell(made, values["told"], by, now)
    if values.get("closed_on") and made.id not in rules.closed_days([made.id]):
        _close(row, made, by, now)


def _tell(finding: Finding, told: list[history.Told], by: Actor, now: datetime) -> None:
    """Record the steps that the ledger tells, as they are; nobody checks an effect a second time."""
    plans: list[FindingStep] = []
    people = dict(
        Person.select(Person.number, Person.id).where(Person.number.in_([one.owner for one in told])).tuples()
    )
    for one in told:
        values = history.values_of(one, plans, people)
        step = append(finding, one.kind, one.day, one.text, by, now, **values)
        if one.kind == "action":
            plans.append(step)


def _close(row: Row, finding: Finding, by: Actor, now: datetime) -> None:
    rules.close_finding(finding.id, day=row.values["closed_on"], text=row.values["closing"], by=by, now=now)
