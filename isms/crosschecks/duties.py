"""What cross-checks ask of people: to plan, begin and close them, to name visitors, to finish a visit."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from isms.calendar import plan
from isms.core.permissions import Role
from isms.core.words import gettext
from isms.crosschecks import campaigns, standing, yearly
from isms.crosschecks.models import Campaign, CampaignDepartment, Visit, VisitMember, VisitStep
from isms.people.duties import Duty, Past
from isms.people.models import Department, Membership, Person
from isms.people.roster import on_day

OFFICERS = frozenset({Role.OFFICER})
VISIT = "visits.visit"


def duties(today: date) -> list[Duty]:
    """Give what campaigns that are planned or under way ask of officers, heads and visitors; constant queries."""
    ends = campaigns.newest_steps()
    living = [c for c in Campaign.select().order_by(Campaign.id) if ends[c.id].kind in ("planned", "begun")]
    begun = {c.id: c for c in living if ends[c.id].kind == "begun"}
    steps, visits = _states(begun), _visits(list(begun))
    return [
        *_to_plan(today, {c.fiscal_year for c in Campaign.select() if ends[c.id].kind != "cancelled"}),
        *(
            _of_campaign(c, "begin", gettext("%(title)sを開始する", title=c.title), c.from_day)
            for c in living
            if c.id not in begun
        ),
        *_to_close(begun, visits, steps),
        *_to_let_off(begun, visits, steps, today),
        *_to_visit([visit for visit in visits if steps.get(visit.id) not in ("finished", "called_off")], today),
    ]


def past(from_day: date, today: date) -> list[Past]:
    """Give the visits whose campaign ended from a day on: when they were finished, or that they were not."""
    ends = campaigns.newest_steps()
    there = Campaign.select().where(Campaign.to_day >= from_day, Campaign.to_day < today)
    over = {c.id: c for c in there if ends[c.id].kind in ("begun", "closed")}
    finished: dict[int, date | None] = {}
    for visit_id, kind, day in _steps_of(over).tuples():
        finished[visit_id] = day if kind == "finished" else None
        if kind == "called_off":
            finished.pop(visit_id)
    called_off = {visit_id for visit_id, kind in _states(over).items() if kind == "called_off"}
    members = _members(list(over))
    return [
        Past(
            key=f"visit:{visit.id}",
            title=_visit_title(visit),
            due=visit.campaign.to_day,
            done_on=finished.get(visit.id),
            endpoint=VISIT,
            values={"visit_id": visit.id},
            note=visit.campaign.title,
            persons=frozenset(members.get(visit.id, ())),
            departments=frozenset() if members.get(visit.id) else frozenset({visit.checker_id}),
        )
        for visit in _visits(list(over))
        if visit.id not in called_off
    ]


def _visits(ids: list[int]) -> list[Visit]:
    return list(standing.visits().where(Visit.campaign.in_(ids), Visit.in_use).order_by(Visit.id))


def _steps_of(there: dict[int, Campaign]) -> Any:
    steps = VisitStep.select(VisitStep.visit, VisitStep.kind, VisitStep.day).join(Visit)
    return steps.where(Visit.campaign.in_(list(there))).order_by(VisitStep.id)


def _states(there: dict[int, Campaign]) -> dict[int, str]:
    """Give the newest step of each visit."""
    return {visit_id: kind for visit_id, kind, _ in _steps_of(there).tuples()}


def _members(ids: list[int], day: date | None = None) -> dict[int, list[int]]:
    """Give who was named for each visit; on a day, those who are of the visiting department then."""
    query = VisitMember.select(VisitMember.visit, VisitMember.person).join(Visit)
    if day is not None:
        there = (Membership.person == VisitMember.person) & (Membership.department == Visit.checker)
        query = query.join(Membership, on=there & on_day(Membership, day))
        query = query.join(Person, on=(Person.id == VisitMember.person) & on_day(Person, day))
    found: dict[int, list[int]] = {}
    for visit_id, person_id in query.where(Visit.campaign.in_(ids), VisitMember.in_use).tuples():
        found.setdefault(visit_id, []).append(person_id)
    return found


def _to_plan(today: date, planned: set[int]) -> Iterator[Duty]:
    """Name the times of the calendar that opened, in fiscal years without a campaign: no checklist, or it was cancelled."""
    for one in plan.open_now(today, [yearly.KIND]):
        if one.occurrence is not None and yearly.year_of(one.occurrence) not in planned:
            yield Duty(
                key=f"occurrence:{one.occurrence.id}",
                title=gettext("%(title)sを計画する", title=one.schedule.title),
                due=one.due,
                endpoint="crosschecks.new_campaign",
                roles=OFFICERS,
            )


def _of_campaign(campaign: Campaign, what: str, title: str, due: date) -> Duty:
    return Duty(
        key=f"campaign_{what}:{campaign.id}",
        title=title,
        due=due,
        endpoint="crosschecks.campaign",
        values={"campaign_id": campaign.id},
        note=campaign.ref,
        roles=OFFICERS,
    )


def _to_close(begun: dict[int, Campaign], visits: list[Visit], steps: dict[int, str]) -> Iterator[Duty]:
    """Name the campaigns whose visits are all over, to be closed when the departments have had time to reply."""
    waiting = {visit.campaign_id for visit in visits if steps.get(visit.id) not in ("finished", "called_off")}
    for campaign in begun.values():
        if campaign.id not in waiting:
            due = campaign.to_day + timedelta(days=campaign.reply_days)
            yield _of_campaign(campaign, "close", gettext("%(title)sを終了する", title=campaign.title), due)


def _to_let_off(begun: dict[int, Campaign], visits: list[Visit], steps: dict[int, str], today: date) -> Iterator[Duty]:
    """Name the departments that ended while they still have a visit."""
    busy = {
        (visit.campaign_id, place)
        for visit in visits
        if steps.get(visit.id) not in ("finished", "called_off")
        for place in (visit.checker_id, visit.checked_id)
    }
    rows = CampaignDepartment.select(CampaignDepartment, Department).join(Department)
    rows = rows.where(CampaignDepartment.campaign.in_(list(begun)), CampaignDepartment.left_on.is_null())
    for row in rows.where(Department.to_day < today).order_by(CampaignDepartment.id):
        if (row.campaign_id, row.department_id) in busy:
            campaign = begun[row.campaign_id]
            title = gettext("廃止された%(name)sをクロスチェックから外す", name=row.department.name)
            yield _of_campaign(campaign, f"let_off_{row.department_id}", title, campaign.to_day)


def _to_visit(visits: list[Visit], today: date) -> Iterator[Duty]:
    """Name the visits for which nobody was named who can go, to the heads, and the others to who goes."""
    members = _members(sorted({visit.campaign_id for visit in visits}), today)
    for visit in visits:
        going = frozenset(members.get(visit.id, ()))
        place = frozenset({visit.checker_id})
        if not going:
            yield Duty(
                key=f"visit_members:{visit.id}",
                title=gettext("%(name)sを訪問する人を決める", name=visit.checked.name),
                due=visit.campaign.from_day,
                endpoint="crosschecks.name_visitors",
                values={"visit_id": visit.id},
                note=visit.campaign.title,
                departments=place,
                of_departments=place,
            )
        yield Duty(
            key=f"visit:{visit.id}",
            title=_visit_title(visit),
            due=visit.planned_on or visit.campaign.to_day,
            endpoint=VISIT,
            values={"visit_id": visit.id},
            note=visit.campaign.title,
            persons=going,
            departments=frozenset() if going else place,
            of_departments=place,
        )


def _visit_title(visit: Visit) -> str:
    return gettext("クロスチェックで%(name)sを訪問する", name=visit.checked.name)
