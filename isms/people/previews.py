"""An uploaded sheet between its preview and the decision: kept for a day, for the person who brought it."""

from datetime import datetime
from typing import Any

from isms.core.database import atomic
from isms.core.errors import Invalid, NotFound
from isms.core.imports import Plan, Row, Verdict
from isms.core.look import drawn
from isms.core.permissions import Actor
from isms.core.tables import Column, Filter, Table
from isms.core.words import gettext, lazy_gettext
from isms.people.models import ImportPreview

LOOKS = {Verdict.BAD: "nc", Verdict.CHANGED: "und", Verdict.LEFT: "und", Verdict.NEW: "ok"}
WORST_FIRST = [Verdict.BAD, Verdict.LEFT, Verdict.CHANGED, Verdict.NEW, Verdict.SAME]


def keep(kind: str, filename: str, content: bytes, *, by: Actor, now: datetime) -> ImportPreview:
    """Keep a sheet for its preview; an empty one is refused."""
    if not content:
        raise Invalid({"file": gettext("ファイルが空です。")})
    with atomic():
        return ImportPreview.create(
            kind=kind, person=by.person_id, made_at=now, filename=filename[-200:], content=content
        )


def get(preview_id: int, kind: str, *, by: Actor) -> ImportPreview:
    """Give the kept sheet of this person; raises NotFound for another's."""
    found = ImportPreview.get_or_none(ImportPreview.id == preview_id, ImportPreview.person == by.person_id)
    if found is None or not found.kind.startswith(kind):
        raise NotFound()
    found.content = bytes(found.content)
    return found


def table(labels: dict[str, Any], name: str) -> Table:
    """Make the table of a preview: line, verdict, the sheet's columns, remarks."""

    def cell(field: str) -> Any:
        return lambda row: row.cells.get(field, "")

    return Table(
        name,
        lazy_gettext("行ごとの結果"),
        [
            Column("line", lazy_gettext("行"), numeric=True, sort=lambda row: row.line),
            Column("verdict", lazy_gettext("扱い"), _verdict, sort=_worst_first, nowrap=True),
            *(Column(field, label, cell(field)) for field, label in labels.items()),
            Column("notes", lazy_gettext("気づいたこと"), _notes),
        ],
        default_sort="verdict",
        filters=[
            Filter(
                "verdict",
                lazy_gettext("扱い"),
                lambda rows, value: [row for row in rows if row.verdict == value],
                kind="select",
                choices=lambda: [(verdict.value, verdict.label) for verdict in Verdict],
            )
        ],
        page_size=100,
        row_class=lambda row: {Verdict.BAD: "bad", Verdict.CHANGED: "chg", Verdict.LEFT: "chg"}.get(row.verdict, ""),
    )


def _verdict(row: Row) -> Any:
    """Draw what happens to a row: its sign is called as the verdict is."""
    return drawn(row.verdict.value, row.verdict.label, LOOKS.get(row.verdict, "na"))


def _worst_first(row: Row) -> tuple[int, int]:
    return WORST_FIRST.index(row.verdict), row.line


def _notes(row: Row) -> str:
    changes = [gettext("%(old)s → %(new)s", old=old or "–", new=new or "–") for old, new in row.changes.values()]
    return " ".join([*row.notes, *changes])


def answer(plan: Plan, *, kept: ImportPreview, labels: dict[str, Any]) -> Any:
    """Give the context of a preview page; columns that are empty throughout are left out."""
    shown = {f: label for f, label in labels.items() if any(row.cells.get(f) for row in plan.rows)}
    return table(shown, kept.kind.split("-")[0]).answer(
        plan.rows, plan=plan, counts=plan.counts(), kept=kept, Verdict=Verdict
    )
