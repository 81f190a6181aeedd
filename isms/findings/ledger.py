"""The ledger of findings, as `imports` reads it: each as it stands today."""

from datetime import datetime
from typing import Any

from isms.catalogue import rules as catalogue
from isms.core import settings
from isms.core.sheets import write_xlsx
from isms.core.words import gettext, locale
from isms.findings import history
from isms.findings.import_rows import HEADERS
from isms.findings.models import Finding, FindingControl, FindingStep
from isms.findings.rules import closed_days
from isms.findings.words import GRADES, SOURCES
from isms.people.models import Department, Person


def write(now: datetime) -> bytes:
    """Give the findings as xlsx, in order of recording."""
    day, rows = settings.today(now), list(Finding.select().order_by(Finding.id))
    departments = {row.id: row.name for row in Department.select()}
    closed = closed_days([row.id for row in rows], day)
    steps: dict[int, list[FindingStep]] = {}
    for step in FindingStep.select().order_by(FindingStep.day, FindingStep.id):
        steps.setdefault(step.finding_id, []).append(step)
    closings = {i: one.text for i, told in steps.items() for one in told if one.kind == "closed"}
    numbers = dict(Person.select(Person.id, Person.number).tuples())
    linked: dict[int, dict[str, set[str]]] = {}
    for link in FindingControl.select().where(FindingControl.from_day <= day):
        linked.setdefault(link.finding_id, {}).setdefault(link.edition, set()).add(link.key)
    japanese = locale() == "ja"
    heads = [names[0] if japanese else next(n for n in names if n.isascii()) for names in HEADERS.values()]
    told = []
    for row in rows:
        values: dict[str, Any] = {
            "ref": row.ref,
            "grade": str(GRADES[row.grade]) if japanese else row.grade,
            "title": row.title,
            "description": row.description,
            "source": str(SOURCES[row.source]) if japanese else row.source,
            "department": departments.get(row.department_id),
            "opened_on": row.opened_on,
            "due": row.due,
            "history": history.write(steps.get(row.id, ()), numbers) or None,
            "closed_on": closed.get(row.id),
            "closing": closings.get(row.id) if row.id in closed else None,
            **_controls(linked.get(row.id, {})),
        }
        told.append([values.get(name) for name in HEADERS])
    title = gettext("指摘事項の台帳")
    return write_xlsx(heads, told, title=title, sheet_name=title, locale=locale())


def _controls(linked: dict[str, set[str]]) -> dict[str, str]:
    """Give the numbers in the newest edition that has any, and its name."""
    if not linked:
        return {}
    edition = max((catalogue.adapted(one) for one in linked), key=lambda one: one.published)
    numbers = [one.spelled for one in edition.requirements if one.key in linked[edition.id]]
    return {"controls": gettext("、").join(numbers), "edition": edition.name}
