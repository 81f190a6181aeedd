"""What accepting an evidence would change: the state of each requirement before and after."""

from dataclasses import dataclass, replace
from datetime import datetime

from isms.catalogue.standards import Kind, Requirement
from isms.core import settings
from isms.evidence.models import Evidence
from isms.evidence.standing import Standing
from isms.findings.rules import NONCONFORMITIES
from isms.status.compute import State, proving, state_of
from isms.status.rules import states


@dataclass(frozen=True)
class Change:
    """The state of a requirement today, and what it would be."""

    requirement: Requirement
    before: State
    after: State


def of_accepting(evidence: Evidence, now: datetime) -> list[Change]:
    """Give what changes today for each requirement that the evidence stands for; nothing where nothing does."""
    day, warning = settings.today(now), settings.get("expiry_warning_days")
    changes = []
    for one in states(day, "now", now=now).requirements:
        if all(row.id != evidence.id for row in one.evidence):
            continue
        laid = [_accepted(row, evidence) for row in one.evidence]
        after, _ = state_of(
            is_control=one.requirement.kind is Kind.CONTROL,
            decision=one.decision,
            evidence=laid,
            proven_by=proving(laid, day),
            nonconformities=sum(finding.grade in NONCONFORMITIES for finding in one.findings),
            day=day,
            warning_days=warning,
        )
        if after != one.state:
            changes.append(Change(one.requirement, one.state, after))
    return changes


def _accepted(row: Standing, evidence: Evidence) -> Standing:
    """Give how an evidence would stand once the other is accepted: what it corrects no longer counts."""
    if row.id == evidence.id:
        return replace(row, review="accepted")
    return replace(row, gone=True) if row.id == evidence.predecessor_id else row
