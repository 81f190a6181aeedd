"""A month of a daily check closes into evidence: its rate, a row per department, and every record of it."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from isms import trail
from isms.calendar.working import working_days
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import local_day
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.dailychecks import words  # noqa: F401  the verbs of the trail
from isms.dailychecks.days import controls_of
from isms.dailychecks.expected import checks, due_days, get_daily
from isms.dailychecks.models import DailyCheck, DailyMonth
from isms.dailychecks.months import Month, month_of, read
from isms.dailychecks.papers import papers
from isms.evidence import files as evidence_files
from isms.evidence.files import Kept
from isms.evidence.rules import record_evidence


def close_month(daily_id: int, month: str, *, by: Actor, now: datetime) -> DailyMonth:
    """Close a month that is over into evidence for the check's controls; nothing is recorded for it any more.

    Raises Conflict when it is closed, so that of two who close it at once one does.
    """
    daily, span = get_daily(daily_id), month_of(month)
    month = span.first.isoformat()[:7]
    if span.last >= settings.today(now):
        raise Invalid({"month": gettext("この月はまだ終わっていません。")})
    _guard_open(daily_id, month)
    seen = read(daily, span)
    if not seen.rate.expected:
        raise Invalid({"month": gettext("この月には、点検の日がありませんでした。")})
    kept = evidence_files.keep(papers(seen, now))
    with atomic():
        _guard_open(daily_id, month)
        if read(daily, span).newest != seen.newest:
            raise Conflict(gettext("締め切る間に記録が加わりました。もう一度お試しください。"))
        return _close(seen, month, kept, by, now)


def _close(seen: Month, month: str, kept: list[Kept], by: Actor, now: datetime) -> DailyMonth:
    rate = seen.rate
    evidence = record_evidence(
        title=gettext("%(month)s 実施率 %(rate)s", month=seen.title, rate=rate.words),
        controls=controls_of(seen.daily, local_day(now, settings.zone())),
        collected_on=local_day(now, settings.zone()),
        period=seen.span,
        files=kept,
        note=gettext(
            "%(departments)s部署、点検の日のべ%(expected)s日のうち%(done)s日を記録。",
            departments=len(seen.rows),
            expected=rate.expected,
            done=rate.done,
        ),
        origin="daily_check",
        by=by,
        now=now,
    )
    row = DailyMonth.create(
        daily=seen.daily.id,
        month=month,
        done=rate.done,
        expected=rate.expected,
        evidence=evidence.id,
        recorded_at=now,
        recorded_by=by.id,
    )
    trail.record(by, "daily_month.closed", row, now, before=None, after=row.plain())
    return row


def _guard_open(daily_id: int, month: str) -> None:
    if DailyMonth.select().where(DailyMonth.daily == daily_id, DailyMonth.month == month).exists():
        raise Conflict(gettext("この月はすでに締め切られています。"))


def months_to_close(now: datetime, *, by_hand: bool = False) -> Iterator[tuple[DailyCheck, str]]:
    """Give the months that are over and not closed, the oldest first; without `by_hand` those whose closing day has come."""
    today = settings.today(now)
    this = today.replace(day=1)
    closed = set(DailyMonth.select(DailyMonth.daily, DailyMonth.month).tuples())
    last = this - timedelta(days=1)
    wanted = settings.get("daily_close_day")
    if not by_hand and len(working_days(this, today)) < wanted:
        last = last.replace(day=1) - timedelta(days=1)
    waiting = []
    for daily in checks():
        if daily.from_day > last:
            continue
        for month in _months(daily.from_day, min(last, daily.to_day or last)):
            span = month_of(month)
            if (daily.id, month) not in closed and due_days(daily, span.first, span.last):
                waiting.append((month, daily.id, daily))
    yield from ((daily, month) for month, _, daily in sorted(waiting, key=lambda one: one[:2]))


def _months(from_day: date, to_day: date) -> Iterator[str]:
    day = from_day.replace(day=1)
    while day <= to_day:
        yield day.isoformat()[:7]
        day = (day + timedelta(days=31)).replace(day=1)
