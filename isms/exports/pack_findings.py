"""The findings of a pack: those that were open at some time of the period, as known at its end."""

import json
from datetime import datetime
from typing import Any

from isms.catalogue.rules import in_sight
from isms.core import settings
from isms.core.days import Span, end_of_day
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.sheets import write_csv
from isms.core.words import gettext
from isms.findings.models import Finding, FindingControl, FindingStep
from isms.findings.rules import ENDS
from isms.findings.words import GRADES
from isms.people.models import Department


def findings(by: Actor, period: Span) -> list[dict[str, Any]]:
    """Give the findings that the actor may see, as JSON holds them; four queries."""
    known_at = end_of_day(period.last, settings.zone())
    query = Finding.select().where(Finding.recorded_at <= known_at, Finding.opened_on <= period.last)
    if Scope.ALL not in scopes_of(by, Permission.FINDINGS_READ):
        query = query.where(Finding.engaged(by))
    found = list(query.order_by(Finding.id))
    steps = _by_finding(FindingStep, found, known_at)
    controls = _by_finding(FindingControl, found, known_at)
    departments = dict(Department.select(Department.id, Department.name).tuples())
    told = [_told(one, steps, controls, departments, by, period) for one in found]
    return [one for one in told if one["closed_on"] is None or one["closed_on"] >= period.first.isoformat()]


def _by_finding(model: Any, found: list[Finding], known_at: datetime) -> dict[int, list[Any]]:
    rows: dict[int, list[Any]] = {}
    query = model.select().where(model.finding.in_([one.id for one in found]), model.recorded_at <= known_at)
    for row in query.order_by(model.id):
        rows.setdefault(row.finding_id, []).append(row)
    return rows


def _told(
    one: Finding,
    steps: dict[int, list[Any]],
    controls: dict[int, list[Any]],
    departments: dict[int, str],
    by: Actor,
    period: Span,
) -> dict[str, Any]:
    past = sorted((s for s in steps.get(one.id, ()) if s.day <= period.last), key=lambda s: (s.day, s.id))
    ends = [s for s in past if s.kind in ENDS]
    closed = ends[-1].day.isoformat() if ends and not ENDS[ends[-1].kind] else None
    links = [c for c in controls.get(one.id, ()) if in_sight(by, Permission.CONTROLS_READ, c.edition)(c.key)]
    return {
        "ref": one.ref,
        "grade": one.grade,
        "title": one.title,
        "description": one.description,
        "source": one.source,
        "department": departments.get(one.department_id),
        "controls": [f"{c.edition} {c.key}" for c in links if c.from_day <= period.last],
        "opened_on": one.opened_on.isoformat(),
        "closed_on": closed,
        "steps": [{"kind": s.kind, "day": s.day.isoformat(), "text": s.text} for s in past],
    }


def as_json(found: list[dict[str, Any]]) -> str:
    """Write the findings as JSON."""
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"


def as_csv(found: list[dict[str, Any]]) -> bytes:
    """Write the findings as CSV for Excel."""
    heads = [
        gettext("番号"),
        gettext("区分"),
        gettext("件名"),
        gettext("管理策"),
        gettext("部署"),
        gettext("見つかった日"),
        gettext("完了した日"),
        gettext("内容"),
    ]
    names = ("ref", "grade", "title", "controls", "department", "opened_on", "closed_on", "description")
    return write_csv(heads, [[_cell(name, one[name]) for name in names] for one in found])


def _cell(name: str, value: Any) -> Any:
    if name == "grade":
        return str(GRADES[value])
    return gettext("、").join(value) if isinstance(value, list) else value
