"""What becomes of an occurrence: its state, its steps, whose it is, and what it proves."""

import time
from datetime import date, timedelta
from typing import Any

import pytest

from isms.calendar import duties, jobs, plan, rules
from isms.calendar.models import Occurrence, OccurrenceStep, Schedule
from isms.catalogue import rules as catalogue
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import CONSOLE, Role
from isms.evidence import rules as evidence
from isms.people import departments, roster
from isms.people import rules as people
from isms.people.models import Headship, Person
from isms.trail import verify
from isms.trail.models import TrailEntry
from tests import factories
from tests.calendar.rounds import FIRST, noon, schedule
from tests.laws.test_queries import counting

DUE = date(2026, 4, 10)
BEFORE = DUE - timedelta(days=3)


def one(**more: Any) -> Occurrence:
    """Give the first occurrence of a schedule, three days before it is due and open."""
    made = schedule(lead_days=5, **more)
    row = rules.open_occurrence(made.id, DUE, by=CONSOLE, now=noon(BEFORE))
    assert row is not None
    return row


def state(row: Occurrence, day: date) -> str:
    found = rules.state_of(row, day)
    assert [p.state for p in plan.planned(FIRST, date(2026, 12, 31), day) if p.occurrence_id == row.id] == [found]
    return found


def at(day: date) -> dict[str, Any]:
    return {"by": CONSOLE, "now": noon(day)}


def test_the_states_follow_from_steps_and_days(db) -> None:
    row = one()
    assert [state(row, DUE + timedelta(days=step)) for step in (-1, 0, 1)] == ["open", "open", "missed"]
    rules.postpone(row.id, to_day=date(2026, 4, 20), text="監査と重なる", **at(BEFORE))
    assert [state(row, date(2026, 4, day)) for day in (20, 21)] == ["postponed", "missed"]
    rules.finish(row.id, day=BEFORE, text="終えた", **at(DUE))
    assert state(row, date(2027, 1, 1)) == "done"
    rules.reopen(row.id, text="取り違え", **at(DUE))
    assert state(row, date(2026, 4, 20)) == "postponed"
    rules.skip(row.id, text="重複", **at(DUE))
    assert state(row, date(2027, 1, 1)) == "skipped"
    rules.reopen(row.id, text="必要だった", **at(DUE))
    rules.substitute(row.id, text="口頭で確かめた", **at(DUE))
    assert state(row, date(2027, 1, 1)) == "substituted"
    verbs = [entry.verb for entry in TrailEntry.select().order_by(TrailEntry.no)]
    assert verbs == [
        *("schedule.added", "occurrence.planned", "occurrence.opened", "occurrence.postponed", "occurrence.done"),
        *("occurrence.reopened", "occurrence.skipped", "occurrence.reopened", "occurrence.substituted"),
    ]
    assert list(verify.verify()) == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_may_not_happen(db) -> None:
    row = one()
    for wrong in (
        lambda: rules.postpone(row.id, to_day=DUE, text="同じ日", **at(BEFORE)),
        lambda: rules.postpone(row.id, to_day=date(2026, 5, 1), text=" ", **at(BEFORE)),
        lambda: rules.skip(row.id, text="", **at(BEFORE)),
        lambda: rules.finish(row.id, day=DUE, **at(BEFORE)),
        lambda: rules.finish(row.id, day=FIRST - timedelta(days=1), **at(BEFORE)),
        lambda: rules.finish(row.id, day=BEFORE, evidence_id=7, **at(BEFORE)),
    ):
        with pytest.raises(Invalid):
            wrong()
    with pytest.raises(Conflict):
        rules.reopen(row.id, text="まだ", **at(BEFORE))
    rules.finish(row.id, day=BEFORE, **at(BEFORE))
    for again in (
        lambda: rules.finish(row.id, day=BEFORE, **at(BEFORE)),
        lambda: rules.skip(row.id, text="後から", **at(BEFORE)),
    ):
        with pytest.raises(Conflict):
            again()
    with pytest.raises(NotFound):
        rules.occurrence_at(row.schedule_id, DUE + timedelta(days=1), **at(BEFORE))
    assert OccurrenceStep.select().count() == 1


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_is_to_be_collected_needs_its_evidence(db) -> None:
    row = one(kind="collect", controls=[("iso27001-2022", "A.5.18")])
    with pytest.raises(Invalid):
        rules.finish(row.id, day=BEFORE, **at(BEFORE))
    pairs = rules.controls_on(row.schedule, BEFORE)
    kept = evidence.record_evidence(title="架空の一覧", note="架空", controls=pairs, collected_on=BEFORE, **at(BEFORE))
    assert rules.finish(row.id, day=BEFORE, evidence_id=kept.id, **at(BEFORE)).evidence_id == kept.id


@pytest.mark.parametrize("engine", ["sqlite"])
def test_controls_follow_the_edition_in_force(db) -> None:
    old, new = "iso27001-2013", "iso27001-2022"
    catalogue.put_in_force(old, from_day=date(2014, 4, 1), by=CONSOLE, now=noon(FIRST))
    made = schedule(controls=[(old, "A.9.2.5"), (old, "A.9.2.6"), ("iso22301-2019", "8.5")])
    assert rules.controls_on(made, FIRST) == rules.controls_of(made)
    catalogue.put_in_force(new, from_day=date(2026, 10, 1), by=CONSOLE, now=noon(FIRST))
    assert rules.controls_on(made, date(2026, 9, 30)) == rules.controls_of(made)
    assert rules.controls_on(made, date(2026, 10, 1)) == [("iso22301-2019", "8.5"), (new, "A.5.18")]  # the two are one
    later = schedule(controls=[(new, "A.5.18"), (new, "A.5.7")])
    assert (old, "A.9.2.5") in rules.controls_on(later, FIRST)
    assert not [key for edition, key in rules.controls_on(later, FIRST) if edition != old or key == "A.5.7"]


def leave(person: Person, day: date) -> None:
    people.change_person(person.id, to_day=day, by=CONSOLE, now=noon(FIRST))


def owner(made: Schedule, day: date) -> rules.Owners:
    return rules.owners_of(made, day)


def test_who_left_is_followed(db) -> None:
    factories.person(roles=[Role.OFFICER])
    place = factories.department("架空課")
    member, head = (factories.person(department_id=place.id) for _ in range(2))
    people.set_heads(head.id, [place.id], from_day=FIRST, by=CONSOLE, now=noon(FIRST))
    mine = schedule(owner_kind="person", person_id=member.id)
    of_head = schedule(owner_kind="head", department_id=place.id)
    day = date(2026, 6, 1)
    assert (owner(mine, day).persons, owner(mine, day).fell) == (frozenset({member.id}), False)
    assert (owner(of_head, day).departments, owner(of_head, day).fell) == (frozenset({place.id}), False)
    leave(member, date(2026, 5, 31))
    assert (owner(mine, day).departments, owner(mine, day).fell) == (frozenset({place.id}), True)
    assert owner(mine, date(2026, 5, 31)).persons == {member.id}
    leave(head, date(2026, 6, 30))
    day = date(2026, 7, 1)
    for made in (mine, of_head):
        assert (owner(made, day).roles, owner(made, day).fell) == (frozenset({Role.OFFICER}), True)
    assert not owner(of_head, date(2026, 6, 30)).fell


def test_a_dissolved_department_leaves_its_work_to_the_officers(db) -> None:
    place = factories.department("架空課")
    head = factories.person()
    people.set_heads(head.id, [place.id], from_day=FIRST, by=CONSOLE, now=noon(FIRST))
    made = schedule(owner_kind="head", department_id=place.id, lead_days=5)
    departments.change_department(place.id, to_day=date(2026, 4, 5), by=CONSOLE, now=noon(FIRST))
    jobs.open_due(noon(date(2026, 4, 6)))
    (duty,) = duties.duties(date(2026, 4, 6))
    assert duty.roles == {Role.OFFICER} and "担当がいないため、事務局が引き受けます" in duty.note
    assert not owner(made, date(2026, 4, 5)).fell
    assert Headship.select().where(roster.on_day(Headship, date(2026, 4, 6))).count() == 1  # the row itself stands


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_role_that_nobody_has_falls_to_the_officers(db) -> None:
    made = schedule(owner_kind="role", role=Role.APPROVER)
    assert owner(made, FIRST).fell
    factories.person(roles=[Role.APPROVER], now=noon(FIRST))
    assert owner(made, FIRST).roles == {Role.APPROVER}
    assert not owner(schedule(owner_kind="role", role=Role.STAFF), FIRST).fell


@pytest.mark.parametrize("engine", ["sqlite"])
def test_only_those_it_falls_to_may_do_it(db) -> None:
    place = factories.department("架空課")
    member, head, other = (factories.person(department_id=place.id) for _ in range(3))
    people.set_heads(head.id, [place.id], from_day=FIRST, by=CONSOLE, now=noon(FIRST))
    row = one(owner_kind="person", person_id=member.id)
    now = noon(date(2026, 11, 19))
    for who in (member, head, factories.person(roles=[Role.OFFICER])):
        assert rules.doable(row.id, by=factories.actor(who), now=now).id == row.id
    for who in (other, factories.person(roles=[Role.APPROVER])):
        with pytest.raises(NotFound):
            rules.doable(row.id, by=factories.actor(who), now=now)
        assert rules.seen_occurrence(row.id, by=factories.actor(who))


@pytest.mark.parametrize("engine", ["sqlite"])
def test_duties_and_what_was_late(db) -> None:
    made = schedule("毎月10日", lead_days=5)
    schedule("毎年1月", kind="register_review", about="people", lead_days=0)
    jobs.open_due(noon(date(2026, 6, 8)))
    first, second, third = Occurrence.select().order_by(Occurrence.nominal)
    rules.finish(first.id, day=date(2026, 4, 12), **at(date(2026, 4, 12)))
    rules.skip(second.id, text="監査で兼ねた", **at(date(2026, 5, 9)))
    today = date(2026, 6, 12)
    (duty,) = duties.duties(today)
    assert (duty.key, duty.due, duty.endpoint) == (f"occurrence:{third.id}", date(2026, 6, 10), "calendar.occurrence")
    past = {one.due: one for one in duties.past(FIRST, today)}
    assert [day.month for day in past] == [4, 6]
    assert [past[day].done_on for day in past] == [date(2026, 4, 12), None]
    assert all(one.was_late(today) for one in past.values())
    assert made.title == duty.title


@pytest.mark.parametrize("engine", ["sqlite"])
def test_asking_for_more_asks_no_more_often(db) -> None:
    def asked(number: int) -> tuple[int, int]:
        queries: list[str] = []
        with counting(queries):
            found = plan.planned(FIRST, FIRST + timedelta(days=number), FIRST)
            duties.duties(FIRST + timedelta(days=number))
            duties.past(FIRST, FIRST + timedelta(days=number))
        return len(found), len(queries)

    for words in ("毎月10日", "毎週月曜日", "毎年11月"):
        schedule(words)
    jobs.open_due(noon(date(2026, 6, 1)))
    asked(1)  # what is kept from the first time on does not count
    few, queries = asked(30)
    many, again = asked(365)
    assert many > few and again == queries


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_year_of_200_schedules(db) -> None:
    words = ("毎月末営業日", "毎週月曜日", "毎年11月", "3年ごと", "毎月第2火曜日")
    with db.atomic():
        for number in range(200):
            schedule(words[number % 5], day=date(2026, 4, 1))
    began = time.perf_counter()
    found = plan.planned(date(2030, 4, 1), date(2031, 3, 31), FIRST)
    assert len(found) > 200 * 10 and time.perf_counter() - began < 2


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_plan_holds_rows_and_what_the_rules_give(db) -> None:
    made = schedule("毎月10日", lead_days=5)
    schedule("毎営業日")
    jobs.open_due(noon(BEFORE))
    rules.postpone(Occurrence.get(schedule=made).id, to_day=date(2026, 5, 20), text="監査と重なる", **at(BEFORE))
    rules.occurrence_at(made.id, date(2026, 7, 10), **at(BEFORE))

    def told(first: date, last: date) -> list[tuple[date, date, str]]:
        return [(one.due, one.was_due, one.state) for one in plan.planned(first, last, BEFORE)]

    assert told(date(2026, 4, 1), date(2026, 4, 30)) == []
    assert told(date(2026, 5, 1), date(2026, 6, 30)) == [
        (date(2026, 5, 10), date(2026, 5, 10), "planned"),
        (date(2026, 5, 20), DUE, "postponed"),
        (date(2026, 6, 10), date(2026, 6, 10), "planned"),
    ]
    rules.end_schedule(made.id, to_day=date(2026, 6, 30), **at(BEFORE))
    assert told(date(2026, 6, 1), date(2027, 3, 31)) == [(date(2026, 6, 10), date(2026, 6, 10), "planned")]
    assert len(plan.planned(date(2026, 6, 1), date(2026, 6, 30), BEFORE, daily=True)) == 23
