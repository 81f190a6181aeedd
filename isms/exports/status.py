"""The state of every requirement as of a day, as JSON, CSV, xlsx or PDF: the same facts give the same bytes."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from isms.core import pdf, settings
from isms.core.days import end_of_day
from isms.core.look import STATES, short_day
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.sheets import write_csv, write_xlsx
from isms.core.words import gettext, lazy_gettext, locale
from isms.status import rules as status
from isms.status.compute import counts
from isms.status.rules import Known, Report, RequirementState
from isms.trail import head

REASONS: dict[str, Any] = {
    "missing": lazy_gettext("証跡がありません"),
    "waiting": lazy_gettext("確認待ちです"),
    "expired": lazy_gettext("期限が切れています"),
    "damaged": lazy_gettext("ファイルが壊れています"),
}
IMPLEMENTATION: dict[str, Any] = {
    "not_started": lazy_gettext("未着手"),
    "planned": lazy_gettext("計画"),
    "partial": lazy_gettext("一部"),
    "implemented": lazy_gettext("実施"),
}


def report_for(by: Actor, day: date, known: Known, now: datetime) -> Report:
    """Give the report as far as the actor may see it: an auditor's engagement limits it."""
    report = status.states(day, known, now=now)
    if Scope.ALL in scopes_of(by, Permission.CONTROLS_READ):
        return report
    covered = [
        one
        for one in report.requirements
        if by.coverage is not None and by.coverage.covers(one.requirement.edition, one.requirement.key)
    ]
    return Report(report.edition, report.day, report.known, covered)


def plain(report: Report) -> dict[str, Any]:
    """Give the report as JSON holds it."""
    newest = head()
    return {
        "organisation": settings.get("organisation_name"),
        "edition": report.edition.id,
        "as_of": report.day.isoformat(),
        "known": report.known,
        "trail_head": {"no": newest.no, "hash": newest.hash} if newest else None,
        "requirements": [_plain(one) for one in report.requirements],
    }


def _plain(one: RequirementState) -> dict[str, Any]:
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
        "evidence": [laid.plain for laid in one.evidence if not laid.gone],
        "open_findings": [
            {"ref": found.ref, "grade": found.grade, "opened_on": found.opened_on.isoformat()} for found in one.findings
        ],
    }


def _applicable(one: RequirementState) -> bool | None:
    """Tell whether it applies: clauses always do, an undecided control is not known."""
    if one.requirement.kind.value == "clause":
        return True
    return one.decision.applicable if one.decision else None


def _owner(one: RequirementState) -> str | None:
    return one.decision.owner.name if one.decision and one.decision.owner_id else None


def as_json(report: Report) -> bytes:
    """Write the report as JSON."""
    return json.dumps(plain(report), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


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
    counting = [laid for laid in one.evidence if counts(laid, day)]
    applicable = _applicable(one)
    return [
        one.requirement.id,
        gettext("管理策") if one.requirement.kind.value == "control" else gettext("箇条"),
        str(one.requirement.title),
        str(STATES[one.state.value][1]),
        "、".join(str(REASONS[reason]) for reason in one.reasons),
        "" if applicable is None else gettext("適用する") if applicable else gettext("適用しない"),
        one.decision.justification if one.decision else "",
        str(IMPLEMENTATION[one.decision.implementation]) if one.decision else "",
        _owner(one) or "",
        len(counting),
        max((laid.valid_until for laid in counting), default=None),
        "、".join(found.ref for found in one.findings),
    ]


def title(report: Report) -> str:
    """Name the document."""
    return gettext("%(day)s 現在の管理策の状態", day=short_day(report.day))


def known_words(known: Known) -> str:
    """Say on what the report stands."""
    if known == "then":
        return gettext("その日の終わりまでに記録されたことによる")
    return gettext("今日までに記録されたことによる")


def as_csv(report: Report) -> bytes:
    """Write the report as CSV for Excel."""
    return write_csv(heads(), rows(report))


def as_xlsx(report: Report) -> bytes:
    """Write the report as a workbook."""
    return write_xlsx(heads(), rows(report), title=title(report), sheet_name=gettext("状態"), locale=locale())


def as_pdf(report: Report) -> bytes:
    """Write the report as a document for paper; its date is the moment of the trail's head."""
    newest = head()
    cells = [[_paper(cell) for cell in (*row[:1], *row[2:5], *row[6:12])] for row in rows(report)]
    names = heads()
    return pdf.render(
        "table",
        {
            "title": title(report),
            "organisation": settings.get("organisation_name"),
            "head": f"{newest.no} {newest.hash}" if newest else "",
            "lead": known_words(report.known),
            "wide": True,
            "facts": [[gettext("規格"), f"{report.edition.name} {report.edition.jis}"]]
            + [[str(STATES[state.value][1]), str(number)] for state, number in report.counts().items()],
            "columns": [*names[:1], *names[2:5], *names[6:12]],
            "widths": ["auto", 4, "auto", 2, 4, "auto", "auto", "auto", "auto", "auto"],
            "rows": cells,
        },
        made_at=newest.at if newest else status_epoch(report.day),
    )


def status_epoch(day: date) -> datetime:
    """Give a moment for a document of an empty trail."""
    return end_of_day(day, settings.zone())


def _paper(cell: Any) -> str:
    return "–" if cell is None or cell == "" else short_day(cell) if isinstance(cell, date) else str(cell)


FORMATS: dict[str, Callable[[Report], bytes]] = {"json": as_json, "csv": as_csv, "xlsx": as_xlsx, "pdf": as_pdf}
