"""The step to the next edition as a whole: decisions, and with them the evidence and the open findings.

What counts for a requirement of the old edition on the day counts from then on for what the requirement became.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from isms.catalogue import transition
from isms.catalogue.shelf import standards
from isms.catalogue.wording import adapted
from isms.core.database import atomic
from isms.core.permissions import Actor
from isms.evidence import rules as evidence
from isms.evidence.models import EvidenceLink, EvidenceLinkEnd, Withdrawal
from isms.findings import rules as findings
from isms.findings.models import FindingControl


class Carried(NamedTuple):
    """How many links of evidence and of findings went over."""

    evidence: int
    findings: int


def confirm(old_id: str, new_id: str, *, day: date, by: Actor, now: datetime) -> Carried:
    """Put the next edition in force from the day, with decisions, evidence and open findings."""
    with atomic():
        transition.adopt(old_id, new_id, day=day, by=by, now=now)
        return carry_over(old_id, new_id, day=day, by=by, now=now)


def carry_over(old_id: str, new_id: str, *, day: date, by: Actor, now: datetime) -> Carried:
    """Link evidence and open findings to what their requirements became; what went over already adds nothing."""
    with atomic():
        links, concerns = waiting(old_id, new_id, day)
        for evidence_id, key in links:
            evidence.link(evidence_id, edition=new_id, key=key, from_day=day, by=by, now=now)
        for finding_id, key in concerns:
            findings.link_finding(finding_id, new_id, key, from_day=day, by=by, now=now)
        return Carried(len(links), len(concerns))


def waiting(old_id: str, new_id: str, day: date) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Give what has not gone over yet: (evidence id, new key) and (finding id, new key); constant queries."""
    new_keys = became(old_id, new_id)
    return list(_links(old_id, new_id, day, new_keys)), list(_concerns(old_id, new_id, day, new_keys))


def became(old_id: str, new_id: str) -> dict[str, tuple[str, ...]]:
    """Give the new keys by the old one; a control of the organisation's own keeps its number."""
    old, new = adapted(old_id), adapted(new_id)
    forward = standards().mapping(old_id, new_id).forward
    own = {row.key: (row.key,) for row in old.rows if row.key not in forward and new.find(row.key) is not None}
    own = {key: keys for key, keys in own.items() if standards().edition(old_id).find(key) is None}
    return {**forward, **own}


def _links(old_id: str, new_id: str, day: date, new_keys: dict[str, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    ended = EvidenceLinkEnd.select(EvidenceLinkEnd.link).where(EvidenceLinkEnd.to_day < day)
    withdrawn = Withdrawal.select(Withdrawal.evidence)
    counting = (EvidenceLink.from_day <= day) & EvidenceLink.id.not_in(ended)
    counting &= EvidenceLink.evidence.not_in(withdrawn)
    there = {(row.evidence_id, row.key) for row in EvidenceLink.select().where(EvidenceLink.edition == new_id)}
    yield from _fresh(
        ((row.evidence_id, row.key) for row in _rows(EvidenceLink, old_id).where(counting)), there, new_keys
    )


def _concerns(old_id: str, new_id: str, day: date, new_keys: dict[str, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    was = [(one.id, key) for key, found in findings.open_on(old_id, day, None).items() for one in found]
    there = {(row.finding_id, row.key) for row in FindingControl.select().where(FindingControl.edition == new_id)}
    yield from _fresh(sorted(was), there, new_keys)


def _rows(model: Any, edition: str) -> Any:
    return model.select().where(model.edition == edition).order_by(model.id)


def _fresh(was: Any, there: set[tuple[int, str]], new_keys: dict[str, tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    """Give each thing with each new key, once, unless it is there."""
    for thing, old_key in was:
        for key in new_keys.get(old_key, ()):
            if (thing, key) not in there:
                there.add((thing, key))
                yield thing, key
