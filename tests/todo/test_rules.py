"""Every duty falls to somebody who is there; what rooms ask of people comes and goes with what it is about."""

from datetime import date, timedelta
from typing import Any

import pytest

from isms.catalogue import rules as catalogue
from isms.catalogue import statements
from isms.catalogue.editions import Kind
from isms.core import settings
from isms.core.database import atomic
from isms.core.permissions import CONSOLE, Role
from isms.evidence import redactions, reviews
from isms.evidence import rules as evidence
from isms.mail import rules as mail
from isms.mail.models import Mail
from isms.people import rules as people
from isms.people.duties import Duty
from isms.todo import rules
from isms.todo.staffing import staffing
from isms.trail import redactions as trail_redactions
from tests import factories
from tests.evidence.proofs import EDITION, approver, officer, recorded
from tests.factories import NOW
from tests.laws.test_queries import counting

DAY = timedelta(days=1)
TODAY = date(2026, 11, 18)


def duty(**more: Any) -> Duty:
    """Make a duty of nobody in particular."""
    return Duty(key="invented:1", title="架空の仕事", due=TODAY, endpoint="todo.own", **more)


def titles(person_id: int | None, now: Any = NOW) -> list[str]:
    """Give the titles of a person's list."""
    return [task.title for task in rules.of_person(rules.everything(now, staffing(now)), person_id)]


def test_a_duty_falls_to_persons_heads_and_roles(db: Any) -> None:
    clerk, head, office = factories.person(), factories.with_role(Role.HEAD), officer()
    department = min(factories.actor(head).heads)
    staff = staffing(NOW)
    assert staff.who(duty(persons=frozenset({clerk.id}))) == {clerk.id}
    assert staff.who(duty(departments=frozenset({department}))) == {head.id}
    assert staff.who(duty(roles=frozenset({Role.OFFICER}))) == {office.person_id}
    assert staff.who(duty(roles=frozenset({Role.HEAD}))) == {head.id}


def test_what_nobody_is_left_for_falls_to_the_officers(db: Any) -> None:
    gone, office = factories.person(to_day=TODAY - DAY), officer()
    headless, by = factories.department(), office.person_id
    staff = staffing(NOW)
    for nobody in (
        duty(persons=frozenset({gone.id})),
        duty(departments=frozenset({headless.id})),
        duty(roles=frozenset({Role.APPROVER})),
        duty(roles=frozenset({Role.OFFICER}), but=frozenset({by or 0})),  # the only one recorded it: still to be seen
    ):
        assert staff.who(nobody) == {by}


def test_who_recorded_does_not_review(db: Any) -> None:
    author, other, third = officer(), officer(), officer()
    first = recorded(author, title="架空の記録一")
    second = recorded(other, title="架空の記録二")
    assert titles(author.person_id) == ["証跡「架空の記録二」を確認する"]
    assert titles(other.person_id) == ["証跡「架空の記録一」を確認する"]
    assert titles(third.person_id) == ["証跡2件を確認する"]
    for by, one in ((other, first), (author, second)):
        reviews.review(one.id, accepted=True, by=by, now=NOW)
    assert titles(third.person_id) == []


def test_whoever_had_a_hand_in_it_before_does_not_review_it(db: Any) -> None:
    author, other, third = officer(), officer(), officer()
    returned = recorded(author)
    reviews.review(returned.id, accepted=False, reason="架空の理由", by=third, now=NOW)
    assert titles(author.person_id) == ["差し戻された証跡「架空の点検記録」を直す"]
    recorded(other, predecessor_id=returned.id)
    assert [titles(one.person_id) for one in (author, other)] == [[], []]
    assert titles(third.person_id) == ["証跡「架空の点検記録」を確認する"]


def test_evidence_that_ends_falls_to_its_owner(db: Any) -> None:
    office, other = officer(), officer()
    owner, head = factories.person(), factories.with_role(Role.HEAD)
    said = catalogue.Said("A.5.1", True, "架空の理由", "implemented", owner.id)
    catalogue.decide_many(EDITION, [said], by=office, now=NOW - 300 * DAY)
    values: dict[str, Any] = {"collected_on": TODAY - 200 * DAY, "valid_until": TODAY + 10 * DAY}
    made = recorded(office, now=NOW - 200 * DAY, department_id=min(factories.actor(head).heads), **values)
    reviews.review(made.id, accepted=True, by=other, now=NOW - 199 * DAY)
    assert titles(owner.id) == ["A.5.1　架空の点検記録の更新"]
    assert titles(owner.id, NOW + 60 * DAY) == ["A.5.1　架空の点検記録の更新"]
    assert titles(owner.id, NOW - 30 * DAY) == []
    tasks = rules.everything(NOW, staffing(NOW))
    assert [task.duty.due for task in rules.visible(tasks, factories.actor(head))] == [TODAY + 10 * DAY]


def test_the_statement_waits_for_another_approver(db: Any) -> None:
    both = factories.actor(factories.person(roles=[Role.OFFICER, Role.APPROVER]))
    other = approver()
    keys = [one.key for one in catalogue.edition_on(TODAY).requirements if one.kind is Kind.CONTROL]
    said = [catalogue.Said(key, True, "架空の理由", "implemented") for key in keys]
    catalogue.decide_many(EDITION, said, by=both, now=NOW)
    statements.issue(by=both, now=NOW)
    assert (titles(both.person_id), titles(other.person_id)) == ([], ["適用宣言書 第1版を承認する"])
    statements.return_to_issuer(1, note="架空の理由", by=other, now=NOW)
    assert (titles(both.person_id), titles(other.person_id)) == (["差し戻された適用宣言書 第1版を直す"], [])
    statements.issue(by=both, now=NOW)
    assert titles(other.person_id) == ["適用宣言書 第2版を承認する"]


def test_what_is_to_be_destroyed_waits_for_an_approver(db: Any) -> None:
    office, other = officer(), approver()
    made = recorded(office)
    reviews.review(made.id, accepted=True, by=officer(), now=NOW)
    redactions.propose_redaction(made.id, evidence.files_of(made.id)[0].id, reason="架空", by=office, now=NOW)
    trail_redactions.propose_redaction(1, reason="架空", by=office, now=NOW)
    assert sorted(titles(other.person_id)) == [
        "操作記録 第1号の内容の消去を確かめる",
        f"証跡{made.ref}のファイルの消去を確かめる",
    ]
    trail_redactions.decline_redaction(1, by=other, now=NOW)
    assert titles(other.person_id) == [f"証跡{made.ref}のファイルの消去を確かめる"]


def test_the_count_is_that_of_the_list_and_is_kept(db: Any) -> None:
    author = officer()
    others = [officer(), approver(), factories.actor(factories.person())]
    for _ in range(3):
        recorded(author)
    for by in (author, *others):
        assert rules.count_of(by, NOW) == len(titles(by.person_id))
    assert [rules.count_of(by, NOW) for by in others] == [1, 0, 0]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_counting_again_asks_nothing_but_whether_something_was_recorded(house: Any) -> None:
    author, other = officer(), officer()
    recorded(author)
    with house.test_request_context("/"):
        rules.count_of(other, NOW)
        asked: list[str] = []
        with counting(asked):
            assert rules.count_of(other, NOW) == 1
            assert rules.count_of(author, NOW) == 0
        assert asked == []
        people.change_setting("response_days", "3", by=CONSOLE, now=NOW)
        assert settings.get("response_days") == 3
        with counting(asked):
            rules.count_of(other, NOW)
        assert len(asked) == 1  # whether the person wrote
        with counting(asked):
            rules.count_of(other, NOW + rules.FRESH)
        assert len(asked) > 10


def test_what_one_does_counts_at_once_and_what_others_do_a_moment_later(db: Any) -> None:
    author, other = officer(), officer()
    made = recorded(author)
    assert rules.count_of(other, NOW) == 1
    recorded(author)
    assert rules.count_of(author, NOW) == 0
    reviews.review(made.id, accepted=True, by=other, now=NOW)
    recorded(author, now=NOW)
    assert rules.count_of(other, NOW) == len(titles(other.person_id))
    for one in reviews.open_evidence():
        reviews.review(one.id, accepted=True, by=officer(), now=NOW)
    assert rules.count_of(other, NOW) == 1
    assert rules.count_of(other, NOW + rules.FRESH) == 0


@pytest.mark.parametrize("engine", ["sqlite"])
def test_more_duties_are_not_asked_for_one_by_one(db: Any) -> None:
    asked: list[list[str]] = [[], []]
    for turn in range(2):
        for _ in range(12):
            made = recorded(officer())
            if made.id % 2:
                reviews.review(made.id, accepted=False, reason="架空", by=officer(), now=NOW)
        rules.everything(NOW, staffing(NOW))
        with counting(asked[turn]):
            found = rules.everything(NOW, staffing(NOW))
    assert len(found) == 24 and len(asked[0]) == len(asked[1])


def test_a_mail_that_did_not_arrive_waits_for_an_administrator(db: Any) -> None:
    administrator = factories.actor(factories.with_role(Role.ADMINISTRATOR))
    with atomic():
        for state in ("sent", "unknown", "refused", "waiting"):
            made = mail.lay(
                "test", f"test {state}", "a@example.example", "架空", "架空", NOW, next_at=NOW, until_at=NOW
            )
            Mail.update(state=state, ended_at=None if state == "waiting" else NOW).where(Mail.id == made.id).execute()
    assert titles(administrator.person_id) == ["届かなかったメール2件を確かめる"]
    mail.give_up(Mail.get(Mail.state == "unknown").id, by=administrator, now=NOW)
    assert titles(administrator.person_id) == ["届かなかったメールを確かめる"]
