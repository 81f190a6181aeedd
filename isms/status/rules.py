"""The state of every requirement on a day, from what was known by the end of that day or from what is known today.

Nothing is stored: the state follows from decisions, evidence and findings. A constant number of queries, whatever the day.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from isms.catalogue import rules as catalogue
from isms.catalogue.models import Decision
from isms.catalogue.standards import Edition, Kind, Requirement
from isms.catalogue.wording import adapted
from isms.core import settings
from isms.core.days import end_of_day
from isms.core.errors import Invalid
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.words import gettext, lazy_gettext
from isms.evidence.standing import Standing, standing
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.status.compute import State, proving, state_of

Known = Literal["then", "now"]

settings.declare(
    "expiry_warning_days",
    30,
    lazy_gettext("期限間近とする日数"),
    lazy_gettext("有効な証跡がすべてこの日数のうちに期限を迎えるとき、期限間近とします。"),
    settings.whole_number(0, 365),
)


@dataclass(frozen=True)
class RequirementState:
    """A requirement on the day of the report, with everything that its state follows from."""

    requirement: Requirement
    decision: Decision | None
    state: State
    reasons: list[str]
    evidence: list[Standing]
    findings: list[Finding]
    proven_by: list[Standing]


@dataclass(frozen=True)
class Report:
    """All requirements of the edition in force on the day."""

    edition: Edition
    day: date
    known: Known
    requirements: list[RequirementState]

    def counts(self) -> dict[State, int]:
        """Count the requirements of each state."""
        counted = dict.fromkeys(State, 0)
        for one in self.requirements:
            counted[one.state] += 1
        return counted

    def of_kind(self, kind: Kind) -> "Report":
        """Give the report on the controls, or on the clauses, alone."""
        kept = [one for one in self.requirements if one.requirement.kind is kind]
        return Report(self.edition, self.day, self.known, kept)


def states(
    day: date,
    known: Known = "then",
    *,
    now: datetime,
    scope: Collection[str] | None = None,
    edition_id: str | None = None,
) -> Report:
    """Give the state of every requirement on the day; a day ahead is refused.

    `scope` keeps only these keys; `edition_id` asks another edition than the one in force on the day.
    """
    if day > settings.today(now):
        raise Invalid({"day": gettext("先の日の状態は、まだ分かりません。今日までの日付を入力してください。")})
    zone = settings.zone()
    known_at = known_until(day, known)
    edition = catalogue.edition_on(day, known_at) if edition_id is None else adapted(edition_id, known_at)
    decisions = catalogue.decisions_on(edition.id, day, known_at)
    evidence = standing(edition.id, day, known_at, zone)
    open_findings = findings.open_on(edition.id, day, known_at)
    warning = settings.get("expiry_warning_days")
    return Report(
        edition,
        day,
        known,
        [
            _one(requirement, decisions, evidence, open_findings, day, warning)
            for requirement in edition.requirements
            if scope is None or requirement.key in scope
        ],
    )


def known_until(day: date, known: Known) -> datetime | None:
    """Give the moment up to which rows are known: the end of the day, or None for all."""
    return end_of_day(day, settings.zone()) if known == "then" else None


def sees_all(by: Actor) -> bool:
    """Tell whether the actor may see every requirement, and not only those of an engagement."""
    return Scope.ALL in scopes_of(by, Permission.CONTROLS_READ)


def sees(by: Actor, edition_id: str, key: str) -> bool:
    """Tell whether the actor may know of the requirement: an auditor only of what the engagement covers today."""
    return sees_all(by) or (by.coverage is not None and by.coverage.covers(edition_id, key))


def report_for(by: Actor, day: date, known: Known, now: datetime) -> Report:
    """Give the report as far as the actor may see it; empty for an auditor without an engagement."""
    report = states(day, known, now=now)
    if sees_all(by):
        return report
    kept = [one for one in report.requirements if sees(by, one.requirement.edition, one.requirement.key)]
    return Report(report.edition, report.day, report.known, kept)


def _one(
    requirement: Requirement,
    decisions: dict[str, Decision],
    evidence: dict[str, list[Standing]],
    open_findings: dict[str, list[Finding]],
    day: date,
    warning: int,
) -> RequirementState:
    key = requirement.key
    is_control = requirement.kind is Kind.CONTROL
    decision: Any = decisions.get(key) if is_control else None
    found = open_findings.get(key, [])
    laid = evidence.get(key, [])
    proven_by = proving(laid, day)
    state, reasons = state_of(
        is_control=is_control,
        decision=decision,
        evidence=laid,
        proven_by=proven_by,
        nonconformities=sum(finding.grade in findings.NONCONFORMITIES for finding in found),
        day=day,
        warning_days=warning,
    )
    return RequirementState(requirement, decision, state, reasons, laid, found, proven_by)
