"""Whom a department sends on its visit, and on which day; its head says so."""

from collections.abc import Collection
from datetime import date, datetime

from peewee import ModelSelect

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Actor, Permission, demand
from isms.core.words import gettext
from isms.crosschecks import standing
from isms.crosschecks.models import Visit, VisitMember
from isms.crosschecks.plans import change_visit
from isms.people.models import Membership, Person
from isms.people.roster import on_day


def sending_visit(visit_id: int, *, by: Actor) -> Visit:
    """Give the visit to the head of the department that checks, or to an officer; raises NotFound for anyone else."""
    visit = standing.get_visit(visit_id)
    demand(by, Permission.CROSSCHECKS_SEND, visit)
    return visit


def eligible(visit: Visit, day: date) -> ModelSelect:
    """Give the people of the checking department on the day."""
    there = Membership.select(Membership.person).where(Membership.department == visit.checker, on_day(Membership, day))
    return Person.select().where(Person.id.in_(there), on_day(Person, day)).order_by(Person.kana, Person.number)


def named(visit_id: int) -> list[int]:
    """Give the ids of the people who are sent."""
    query = VisitMember.select(VisitMember.person).where(VisitMember.visit == visit_id, VisitMember.in_use)
    return [person_id for (person_id,) in query.order_by(VisitMember.person).tuples()]


def name_visitors(
    visit_id: int,
    *,
    person_ids: Collection[int],
    planned_on: date | None = None,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> Visit:
    """Say who goes and on which day of the campaign, as long as the visit is not finished."""
    with atomic():
        visit = sending_visit(visit_id, by=by)
        visit.must_be_version(version)
        if standing.state_of(visit) not in ("planned", "open"):
            raise Conflict(gettext("この訪問は終わっているため、訪問者を変えられません。"))
        _guard(visit, person_ids, planned_on, now)
        if visit.planned_on != planned_on:
            change_visit(visit, by, now, planned_on=planned_on)
        rows = {row.person_id: row for row in VisitMember.select().where(VisitMember.visit == visit)}
        for person_id in sorted({*rows, *person_ids}):
            _send(visit, person_id, rows.get(person_id), person_id in person_ids, by, now)
        return visit


def _guard(visit: Visit, person_ids: Collection[int], planned_on: date | None, now: datetime) -> None:
    wrong = {}
    there = {person.id for person in eligible(visit, settings.today(now))}
    if not person_ids or not there.issuperset(person_ids):
        wrong["person_ids"] = gettext("点検する部署の職員から選んでください。")
    if planned_on is not None and not visit.campaign.from_day <= planned_on <= visit.campaign.to_day:
        wrong["planned_on"] = gettext("クロスチェックの期間の日付を入力してください。")
    if wrong:
        raise Invalid(wrong)


def _send(visit: Visit, person_id: int, row: VisitMember | None, wanted: bool, by: Actor, now: datetime) -> None:
    if row is None:
        made = VisitMember.create(visit=visit, person=person_id)
        trail.record(by, "visit.member_named", made, now, before=None, after=made.plain())
    elif row.in_use != wanted:
        before = row.plain()
        row.change(in_use=wanted)
        trail.record(by, "visit.member_changed", row, now, before=before, after=row.plain())
