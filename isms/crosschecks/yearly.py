"""The cross-check comes round by the calendar: opening its time plans the campaign of the fiscal year."""

from datetime import datetime
from typing import Any

from isms import trail
from isms.calendar import kinds, plan
from isms.calendar import rules as calendar
from isms.calendar.models import Occurrence
from isms.checklists import rules as checklists
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import fiscal_year
from isms.core.errors import Conflict
from isms.core.permissions import SYSTEM, Actor
from isms.core.words import lazy_gettext
from isms.crosschecks import campaigns, plans
from isms.crosschecks.models import Campaign

KIND = "crosscheck"


def opened(occurrence: Occurrence, now: datetime) -> None:
    """Plan the campaign of the occurrence's fiscal year, its pairs too, unless there is one; that one then goes by it.

    Without a checklist for it there is nothing to plan yet: the occurrence stays open and asks the officers.
    """
    first = occurrence.due.replace(day=1)
    with atomic():
        there = campaign_of_year(year_of(occurrence))
        if there is not None:
            _go_by(there, occurrence, now)
            return
        checklist_id = _checklist_id(now)
        if checklist_id is None:
            return
        made = campaigns.add_campaign(
            title=occurrence.schedule.title,
            from_day=first,
            to_day=occurrence.due,
            checklist_id=checklist_id,
            occurrence_id=occurrence.id,
            by=SYSTEM,
            now=now,
        )
        try:
            plans.draw(made.id, by=SYSTEM, now=now)
        except Conflict:  # the page of the plan says why there is none
            return


def _go_by(campaign: Campaign, occurrence: Occurrence, now: datetime) -> None:
    """Let a campaign that was planned by hand go by the occurrence, unless it goes by another one."""
    if campaign.occurrence_id is None:
        before = campaign.plain()
        campaign.change(occurrence=occurrence.id)
        trail.record(SYSTEM, "campaign.changed", campaign, now, before=before, after=campaign.plain())


def year_of(occurrence: Occurrence) -> int:
    """Give the fiscal year whose campaign goes by the occurrence."""
    return fiscal_year(occurrence.due, settings.get("fiscal_year_start_month"))


def campaign_of_year(year: int) -> Campaign | None:
    """Give the campaign of a fiscal year that was not cancelled."""
    ends = campaigns.newest_steps()
    found = (one for one in Campaign.select().where(Campaign.fiscal_year == year) if ends[one.id].kind != "cancelled")
    return next(found, None)


def _checklist_id(now: datetime) -> int | None:
    """Give the checklist used last, else the first that there is; with items, and in use today."""
    newest = Campaign.select().order_by(Campaign.id.desc()).first()
    last = checklists.get_version(newest.list_version_id).checklist_id if newest else None
    ids = [one.id for one in checklists.checklists("crosscheck", settings.today(now))]
    usable = [i for i in ids if checklists.items_of(checklists.newest_version(i).id)]
    return last if last in usable else next(iter(usable), None)


def work(occurrence: Occurrence) -> tuple[str, dict[str, Any]]:
    """Give where the occurrence is done: at its campaign, else where one is planned."""
    campaign = campaign_of_year(year_of(occurrence))
    if campaign is None:
        return "crosschecks.new_campaign", {}
    return "crosschecks.campaign", {"campaign_id": campaign.id}


def finish(campaign: Campaign, evidence_id: int, *, by: Actor, now: datetime) -> None:
    """Say that the times of the calendar in the campaign's year are done, with its report; not what ended otherwise."""
    today = settings.today(now)
    for one in plan.open_now(today, [KIND]):
        if one.occurrence is not None and campaign.fiscal_year == year_of(one.occurrence):
            calendar.finish(one.occurrence.id, day=today, text=campaign.ref, evidence_id=evidence_id, by=by, now=now)


kinds.declare(KIND, lazy_gettext("クロスチェック"), opened=opened, work=work)
