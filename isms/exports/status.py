"""The state of every requirement as of a day, as JSON, CSV, xlsx or PDF: the same facts give the same bytes."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core import pdf, settings
from isms.core.days import end_of_day
from isms.core.look import STATES, short_day
from isms.core.sheets import write_csv, write_xlsx
from isms.core.words import gettext, locale
from isms.status import words
from isms.status.rules import Report, RequirementState
from isms.trail import head
from isms.trail.models import TrailEntry


def plain(report: Report, newest: TrailEntry | None = None) -> dict[str, Any]:
    """Give the report as JSON holds it, with the head of the trail (today's unless another is given)."""
    return {**_about(report, newest or head()), "requirements": [_plain(one) for one in report.requirements]}


def _about(report: Report, newest: TrailEntry | None) -> dict[str, Any]:
    return {
        "organisation": settings.get("organisation_name"),
        "edition": report.edition.id,
        "as_of": report.day.isoformat(),
        "known": report.known,
        "trail_head": {"no": newest.no, "hash": newest.hash} if newest else None,
    }


def _plain(one: RequirementState) -> dict[str, Any]:
    told = _told(one)
    return {**told, "evidence": [laid.plain for laid in one.evidence if not laid.gone], "open_findings": _open(one)}


def _told(one: RequirementState) -> dict[str, Any]:
    decision = one.decision
    return {
        "id": one.requirement.id,
        "kind": one.requirement.kind.value,
        "title_en": one.requirement.title_en,
        "title_ja": one.requirement.title_ja,
        "applicable": _applicable(one),
        "justification": decision.justification if decision else None,
        "implementation": decision.implementation if decision else None,
        "owner": _owner(one),
        "state": one.state.value,
        "reasons": one.reasons,
    }


def _open(one: RequirementState) -> list[dict[str, str]]:
    return [
        {"ref": found.ref, "grade": found.grade, "opened_on": found.opened_on.isoformat()} for found in one.findings
    ]


def _applicable(one: RequirementState) -> bool | None:
    """Tell whether it applies: clauses always do, an undecided control is not known."""
    if one.requirement.kind.value == "clause":
        return True
    return one.decision.applicable if one.decision else None


def _owner(one: RequirementState) -> str | None:
    return one.decision.owner.name if one.decision and one.decision.owner_id else None


def as_json(report: Report, newest: TrailEntry | None = None) -> bytes:
    """Write `plain` as JSON, a line a requirement; each evidence was written before, however many there are."""
    lines = []
    for one in report.requirements:
        laid = ", ".join(laid.written for laid in one.evidence if not laid.gone)
        lines.append(f'{_dumps(_told(one))[:-1]}, "evidence": [{laid}], "open_findings": {_dumps(_open(one))}}}')
    whole = ",\n".join(lines)
    return f'{_dumps(_about(report, newest or head()))[:-1]}, "requirements": [\n{whole}\n]}}\n'.encode()


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def heads() -> list[str]:
    """Give the headings of the table."""
    return [
        gettext("番号"),
        gettext("種別"),
        gettext("表題"),
        gettext("状態"),
        gettext("理由"),
        gettext("適用"),
        gettext("適用の理由"),
        gettext("実施状況"),
        gettext("責任者"),
        gettext("有効な証跡"),
        gettext("最も遅い期限"),
        gettext("未完了の指摘"),
    ]


def rows(report: Report) -> list[list[Any]]:
    """Give the table, a row a requirement."""
    return [_row(one, report.day) for one in report.requirements]


def _row(one: RequirementState, day: date) -> list[Any]:
    counting = words.counting(one, day)
    applicable = _applicable(one)
    return [
        one.requirement.id,
        gettext("管理策") if one.requirement.kind.value == "control" else gettext("箇条"),
        str(one.requirement.title),
        str(STATES[one.state.value][1]),
        words.reasons(one),
        "" if applicable is None else str(APPLICABLE[applicable]),
        one.decision.justification if one.decision else "",
        str(IMPLEMENTATION[one.decision.implementation]) if one.decision else "",
        _owner(one) or "",
        len(counting),
        max((laid.valid_until for laid in counting), default=None),
        gettext("、").join(found.ref for found in one.findings),
    ]


def title(report: Report) -> str:
    """Name the document."""
    return gettext("%(day)s 現在の管理策の状態", day=short_day(report.day))


def as_csv(report: Report, newest: TrailEntry | None = None) -> bytes:
    """Write the report as CSV for Excel."""
    return write_csv(heads(), rows(report))


def as_xlsx(report: Report, newest: TrailEntry | None = None) -> bytes:
    """Write the report as a workbook."""
    return write_xlsx(heads(), rows(report), title=title(report), sheet_name=gettext("状態"), locale=locale())


def as_pdf(report: Report, newest: TrailEntry | None = None) -> bytes:
    """Write the report as a document for paper."""
    return pdf.render(**paper(report, newest or head()))


def paper(report: Report, newest: TrailEntry | None) -> dict[str, Any]:
    """Give what `pdf.render` needs; the document's date is the moment of the trail's head."""
    names = heads()
    return {
        "template": "table",
        "data": {
            "title": title(report),
            "organisation": settings.get("organisation_name"),
            "head": f"{newest.no} {newest.hash}" if newest else "",
            "lead": str(words.KNOWN[report.known][0]),
            "wide": True,
            "facts": [[gettext("規格"), f"{report.edition.name} {report.edition.jis}"]],
            "tally": [[str(STATES[state.value][1]), str(number)] for state, number in report.counts().items()],
            "columns": [*names[:1], *names[2:5], *names[6:12]],
            "widths": ["auto", 4, "auto", 2, 4, "auto", "auto", "auto", "auto", "auto"],
            "rows": [_paper_row(one, report.day) for one in report.requirements],
        },
        "made_at": newest.at if newest else status_epoch(report.day),
    }


def status_epoch(day: date) -> datetime:
    """Give a moment for a document of an empty trail."""
    return end_of_day(day, settings.zone())


def _paper_row(one: RequirementState, day: date) -> list[str]:
    """Give the row for paper, where the number says whether it is a clause."""
    row = _row(one, day)
    number = one.requirement.spelled if one.requirement.kind.value == "clause" else one.requirement.id
    return [number, *(_paper(cell) for cell in (*row[2:5], *row[6:12]))]


def _paper(cell: Any) -> str:
    return "–" if cell is None or cell == "" else short_day(cell) if isinstance(cell, date) else str(cell)


FORMATS: dict[str, Callable[..., bytes]] = {"json": as_json, "csv": as_csv, "xlsx": as_xlsx, "pdf": as_pdf}
