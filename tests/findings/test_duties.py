"""What findings and measures ask of people, to whom it falls when somebody left, and what was done late."""

from datetime import date, timedelta
from typing import Any

from isms.core import unchanged
from isms.core.permissions import CONSOLE, Role
from isms.findings import duties, measures, rules, steps
from isms.people import rules as people
from isms.people.duties import Duty
from tests import factories
from tests.factories import NOW
from tests.findings.test_steps import made_office
from tests.laws.test_queries import counting

TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)


def open_on(day: date) -> dict[str, Duty]:
    return {duty.kind: duty for duty in duties.duties(day)}


def test_each_step_falls_to_whoever_takes_it(db: Any) -> None:
    office = made_office(due=TODAY + 5 * DAY)
    number, place = office.finding.id, frozenset({office.finding.department_id})

    def only(day: date = TODAY) -> Duty:
        (duty,) = duties.duties(day)
        assert duty.of_departments == place
        return duty

    seen = [only()]
    assert seen[0].title == f"{office.finding.ref} 架空の指摘：回答"
    steps.reply(number, text="はい", by=office.head, now=NOW)
    seen.append(only())
    steps.correct(number, text="直した", by=office.head, now=NOW)
    seen.append(only())
    steps.say_cause(number, text="なぜ", by=office.head, now=NOW)
    seen.append(only())
    assert [(one.kind, one.due, one.departments) for one in seen] == [
        (f"finding_{kind}", TODAY + 5 * DAY, place) for kind in ("reply", "correction", "cause", "action")
    ]
    action = office.plan(due=TODAY + 9 * DAY)
    doing = only()
    assert (doing.kind, doing.due, doing.note) == ("finding_action", TODAY + 9 * DAY, "手順を改める")
    assert doing.persons == frozenset({office.staff.person_id}) and doing.falls_to(office.staff)
    assert not doing.falls_to(office.head)
    steps.finish_action(action.id, text="改めた", by=office.officer, now=NOW)
    assert duties.duties(TODAY + 29 * DAY) == []  # nothing can be checked yet
    check = only(TODAY + 30 * DAY)
    assert (check.kind, check.due, check.roles) == ("finding_effect", TODAY + 37 * DAY, frozenset({Role.OFFICER}))
    assert not check.falls_to(office.officer)  # who said that it is done
    another = factories.actor(factories.with_role(Role.OFFICER))
    assert check.falls_to(another)
    steps.check_effect(action.id, good=True, text="よい", by=another, now=NOW + 30 * DAY)
    assert (only(TODAY + 30 * DAY).kind, only(TODAY + 30 * DAY).roles) == ("finding_close", frozenset({Role.OFFICER}))
    steps.conclude(number, day=TODAY + 30 * DAY, text="よし", by=another, now=NOW + 30 * DAY)
    assert duties.duties(TODAY + 60 * DAY) == []


def test_what_belonged_to_somebody_who_left_falls_to_the_head(db: Any) -> None:
    office = made_office()
    office.planned()
    people.change_person(int(office.staff.person_id or 0), to_day=TODAY - DAY, by=CONSOLE, now=NOW)
    duty = open_on(TODAY)["finding_action"]
    assert (duty.persons, duty.departments) == (frozenset(), frozenset({office.finding.department_id}))
    assert duty.falls_to(office.head)


def test_without_a_department_it_falls_to_the_officers(db: Any) -> None:
    values: dict[str, Any] = {"title": "架空", "controls": [], "opened_on": TODAY, "by": CONSOLE, "now": NOW}
    rules.open_finding(grade="minor", **values)
    (duty,) = duties.duties(TODAY)
    assert (duty.kind, duty.roles) == ("finding_correction", frozenset({Role.OFFICER}))


def test_a_measure_is_looked_at_again_a_month_before_its_day(db: Any) -> None:
    officer, owner = (factories.actor(factories.with_role(role)) for role in (Role.OFFICER, Role.STAFF))
    begun = date(2026, 1, 31)
    values: dict[str, Any] = {"hazard": "誤送付", "measure": "読み合わせ", "from_day": begun, "by": officer, "now": NOW}
    one = measures.add_measure(owner_id=owner.person_id, **values)
    assert duties.duties(date(2026, 12, 31)) == []
    (duty,) = duties.duties(date(2027, 1, 1))
    assert (duty.key, duty.due) == (f"measure_review:{one.id}", date(2027, 1, 31))
    assert duty.falls_to(owner) and not duty.falls_to(officer)


def test_what_was_late_is_told(db: Any) -> None:
    office = made_office(due=TODAY - 3 * DAY)
    action = office.planned()
    late = [one for one in duties.past(TODAY - 9 * DAY, TODAY) if one.was_late(TODAY)]
    assert [(one.key, one.done_on) for one in late] == [(f"finding_reply:{office.finding.id}", TODAY)]
    end = TODAY + 25 * DAY
    known = {one.key: one for one in duties.past(TODAY, end)}
    undone = known[f"finding_action:{action.id}"]
    assert (undone.due, undone.done_on, undone.was_late(end)) == (TODAY + 20 * DAY, None, True)
    assert undone.persons == frozenset({office.staff.person_id})
    steps.finish_action(action.id, text="遅れて", by=office.staff, now=NOW + 24 * DAY)
    (told,) = (one for one in duties.past(TODAY, end) if one.key == undone.key)
    assert (told.done_on, told.was_late(end)) == (TODAY + 24 * DAY, True)


def asked() -> int:
    queries: list[str] = []
    with counting(queries), unchanged.asked_once():
        duties.duties(TODAY + 31 * DAY)
        duties.past(TODAY - 9 * DAY, TODAY)
    return len(queries)


def test_more_findings_need_no_more_queries(db: Any) -> None:
    made_office().done()
    asked()
    few = asked()
    for _ in range(4):
        made_office().done()
    assert len(duties.duties(TODAY + 31 * DAY)) == 5
    assert asked() == few < 12
