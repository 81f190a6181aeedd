"""The cross-check of the calendar: its opening plans a campaign once a year, its closing is the time's end."""

from datetime import date
from typing import Any

import pytest

from isms.calendar import rules as calendar
from isms.calendar.models import Occurrence
from isms.checklists import rules as checklists
from isms.core.permissions import CONSOLE, Role
from isms.crosschecks import campaigns, closing, duties, members, plans, yearly
from isms.crosschecks.models import Campaign, Visit
from isms.crosschecks.visits import call_off
from isms.people import departments
from isms.people import rules as people
from isms.trail.verify import verify
from tests import factories
from tests.crosschecks.test_campaigns import arcs, campaign, checklist
from tests.crosschecks.test_results import asked
from tests.factories import NOW


def occurrence() -> Occurrence:
    """Schedule the cross-check for every November and open this year's."""
    made = calendar.add_schedule(
        kind="crosscheck", title="架空の強化月間", words="毎年11月", from_day=date(2026, 4, 1), owner_kind="role",
        role="officer", by=CONSOLE, now=NOW,
    )  # fmt: skip
    opened = calendar.open_occurrence(made.id, date(2026, 11, 30), by=CONSOLE, now=NOW)
    assert opened is not None
    return opened


def test_opening_plans_the_campaign_of_the_year_with_its_pairs(db: Any) -> None:
    for _ in range(4):
        factories.department()
    checklist()
    opened = occurrence()
    made = Campaign.get()
    assert (made.occurrence_id, made.fiscal_year, campaigns.state_of(made.id)) == (opened.id, 2026, "planned")
    assert (made.from_day, made.to_day) == (date(2026, 11, 1), date(2026, 11, 30))
    assert len(arcs(made)) == 4
    assert yearly.work(opened) == ("crosschecks.campaign", {"campaign_id": made.id})
    assert [duty.key for duty in duties.duties(NOW.date())] == [f"campaign_begin:{made.id}"]


def test_a_campaign_that_is_there_goes_by_the_occurrence(db: Any) -> None:
    made, _ = campaign()
    opened = occurrence()
    assert [one.id for one in Campaign.select()] == [made.id]
    assert campaigns.get_campaign(made.id).occurrence_id == opened.id


def test_without_a_checklist_the_officers_are_asked_to_plan(db: Any) -> None:
    opened = occurrence()
    assert Campaign.select().count() == 0
    (duty,) = duties.duties(NOW.date())
    assert (duty.key, duty.endpoint) == (f"occurrence:{opened.id}", "crosschecks.new_campaign")


@pytest.mark.parametrize("ended", ["", "skipped"])
def test_closing_ends_the_occurrence_unless_somebody_did(db: Any, ended: str) -> None:
    made, _ = campaign()
    opened = occurrence()
    campaigns.begin(made.id, by=CONSOLE, now=NOW)
    if ended:
        calendar.skip(opened.id, text="架空の理由", by=CONSOLE, now=NOW)
    first, *others = campaigns.visits_of(made.id)
    asked(first, "ok")
    for visit in others:
        call_off(visit.id, text="架空の理由", by=CONSOLE, now=NOW)
    evidence = closing.close(made.id, by=CONSOLE, now=NOW)
    step = calendar.steps_of(opened.id)[-1]
    assert step.kind == (ended or "done")
    assert step.evidence_id == (None if ended else evidence.id)


def test_after_a_campaign_was_cancelled_the_year_waits_for_another(db: Any) -> None:
    first, places = campaign(2)
    opened = occurrence()
    campaigns.cancel(first.id, text="架空の理由", by=CONSOLE, now=NOW)
    assert [duty.key for duty in duties.duties(NOW.date())] == [f"occurrence:{opened.id}"]
    assert yearly.work(opened) == ("crosschecks.new_campaign", {})
    second, _ = campaign(0)
    assert [duty.key for duty in duties.duties(NOW.date())] == [f"campaign_begin:{second.id}"]
    assert yearly.work(opened)[1] == {"campaign_id": second.id}
    campaigns.begin(second.id, by=CONSOLE, now=NOW)
    for visit in campaigns.visits_of(second.id):
        asked(visit, "ok")
    made = closing.close(second.id, by=CONSOLE, now=NOW)
    assert [(step.kind, step.evidence_id) for step in calendar.steps_of(opened.id)] == [("done", made.id)]
    assert list(verify()) == [] and places


def test_a_dissolved_department_is_told_to_the_officers_until_it_is_let_off(db: Any) -> None:
    made, places = campaign(4)
    campaigns.begin(made.id, by=CONSOLE, now=NOW)
    departments.change_department(places[0].id, to_day=date(2026, 11, 10), by=CONSOLE, now=NOW)
    asked = [duty for duty in duties.duties(NOW.date()) if duty.key.startswith("campaign_let_off")]
    assert [places[0].name in duty.title for duty in asked] == [True]
    plans.let_off(made.id, places[0].id, text="架空の廃止", by=CONSOLE, now=NOW)
    assert not [duty for duty in duties.duties(NOW.date()) if duty.key.startswith("campaign_let_off")]


def test_a_visitor_who_moved_away_is_not_waited_for(db: Any) -> None:
    made, _ = campaign(3)
    campaigns.begin(made.id, by=CONSOLE, now=NOW)
    visit = campaigns.visits_of(made.id).first()
    going = factories.person(department_id=visit.checker_id)
    members.name_visitors(
        visit.id, person_ids=[going.id], by=factories.actor(factories.with_role(Role.OFFICER)), now=NOW
    )

    def asked() -> dict[str, Any]:
        return {duty.key: duty for duty in duties.duties(NOW.date()) if duty.key.endswith(f":{visit.id}")}

    assert asked()[f"visit:{visit.id}"].persons == {going.id} and len(asked()) == 1
    people.place(going.id, department_id=visit.checked_id, from_day=NOW.date(), by=CONSOLE, now=NOW)
    named, visiting = asked()[f"visit_members:{visit.id}"], asked()[f"visit:{visit.id}"]
    assert named.departments == visiting.departments == {visit.checker_id} and not visiting.persons


def test_the_past_tells_which_visits_were_late(db: Any) -> None:
    made, _ = campaign(4, from_day=date(2026, 10, 1), to_day=date(2026, 10, 31))
    campaigns.begin(made.id, by=CONSOLE, now=NOW)
    off = Visit.select().where(Visit.campaign == made).first()
    call_off(off.id, text="架空の理由", by=CONSOLE, now=NOW)
    told = duties.past(date(2026, 10, 1), NOW.date())
    assert len(told) == 3 and all(one.was_late(NOW.date()) and one.done_on is None for one in told)


def test_the_checklist_used_last_is_proposed(db: Any) -> None:
    first, second = checklist(), checklist()
    assert checklists.newest_version(second).number == 1
    made, _ = campaign(2, checklist_id=second, from_day=date(2025, 11, 1), to_day=date(2025, 11, 30))
    assert made.list_version.checklist_id == second != first
    occurrence()
    newest = Campaign.select().order_by(Campaign.id.desc()).first()
    assert newest.id != made.id and newest.list_version.checklist_id == second
