"""The statement of applicability 適用宣言書 of a day: the version approved by then, else a draft of what is decided.

An approved version leaves as the files that were frozen with the approval; an auditor whose engagement covers a part
gets an extract of it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from isms.catalogue import statements
from isms.catalogue.document import standard_words, table_of
from isms.catalogue.models import Statement, StatementApproval
from isms.catalogue.rules import in_sight
from isms.core import blobs, pdf, settings
from isms.core.days import end_of_day, local_day, long_day
from isms.core.errors import Invalid
from isms.core.look import short_day
from isms.core.permissions import Actor, Permission
from isms.core.sheets import write_csv, write_xlsx
from isms.core.sheets.writing import as_text
from isms.core.words import gettext, locale
from isms.trail import head
from isms.trail.kinds import names
from isms.trail.models import TrailEntry


@dataclass(frozen=True)
class Told:
    """What is told of a statement; `version` None for a draft, `extract` when rows are left out."""

    day: date
    content: dict[str, Any]
    version: dict[str, Any] | None
    extract: bool
    newest: TrailEntry | None

    @property
    def title(self) -> str:
        """Name the document."""
        if self.version is None:
            return gettext("適用宣言書（案）")
        name = gettext("適用宣言書 第%(number)s版", number=self.version["number"])
        return gettext("%(name)s（抜粋）", name=name) if self.extract else name


def told(by: Actor, day: date, *, now: datetime, newest: TrailEntry | None = None) -> Told:
    """Give the statement of the day, by what was known at its end, as far as the actor may see it."""
    if day > settings.today(now):
        raise Invalid({"day": gettext("先の日の適用宣言書は、まだありません。今日までの日付を入力してください。")})
    known_at = end_of_day(day, settings.zone())
    approved = statements.current(known_at)
    content = statements.content_on(day, known_at) if approved is None else statements.content_of(approved)
    seen = in_sight(by, Permission.STATEMENT_READ, content["edition"])
    rows = [row for row in content["rows"] if seen(row["key"])]
    extract = len(rows) < len(content["rows"])
    version = None if approved is None else _version(approved)
    return Told(day, {**content, "rows": rows}, version, extract, newest or head())


def _version(statement: Statement) -> dict[str, Any]:
    approval: StatementApproval = statement.word
    called = names({statement.recorded_by, approval.recorded_by})
    return {
        "number": statement.number,
        "issued_on": statement.issued_on.isoformat(),
        "issuer": called[statement.recorded_by],
        "approved_on": local_day(approval.recorded_at, settings.zone()).isoformat(),
        "approver": called[approval.recorded_by],
        "changes": statement.changes,
        "xlsx_sha256": approval.xlsx_sha256,
        "pdf_sha256": approval.pdf_sha256,
    }


def plain(told: Told) -> dict[str, Any]:
    """Give the statement as JSON holds it; `changes` of an extract would tell of what it leaves out."""
    version = dict(told.version) if told.version else None
    if version and told.extract:
        version["changes"] = None
    return {
        "organisation": told.content["organisation"],
        "edition": told.content["edition"],
        "as_of": told.day.isoformat(),
        "trail_head": {"no": told.newest.no, "hash": told.newest.hash} if told.newest else None,
        "draft": told.version is None,
        "extract": told.extract,
        "version": version,
        "controls": [
            {name: value for name, value in row.items() if name != "owner_id"} for row in told.content["rows"]
        ],
    }


def as_json(told: Told) -> bytes:
    """Write the statement as JSON."""
    return json.dumps(plain(told), ensure_ascii=False, indent=1).encode() + b"\n"


def as_csv(told: Told) -> bytes:
    """Write the statement as CSV for Excel."""
    return write_csv(*table_of(told.content))


def as_xlsx(told: Told) -> bytes:
    """Give the frozen workbook of an approved version; of a draft or an extract, write one."""
    if (frozen := _frozen(told, "xlsx_sha256")) is not None:
        return frozen
    title = f"{told.title} {told.content['organisation']}"
    return write_xlsx(*table_of(told.content), title=title, sheet_name=gettext("適用宣言書"), locale=locale())


def as_pdf(told: Told) -> bytes:
    """Give the frozen PDF of an approved version; of a draft or an extract, write one."""
    given = paper(told)
    return given if isinstance(given, bytes) else pdf.render(**given)


def paper(told: Told) -> bytes | dict[str, Any]:
    """Give the frozen PDF, or what `pdf.render` needs to set one."""
    if (frozen := _frozen(told, "pdf_sha256")) is not None:
        return frozen
    newest, content = told.newest, told.content
    heads, rows = table_of(content)
    data = {
        "title": told.title,
        "organisation": content["organisation"],
        "head": f"{newest.no} {newest.hash}" if newest else "",
        "lead": gettext("%(day)s 現在", day=short_day(told.day)),
        "wide": True,
        "facts": [[gettext("規格"), standard_words(content)]],
        "approval": {"cells": _approval(told)},
        "columns": heads,
        "widths": ["auto", 3, "auto", 5, "auto", 2, "auto", 3],
        "rows": [[_paper(cell) for cell in row] for row in rows],
    }
    made_at = newest.at if newest else end_of_day(told.day, settings.zone())
    return {"template": "table", "data": data, "made_at": made_at}


def _frozen(told: Told, name: str) -> bytes | None:
    """Give the bytes that were stored with the approval, hashed again; raises Damaged."""
    if told.version is None or told.extract or not told.version[name]:
        return None
    with blobs.open_checked(told.version[name]) as content:
        return b"".join(content.chunks())


def _approval(told: Told) -> list[list[str]]:
    """Give the boxes for names and days: empty ones to be sealed on a draft."""
    version = told.version or {"issuer": "", "issued_on": "", "approver": "", "approved_on": ""}
    return [
        [gettext("発行者"), version["issuer"], _long(version["issued_on"])],
        [gettext("承認者"), version["approver"], _long(version["approved_on"])],
    ]


def _long(text: str) -> str:
    return long_day(date.fromisoformat(text), locale()) if text else ""


def _paper(cell: Any) -> str:
    return short_day(cell) if isinstance(cell, date) else as_text(cell) or "–"


FORMATS: dict[str, Callable[[Told], bytes]] = {"json": as_json, "csv": as_csv, "xlsx": as_xlsx, "pdf": as_pdf}
