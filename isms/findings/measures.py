"""What may happen to accident-prevention measures 事故防止策: set, changed, looked at again every so many months, ended."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import fn

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Permission, demand
from isms.core.references import next_ref
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.findings.models import Measure, MeasureReview
from isms.findings.rules import TEXT, seen_finding
from isms.findings.words import OUTCOMES
from isms.people.models import Department, Person
from isms.people.roster import on_day

LONGEST_INTERVAL = 60  # months


def get_measure(measure_id: int) -> Measure:
    """Give the measure; raises NotFound."""
    measure = Measure.get_or_none(Measure.id == measure_id)
    if measure is None:
        raise NotFound()
    return measure


def add_measure(
    *,
    hazard: str,
    measure: str,
    from_day: date,
    by: Actor,
    now: datetime,
    department_id: int | None = None,
    owner_id: int | None = None,
    review_months: int = 12,
    finding_id: int | None = None,
) -> Measure:
    """Set a measure against a hazard, from a day on; it may follow from a finding that the actor may read."""
    values = _checked(hazard, measure, department_id, owner_id, review_months, settings.today(now))
    if from_day > settings.today(now):
        raise Invalid({"from_day": gettext("先の日付です。始めた日を入力してください。")})
    with atomic():
        if finding_id is not None:
            seen_finding(finding_id, by=by)
        demand(by, Permission.MEASURES_EDIT, Measure(**values))
        made = Measure.create(ref=next_ref(Measure, "M", now), from_day=from_day, finding=finding_id, **values)
        trail.record(by, "measure.added", made, now, before=None, after=made.plain())
        return made


def change_measure(
    measure_id: int,
    *,
    hazard: str,
    measure: str,
    by: Actor,
    now: datetime,
    department_id: int | None = None,
    owner_id: int | None = None,
    review_months: int = 12,
    version: int | None = None,
) -> Measure:
    """Change a measure that holds and that nobody else changed meanwhile."""
    values = _checked(hazard, measure, department_id, owner_id, review_months, settings.today(now))
    with atomic():
        one = get_measure(measure_id)
        demand(by, Permission.MEASURES_EDIT, one)
        demand(by, Permission.MEASURES_EDIT, Measure(**values))
        _guard_standing(one)
        one.must_be_version(version)
        before = one.plain()
        one.change(**values)
        trail.record(by, "measure.changed", one, now, before=before, after=one.plain())
        return one


def review_measure(
    measure_id: int, *, outcome: str | None, text: str, by: Actor, now: datetime, day: date | None = None, new: str = ""
) -> MeasureReview:
    """Look at a measure again: keep it, revise it to the `new` words, or end it on the day (None: today)."""
    today = settings.today(now)
    when, wrong = day or today, {}
    if outcome not in OUTCOMES:
        wrong["outcome"] = gettext("見直しの結果を選んでください。")
    said = _text("text", text, wrong)
    revised = _text("new", new, wrong) if outcome == "revise" else ""
    with atomic():
        one = get_measure(measure_id)
        demand(by, Permission.MEASURES_REVIEW, one)
        _guard_standing(one)
        if not max(one.from_day, last_reviews([one.id]).get(one.id, date.min)) <= when <= today:
            wrong["day"] = gettext("前の見直しから今日までの日付を入力してください。")
        if wrong:
            raise Invalid(wrong)
        stamp = {"recorded_at": now, "recorded_by": by.id}
        review = MeasureReview.create(measure=one, day=when, outcome=outcome, text=said, **stamp)
        trail.record(by, "measure.reviewed", review, now, before=None, after=review.plain())
        if outcome != "keep":
            before = one.plain()
            one.change(**({"measure": revised} if outcome == "revise" else {"to_day": when}))
            trail.record(by, "measure.changed", one, now, before=before, after=one.plain())
        return review


def _guard_standing(measure: Measure) -> None:
    if measure.to_day is not None:
        raise Conflict(gettext("この事故防止策は終わっています。"))


def _checked(
    hazard: str, measure: str, department_id: int | None, owner_id: int | None, months: int | None, today: date
) -> dict[str, Any]:
    """Give the values as they are kept; Invalid with a message per field."""
    wrong: dict[str, str] = {}
    values = {"hazard": _text("hazard", hazard, wrong), "measure": _text("measure", measure, wrong)}
    if department_id is not None and not Department.select().where(Department.id == department_id).exists():
        wrong["department_id"] = gettext("部署を選んでください。")
    people = Person.select().where(Person.id == owner_id, on_day(Person, today))
    if owner_id is not None and not people.exists():
        wrong["owner_id"] = gettext("担当を職員から選んでください。")
    if months is None or not 1 <= months <= LONGEST_INTERVAL:
        most = LONGEST_INTERVAL
        wrong["review_months"] = gettext("見直しの間隔は 1 から %(most)s か月です。", most=most)
    if wrong:
        raise Invalid(wrong)
    return {**values, "department": department_id, "owner": owner_id, "review_months": months}


def _text(name: str, text: str, wrong: dict[str, str]) -> str:
    try:
        said = clean_text(text, TEXT, lines=True)
    except UnusableText as error:
        wrong[name] = str(error)
        return ""
    if not said:
        wrong[name] = gettext("内容を入力してください。")
    return said


def reviews_of(measure_id: int) -> list[MeasureReview]:
    """Give the reviews of a measure, the newest first."""
    query = MeasureReview.select().where(MeasureReview.measure == measure_id)
    return list(query.order_by(MeasureReview.day.desc(), MeasureReview.id.desc()))


def last_reviews(ids: Iterable[int]) -> dict[int, date]:
    """Give the day on which each measure was last looked at; one query."""
    query = MeasureReview.select(MeasureReview.measure, fn.MAX(MeasureReview.day).alias("last"))
    query = query.where(MeasureReview.measure.in_(list(ids))).group_by(MeasureReview.measure)
    return {row.measure_id: row.last for row in query}


def next_review(measure: Measure, last: date | None) -> date | None:
    """Give the day by which the measure is looked at again; None when it has ended."""
    if measure.to_day is not None:
        return None
    begin = last or measure.from_day
    months = begin.month - 1 + measure.review_months
    year, month = begin.year + months // 12, months % 12 + 1
    return date(year, month, min(begin.day, monthrange(year, month)[1]))
