"""Setting up daily checks: what is looked at, in which departments, by whom, until what hour."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from peewee import fn

from isms import trail
from isms.calendar import rules as calendar
from isms.checklists import rules as checklists
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Invalid, NotFound
from isms.core.look import short_day
from isms.core.permissions import Actor
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.dailychecks import words  # noqa: F401  the verbs of the trail
from isms.dailychecks.expected import get_daily
from isms.dailychecks.models import DailyCheck, DailyDuty, DailyRecord
from isms.evidence.rules import check_controls
from isms.people.departments import get_department
from isms.people.models import Membership
from isms.people.roster import on_day

TITLE = 100  # characters at most
Controls = Sequence[tuple[str, str]]  # edition, key


def add_check(
    *,
    title: str,
    checklist_id: int,
    controls: Controls,
    department_ids: Iterable[int],
    from_day: date,
    due_hour: int = 10,
    by: Actor,
    now: datetime,
) -> DailyCheck:
    """Begin a daily check on every working day from a day on, in departments where anybody may do it at first."""
    name, version_id = _title(title), _version(checklist_id)
    wanted, places = check_controls(controls), list(dict.fromkeys(department_ids))
    if not places:
        raise Invalid({"department_ids": gettext("部署を一つ以上選んでください。")})
    _guard_hour(due_hour)
    earliest = settings.today(now) - timedelta(days=settings.get("daily_backfill_days"))
    if from_day < earliest:  # nobody could make up for the days before
        raise Invalid({"from_day": gettext("%(day)s 以降の日を入力してください。", day=short_day(earliest))})
    with atomic():
        checklists.freeze(version_id, by=by, now=now)
        schedule = calendar.add_schedule(
            kind="daily_check", title=name, words=gettext("毎営業日"), from_day=from_day, day_rule="skip", lead_days=0, pdca="D",
            owner_kind="role", role="officer", controls=wanted, by=by, now=now,
        )  # fmt: skip
        daily = DailyCheck.create(
            title=name, list_version=version_id, schedule=schedule.id, due_hour=due_hour, from_day=from_day
        )
        trail.record(by, "daily_check.added", daily, now, before=None, after=daily.plain())
        for department_id in places:
            _add_duty(daily, department_id, from_day, None, None, by, now)
        return get_daily(daily.id)


def change_check(
    daily_id: int,
    *,
    title: str,
    checklist_id: int,
    controls: Controls,
    due_hour: int,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> DailyCheck:
    """Change a check; it takes the newest version of its checklist."""
    name, version_id, wanted = _title(title), _version(checklist_id), check_controls(controls)
    _guard_hour(due_hour)
    with atomic():
        daily = get_daily(daily_id)
        daily.must_be_version(version)
        checklists.freeze(version_id, by=by, now=now)
        calendar.change_schedule(daily.schedule_id, title=name, controls=wanted, by=by, now=now)
        _change(daily, "daily_check.changed", by, now, title=name, list_version=version_id, due_hour=due_hour)
        return get_daily(daily_id)


def end_check(daily_id: int, *, to_day: date, version: int | None = None, by: Actor, now: datetime) -> DailyCheck:
    """Let a check end with a day, on or after the last one that was recorded."""
    with atomic():
        daily = get_daily(daily_id)
        daily.must_be_version(version)
        if to_day < daily.from_day - timedelta(days=1):
            raise Invalid({"to_day": gettext("終わりの日が始まりの日より前です。")})
        _guard_recorded(DailyRecord.daily == daily_id, to_day)
        calendar.end_schedule(daily.schedule_id, to_day=to_day, by=by, now=now)
        _change(daily, "daily_check.changed", by, now, to_day=to_day)
        return daily


def set_duty(
    daily_id: int,
    department_id: int,
    *,
    person_id: int | None = None,
    deputy_id: int | None = None,
    from_day: date | None = None,
    by: Actor,
    now: datetime,
) -> DailyDuty:
    """Say who does the check in a department from a day on (today); nobody named means anybody of it.

    A department that did not take part does from then on.
    """
    day = from_day or settings.today(now)
    with atomic():
        daily = get_daily(daily_id)
        _guard_persons(get_department(department_id).id, person_id, deputy_id, day)
        old = find_duty(daily_id, department_id, day)
        if old is None:
            return _add_duty(daily, department_id, max(day, daily.from_day), person_id, deputy_id, by, now)
        if (old.person_id, old.deputy_id) == (person_id, deputy_id):
            return old
        if old.from_day >= day:
            return _change(old, "daily_duty.changed", by, now, person=person_id, deputy=deputy_id)
        last = old.to_day
        _change(old, "daily_duty.changed", by, now, to_day=day - timedelta(days=1))
        return _add_duty(daily, department_id, day, person_id, deputy_id, by, now, to_day=last)


def end_duty(daily_id: int, department_id: int, *, to_day: date, by: Actor, now: datetime) -> DailyDuty:
    """Let a department take part until a day only, on or after the last one that it recorded."""
    with atomic():
        duty = find_duty(daily_id, department_id, to_day)
        if duty is None:
            raise NotFound()
        if to_day < duty.from_day - timedelta(days=1):
            raise Invalid({"to_day": gettext("終わりの日が始まりの日より前です。")})
        _guard_recorded((DailyRecord.daily == daily_id) & (DailyRecord.department == department_id), to_day)
        return _change(duty, "daily_duty.changed", by, now, to_day=to_day)


def find_duty(daily_id: int, department_id: int, day: date) -> DailyDuty | None:
    """Find the department's part on the day or, when there is none, the next one."""
    query = DailyDuty.select().where(DailyDuty.daily == daily_id, DailyDuty.department == department_id)
    query = query.where(DailyDuty.to_day.is_null() | (DailyDuty.to_day >= day))
    return query.order_by(DailyDuty.from_day, DailyDuty.id).first()


def _add_duty(
    daily: DailyCheck,
    department_id: int,
    from_day: date,
    person_id: int | None,
    deputy_id: int | None,
    by: Actor,
    now: datetime,
    to_day: date | None = None,
) -> DailyDuty:
    place = get_department(department_id)
    made = DailyDuty.create(
        daily=daily.id, department=place.id, person=person_id, deputy=deputy_id, from_day=from_day, to_day=to_day
    )
    trail.record(by, "daily_duty.added", made, now, before=None, after=made.plain())
    return made


def _change(row: Any, verb: str, by: Actor, now: datetime, **values: Any) -> Any:
    before = row.plain()
    row.change(**values)
    trail.record(by, verb, row, now, before=before, after=row.plain())
    return row


def _title(title: str) -> str:
    try:
        name = clean_text(title, TITLE)
    except UnusableText as error:
        raise Invalid({"title": str(error)}) from error
    if not name:
        raise Invalid({"title": gettext("名前を入力してください。")})
    return name


def _version(checklist_id: int) -> int:
    """Give the newest version of a checklist for daily checks."""
    if checklists.get_checklist(checklist_id).purpose != "daily":
        raise Invalid({"checklist_id": gettext("日常点検の点検表を選んでください。")})
    return int(checklists.newest_version(checklist_id).id)


def _guard_hour(hour: int) -> None:
    if not 1 <= hour <= 24:
        raise Invalid({"due_hour": gettext("1 から 24 までの整数を入力してください。")})


def _guard_recorded(of: Any, to_day: date) -> None:
    """Refuse an end before a day that was recorded."""
    last = DailyRecord.select(fn.MAX(DailyRecord.day)).where(of).scalar()
    if last is not None and last > to_day:
        raise Invalid(
            {"to_day": gettext("%(day)s の記録があります。その日以降を入力してください。", day=short_day(last))}
        )


def _guard_persons(department_id: int, person_id: int | None, deputy_id: int | None, day: date) -> None:
    """Refuse persons who are not of the department on the day, and a deputy for nobody or for the deputy."""
    wrong: dict[str, str] = {}
    members = Membership.select(Membership.person).where(
        Membership.department == department_id, on_day(Membership, day)
    )
    of_it = {member for (member,) in members.tuples()}
    for name, one in (("person_id", person_id), ("deputy_id", deputy_id)):
        if one is not None and one not in of_it:
            wrong[name] = gettext("その部署の職員から選んでください。")
    if deputy_id is not None and deputy_id == person_id:
        wrong["deputy_id"] = gettext("担当と別の人を選んでください。")
    if deputy_id is not None and person_id is None:
        wrong["person_id"] = gettext("代理を決めるときは、担当も選んでください。")
    if wrong:
        raise Invalid(wrong)
