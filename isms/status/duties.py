"""Evidence that has run out, or soon will: what has to be collected again so that requirements stay proven."""

from datetime import date

from isms.core import settings
from isms.core.days import end_of_day
from isms.core.words import gettext, ngettext
from isms.evidence.models import Evidence
from isms.people.duties import Duty
from isms.status import board, rules

NAMED = 3  # requirements that a note names; of the others it says how many


def duties(today: date) -> list[Duty]:
    """Give each evidence that was the last proof of requirements, by its last day; as many queries as a report and one."""
    report = rules.states(today, now=end_of_day(today, settings.zone()))
    due = [*board.overdue(report), *board.due_soon(report, settings.get("expiry_warning_days"))]
    ending: dict[int, list[board.Due]] = {}
    for one in due:
        ending.setdefault(one.evidence_id, []).append(one)
    rows = {row.id: row for row in Evidence.select().where(Evidence.id.in_(sorted(ending)))}
    return [_renew(rows[i], ending[i]) for i in ending]


def _renew(evidence: Evidence, proved: list[board.Due]) -> Duty:
    owners = {due.one.decision.owner_id for due in proved if due.one.decision is not None}
    owners = {evidence.owner_id} if evidence.owner_id is not None else owners - {None}
    department = frozenset() if evidence.department_id is None else frozenset({evidence.department_id})
    first = proved[0].one.requirement
    return Duty(
        key=f"renew:{evidence.id}",
        title=gettext("%(number)s　%(title)sの更新", number=first.spelled, title=evidence.title),
        due=proved[0].last,
        endpoint="status.control",
        values={"edition_id": first.edition, "key": first.key},
        note=_others([due.one.requirement.spelled for due in proved[1:]]),
        persons=frozenset(int(owner) for owner in owners),
        departments=frozenset() if owners else department,
        of_departments=department,
    )


def _others(spelled: list[str]) -> str:
    """Name what else the evidence proved."""
    if not spelled:
        return ""
    named, more = gettext("、").join(spelled[:NAMED]), len(spelled) - NAMED
    if more > 0:
        named += ngettext("ほか%(num)s件", "ほか%(num)s件", more)
    return gettext("%(numbers)sにも必要です", numbers=named)
