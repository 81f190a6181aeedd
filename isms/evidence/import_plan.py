"""A ledger of evidence: a plan with a verdict per row, then all or nothing.

A row is known by what it says (`import_key`), so importing a ledger twice adds nothing; when it tells of a review that
the evidence lacks, the review is added. Numbers are those of the edition in force on the day of collection (or of the
one named in 版), and are carried over to the editions that came into force since, as the transition does. A review
becomes an accepted one marked as imported; its reviewer is neither the importer nor the row's 登録者 (without one: 担当).
"""

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from isms.core.days import fiscal_year
from isms.core.errors import Invalid
from isms.core.imports import Plan, Row, Verdict
from isms.core.permissions import Actor, Permission, demand_permission
from isms.core.sheets import Cell, match_headers, read_sheet
from isms.core.words import gettext
from isms.evidence import rules
from isms.evidence.files import MOST_FILES, Kept
from isms.evidence.import_controls import folded, read_controls
from isms.evidence.import_files import Folder, Shelf
from isms.evidence.import_known import Known, Old
from isms.evidence.import_reviews import read_review, recorders
from isms.evidence.import_rows import HEADERS, OWN_REF, REQUIRED, read_cells, shown

__all__ = ["HEADERS", "REQUIRED", "plan"]


@dataclass
class Seen:
    """What the rows so far hold: lines by key, new references."""

    keys: dict[str, int] = field(default_factory=dict)
    refs: dict[str, int] = field(default_factory=dict)


def plan(content: bytes, filename: str, *, files: Shelf | None = None, by: Actor, now: datetime) -> Plan:
    """Say what the import of a ledger would do, row by row; raises BadSheet for a file that is none."""
    demand_permission(by, Permission.EVIDENCE_RECORD)
    sheet = read_sheet(content, filename)
    header, columns, unknown = match_headers(sheet, HEADERS, required=REQUIRED)
    known, seen, rows = Known(files or Folder(None), by, now), Seen(), []
    for line, cells in sheet.rows_after(header):
        named = {name: cells[column] for name, column in columns.items()}
        row = Row(line, Verdict.NEW, {name: shown(cell) for name, cell in named.items()})
        _read(row, named, known)
        if row.verdict is not Verdict.BAD:
            _judge(row, known, seen)
        rows.append(row)
    result = Plan(rows)
    if unknown:
        result.notices.append(gettext("使わない列: %(names)s", names="、".join(unknown)))
    late = sum(row.verdict is Verdict.NEW and row.values["valid_until"] < known.today for row in rows)
    if late:
        result.notices.append(gettext("期限が過ぎているもの: %(number)s件（履歴として取り込みます）", number=late))
    return result


def _read(row: Row, cells: dict[str, Cell], known: Known) -> None:
    """Read the cells into values, and find what they name."""
    row.values, wrong = read_cells(cells)
    if wrong:
        row.refuse(" ".join(wrong))
        return
    values = row.values
    day: date = values["collected_on"]
    given_until = values.get("valid_until")
    values["valid_until"] = given_until or rules.propose_valid_until(day, known.interval)
    for name, otherwise in (("kind", ""), ("url", ""), ("note", ""), ("files", []), ("period", None)):
        values[name] = values.get(name) or otherwise
    values["kind"] = values["kind"] or ("link" if values["url"] and not values["files"] else "record")
    refusals = []
    for step in (_find_controls, _find_people, _find_files, _check):
        try:
            step(row, cells, known)
        except Invalid as error:
            refusals.append(str(error))
    if refusals:
        row.refuse(" ".join(refusals))
    else:
        values["key"] = import_key(values, given_until)


def _find_controls(row: Row, cells: dict[str, Cell], known: Known) -> None:
    values = row.values
    values["links"] = read_controls(
        values["controls"], cells["controls"], known, values["collected_on"], values.get("edition") or ""
    )


def _find_people(row: Row, cells: dict[str, Cell], known: Known) -> None:
    values = row.values
    values["owner_id"] = known.owner(values["owner"]) if values.get("owner") else None
    text = values.get("department") or ""
    if not text and known.heads is not None:
        raise Invalid(gettext("責任者を務める部署を書いてください。"))
    values["department_id"] = known.department(text, values["collected_on"]) if text else None


def _find_files(row: Row, cells: dict[str, Cell], known: Known) -> None:
    if len(row.values["files"]) > MOST_FILES:
        raise Invalid(gettext("一度に添えられるファイルは %(most)s個までです。", most=MOST_FILES))
    found: list[Kept] = []
    for name in row.values["files"]:
        one = known.shelf.look(name)
        if one.sha256 in known.destroyed:
            text = gettext("「%(name)s」は、以前に消去したファイルと同じ内容です。登録できません。", name=one.name)
            raise Invalid(text)
        found.append(one)
    row.values["kept"] = found


def _check(row: Row, cells: dict[str, Cell], known: Known) -> None:
    """Hold the row to what every evidence must be."""
    names = ("title", "kind", "url", "collected_on", "valid_until", "note")
    checked = rules.checked(today=known.today, **{name: row.values[name] for name in names})
    row.values |= checked


def import_key(values: dict[str, Any], given_until: date | None) -> str:
    """Give what a row is known by: all that it says of the evidence itself."""
    period = values["period"]
    said = [
        values.get("ref") or "",
        values["title"],
        values["kind"],
        folded(values["controls"]),
        values.get("edition") or "",
        values["collected_on"].isoformat(),
        [period.first.isoformat(), period.last.isoformat()] if period else [],
        given_until.isoformat() if given_until else "",
        values["department_id"],
        values["owner_id"],
        values["url"],
        values["note"],
        [[one.name, one.sha256] for one in values["kept"]],
    ]
    return "ledger:" + sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def _judge(row: Row, known: Known, seen: Seen) -> None:
    """Say whether the row is new; what an earlier import or an earlier row holds already adds nothing."""
    values = row.values
    review = read_review(row, known)
    if row.verdict is Verdict.BAD:
        return
    values["review"] = review
    key = values["key"]
    row.known = known.keys.get(key)
    if row.known is not None:
        row.verdict = Verdict.SAME
        if review and row.known not in known.reviewed and row.known not in known.withdrawn:
            row.verdict = Verdict.CHANGED
            row.changes["review"] = (gettext("確認待ち"), gettext("確認済み"))
            known.reviewed.add(row.known)
        return
    if key in seen.keys:
        row.verdict = Verdict.SAME
        row.notes.append(gettext("%(line)s行目と同じ内容です。", line=seen.keys[key]))
        return
    seen.keys[key] = row.line
    _refer(row, known, seen)


def _refer(row: Row, known: Known, seen: Seen) -> None:
    """Keep a reference of our own that is free; another number goes into the note. Find the predecessor."""
    values, text = row.values, row.values.get("ref") or ""
    match = OWN_REF.fullmatch(text.upper())
    values["own_ref"] = None
    if match:
        text = text.upper()
        year, number = int(match[1]), int(match[2])
        if text in seen.refs:
            row.refuse(gettext("番号 %(ref)s が%(line)s行目と同じです。", ref=text, line=seen.refs[text]))
        elif number <= known.last.get(year, 0) or not 1990 <= year <= fiscal_year(known.today, known.months_start):
            row.refuse(gettext("番号 %(ref)s は使えません。空けておくと新しい番号が付きます。", ref=text))
        else:
            values["own_ref"], seen.refs[text] = (year, number, text), row.line
            authors = {known.by.id, *(f"person:{one}" for one in recorders(values, known))}
            known.by_ref[text] = Old(None, authors, before=known.by_ref.get((values.get("predecessor") or "").upper()))
    elif text:
        values["note"] = "\n".join(filter(None, (values["note"], gettext("台帳の番号 %(ref)s", ref=text))))
    _precede(row, known, text)


def _precede(row: Row, known: Known, ref: str) -> None:
    """Refuse a predecessor that is not there, comes later, or was corrected already."""
    before = (row.values.get("predecessor") or "").upper()
    if not before:
        return
    old, own = known.by_ref.get(before), row.values["own_ref"]
    later = OWN_REF.fullmatch(before)
    if old is None or before == ref.upper():
        row.refuse(gettext("改める前の証跡 %(ref)s がありません。先の行に置いてください。", ref=before))
    elif before in known.succeeded:
        row.refuse(gettext("改める前の証跡 %(ref)s には、すでに改めた証跡があります。", ref=before))
    elif own and old.id is None and later and (int(later[1]), int(later[2])) > own[:2]:
        row.refuse(gettext("改める前の証跡 %(ref)s の番号が、この証跡の番号より後です。", ref=before))
    known.succeeded.add(before)
