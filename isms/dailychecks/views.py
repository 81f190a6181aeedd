"""The staff's pages of daily checks: today's in one tap, a day with something to tell, a day that was left out."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import flash, g, redirect, url_for

from isms.checklists.models import ChecklistItem
from isms.checklists.rules import items_of
from isms.core import clock, settings
from isms.core.errors import Invalid, NotFound
from isms.core.look import day_with_weekday
from isms.core.permissions import Permission as P
from isms.core.permissions import Scope, scopes_of
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.dailychecks import rules
from isms.dailychecks.days import marks, standing_on
from isms.dailychecks.expected import checks, due_days, get_daily
from isms.dailychecks.forms import ReportForm, RightForm, report_form
from isms.dailychecks.missing import of_late
from isms.dailychecks.models import DailyCheck, DailyRecord
from isms.evidence.files import LARGEST_REQUEST

LOOK_AHEAD = timedelta(days=31)  # for the next day of a check

room = Room("dailychecks", __name__)
room.in_nav(lazy_gettext("日常点検"), "index", P.DAILY_READ, 64)


def in_sight() -> set[int] | None:
    """Give the departments whose checks the actor may see; None for all."""
    scopes = scopes_of(g.actor, P.DAILY_READ)
    if Scope.ALL in scopes:
        return None
    mine = set(g.actor.heads) if Scope.DEPARTMENT in scopes else set()
    return mine | ({g.actor.department_id} - {None} if Scope.MEMBER in scopes else set())


def day_of(text: str) -> date:
    """Read a day of an address; raises NotFound."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NotFound() from error


def own_department() -> int:
    """Give the department of which the actor is; raises NotFound for nobody's."""
    if g.actor.department_id is None:
        raise NotFound()
    return int(g.actor.department_id)


@room.route("/daily", permission=P.DAILY_READ)
def index() -> Answer:
    """Show today's check of one's department, and how far the departments in sight are."""
    now, seen = clock.now(), in_sight()
    today = settings.today(now)
    due = {daily.id for daily in checks(today) if due_days(daily, today, today)}
    rows = [one for one in standing_on(today) if one[0].daily_id in due]
    mine = [one for one in rows if one[0].department_id == g.actor.department_id and g.actor.has(P.DAILY_RECORD)]
    others = [one for one in rows if seen is None or one[0].department_id in seen]
    return {
        "today": today,
        "mine": mine,
        "asked": _items([part.daily.list_version_id for part, _, _ in mine]),
        "left_out": _left_out(today) if g.actor.has(P.DAILY_RECORD) else [],
        "others": others if seen is None or g.actor.heads else [],
        "is_due": bool(due),
        "next_day": None if due else _next(today),
        "marks": marks,
        "may_edit": g.actor.has(P.DAILY_EDIT),
    }


def _next(today: date) -> date | None:
    """Give the next day on which a check is due."""
    days = [due_days(daily, today, today + LOOK_AHEAD)[:1] for daily in checks()]
    return min((found[0] for found in days if found), default=None)


def _items(version_ids: list[int]) -> dict[int, list[ChecklistItem]]:
    """Give the items of versions of checklists; one query."""
    query = ChecklistItem.select().where(ChecklistItem.list_version.in_(version_ids), ChecklistItem.in_use)
    found: dict[int, list[ChecklistItem]] = {one: [] for one in version_ids}
    for item in query.order_by(ChecklistItem.position, ChecklistItem.id):
        found[item.list_version_id].append(item)
    return found


def _left_out(today: date) -> list[tuple[DailyCheck, date]]:
    """Give the days that the own department left out and may still make up for, the oldest first."""
    if g.actor.department_id is None:
        return []
    late = of_late(today, g.actor.department_id)
    found = [(late.dailies[daily_id], day) for (daily_id, _), days in late.missing.items() for day in days]
    return sorted(found, key=lambda one: (one[1], one[0].id))


@room.route("/daily/<int:daily_id>/<day>/normal", methods=["POST"], permission=P.DAILY_RECORD)
def normal(daily_id: int, day: str) -> Answer:
    """Record in one tap that all is as it should be."""
    return _told(lambda: rules.record(daily_id, own_department(), day_of(day), normal=True, **_stamp()))


@room.route("/daily/<int:daily_id>/<day>/right", methods=["POST"], permission=P.DAILY_RECORD)
def right(daily_id: int, day: str) -> Answer:
    """Correct what stands: all was as it should be after all."""
    after = RightForm().after.data
    return _told(lambda: rules.record(daily_id, own_department(), day_of(day), normal=True, after=after, **_stamp()))


def _stamp() -> dict[str, Any]:
    return {"by": g.actor, "now": clock.now()}


def _told(rule: Callable[[], DailyRecord]) -> Answer:
    """Run the rule and lead back to today; who was second learns who was first."""
    try:
        made = rule()
        flash(gettext("%(day)s の点検を記録しました。", day=day_with_weekday(made.day)))
    except rules.Recorded as error:
        flash(str(error), "act")
    return redirect(url_for("dailychecks.index"), 303)


@room.route(
    "/daily/<int:daily_id>/<day>",
    methods=["GET", "POST"],
    permission=P.DAILY_RECORD,
    upload=lambda: LARGEST_REQUEST,
)
def report(daily_id: int, day: str) -> Answer:
    """Tell what was not as it should be on a day, correct what stands, or make up for a day that was left out."""
    daily, when, department_id = get_daily(daily_id), day_of(day), own_department()
    duty = rules.duty_of(daily, department_id, when, g.actor)
    rules.guard_day(daily, when, clock.now())
    rows = rules.records_of(daily_id, department_id, when, when).get(when, [])
    newest = rows[-1] if rows else None
    answers = rules.answers_of([newest.id]).get(newest.id, []) if newest else []
    form = report_form(items_of(daily.list_version_id), answers)
    if form.is_submitted():
        form.take_in()
    else:
        form.after.process_data(newest.id if newest else None)
    if form.run(lambda: _record(form, daily_id, department_id, when)):
        flash(gettext("記録しました。異常は指摘事項として登録され、部門責任者と事務局に届きます。"))
        return redirect(url_for("dailychecks.index"), 303)
    return {
        "form": form,
        "daily": daily,
        "duty": duty,
        "day": when,
        "is_today": when == settings.today(clock.now()),
        "rows": rows,
        "answers": answers,
        "marks": marks,
    }


def _record(form: ReportForm, daily_id: int, department_id: int, day: date) -> DailyRecord:
    """Record what was entered; when somebody was first, nothing typed is lost, and sending it again corrects theirs."""
    given = {"answers": form.answers(), "note": form.note.data, "after": form.after.data}
    try:
        return rules.record(daily_id, department_id, day, normal=False, **given, **_stamp())
    except rules.Recorded as error:
        form.after.process_data(error.newest.id)
        more = gettext("入力した内容は残っています。もう一度送ると、訂正として加わります。")
        raise Invalid(f"{error} {more}") from error
