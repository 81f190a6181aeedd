"""Nobody reviews what they had a hand in, whatever the order of things (attacks 8, 47, 48)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from isms.core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from isms.core.permissions import CONSOLE, SYSTEM, Actor, Role
from isms.evidence import reviews, rules
from isms.evidence.models import Evidence, FileCheck, Review
from isms.trail.verify import verify
from tests import factories
from tests.evidence.proofs import harm, officer, recorded
from tests.factories import NOW
from tests.races import race, won


def test_another_officer_accepts_once(db: Any) -> None:
    author, other = officer(), officer()
    made = recorded(author)
    assert [reviews.may_review(made, one) for one in (author, other)] == [False, True]
    assert [reviews.count_waiting(one) for one in (author, other)] == [0, 1]
    for one in (author, SYSTEM, CONSOLE):
        with pytest.raises((Forbidden, NotFound)):
            reviews.review(made.id, accepted=True, by=one, now=NOW)
    row = reviews.review(made.id, accepted=True, by=other, now=NOW)
    assert (row.accepted, row.reviewed_on, row.imported) == (True, date(2026, 11, 18), False)
    with pytest.raises(Conflict):
        reviews.review(made.id, accepted=False, reason="遅い", by=officer(), now=NOW)
    assert reviews.count_waiting(other) == 0
    assert list(verify()) == []


@pytest.mark.parametrize("role", [Role.HEAD, Role.STAFF, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_officers_review(db: Any, role: Role) -> None:
    made = recorded(officer())
    with pytest.raises(NotFound):
        reviews.review(made.id, accepted=True, by=factories.actor(factories.with_role(role)), now=NOW)
    assert not Review.select().exists()


def test_a_return_needs_a_reason_and_leads_to_a_successor(db: Any) -> None:
    author, other = officer(), officer()
    made = recorded(author)
    with pytest.raises(Invalid):
        reviews.review(made.id, accepted=False, reason=" ", by=other, now=NOW)
    reviews.review(made.id, accepted=False, reason="日付が読めない", by=other, now=NOW)
    second = recorded(author, predecessor_id=made.id)
    assert list(reviews.waiting_for(other)) == [second]
    reviews.review(second.id, accepted=True, by=other, now=NOW)


def test_whoever_wrote_a_predecessor_does_not_review_the_successor(db: Any) -> None:
    first_author, second_author, third = officer(), officer(), officer()
    first = recorded(first_author)
    second = recorded(second_author, predecessor_id=first.id)
    last = recorded(second_author, predecessor_id=second.id)
    for one in (first_author, second_author):
        with pytest.raises(Forbidden):
            reviews.review(last.id, accepted=True, by=one, now=NOW)
    assert list(reviews.waiting_for(first_author)) == []
    reviews.review(last.id, accepted=True, by=third, now=NOW)


def test_what_was_withdrawn_is_not_reviewed(db: Any) -> None:
    author, other = officer(), officer()
    made = recorded(author)
    rules.withdraw(made.id, reason="誤り", by=author, now=NOW)
    with pytest.raises(Conflict):
        reviews.review(made.id, accepted=True, by=other, now=NOW)
    assert reviews.count_waiting(other) == 0


def test_what_is_damaged_is_not_accepted_but_may_be_returned(db: Any) -> None:
    made, other = recorded(officer()), officer()
    harm(made)
    with pytest.raises(Conflict, match="壊れて"):
        reviews.review(made.id, accepted=True, by=other, now=NOW)
    assert [(row.sound, row.found) for row in FileCheck.select()] == [(False, "changed")]
    assert not Review.select().exists()
    reviews.review(made.id, accepted=False, reason="ファイルが壊れている", by=other, now=NOW)


def test_a_ledger_brings_its_own_review(db: Any) -> None:
    author, other = officer(), officer()
    made = recorded(author, origin="import")
    day = made.collected_on
    for reviewer, on, field in [
        (author, day, "reviewer"),
        (other, day - timedelta(days=1), "reviewed_on"),
        (other, date(2026, 11, 19), "reviewed_on"),
    ]:
        with pytest.raises(Invalid) as raised:
            reviews.take_review(made.id, reviewer_id=reviewer.person_id, reviewed_on=on, by=author, now=NOW)
        assert set(raised.value.fields) == {field}
    with pytest.raises(Invalid):
        reviews.take_review(made.id, reviewer_id=999_999, reviewed_on=day, by=author, now=NOW)
    row = reviews.take_review(made.id, reviewer_id=other.person_id, reviewed_on=day, by=author, now=NOW)
    assert (row.imported, row.reviewer_id, row.recorded_by) == (True, other.person_id, author.id)


@pytest.mark.parametrize("kind", ["two reviews", "review against withdrawal"])
def test_of_two_at_once_one_wins(db: Any, kind: str) -> None:
    author, one, other = officer(), officer(), officer()
    for _ in range(10):
        made = recorded(author)
        jobs: list[Any] = [lambda: reviews.review(made.id, accepted=True, by=one, now=NOW)]  # noqa: B023
        if kind == "two reviews":
            jobs.append(lambda: reviews.review(made.id, accepted=False, reason="否", by=other, now=NOW))  # noqa: B023
            assert won(race(*jobs)) == 1
            assert Review.select().where(Review.evidence == made).count() == 1
        else:
            jobs.append(lambda: rules.withdraw(made.id, reason="誤り", by=author, now=NOW))  # noqa: B023
            assert won(race(*jobs)) in {1, 2}  # a review that came first may still be withdrawn
            assert not reviews.waiting_for(other).exists()
    assert list(verify()) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["record", "succeed", "review", "import", "withdraw"]), st.integers(0, 2), st.integers(0, 3)
    ),
    min_size=4,
    max_size=14,
)


@given(STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.parametrize("engine", ["sqlite"])
def test_no_accepted_review_is_by_the_author_of_any_predecessor(db: Any, steps: list[tuple[str, int, int]]) -> None:
    """Attack 8, over random sequences of rules by three people, one of whom heads, approves and is officer at once."""
    whole = factories.person(roles=[Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR])
    people = [factories.actor(whole), officer(), officer()]
    made: list[Evidence] = [recorded(people[0])]
    for step, who, which in steps:
        by, evidence = people[who], made[-1 - which % len(made)]
        try:
            if step in {"record", "succeed"}:
                made.append(recorded(by, predecessor_id=evidence.id if step == "succeed" else None))
            elif step == "review":
                reviews.review(evidence.id, accepted=True, by=by, now=NOW)
            elif step == "import":
                someone = people[which % 3].person_id
                reviews.take_review(evidence.id, reviewer_id=someone, reviewed_on=evidence.collected_on, by=by, now=NOW)
            else:
                rules.withdraw(evidence.id, reason="誤り", by=by, now=NOW)
        except DomainError:
            continue
    for row in Review.select().where(Review.accepted):
        assert _reviewer(row) not in _authors(row.evidence), "the author reviewed"


def _reviewer(row: Review) -> str:
    return f"person:{row.reviewer_id}" if row.imported else row.recorded_by


def _authors(evidence: Evidence | None) -> set[str]:
    found = set()
    while evidence is not None:
        found.add(evidence.recorded_by)
        evidence = evidence.predecessor
    return found


def test_the_property_can_fail(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the guard the author gets through, so the property above has something to find."""
    author: Actor = officer()
    monkeypatch.setattr(reviews, "authors_of", lambda evidence: set())
    row = reviews.review(recorded(author).id, accepted=True, by=author, now=NOW)
    assert _reviewer(row) in _authors(row.evidence)
