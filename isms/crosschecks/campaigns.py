"""What may happen to a campaign: planned for the departments of a year, begun, closed with its report, or cancelled."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from peewee import ModelSelect

from isms import trail
from isms.catalogue import rules as catalogue
from isms.checklists import rules as checklists
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import fiscal_year
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.references import next_ref
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.crosschecks import standing
from isms.crosschecks.models import Campaign, CampaignDepartment, CampaignStep, Visit
from isms.evidence.rules import check_controls
from isms.people.departments import departments
from isms.people.models import Department
from isms.people.roster import add_members

DEFAULT_EDITION, DEFAULT_KEYS = "iso27001-2022", ("A.5.35", "A.5.36", "A.7.7")
TITLE, TEXT = 200, 2000  # characters at most
Controls = Sequence[tuple[str, str]]  # edition, key


def get_campaign(campaign_id: int) -> Campaign:
    """Give the campaign; raises NotFound."""
    found = Campaign.get_or_none(Campaign.id == campaign_id)
    if found is None:
        raise NotFound()
    return found


def readable(by: Actor) -> ModelSelect:
    """Give the query of the campaigns that the actor may read: all, or those in which an own department takes part."""
    query = Campaign.select()
    if Scope.ALL in scopes_of(by, Permission.CROSSCHECKS_READ):
        return query
    taking_part = CampaignDepartment.select(CampaignDepartment.campaign)
    return query.where(Campaign.id.in_(taking_part.where(CampaignDepartment.department.in_(places_of(by)))))


def places_of(by: Actor) -> list[int]:
    """Give the departments whose visits the actor may know of: those that the person heads or belongs to."""
    own = [] if by.department_id is None else [by.department_id]
    return sorted({*by.heads, *own})


def seen_campaign(campaign_id: int, *, by: Actor) -> Campaign:
    """Give the campaign to an actor who may read it; raises NotFound for anyone else."""
    found = readable(by).where(Campaign.id == campaign_id).first()
    if found is None:
        raise NotFound()
    return found


def steps_of(campaign_id: int) -> list[CampaignStep]:
    """Give what happened to the campaign, in order."""
    return list(CampaignStep.select().where(CampaignStep.campaign == campaign_id).order_by(CampaignStep.id))


def newest_steps() -> dict[int, CampaignStep]:
    """Give the step of each campaign that decides where it stands; one query."""
    return {step.campaign_id: step for step in CampaignStep.select().order_by(CampaignStep.id)}


def state_of(campaign_id: int) -> str:
    """Tell where the campaign stands: planned, begun, closed or cancelled."""
    return standing.newest(CampaignStep, CampaignStep.campaign, campaign_id)


def is_open(campaign_id: int) -> bool:
    """Tell whether answers to the campaign are taken."""
    return state_of(campaign_id) == "begun"


def departments_of(campaign_id: int) -> list[CampaignDepartment]:
    """Give the departments that take part, by code, without those that left."""
    query = CampaignDepartment.select(CampaignDepartment, Department).join(Department)
    query = query.where(CampaignDepartment.campaign == campaign_id, CampaignDepartment.left_on.is_null())
    return list(query.order_by(Department.code, Department.id))


def controls_of(campaign: Campaign) -> list[tuple[str, str]]:
    """Give the requirements (edition, key) that the campaign proves, beside those of its items."""
    return [(edition, key) for edition, key in json.loads(campaign.controls)]


def default_controls(day: date) -> list[tuple[str, str]]:
    """Give what a cross-check proves by itself, in the edition in force on the day."""
    edition, standards = catalogue.edition_on(day), catalogue.standards()
    wanted = [row for key in DEFAULT_KEYS if (row := standards.edition(DEFAULT_EDITION).find(key)) is not None]
    rows = wanted if edition.id == DEFAULT_EDITION else [old for row in wanted for old in standards.predecessors(row)]
    return list(dict.fromkeys((row.edition, row.key) for row in rows if row.edition == edition.id))


def add_campaign(
    *,
    title: str,
    from_day: date,
    to_day: date,
    checklist_id: int,
    department_ids: Collection[int] | None = None,
    controls: Controls | None = None,
    memory_years: int = 3,
    reply_days: int = 14,
    seed: int = 1,
    occurrence_id: int | None = None,
    by: Actor,
    now: datetime,
) -> Campaign:
    """Plan a campaign on the newest version of a checklist, for some departments or all of its first day; no pairs yet."""
    wanted = default_controls(from_day) if controls is None else controls
    values = _checked(title, from_day, to_day, wanted, memory_years, reply_days)
    with atomic():
        _guard_year(values["fiscal_year"])
        version = checklists.newest_version(checklist_id)
        made = Campaign.create(
            **values, ref=next_ref(Campaign, "CC", now), list_version=version.id, seed=seed, occurrence=occurrence_id
        )
        trail.record(by, "campaign.planned", made, now, before=None, after=made.plain())
        everybody = [row.id for row in departments(from_day)]
        _take_part(made, everybody if department_ids is None else department_ids, by, now)
        step(made, "planned", "", by, now)
        return made


def change_campaign(
    campaign_id: int,
    *,
    title: str,
    from_day: date,
    to_day: date,
    checklist_id: int,
    department_ids: Collection[int],
    controls: Controls,
    memory_years: int,
    reply_days: int,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> Campaign:
    """Change a campaign that is being planned, which nobody else changed meanwhile."""
    values = _checked(title, from_day, to_day, controls, memory_years, reply_days)
    with atomic():
        campaign = planned(campaign_id)
        campaign.must_be_version(version)
        if values["fiscal_year"] != campaign.fiscal_year:
            _guard_year(values["fiscal_year"])
        newest = checklists.newest_version(checklist_id)
        before = campaign.plain()
        campaign.change(**values, list_version=newest.id)
        trail.record(by, "campaign.changed", campaign, now, before=before, after=campaign.plain())
        _take_part(campaign, department_ids, by, now)
        return campaign


def planned(campaign_id: int) -> Campaign:
    """Give a campaign that has not begun; raises Conflict for any other."""
    return _in_state(campaign_id, "planned", gettext("このクロスチェックは計画中ではないため、変えられません。"))


def running(campaign_id: int) -> Campaign:
    """Give a campaign that has begun and not ended; raises Conflict for any other."""
    return _in_state(campaign_id, "begun", gettext("このクロスチェックは実施中ではありません。"))


def _in_state(campaign_id: int, state: str, otherwise: str) -> Campaign:
    campaign = get_campaign(campaign_id)
    if state_of(campaign_id) != state:
        raise Conflict(otherwise)
    return campaign


def _guard_year(year: int) -> None:
    """Refuse a second campaign of a fiscal year, unless the first was cancelled."""
    steps = newest_steps()
    for one in Campaign.select().where(Campaign.fiscal_year == year):
        if steps[one.id].kind != "cancelled":
            raise Conflict(gettext("この年度のクロスチェック（%(ref)s）がすでにあります。", ref=one.ref))


def _take_part(campaign: Campaign, wanted: Collection[int], by: Actor, now: datetime) -> None:
    """Let exactly these departments take part, with the sizes that they have now."""
    known = list(departments().where(Department.id.in_(sorted(wanted))))
    if not known:
        raise Invalid({"department_ids": gettext("参加する部署を選んでください。")})
    add_members(known, campaign.from_day)
    sizes = {one.id: one.members for one in known}
    rows = {
        row.department_id: row for row in CampaignDepartment.select().where(CampaignDepartment.campaign == campaign)
    }
    for row in rows.values():
        here = row.department_id in sizes
        size = sizes.get(row.department_id, row.size)
        left_on = None if here else row.left_on or settings.today(now)
        if (row.size, row.left_on) != (size, left_on):
            change_department(row, by, now, size=size, left_on=left_on, reason="")
    for department_id in sorted(set(sizes) - set(rows)):
        made = CampaignDepartment.create(campaign=campaign, department=department_id, size=sizes[department_id])
        trail.record(by, "campaign.department_added", made, now, before=None, after=made.plain())


def change_department(row: CampaignDepartment, by: Actor, now: datetime, **values: Any) -> None:
    """Change how a department takes part."""
    with atomic():
        before = row.plain()
        row.change(**values)
        trail.record(by, "campaign.department_changed", row, now, before=before, after=row.plain())


def begin(campaign_id: int, *, by: Actor, now: datetime) -> Campaign:
    """Begin a planned campaign whose pairs are complete: its checklist is frozen, its visits are open."""
    with atomic():
        campaign = planned(campaign_id)
        wanted = {row.department_id for row in departments_of(campaign_id)}
        visits = list(visits_of(campaign_id))
        if not visits or {v.checker_id for v in visits} != wanted or {v.checked_id for v in visits} != wanted:
            raise Conflict(gettext("組み合わせがまだ決まっていません。組み合わせてから開始してください。"))
        checklists.freeze(campaign.list_version_id, by=by, now=now)
        step(campaign, "begun", "", by, now)
        return campaign


def cancel(campaign_id: int, *, text: str, by: Actor, now: datetime) -> Campaign:
    """Cancel a campaign that was not closed, saying why; its visits end, what was found stays.

    The time of the calendar that it went by waits for another one.
    """
    said = cleaned("text", text, TEXT, lines=True, empty=gettext("理由を入力してください。"))
    with atomic():
        campaign = get_campaign(campaign_id)
        if state_of(campaign_id) in standing.OVER:
            raise Conflict(gettext("このクロスチェックはすでに終わっています。"))
        step(campaign, "cancelled", said, by, now)
        if campaign.occurrence_id is not None:
            before = campaign.plain()
            campaign.change(occurrence=None)
            trail.record(by, "campaign.changed", campaign, now, before=before, after=campaign.plain())
        return campaign


def step(
    campaign: Campaign, kind: str, text: str, by: Actor, now: datetime, evidence_id: int | None = None
) -> CampaignStep:
    """Append what happened to the campaign."""
    facts = {"day": settings.today(now), "text": text, "recorded_at": now, "recorded_by": by.id}
    with atomic():
        row = CampaignStep.create(campaign=campaign, kind=kind, evidence=evidence_id, **facts)
        trail.record(by, f"campaign.{kind}", row, now, before=None, after=row.plain())
        return row


def visits_of(campaign_id: int) -> ModelSelect:
    """Give the query of the campaign's pairs that count, without those of earlier plans."""
    return Visit.select().where(Visit.campaign == campaign_id, Visit.in_use).order_by(Visit.id)


def _checked(
    title: str, from_day: date, to_day: date, controls: Controls, memory_years: int, reply_days: int
) -> dict[str, Any]:
    wrong: dict[str, Any] = {}
    if to_day < from_day:
        wrong["to_day"] = gettext("終わりの日が始まりの日より前です。")
    if not 0 <= memory_years <= 30:
        wrong["memory_years"] = gettext("%(low)s から %(high)s までの整数を入力してください。", low=0, high=30)
    if not 1 <= reply_days <= 180:
        wrong["reply_days"] = gettext("%(low)s から %(high)s までの整数を入力してください。", low=1, high=180)
    kept: list[tuple[str, str]] = []
    try:
        title = cleaned("title", title, TITLE, empty=gettext("名前を入力してください。"))
        kept = check_controls(controls)
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(wrong)
    return {
        "title": title,
        "fiscal_year": fiscal_year(from_day, settings.get("fiscal_year_start_month")),
        "from_day": from_day,
        "to_day": to_day,
        "controls": json.dumps(kept, ensure_ascii=False),
        "memory_years": memory_years,
        "reply_days": reply_days,
    }


def cleaned(name: str, text: str, most: int, *, lines: bool = False, empty: str) -> str:
    """Give the text as it is kept; raises Invalid, with the message given for an empty one."""
    try:
        kept = clean_text(text, most, lines=lines)
    except UnusableText as error:
        raise Invalid({name: str(error)}) from error
    if not kept:
        raise Invalid({name: empty})
    return kept
