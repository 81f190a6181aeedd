"""The steps of a finding: what comes next and by when, who may take them, and what a closing asks for."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from isms import trail
from isms.core.database import atomic
from isms.core.errors import Conflict, Forbidden, Invalid, NotFound
from isms.core.permissions import CONSOLE, Actor, Role
from isms.evidence.files import Upload
from isms.findings import rules, steps
from isms.findings.models import Finding, FindingStep
from isms.findings.progress import Progress, progress_of
from isms.people import rules as people
from isms.trail import verify
from isms.trail.rules import entries
from tests import factories
from tests.factories import NOW

EDITION = "iso27001-2022"
TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)


@dataclass
class Office:
    """An officer, the head and a member of the finding's department, and two who have nothing to do with it."""

    finding: Finding
    officer: Actor
    head: Actor
    staff: Actor
    other_head: Actor
    other_staff: Actor

    def progress(self) -> Progress:
        """Read how far the finding is."""
        return progress_of([self.finding])[self.finding.id]

    def plan(self, by: Actor | None = None, now: datetime = NOW, **more: Any) -> FindingStep:
        values = {"text": "手順を改める", "owner_id": self.staff.person_id, "due": TODAY + 20 * DAY} | more
        return steps.plan_action(self.finding.id, **values, by=by or self.head, now=now)

    def planned(self) -> FindingStep:
        """Answer it up to the action."""
        steps.reply(self.finding.id, text="指摘のとおりです", by=self.head, now=NOW)
        steps.correct(self.finding.id, text="その場で直した", by=self.head, now=NOW)
        steps.say_cause(self.finding.id, text="なぜ：知らなかった\nなぜ：教えていない", by=self.head, now=NOW)
        return self.plan()

    def done(self) -> FindingStep:
        """Answer it up to the action that is done."""
        action = self.planned()
        steps.finish_action(action.id, text="改めた", by=self.staff, now=NOW)
        return action


@pytest.fixture
def office(db: Any) -> Office:
    return made_office()


def made_office(grade: str = "minor", **more: Any) -> Office:
    head, staff, other = (factories.with_role(role) for role in (Role.HEAD, Role.STAFF, Role.HEAD))
    place = min(factories.actor(head).heads)
    values = {"grade": grade, "title": "架空の指摘", "controls": [(EDITION, "A.5.1")], "opened_on": TODAY - 10 * DAY}
    found = rules.open_finding(**values, department_id=place, by=CONSOLE, now=NOW, **more)  # type: ignore[arg-type]
    return Office(
        found,
        factories.actor(factories.with_role(Role.OFFICER)),
        factories.actor(head),
        factories.actor(staff),
        factories.actor(other),
        factories.actor(factories.with_role(Role.STAFF)),
    )


def test_a_nonconformity_goes_all_the_way(office: Office) -> None:
    number = office.finding.id
    seen = [(office.progress().next, office.progress().due)]

    def then(step: FindingStep) -> FindingStep:
        seen.append((office.progress().next, office.progress().due))
        return step

    then(steps.reply(number, text="指摘のとおりです", by=office.head, now=NOW))
    then(steps.correct(number, text="その場で直した", by=office.head, now=NOW))
    then(steps.say_cause(number, text="教えていない", by=office.head, now=NOW))
    action = then(office.plan())
    then(steps.finish_action(action.id, text="改めた", by=office.staff, now=NOW))
    later = NOW + 30 * DAY
    then(steps.check_effect(action.id, good=True, text="三か月再発がない", by=office.head, now=later))
    then(steps.conclude(number, day=TODAY + 30 * DAY, text="よし", by=office.officer, now=later))
    answer = TODAY + 20 * DAY  # thirty days after it was found
    assert seen == [
        ("reply", answer),
        ("correction", answer),
        ("cause", answer),
        ("action", answer),
        ("action_done", TODAY + 20 * DAY),
        ("effectiveness", TODAY + 37 * DAY),
        ("close", TODAY + 37 * DAY),
        (None, None),
    ]
    assert list(verify.verify()) == []
    assert [entry.verb for entry in entries().order_by(entries().model.no)][-7:] == [
        "finding.replied",
        "finding.corrected",
        "finding.cause_said",
        "finding.action_planned",
        "finding.action_done",
        "finding.effect_checked",
        "finding.closed",
    ]


def test_not_effective_asks_for_another_action(office: Office) -> None:
    action, later = office.done(), NOW + 30 * DAY
    steps.check_effect(action.id, good=False, text="また起きた", by=office.officer, now=later)
    assert (office.progress().next, office.progress().due) == ("action", TODAY + 60 * DAY)
    with pytest.raises(Conflict):
        steps.conclude(office.finding.id, day=TODAY + 30 * DAY, text="x", by=office.officer, now=later)
    again = office.plan(now=later, due=TODAY + 40 * DAY)
    assert office.progress().next == "action_done"
    steps.finish_action(again.id, text="今度こそ", by=office.head, now=later)
    end = NOW + 60 * DAY
    steps.check_effect(again.id, good=True, text="起きていない", by=office.officer, now=end)
    steps.conclude(office.finding.id, day=TODAY + 60 * DAY, text="よし", by=office.officer, now=end)
    assert rules.closed_days([office.finding.id]) == {office.finding.id: TODAY + 60 * DAY}


def test_reopened_begins_at_the_cause_again(office: Office) -> None:
    number, action, later = office.finding.id, office.done(), NOW + 30 * DAY
    steps.check_effect(action.id, good=True, text="よい", by=office.officer, now=later)
    steps.conclude(number, day=TODAY + 30 * DAY, text="よし", by=office.officer, now=later)
    for forbidden in (
        lambda: steps.reply(number, text="x", by=office.head, now=later),
        lambda: steps.conclude(number, day=TODAY + 30 * DAY, text="x", by=office.officer, now=later),
        lambda: office.plan(now=later),
    ):
        with pytest.raises(Conflict):
            forbidden()
    rules.reopen_finding(number, day=TODAY + 31 * DAY, text="また起きた", by=office.officer, now=NOW + 31 * DAY)
    assert (office.progress().next, office.progress().due) == ("cause", TODAY + 61 * DAY)
    for step in (action.id,):  # what was found effective before counts no more
        with pytest.raises(Conflict):
            steps.check_effect(step, good=True, text="x", by=office.officer, now=NOW + 70 * DAY)
    with pytest.raises(Conflict):
        steps.conclude(number, day=TODAY + 31 * DAY, text="x", by=office.officer, now=NOW + 31 * DAY)


def test_an_action_may_take_the_place_of_one_that_is_not_done(office: Office) -> None:
    first = office.planned()
    second = office.plan(replaces=first.id, owner_id=office.other_staff.person_id)
    assert [one.state for one in office.progress().actions] == ["replaced", "planned"]
    with pytest.raises(Conflict):
        steps.finish_action(first.id, text="x", by=office.staff, now=NOW)
    steps.finish_action(second.id, text="した", by=office.other_staff, now=NOW)
    with pytest.raises(Invalid) as refused:
        office.plan(replaces=second.id)
    assert set(refused.value.fields) == {"replaces"}
    assert office.progress().next == "effectiveness"


def test_every_action_must_be_checked(office: Office) -> None:
    first = office.planned()
    second = office.plan()
    for one in (first, second):
        steps.finish_action(one.id, text="した", by=office.staff, now=NOW)
    later = NOW + 30 * DAY
    steps.check_effect(first.id, good=True, text="よい", by=office.officer, now=later)
    assert office.progress().next == "effectiveness"
    with pytest.raises(Conflict):
        steps.conclude(office.finding.id, day=TODAY + 30 * DAY, text="x", by=office.officer, now=later)
    steps.check_effect(second.id, good=True, text="よい", by=office.officer, now=later)
    assert office.progress().next == "close"


@pytest.mark.parametrize("grade", ["observation", "improvement"])
def test_what_is_no_nonconformity_is_answered_and_closed(db: Any, grade: str) -> None:
    office = made_office(grade, due=TODAY + 3 * DAY)
    assert (office.progress().next, office.progress().due) == ("reply", TODAY + 3 * DAY)
    assert office.progress().is_late(TODAY + 4 * DAY)
    assert not office.progress().is_late(TODAY + 3 * DAY)
    steps.reply(office.finding.id, text="そうします", by=office.head, now=NOW)
    assert (office.progress().next, office.progress().due) == ("close", TODAY + 7 * DAY)
    steps.conclude(office.finding.id, day=TODAY, text="よし", by=office.officer, now=NOW)
    assert not office.progress().is_open


def test_without_a_department_nobody_replies(db: Any) -> None:
    values: dict[str, Any] = {"title": "架空", "controls": [], "opened_on": TODAY, "by": CONSOLE, "now": NOW}
    found = rules.open_finding(grade="minor", **values)
    assert progress_of([found])[found.id].next == "correction"
    remark = rules.open_finding(grade="improvement", **values)
    assert progress_of([remark])[remark.id].next == "close"


def test_the_effect_is_checked_by_another_person_after_its_days(office: Office) -> None:
    action = office.planned()
    with pytest.raises(Conflict):
        steps.check_effect(action.id, good=True, text="x", by=office.officer, now=NOW)
    steps.finish_action(action.id, text="代わりに報告", by=office.head, now=NOW)
    later = NOW + 30 * DAY

    def check(by: Actor, day: date | None = None, now: datetime = later, good: bool | None = True) -> FindingStep:
        return steps.check_effect(action.id, good=good, text="よい", day=day, by=by, now=now)

    for involved in (office.head, CONSOLE):  # who said that it is done; nobody in person
        with pytest.raises((Forbidden, NotFound)):
            check(involved)
    with pytest.raises(NotFound):
        check(office.staff)  # its owner is no head and no officer
    people.set_heads(
        int(office.staff.person_id or 0), [office.finding.department_id], from_day=TODAY, by=CONSOLE, now=NOW
    )
    owner = factories.actor(people.get_person(int(office.staff.person_id or 0)))
    with pytest.raises(Forbidden):
        check(owner)
    for early in ({"now": NOW + 29 * DAY}, {"day": TODAY + 29 * DAY}, {"day": TODAY + 31 * DAY}):
        with pytest.raises(Invalid) as refused:
            check(office.officer, **early)
        assert set(refused.value.fields) == {"day"}
    with pytest.raises(Invalid) as refused:
        check(office.officer, good=None)
    assert set(refused.value.fields) == {"good"}
    check(office.officer)
    with pytest.raises(Conflict):
        check(office.officer)


def test_the_days_until_the_check_are_a_setting(office: Office) -> None:
    people.change_setting("effect_days", "0", by=CONSOLE, now=NOW)
    action = office.done()
    steps.check_effect(action.id, good=True, text="よい", by=office.officer, now=NOW)
    steps.conclude(office.finding.id, day=TODAY, text="よし", by=office.officer, now=NOW)


def test_a_nonconformity_is_closed_by_hand_only_at_its_end(office: Office) -> None:
    def conclude(by: Actor = office.officer, day: date = TODAY) -> FindingStep:
        return steps.conclude(office.finding.id, day=day, text="よし", by=by, now=NOW + 40 * DAY)

    with pytest.raises(Conflict, match="次は回答です"):
        conclude()
    action = office.done()
    with pytest.raises(Conflict, match="次は有効性の確認です"):
        conclude()
    steps.check_effect(action.id, good=True, text="よい", by=office.officer, now=NOW + 40 * DAY)
    for who in (office.head, office.staff, CONSOLE):
        with pytest.raises(NotFound):
            conclude(by=who, day=TODAY + 40 * DAY)
    with pytest.raises(Invalid):
        conclude(day=TODAY + 39 * DAY)
    conclude(day=TODAY + 40 * DAY)


def test_a_ledger_may_tell_of_any_closing(office: Office) -> None:
    rules.close_finding(office.finding.id, day=TODAY, text="前の台帳で完了", by=CONSOLE, now=NOW)
    assert office.progress().next is None


def test_who_has_nothing_to_do_with_it_finds_nothing(office: Office) -> None:
    number, action = office.finding.id, office.planned()
    for who in (office.staff, office.other_head, office.other_staff, CONSOLE):
        for refused in (
            lambda who=who: steps.reply(number, text="x", by=who, now=NOW),
            lambda who=who: steps.correct(number, text="x", by=who, now=NOW),
            lambda who=who: steps.say_cause(number, text="x", by=who, now=NOW),
            lambda who=who: office.plan(by=who),
        ):
            with pytest.raises(NotFound):
                refused()
    for who in (office.other_head, office.other_staff, CONSOLE):
        with pytest.raises(NotFound):
            steps.finish_action(action.id, text="x", by=who, now=NOW)
    with pytest.raises(NotFound):
        steps.finish_action(987654, text="x", by=office.officer, now=NOW)
    assert [step.kind for step in FindingStep.select()] == ["reply", "correction", "cause", "action"]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("owner_id", {"owner_id": None}),
        ("owner_id", {"owner_id": 987654}),
        ("due", {"due": None}),
        ("due", {"due": TODAY - DAY}),
        ("text", {"text": " 　"}),
        ("day", {"day": TODAY + DAY}),
        ("day", {"day": TODAY - 11 * DAY}),
        ("replaces", {"replaces": 987654}),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_at_its_field(office: Office, field: str, values: dict[str, Any]) -> None:
    office.planned()
    with pytest.raises(Invalid) as refused:
        office.plan(**values)
    assert set(refused.value.fields) == {field}
    assert FindingStep.select().where(FindingStep.kind == "action").count() == 1


def test_nobody_who_left_or_is_from_outside_owns_an_action(office: Office) -> None:
    office.planned()
    left = factories.person(to_day=TODAY - DAY)
    outside = factories.person(employment="external")
    for who in (left, outside):
        with pytest.raises(Invalid) as refused:
            office.plan(owner_id=who.id)
        assert set(refused.value.fields) == {"owner_id"}


def test_an_action_of_a_nonconformity_answers_a_cause(office: Office) -> None:
    with pytest.raises(Invalid) as refused:
        office.plan()
    assert set(refused.value.fields) == {""}


def test_a_step_takes_its_files_along(office: Office) -> None:
    from io import BytesIO

    from isms.findings import files

    photo = Upload("架空.txt", BytesIO("架空の写し".encode()))
    step = steps.reply(office.finding.id, text="添えます", files=[photo], by=office.head, now=NOW)
    (row,) = files.files_of(office.finding.id)[step.id]
    assert (row.name, row.kind, row.size, row.recorded_by) == ("架空.txt", "txt", 15, office.head.id)
    many = [Upload(f"{n}.txt", BytesIO(b"x")) for n in range(11)]
    with pytest.raises(Invalid) as refused:
        steps.reply(office.finding.id, text="多すぎ", files=many, by=office.head, now=NOW)
    assert set(refused.value.fields) == {"files"}


def test_a_file_of_thirty_megabytes_and_more_is_refused_with_its_limit(office: Office) -> None:
    class Long:
        """Gives 31 MB without holding them."""

        left = 31

        def read(self, size: int, /) -> bytes:
            self.left -= 1
            return b"x" * 1_000_000 if self.left >= 0 else b""

    with pytest.raises(Invalid, match="30 MBまで"):
        steps.reply(office.finding.id, text="x", files=[Upload("大きい.txt", Long())], by=office.head, now=NOW)
    assert FindingStep.select().count() == 0


def test_what_was_recorded_before_there_were_steps_is_no_damage(db: Any) -> None:
    stamp = {"recorded_at": NOW, "recorded_by": CONSOLE.id}
    values = {"ref": "F-2025-0001", "grade": "minor", "title": "前の版の指摘", "opened_on": TODAY - 400 * DAY}
    with atomic():
        found = Finding.create(**values, **stamp)
        step = FindingStep.create(finding=found, kind="closed", day=TODAY - 300 * DAY, text="直した", **stamp)
        new = {"due", "owner", "about", "good"}
        for verb, row in (("finding.opened", found), ("finding.closed", step)):
            after = {name: value for name, value in row.plain().items() if name not in new}
            trail.record(CONSOLE, verb, row, NOW, before=None, after=after)
    assert list(verify.verify()) == []
    assert progress_of([found])[found.id].next is None
