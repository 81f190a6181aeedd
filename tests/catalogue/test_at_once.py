"""Two people say something of one statement at the same moment (attack 48): one is heard, and the trail says who."""

from typing import Any

import pytest

from isms.catalogue import rules, statements
from isms.catalogue.editions import Kind
from isms.catalogue.models import Statement, StatementApproval
from isms.core import blobs
from isms.core.permissions import Role
from isms.trail import verify
from isms.trail.models import TrailEntry
from tests import factories
from tests.factories import NOW
from tests.races import race, won

ROUNDS = 4  # each approval sets a document of many pages


@pytest.fixture
def people(db: Any, tmp_path: Any) -> list[Any]:
    """Give an officer and two approvers; every control is decided."""
    blobs.use(tmp_path)
    officer, *approvers = (factories.actor(factories.with_role(role)) for role in (Role.OFFICER, *[Role.APPROVER] * 2))
    keys = [one.key for one in rules.edition_on(NOW.date()).requirements if one.kind is Kind.CONTROL]
    rules.decide_many(
        rules.edition_id_on(NOW.date()), [rules.Said(k, True, "架空の理由") for k in keys], by=officer, now=NOW
    )
    return [officer, *approvers]


def verbs(after: int) -> list[str]:
    return [entry.verb for entry in TrailEntry.select().where(TrailEntry.no > after).order_by(TrailEntry.no)]


def test_attack_48_of_an_approval_and_a_return_one_is_heard(people: list[Any]) -> None:
    officer, one, other = people
    for _ in range(ROUNDS):
        number = statements.issue(by=officer, now=NOW).number
        before = TrailEntry.select().count()
        results = race(
            lambda: statements.approve(number, by=one, now=NOW),  # noqa: B023
            lambda: statements.return_to_issuer(number, note="否", by=other, now=NOW),  # noqa: B023
        )
        assert won(results) == 1
        said = StatementApproval.get(StatementApproval.statement == number)
        assert verbs(before) == ["statement.approved" if said.approved else "statement.returned"]
    assert list(verify.verify()) == []


def test_attack_48_of_two_issued_at_once_one_waits_for_approval(people: list[Any]) -> None:
    officer, one, _ = people
    for number in range(1, 6):
        jobs = [lambda: statements.issue(by=officer, now=NOW)] * 3
        assert won(race(*jobs)) == 1
        assert [row.number for row in Statement.select().order_by(Statement.number)] == list(range(1, number + 1))
        statements.return_to_issuer(number, note="否", by=one, now=NOW)
    assert list(verify.verify()) == []
