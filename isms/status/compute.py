"""The state of one requirement, from what counts on a day. Pure: no database, no clock.

The first that holds: not_applicable, undecided, nonconforming, not_implemented, unproven, expiring, proven.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar


class State(StrEnum):
    """The seven states, in the order in which they are asked."""

    NOT_APPLICABLE = "not_applicable"
    UNDECIDED = "undecided"
    NONCONFORMING = "nonconforming"
    NOT_IMPLEMENTED = "not_implemented"
    UNPROVEN = "unproven"
    EXPIRING = "expiring"
    PROVEN = "proven"


class Laid(Protocol):
    """What the state needs of an evidence as it stands on the day."""

    @property
    def collected_on(self) -> date: ...

    @property
    def valid_until(self) -> date: ...

    @property
    def review(self) -> str: ...  # accepted, returned, waiting

    @property
    def gone(self) -> bool: ...

    @property
    def damaged(self) -> bool: ...


L = TypeVar("L", bound=Laid)


class Chosen(Protocol):
    """What the state needs of the decision in force."""

    applicable: bool
    implementation: str


NOT_YET = ("not_started", "planned")


def counts(evidence: Laid, day: date) -> bool:
    """Tell whether the evidence proves something on the day."""
    return (
        evidence.review == "accepted"
        and not evidence.gone
        and not evidence.damaged
        and evidence.collected_on <= day <= evidence.valid_until
    )


def proving(evidence: Sequence[L], day: date) -> list[L]:
    """Give the evidence that proves something on the day."""
    return [one for one in evidence if counts(one, day)]


def state_of(
    *,
    is_control: bool,
    decision: Chosen | None,
    evidence: Sequence[Laid],
    proven_by: Sequence[Laid],
    nonconformities: int,
    day: date,
    warning_days: int,
) -> tuple[State, list[str]]:
    """Give the state and, for unproven, its reasons: waiting, expired, damaged, or missing when none of them.

    `proven_by` is what of the evidence proves something on the day.
    """
    if is_control:
        if decision is not None and not decision.applicable:
            return State.NOT_APPLICABLE, []
        if decision is None:
            return State.UNDECIDED, []
    if nonconformities:
        return State.NONCONFORMING, []
    if is_control and decision is not None and decision.implementation in NOT_YET:
        return State.NOT_IMPLEMENTED, []
    if not proven_by:
        return State.UNPROVEN, reasons_of(evidence, day)
    if (max(one.valid_until for one in proven_by) - day).days <= warning_days:
        return State.EXPIRING, []
    return State.PROVEN, []


def reasons_of(evidence: Sequence[Laid], day: date) -> list[str]:
    """Say why nothing proves: what was laid down and does not count."""
    there = [one for one in evidence if not one.gone and one.collected_on <= day]
    found = []
    if any(one.review == "waiting" and day <= one.valid_until for one in there):
        found.append("waiting")
    accepted = [one for one in there if one.review == "accepted"]
    if any(day > one.valid_until and not one.damaged for one in accepted):
        found.append("expired")
    if any(day <= one.valid_until and one.damaged for one in accepted):
        found.append("damaged")
    return found or ["missing"]
