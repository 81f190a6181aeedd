"""The words of the room: the verbs and kinds of its trail, its settings, and what it offers to others."""

from typing import Any

from isms import trail
from isms.calendar import kinds
from isms.checklists import beside
from isms.core import settings
from isms.core.look import short_day
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.dailychecks.models import DailyAnswer, DailyCheck, DailyDuty, DailyMonth, DailyRecord
from isms.dailychecks.rates import last_month_in_words
from isms.people.models import Department

trail.verb("daily_check.added", lazy_gettext("日常点検を登録した"))
trail.verb("daily_check.changed", lazy_gettext("日常点検を変更した"))
trail.verb("daily_duty.added", lazy_gettext("日常点検の担当を決めた"), personal=True)
trail.verb("daily_duty.changed", lazy_gettext("日常点検の担当を変更した"), personal=True)
trail.verb("daily_record.made", lazy_gettext("日常点検を記録した"), personal=True)
trail.verb("daily_record.corrected", lazy_gettext("日常点検の記録を訂正した"), personal=True)
trail.verb("daily_answer.made", lazy_gettext("日常点検の異常を記録した"))
trail.verb("daily_month.closed", lazy_gettext("日常点検の月を締め切った"))

settings.declare(
    "daily_backfill_days",
    14,
    lazy_gettext("日常点検をあとから入力できる日数"),
    lazy_gettext("何日前の点検まで入力できるか。後日入力として、入力した日時とともに残ります。"),
    settings.whole_number(0, 60),
)
settings.declare(
    "daily_close_day",
    5,
    lazy_gettext("日常点検の月を締め切る営業日"),
    lazy_gettext("翌月の何番目の営業日に、前の月を締め切って証跡にするか。"),
    settings.whole_number(1, 15),
)


kinds.declare("daily_check", lazy_gettext("日常点検"), work=lambda _: ("dailychecks.index", {}), entered=False)
beside.offer("daily_rate", lazy_gettext("先月の日常点検の実施率"), last_month_in_words)


def _checks(ids: list[int]) -> dict[int, str]:
    return dict(DailyCheck.select(DailyCheck.id, DailyCheck.title).where(DailyCheck.id.in_(ids)).tuples())


def _duties(ids: list[int]) -> dict[int, str]:
    query = DailyDuty.select(DailyDuty.id, DailyCheck.title, Department.name).join(DailyCheck).switch(DailyDuty)
    rows = query.join(Department).where(DailyDuty.id.in_(ids)).tuples()
    return {i: gettext("%(title)s（%(department)s）", title=title, department=name) for i, title, name in rows}


def _records(ids: list[int]) -> dict[int, str]:
    query = DailyRecord.select(DailyRecord.id, DailyRecord.day, Department.name).join(Department)
    return {i: f"{short_day(day)} {name}" for i, day, name in query.where(DailyRecord.id.in_(ids)).tuples()}


def _answers(ids: list[int]) -> dict[int, str]:
    query = DailyAnswer.select(DailyAnswer.id, DailyRecord.day, Department.name).join(DailyRecord).join(Department)
    return {i: f"{short_day(day)} {name}" for i, day, name in query.where(DailyAnswer.id.in_(ids)).tuples()}


def _months(ids: list[int]) -> dict[int, str]:
    query = DailyMonth.select(DailyMonth.id, DailyCheck.title, DailyMonth.month).join(DailyCheck)
    return {i: f"{title} {month}" for i, title, month in query.where(DailyMonth.id.in_(ids)).tuples()}


def _titled(words: str) -> Any:
    return contains(DailyCheck.title, words)


DAYS = {"from_day": lazy_gettext("始まりの日"), "to_day": lazy_gettext("終わりの日")}
trail.describe(
    "daily_check",
    _checks,
    label=lazy_gettext("日常点検"),
    model=DailyCheck,
    find=_titled,
    fields={"title": lazy_gettext("名前"), "due_hour": lazy_gettext("何時まで"), **DAYS},
)
trail.describe(
    "daily_duty",
    _duties,
    label=lazy_gettext("日常点検の担当"),
    model=DailyDuty,
    fields={"person": lazy_gettext("担当"), "deputy": lazy_gettext("代理"), **DAYS},
)
trail.describe("daily_record", _records, label=lazy_gettext("日常点検の記録"), model=DailyRecord)
trail.describe("daily_answer", _answers, label=lazy_gettext("日常点検の異常"), model=DailyAnswer)
trail.describe("daily_month", _months, label=lazy_gettext("日常点検の月"), model=DailyMonth)
