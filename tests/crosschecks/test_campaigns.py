"""Campaigns: planned, paired, changed by hand, begun, cancelled; a department that is dissolved is let off."""

from datetime import date
from functools import partial
from typing import Any

import pytest

from isms.checklists import rules as checklists
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import CONSOLE
from isms.crosschecks import campaigns, plans, rules, standing
from isms.crosschecks.models import Campaign, CampaignStep, Visit
from isms.people.models import Department
from isms.trail.verify import verify
from tests import factories
from tests.factories import NOW
from tests.races import race, won

MONTH = (date(2026, 11, 1), date(2026, 11, 30))


def checklist(*titles: str) -> int:
    """Make a checklist with items and give its id."""
    made = checklists.add_checklist(title="架空のクロスチェック表", purpose="crosscheck", by=CONSOLE, now=NOW)
    version = checklists.newest_version(made.id)
    for title in titles or ("離席するとき画面をロックしているか",):
        checklists.add_item(version.id, title=title, controls=[("iso27001-2022", "A.7.7")], by=CONSOLE, now=NOW)
    return made.id


def campaign(number: int = 4, *, drawn: bool = True, **more: Any) -> tuple[Campaign, list[Department]]:
    """Plan a campaign of so many departments, with its pairs."""
    places = [factories.department() for _ in range(number)]
    values = {"title": "架空の強化月間", "from_day": MONTH[0], "to_day": MONTH[1], "checklist_id": checklist()}
    made = campaigns.add_campaign(**{**values, **more}, by=CONSOLE, now=NOW)
    if drawn:
        plans.draw(made.id, by=CONSOLE, now=NOW)
    return made, places


def arcs(made: Campaign) -> set[tuple[int, int]]:
    return {(visit.checker_id, visit.checked_id) for visit in campaigns.visits_of(made.id)}


def test_a_campaign_is_planned_for_everybody_and_proves_what_a_cross_check_proves(db: Any) -> None:
    made, places = campaign()
    assert (made.ref, made.fiscal_year, campaigns.state_of(made.id)) == ("CC-2026-0001", 2026, "planned")
    assert {row.department_id for row in campaigns.departments_of(made.id)} == {place.id for place in places}
    assert [key for _, key in campaigns.controls_of(made)] == ["A.5.35", "A.5.36", "A.7.7"]
    with pytest.raises(Conflict, match="CC-2026-0001"):
        campaign(drawn=False)
    assert list(verify()) == []


def test_beginning_freezes_the_checklist_and_needs_pairs(db: Any) -> None:
    made, _ = campaign(drawn=False)
    with pytest.raises(Conflict, match="組み合わせがまだ"):
        campaigns.begin(made.id, by=CONSOLE, now=NOW)
    plans.draw(made.id, by=CONSOLE, now=NOW)
    campaigns.begin(made.id, by=CONSOLE, now=NOW)
    assert campaigns.is_open(made.id)
    assert checklists.get_version(made.list_version_id).frozen_at == NOW
    with pytest.raises(Conflict, match="計画中ではない"):
        plans.draw(made.id, seed=9, by=CONSOLE, now=NOW)
    assert [step.kind for step in campaigns.steps_of(made.id)] == ["planned", "begun"]


def test_of_two_who_begin_at_once_one_does(db: Any) -> None:
    made, _ = campaign()
    begin = partial(campaigns.begin, made.id, by=CONSOLE, now=NOW)
    assert won(race(begin, begin)) == 1
    assert [step.kind for step in campaigns.steps_of(made.id)] == ["planned", "begun"]


def test_earlier_years_are_remembered_and_called_off_visits_are_not(db: Any) -> None:
    first, places = campaign(5, from_day=date(2024, 11, 1), to_day=date(2024, 11, 30))
    campaigns.begin(first.id, by=CONSOLE, now=NOW)
    plans.let_off(first.id, places[0].id, text="架空の理由", by=CONSOLE, now=NOW)
    gone = {arc for arc in arcs(first) if places[0].id in arc}
    cancelled, _ = campaign(0, from_day=date(2025, 5, 1), to_day=date(2025, 5, 31))
    campaigns.begin(cancelled.id, by=CONSOLE, now=NOW)
    campaigns.cancel(cancelled.id, text="架空の理由", by=CONSOLE, now=NOW)
    second, _ = campaign(0)
    assert plans.history_of(second) == [frozenset(), frozenset(arcs(first) - gone)]
    assert not (arcs(first) - gone) & arcs(second)


def test_drawing_anew_retires_pairs_and_the_same_seed_gives_the_same(db: Any) -> None:
    made, _ = campaign(8)
    before = arcs(made)
    plans.draw(made.id, seed=2, by=CONSOLE, now=NOW)
    assert arcs(made) != before
    assert Visit.select().where(Visit.campaign == made, Visit.in_use == False).count() > 0  # noqa: E712
    plans.draw(made.id, seed=1, by=CONSOLE, now=NOW)
    assert arcs(made) == before
    assert list(verify()) == []


def test_exclusions_that_leave_no_pairing_are_named_and_the_plan_stays(db: Any) -> None:
    made, places = campaign(3)
    before = arcs(made)
    one, two, three = (place.id for place in places)
    for other in (two, three):
        rules.add_pair_rule(
            kind="exclude",
            checker_id=one,
            checked_id=other,
            reason="架空の理由",
            from_day=MONTH[0],
            by=CONSOLE,
            now=NOW,
        )
    with pytest.raises(Conflict) as refused:
        plans.draw(made.id, seed=5, by=CONSOLE, now=NOW)
    assert all(place.name in str(refused.value) for place in places)
    assert arcs(made) == before and campaigns.get_campaign(made.id).seed == 1


def test_one_department_alone_is_told_so(db: Any) -> None:
    made, _ = campaign(1, drawn=False)
    with pytest.raises(Conflict, match="二つ以上の部署"):
        plans.draw(made.id, by=CONSOLE, now=NOW)


def test_a_swap_goes_against_the_rules_only_with_a_reason_and_never_to_itself(db: Any) -> None:
    made, _ = campaign(4)
    visits = {visit.checker_id: visit for visit in campaigns.visits_of(made.id)}
    first = next(iter(visits.values()))
    following = visits[first.checked_id]
    third = visits[following.checked_id]
    with pytest.raises(Invalid, match="自分の部署"):
        plans.swap(made.id, first_id=first.id, second_id=following.id, by=CONSOLE, now=NOW)
    with pytest.raises(Invalid, match="互いに点検し合う"):  # a circle of four becomes two twos
        plans.swap(made.id, first_id=first.id, second_id=third.id, by=CONSOLE, now=NOW)
    plans.swap(made.id, first_id=first.id, second_id=third.id, reason="研修を兼ねる", by=CONSOLE, now=NOW)
    assert {(b, a) for a, b in arcs(made)} == arcs(made)
    assert sum("研修を兼ねる" in visit.reasons for visit in campaigns.visits_of(made.id)) == 2
    assert set(plans.breaches_of(made)) == arcs(made)
    campaigns.begin(made.id, by=CONSOLE, now=NOW)


def test_a_dissolved_department_is_let_off_and_its_neighbours_meet(db: Any) -> None:
    made, places = campaign(5)
    campaigns.begin(made.id, by=CONSOLE, now=NOW)
    gone = places[2].id
    came = next(a for a, b in arcs(made) if b == gone)
    went = next(b for a, b in arcs(made) if a == gone)
    (new,) = plans.let_off(made.id, gone, text="架空の理由で廃止", by=CONSOLE, now=NOW)
    assert (new.checker_id, new.checked_id) == (came, went)
    states = {(v.checker_id, v.checked_id): standing.state_of(v) for v in campaigns.visits_of(made.id)}
    assert [states[came, gone], states[gone, went], states[came, went]] == ["called_off", "called_off", "open"]
    assert gone not in {row.department_id for row in campaigns.departments_of(made.id)}
    assert list(verify()) == []


def test_a_cancelled_campaign_stays_so(db: Any) -> None:
    made, _ = campaign()
    campaigns.cancel(made.id, text="架空の理由で見送り", by=CONSOLE, now=NOW)
    for refused in (campaigns.begin, lambda i, **k: campaigns.cancel(i, text="もう一度", **k)):
        with pytest.raises(Conflict):
            refused(made.id, by=CONSOLE, now=NOW)
    assert CampaignStep.select().where(CampaignStep.campaign == made).count() == 2
    again, _ = campaign(0)
    assert again.ref == "CC-2026-0002"
