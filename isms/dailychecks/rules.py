"""What may happen to a day's check: a department records it, corrects it, makes up for a day that was left out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from isms import trail
from isms.checklists.models import ChecklistItem
from isms.checklists.rules import controls_of, items_of
from isms.core import settings
from isms.core.blobs import Readable
from isms.core.database import atomic
from isms.core.days import local_day, start_of_day
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.kinds import Unfit
from isms.core.look import moment, short_day
from isms.core.permissions import Actor, Permission, demand
from isms.core.photos import clean_photo
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.dailychecks import days, words  # noqa: F401  the verbs of the trail
from isms.dailychecks.expected import due_days, get_daily
from isms.dailychecks.models import DailyAnswer, DailyCheck, DailyDuty, DailyMonth, DailyRecord
from isms.dailychecks.rates import Rate, rate, rates
from isms.evidence.files import Kept, Upload
from isms.findings import files
from isms.findings import rules as findings
from isms.findings.models import Finding
from isms.people.models import Department, Person
from isms.people.roster import on_day

__all__ = ["Answer", "Rate", "Recorded", "get_daily", "rate", "rates", "record", "records_of"]

NOTE = 2000  # characters at most
WRONG = "no"  # the value of an answer: not as it should be


@dataclass(frozen=True)
class Answer:
    """An item that was not as it should be: what was seen, and photos of it."""

    item_id: int
    comment: str
    files: Sequence[Upload | Kept] = ()


class Recorded(Conflict):
    """Somebody recorded the day already, or corrected it meanwhile; `newest` is what stands."""

    def __init__(self, newest: DailyRecord) -> None:
        self.newest = newest
        who = Person.get_by_id(newest.person_id).name
        super().__init__(
            gettext(
                "%(name)sさんが %(moment)s に記録しています。直すときは、その内容を見てから訂正してください。",
                name=who,
                moment=moment(newest.recorded_at),
            )
        )


def record(
    daily_id: int,
    department_id: int,
    day: date,
    *,
    normal: bool,
    answers: Iterable[Answer] = (),
    note: str = "",
    after: int | None = None,
    by: Actor,
    now: datetime,
) -> DailyRecord:
    """Record the department's check of a day; what was not as it should be becomes findings.

    `after` is the record that this one corrects (its id), None for the first of the day. Raises Recorded when
    another one stands, Invalid for a day that cannot be recorded.
    """
    given = list(answers)
    photos = {answer.item_id: _photos(answer) for answer in given if answer.files}
    with atomic():
        daily = get_daily(daily_id)
        duty = duty_of(daily, department_id, day, by)
        guard_day(daily, day, now)
        newest = newest_record(daily_id, department_id, day)
        if newest is not None and newest.id != after:
            raise Recorded(newest)
        wrong = checked(daily, normal, given)
        row = DailyRecord.create(
            daily=daily_id,
            department=department_id,
            day=day,
            normal=normal,
            note=_said("note", note),
            person=by.person_id,
            deputy=duty.person_id is not None and duty.person_id != by.person_id,
            late=now >= due_moment(daily, day),
            backfilled=local_day(now, settings.zone()) > day,
            recorded_at=now,
            recorded_by=by.id,
        )
        verb = "daily_record.made" if newest is None else "daily_record.corrected"
        trail.record(by, verb, row, now, before=None, after=row.plain())
        for item, comment in wrong:
            _answer(daily, row, item, comment, photos.get(item.id, []), by, now)
        return row


def duty_of(daily: DailyCheck, department_id: int, day: date, by: Actor) -> DailyDuty:
    """Give the department's part in the check on the day, to an actor who may record for the department."""
    parts = DailyDuty.select(DailyDuty, Department).join(Department)
    parts = parts.where(DailyDuty.daily == daily.id, DailyDuty.department == department_id)
    some = parts.first()
    if some is None:
        raise NotFound()
    demand(by, Permission.DAILY_RECORD, some)
    duty = parts.where(on_day(DailyDuty, day), on_day(Department, day)).first()
    if duty is not None:
        return duty
    raise Invalid({"day": gettext("この部署は、その日の点検の対象ではありません。")})


def guard_day(daily: DailyCheck, day: date, now: datetime) -> None:
    """Refuse a day that is to come, that is no day of the check, that is too long ago, or whose month is closed."""
    today, back = settings.today(now), settings.get("daily_backfill_days")
    if day > today:
        raise Invalid({"day": gettext("先の日の点検は、まだ記録できません。")})
    if not due_days(daily, day, day):
        raise Invalid({"day": gettext("%(day)s は点検の日ではありません。", day=short_day(day))})
    if day < today - timedelta(days=back):
        raise Invalid(
            {"day": gettext("%(days)s日より前の点検は、あとから入力できません。事務局に相談してください。", days=back)}
        )
    if is_closed(daily.id, day):
        raise Invalid({"day": gettext("%(month)s月は締め切られ、証跡になっています。", month=day.month)})


def is_closed(daily_id: int, day: date) -> bool:
    """Tell whether the day's month was closed."""
    closed = DailyMonth.select().where(DailyMonth.daily == daily_id, DailyMonth.month == day.isoformat()[:7])
    return bool(closed.exists())


def due_moment(daily: DailyCheck, day: date) -> datetime:
    """Give the moment from which on the day's check is late, in UTC."""
    if daily.due_hour == 24:
        return start_of_day(day + timedelta(days=1), settings.zone())
    return datetime.combine(day, time(daily.due_hour), settings.zone())


def keep_photo(name: str, stream: Readable) -> Kept:
    """Take a photo into the store, made fit to be kept, before anybody has to wait for it; raises Invalid on `files`."""
    try:
        photo = clean_photo(stream, name)
    except Unfit as error:
        raise Invalid({"files": str(error)}) from error
    return files.keep([Upload(photo.name, photo.stream)])[0]


def _photos(answer: Answer) -> list[Kept]:
    try:
        photos = [one if isinstance(one, Kept) else keep_photo(one.name, one.stream) for one in answer.files]
        return files.keep(photos)
    except Invalid as error:
        raise Invalid({f"photo_{answer.item_id}": str(error)}) from error


def checked(daily: DailyCheck, normal: bool, answers: Iterable[Answer]) -> list[tuple[ChecklistItem, str]]:
    """Give the items that were not as they should be, and what was seen; raises Invalid with a message per item."""
    given, items = list(answers), {item.id: item for item in items_of(daily.list_version_id)}
    if normal and given:
        raise Invalid(gettext("「異常なし」には、異常のあった項目を付けられません。"))
    if not normal and not given:
        raise Invalid(gettext("異常のあった項目を一つ以上選んでください。"))
    wrong: dict[str, str] = {}
    seen: dict[int, str] = {}
    for answer in given:
        if answer.item_id not in items:
            raise NotFound()
        seen[answer.item_id] = _said(f"comment_{answer.item_id}", answer.comment)
        if not seen[answer.item_id]:
            wrong[f"comment_{answer.item_id}"] = gettext("見たことを書いてください。")
    if wrong:
        raise Invalid(wrong)
    return [(items[item_id], comment) for item_id, comment in seen.items()]


def _said(field: str, text: str) -> str:
    try:
        return clean_text(text, NOTE, lines=True)
    except UnusableText as error:
        raise Invalid({field: str(error)}) from error


def _answer(
    daily: DailyCheck, row: DailyRecord, item: ChecklistItem, comment: str, photos: list[Kept], by: Actor, now: datetime
) -> None:
    """Keep what was seen at an item; its finding is the one of an earlier record of the same day, if there is one."""
    finding = finding_of(row, item.id)
    if finding is None:
        finding = _finding(daily, row, item, comment, photos, by, now)
    else:
        files.attach(finding, None, photos, by=by, now=now)
    made = DailyAnswer.create(
        record=row.id,
        item=item.id,
        value=WRONG,
        comment=comment,
        finding=finding.id,
        recorded_at=now,
        recorded_by=by.id,
    )
    trail.record(by, "daily_answer.made", made, now, before=None, after=made.plain())


def finding_of(row: DailyRecord, item_id: int) -> Finding | None:
    """Give the finding that the item of this department's day became before."""
    same = Finding.select().join(DailyAnswer).join(DailyRecord)
    same = same.where(
        DailyRecord.daily == row.daily_id,
        DailyRecord.department == row.department_id,
        DailyRecord.day == row.day,
        DailyAnswer.item == item_id,
    )
    return same.order_by(DailyAnswer.id).first()


def _finding(
    daily: DailyCheck, row: DailyRecord, item: ChecklistItem, comment: str, photos: list[Kept], by: Actor, now: datetime
) -> Finding:
    title = gettext("日常点検で異常：%(item)s", item=item.title)
    return findings.open_finding(
        grade=item.grade,
        title=title[: findings.TITLE],
        description=comment,
        controls=controls_of(item) or days.controls_of(daily, row.day),
        source="daily_check",
        department_id=row.department_id,
        opened_on=row.day,
        files=photos,
        by=by,
        now=now,
    )


def records_of(daily_id: int, department_id: int, from_day: date, to_day: date) -> dict[date, list[DailyRecord]]:
    """Give the department's records between two days by day, the oldest first, with the persons; one query."""
    query = DailyRecord.select(DailyRecord, Person).join(Person)
    query = query.where(
        DailyRecord.daily == daily_id,
        DailyRecord.department == department_id,
        DailyRecord.day.between(from_day, to_day),
    )
    found: dict[date, list[DailyRecord]] = {}
    for row in query.order_by(DailyRecord.day, DailyRecord.id):
        found.setdefault(row.day, []).append(row)
    return found


def newest_record(daily_id: int, department_id: int, day: date) -> DailyRecord | None:
    """Give what stands for the day; None when nothing was recorded."""
    rows = records_of(daily_id, department_id, day, day).get(day)
    return rows[-1] if rows else None


def answers_of(record_ids: Iterable[int]) -> dict[int, list[DailyAnswer]]:
    """Give the answers of records, with items and findings; one query."""
    query = DailyAnswer.select(DailyAnswer, ChecklistItem, Finding).join(ChecklistItem).switch(DailyAnswer)
    query = query.join(Finding).where(DailyAnswer.record.in_(list(record_ids))).order_by(DailyAnswer.id)
    found: dict[int, list[DailyAnswer]] = {}
    for answer in query:
        found.setdefault(answer.record_id, []).append(answer)
    return found
