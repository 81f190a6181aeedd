"""The whole step from 2013 to 2022: evidence and open findings go along, older days stay as they were."""

from datetime import date, timedelta
from typing import Any

import pytest

from isms.catalogue import rules as catalogue
from isms.core.errors import Invalid
from isms.core.permissions import CONSOLE
from isms.evidence import rules as evidence
from isms.evidence.models import Evidence, EvidenceLink
from isms.findings import rules as findings
from isms.findings.models import FindingControl
from isms.status import transition
from tests.catalogue.test_decisions import NEW, NOW, OLD, TODAY
from tests.catalogue.test_transition import DAY, begin, settle


def record(title: str, *keys: str) -> Evidence:
    return evidence.record_evidence(
        title=title,
        controls=[(OLD, key) for key in keys],
        collected_on=TODAY,
        valid_until=date(2028, 3, 31),
        note="架空の記録",
        by=CONSOLE,
        now=NOW,
    )


def links(one: Evidence, edition: str = NEW) -> dict[str, date]:
    rows = EvidenceLink.select().where(EvidenceLink.evidence == one.id, EvidenceLink.edition == edition)
    return {row.key: row.from_day for row in rows}


def confirm() -> transition.Carried:
    begin()
    settle()
    return transition.confirm(OLD, NEW, day=DAY, by=CONSOLE, now=NOW + timedelta(hours=1))


def test_evidence_counts_for_what_its_control_became(db: Any) -> None:
    merged, split, clause = record("方針", "A.5.1.1", "A.5.1.2"), record("点検", "A.18.2.3"), record("監査", "4.1")
    assert confirm().evidence == 1 + 2 + 1
    assert links(merged) == {"A.5.1": DAY}
    assert set(links(split)) == {"A.5.36", "A.8.8"}
    assert links(clause) == {"4.1": DAY}
    assert set(links(merged, OLD)) == {"A.5.1.1", "A.5.1.2"}


def test_what_no_longer_counts_stays_behind(db: Any) -> None:
    withdrawn, ended, later = record("誤り", "A.5.1.1"), record("旧", "A.6.1.1"), record("続く", "A.6.1.2")
    evidence.withdraw(withdrawn.id, reason="別の組織のもの", by=CONSOLE, now=NOW)
    (link,) = evidence.links_of(ended.id)
    evidence.end_link(link.id, to_day=DAY - timedelta(days=1), by=CONSOLE, now=NOW)
    (link,) = evidence.links_of(later.id)
    evidence.end_link(link.id, to_day=DAY, by=CONSOLE, now=NOW)
    assert confirm().evidence == 1
    assert (links(withdrawn), links(ended), set(links(later))) == ({}, {}, {"A.5.3"})


def test_open_findings_go_along(db: Any) -> None:
    values: dict[str, Any] = {"grade": "minor", "source": "own", "opened_on": TODAY, "by": CONSOLE, "now": NOW}
    findings.open_finding(title="残る", controls=[(OLD, "A.5.1.1")], **values)
    closed = findings.open_finding(title="済んだ", controls=[(OLD, "A.6.1.1")], **values)
    findings.close_finding(closed.id, day=TODAY, text="直した", by=CONSOLE, now=NOW)
    assert confirm().findings == 1
    assert [(row.finding.title, row.key) for row in FindingControl.select().where(FindingControl.edition == NEW)] == [
        ("残る", "A.5.1")
    ]
    assert set(findings.open_on(NEW, DAY, None)) == {"A.5.1"}
    assert findings.open_on(NEW, DAY - timedelta(days=1), None) == {}


def test_what_comes_between_the_step_and_its_day_can_follow(db: Any) -> None:
    confirm()
    late = record("後から", "A.5.1.1")
    assert transition.waiting(OLD, NEW, DAY) == ([(late.id, "A.5.1")], [])
    assert transition.carry_over(OLD, NEW, day=DAY, by=CONSOLE, now=NOW + timedelta(hours=2)) == (1, 0)
    assert transition.waiting(OLD, NEW, DAY) == ([], [])
    assert links(late) == {"A.5.1": DAY}


def test_a_step_that_is_refused_carries_nothing(db: Any) -> None:
    one = record("方針", "A.5.1.1")
    begin()
    with pytest.raises(Invalid):
        transition.confirm(OLD, NEW, day=DAY, by=CONSOLE, now=NOW)
    assert links(one) == {}
    assert catalogue.edition_on(DAY).id == OLD
