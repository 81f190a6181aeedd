"""Rows of checklists and campaigns: one that is planned and one that has begun, in later years than any visit's."""

from datetime import date
from typing import Any

from isms.checklists import rules as checklists
from isms.core import clock
from isms.core.permissions import Actor
from isms.crosschecks import campaigns, members, plans, rules
from isms.crosschecks.models import Campaign
from tests import factories

CONTROLS = [("iso27001-2022", "A.7.7")]


def ids(by: Actor, department_id: int) -> dict[str, Any]:
    """Make one of everything; the campaigns are between the department and others."""
    now = clock.now()
    places = [department_id, *(factories.department().id for _ in range(3))]
    planned, begun = (_campaign(year, places, by) for year in (2031, 2032))
    campaigns.begin(begun.id, by=by, now=now)
    checklist_id, list_version_id = _checklist(by)
    (rule,) = rules.add_pair_rule(
        kind="exclude", checker_id=places[1], checked_id=places[2], reason="架空の理由", by=by, now=now
    )
    of_planned = ("edit_campaign", "draw", "swap", "begin")
    return {
        "checklist_id": checklist_id,
        "list_version_id": list_version_id,
        "list_item_id": checklists.items_of(list_version_id)[0].id,
        "campaign_id": begun.id,
        **{f"crosschecks.{name} campaign_id": planned.id for name in of_planned},
        "crosschecks.let_off department_id": places[1],
        "pair_rule_id": rule.id,
    }


def _checklist(by: Actor) -> tuple[int, int]:
    now = clock.now()
    made = checklists.add_checklist(title="架空のクロスチェック表", purpose="crosscheck", by=by, now=now)
    version = checklists.newest_version(made.id)
    checklists.add_item(version.id, title="架空の項目", controls=CONTROLS, by=by, now=now)
    return made.id, version.id


def _campaign(year: int, places: list[int], by: Actor) -> Campaign:
    now = clock.now()
    made = campaigns.add_campaign(
        title="架空の強化月間", from_day=date(year, 11, 1), to_day=date(year, 11, 30), checklist_id=_checklist(by)[0],
        department_ids=places, by=by, now=now,
    )  # fmt: skip
    plans.draw(made.id, by=by, now=now)
    return made


def more(number: int, by: Actor, known: dict[str, Any]) -> None:
    """Make so many of everything, also of the example's campaigns and checklist."""
    now = clock.now()
    both = [campaigns.get_campaign(known[name]) for name in ("campaign_id", "crosschecks.draw campaign_id")]
    last = max(year for (year,) in Campaign.select(Campaign.fiscal_year).tuples())
    for turn in range(number):
        one, other, third = (factories.department().id for _ in range(3))
        rules.add_pair_rule(kind="exclude", checker_id=one, checked_id=third, reason="架空の理由", by=by, now=now)
        checklists.add_item(known["list_version_id"], title=f"架空の項目 {turn}", controls=CONTROLS, by=by, now=now)
        somebody = factories.person(department_id=one)
        for campaign in both:
            visit = plans.add_visit(campaign, (one, other), [("first", {})], by, now)
            members.name_visitors(visit.id, person_ids=[somebody.id], by=by, now=now)
        campaigns.begin(_campaign(last + 1 + turn, [one, other], by).id, by=by, now=now)
