"""What may happen to schedules: they are added, changed for what is still to come, and ended. And to closed days."""

import json
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from isms import trail
from isms.calendar import kinds
from isms.calendar.days import next_times
from isms.calendar.models import ClosedDays, Occurrence, Opening, Schedule
from isms.calendar.opening import get_schedule, open_occurrence, waiting
from isms.calendar.reading import read_words
from isms.calendar.recurrence import is_daily
from isms.calendar.words import OWNER_KINDS, PDCA
from isms.calendar.working import DAY_RULES, FARTHEST
from isms.catalogue.editions import Kind
from isms.catalogue.wording import adapted
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Invalid, NotFound
from isms.core.permissions import SYSTEM, Actor, Role
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.people.models import Department, Person

TITLE, NOTE, WORDS = 200, 5000, 100  # characters at most
LONGEST_LEAD = 366  # days


def add_schedule(
    *,
    kind: str,
    title: str,
    words: str,
    from_day: date,
    to_day: date | None = None,
    day_rule: str | None = None,
    lead_days: int = 14,
    pdca: str = "D",
    owner_kind: str,
    person_id: int | None = None,
    department_id: int | None = None,
    role: str = "",
    controls: Iterable[tuple[str, str]] = (),
    about: str = "",
    note: str = "",
    by: Actor,
    now: datetime,
) -> Schedule:
    """Add a schedule; of a first day that has gone only what is due from today on is made.

    Without a `day_rule` the one that the words imply counts, else the day as it is.
    """
    given = dict(locals())
    with atomic():
        values = checked({name: given[name] for name in FIELDS} | {"kind": kind})
        schedule = begun(values, settings.today(now))
        schedule.save(force_insert=True)
        trail.record(by, "schedule.added", schedule, now, before=None, after=schedule.plain())
        return schedule


def begun(values: dict[str, Any], today: date) -> Schedule:
    """Give the schedule as it would be added, without adding it."""
    schedule = Schedule(**values, since=values["from_day"])
    if kinds.is_kept(schedule):
        schedule.since = max(schedule.from_day, today)
    return schedule


FIELDS = (
    *("title", "words", "from_day", "to_day", "day_rule", "lead_days", "pdca", "owner_kind", "person_id"),
    *("department_id", "role", "controls", "about", "note"),
)


def change_schedule(
    schedule_id: int, *, version: int | None = None, by: Actor, now: datetime, **values: Any
) -> Schedule:
    """Change a schedule for what is still to come; what has opened stays as it is. Its kind never changes."""
    with atomic():
        schedule = get_schedule(schedule_id)
        schedule.must_be_version(version)
        open_waiting(schedule, now)
        before = schedule.plain()
        entered = as_entered(schedule) | {"controls": controls_of(schedule)}
        kept = checked({**entered, **values, "kind": schedule.kind})
        if (kept["rrule"], kept["from_day"]) != (schedule.rrule, schedule.from_day):
            kept["since"] = max(kept["from_day"], settings.today(now), _after_opened(schedule))
        schedule.change(**kept)
        trail.record(by, "schedule.changed", schedule, now, before=before, after=schedule.plain())
        return schedule


def end_schedule(schedule_id: int, *, to_day: date, version: int | None = None, by: Actor, now: datetime) -> Schedule:
    """End a schedule: nothing of it comes after the day, which is not before yesterday."""
    with atomic():
        schedule = get_schedule(schedule_id)
        schedule.must_be_version(version)
        if to_day < max(schedule.from_day, settings.today(now)) - timedelta(days=1):
            raise Invalid({"to_day": gettext("始まりの日と昨日より前の日には終えられません。")})
        open_waiting(schedule, now)
        before = schedule.plain()
        schedule.change(to_day=to_day)
        trail.record(by, "schedule.ended", schedule, now, before=before, after=schedule.plain())
        return schedule


def open_waiting(schedule: Schedule, now: datetime) -> None:
    """Open what the schedule's rule has given by today, before the rule changes, in the rule's transaction."""
    for time in waiting(settings.today(now), schedule.id):
        open_occurrence(schedule.id, time.nominal, by=SYSTEM, now=now)


def _after_opened(schedule: Schedule) -> date:
    """Give the first day that is later than all that has opened."""
    opened = Occurrence.select(fn.MAX(Occurrence.nominal)).join(Opening).where(Occurrence.schedule == schedule)
    last = opened.scalar()
    return date.min if last is None else last + timedelta(days=1)


def as_entered(schedule: Schedule) -> dict[str, Any]:
    """Give the schedule as its form takes it, but for the controls; no `day_rule` where the words imply it."""
    values = {name: getattr(schedule, name) for name in FIELDS if name != "controls"}
    if schedule.day_rule == (read_words(schedule.words).day_rule or "as_is"):
        values["day_rule"] = None
    return values


def controls_of(schedule: Schedule) -> list[tuple[str, str]]:
    """Give what the schedule proves, as it was entered: (edition, key)."""
    return [(edition, key) for edition, key in json.loads(schedule.controls)]


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """Give the values as they are kept; raises Invalid with a message per field."""
    wrong: dict[str, Any] = {}
    values = {name: value for name, value in given.items() if name not in ("person_id", "department_id", "controls")}
    for name, most in (("title", TITLE), ("note", NOTE), ("words", WORDS)):
        try:
            values[name] = clean_text(given[name], most, lines=name == "note")
        except UnusableText as error:
            wrong[name] = str(error)
    if not values.get("title"):
        wrong.setdefault("title", gettext("件名を入力してください。"))
    if given["kind"] not in kinds.KINDS:
        wrong["kind"] = gettext("種類を選んでください。")
    if given["pdca"] not in PDCA:
        wrong["pdca"] = gettext("PDCA を選んでください。")
    if not 0 <= given["lead_days"] <= LONGEST_LEAD:
        wrong["lead_days"] = gettext("%(low)s から %(high)s までの整数を入力してください。", low=0, high=LONGEST_LEAD)
    if given["to_day"] is not None and given["to_day"] < given["from_day"]:
        wrong["to_day"] = gettext("終わりの日が始まりの日より前です。")
    if given["kind"] == "register_review" and given["about"] not in kinds.REGISTERS:
        wrong["about"] = gettext("見直す台帳を選んでください。")
    for check in (_rule, _owner, _controls):
        try:
            values |= check(given)
        except Invalid as error:
            wrong = dict(error.fields) | wrong
    if wrong:
        raise Invalid(wrong)
    return values


def _rule(given: dict[str, Any]) -> dict[str, Any]:
    read = read_words(given["words"])
    rule = given["day_rule"] or read.day_rule or "as_is"
    if rule not in DAY_RULES:
        raise Invalid({"day_rule": gettext("選択肢から選んでください。")})
    if is_daily(read.rrule) and rule in ("before", "after"):
        raise Invalid({"day_rule": gettext("毎日の予定は、休みの日をほかの日に移せません。")})
    if read.day_rule == "skip":
        rule = "skip"
    values = {"rrule": read.rrule, "whole_month": read.whole_month, "day_rule": rule}
    first, last = given["from_day"], given["to_day"]
    if not next_times(Schedule(from_day=first, to_day=last, since=first, **values), first, 1):
        raise Invalid({"words": gettext("始まりの日から終わりの日までに、一度も行われません。")})
    return values


def _owner(given: dict[str, Any]) -> dict[str, Any]:
    """Give the owner that the kind of owner asks for, and no other."""
    kind = given["owner_kind"]
    values: dict[str, Any] = {"person": None, "department": None, "role": ""}
    if kind not in OWNER_KINDS:
        raise Invalid({"owner_kind": gettext("担当の決め方を選んでください。")})
    if kind == "person":
        if Person.get_or_none(Person.id == given["person_id"]) is None:
            raise Invalid({"person_id": gettext("担当する職員を選んでください。")})
        return values | {"person": given["person_id"], "department": given["department_id"]}
    if kind == "head":
        if Department.get_or_none(Department.id == given["department_id"]) is None:
            raise Invalid({"department_id": gettext("部署を選んでください。")})
        return values | {"department": given["department_id"]}
    if given["role"] not in set(Role) - {Role.AUDITOR}:
        raise Invalid({"role": gettext("役割を選んでください。")})
    return values | {"role": str(given["role"])}


def _controls(given: dict[str, Any]) -> dict[str, Any]:
    listed = sorted({(str(edition), str(key)) for edition, key in given["controls"]})
    for edition, key in listed:
        requirement = adapted(edition).find(key)
        if requirement is None or requirement.kind is Kind.HEADING:
            raise Invalid({"controls": gettext("%(edition)s に %(key)s はありません。", edition=edition, key=key)})
    return {"controls": json.dumps(listed)}


def get_closed_days(closed_id: int) -> ClosedDays:
    """Give the closed days; raises NotFound."""
    row = ClosedDays.get_or_none(ClosedDays.id == closed_id)
    if row is None:
        raise NotFound()
    return row


def add_closed_days(
    *, name: str, from_day: date, to_day: date | None = None, yearly: bool = False, by: Actor, now: datetime
) -> ClosedDays:
    """Close the organisation on days beside its weekends and public holidays; `yearly` ones come back each year."""
    with atomic():
        row = ClosedDays.create(**_closing(name, from_day, to_day or from_day), yearly=yearly)
        trail.record(by, "closed_days.added", row, now, before=None, after=row.plain())
        return row


def change_closed_days(
    closed_id: int, *, version: int | None = None, by: Actor, now: datetime, **values: Any
) -> ClosedDays:
    """Change closed days; what is due already keeps its day."""
    with atomic():
        row = get_closed_days(closed_id)
        row.must_be_version(version)
        before = row.plain()
        given = {**row.__data__, **values}
        kept = _closing(given["name"], given["from_day"], given["to_day"] or given["from_day"])
        row.change(**kept, yearly=given["yearly"])
        trail.record(by, "closed_days.changed", row, now, before=before, after=row.plain())
        return row


def end_closed_days(
    closed_id: int, *, last_day: date, version: int | None = None, by: Actor, now: datetime
) -> ClosedDays:
    """Let closed days close nothing after a day; before their first day: they never closed anything."""
    with atomic():
        row = get_closed_days(closed_id)
        row.must_be_version(version)
        before = row.plain()
        row.change(last_day=last_day)
        trail.record(by, "closed_days.ended", row, now, before=before, after=row.plain())
        return row


def _closing(name: str, from_day: date, to_day: date) -> dict[str, Any]:
    wrong = {}
    try:
        name = clean_text(name, TITLE)
    except UnusableText as error:
        wrong["name"] = str(error)
    if not name:
        wrong["name"] = gettext("名前を入力してください。")
    if to_day < from_day:
        wrong["to_day"] = gettext("終わりの日が始まりの日より前です。")
    elif (to_day - from_day).days >= FARTHEST // 2:
        wrong["to_day"] = gettext("%(most)s日までの期間を入力してください。", most=FARTHEST // 2)
    if wrong:
        raise Invalid(wrong)
    return {"name": name, "from_day": from_day, "to_day": to_day}
