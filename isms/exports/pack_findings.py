"""The findings of a pack: those that were open at some time of the period, as known at its end."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from isms.catalogue.rules import in_sight
from isms.core import settings
from isms.core.days import Span, end_of_day
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.sheets import write_csv
from isms.core.words import gettext
from isms.findings.models import Finding, FindingControl, FindingFile, FindingStep
from isms.findings.words import ENDS, GRADES
from isms.people.models import Department
from isms.trail.kinds import names


def findings(by: Actor, period: Span) -> list[dict[str, Any]]:
    """Give the findings that the actor may see, as JSON holds them; a constant number of queries."""
    known_at = end_of_day(period.last, settings.zone())
    query = Finding.select().where(Finding.recorded_at <= known_at, Finding.opened_on <= period.last)
    if Scope.ALL not in scopes_of(by, Permission.FINDINGS_READ):
        query = query.where(Finding.engaged(by))
    found = list(query.order_by(Finding.id))
    steps = _by_finding(FindingStep, found, known_at)
    controls = _by_finding(FindingControl, found, known_at)
    departments = dict(Department.select(Department.id, Department.name).tuples())
    files = _by_finding(FindingFile, found, known_at)
    told = [_told(one, steps, controls, departments, by, period) for one in found]
    people = names(_actors([one for rows in steps.values() for one in rows]))
    for one, row in zip(found, told, strict=True):
        row["steps"] = [_step(step, people, files.get(one.id, [])) for step in _past(steps.get(one.id, ()), period)]
        row["files"] = [_file(file) for file in files.get(one.id, ()) if file.step_id is None]
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
    past = _past(steps.get(one.id, ()), period)
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
        "due": one.due.isoformat() if one.due else None,
        "closed_on": closed,
    }


def _past(steps: Iterable[FindingStep], period: Span) -> list[FindingStep]:
    """Give the steps up to the end of the period, in their order."""
    return sorted((step for step in steps if step.day <= period.last), key=lambda step: (step.day, step.id))


def _actors(steps: Iterable[FindingStep]) -> set[str]:
    return {who for step in steps for who in (step.recorded_by, f"person:{step.owner_id}")}


def _step(step: FindingStep, people: dict[str, str], files: list[FindingFile]) -> dict[str, Any]:
    """Give a step; `no` is what the `about` of another speaks of, `good` whether an action had its effect."""
    return {
        "no": step.id,
        "kind": step.kind,
        "day": step.day.isoformat(),
        "text": step.text,
        "recorded_by": people[step.recorded_by],
        "owner": people[f"person:{step.owner_id}"] if step.owner_id else None,
        "due": step.due.isoformat() if step.due else None,
        "about": step.about_id,
        "good": step.good,
        "files": [_file(file) for file in files if file.step_id == step.id],
    }


def _file(file: FindingFile) -> dict[str, Any]:
    """Give name and hash of a photo or document; its bytes stay."""
    return {"name": file.name, "sha256": file.sha256, "size": file.size}


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
