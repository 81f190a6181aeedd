"""The officers' pages of daily checks: what is checked, where, by whom, and the months that close."""

from typing import Any

from flask import flash, g, redirect, url_for

from isms import trail
from isms.catalogue import rules as catalogue
from isms.catalogue.numbers import read_all
from isms.checklists.models import Checklist, ChecklistVersion
from isms.core import clock, settings
from isms.core.errors import Invalid
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Table
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext
from isms.dailychecks import checks, closing
from isms.dailychecks.days import controls_of
from isms.dailychecks.expected import checks as every_check
from isms.dailychecks.expected import get_daily
from isms.dailychecks.forms import DutyForm, EditCheckForm, EndForm, NewCheckForm
from isms.dailychecks.models import DailyCheck, DailyDuty, DailyMonth
from isms.dailychecks.months import month_of, month_words
from isms.dailychecks.rates import Rate
from isms.dailychecks.views import room
from isms.people.departments import departments, get_department
from isms.people.models import Department, Membership, Person
from isms.people.roster import names_of, on_day

trail.show("daily_check", lambda i: url_for("dailychecks.check", daily_id=i) if g.actor.has(P.DAILY_EDIT) else None)

CHECKS = Table(
    "daily_checks",
    lazy_gettext("日常点検"),
    [
        Column("title", lazy_gettext("名前"), expr=DailyCheck.title),
        Column("due_hour", lazy_gettext("何時まで"), expr=DailyCheck.due_hour, numeric=True),
        Column("from_day", lazy_gettext("始まりの日"), expr=DailyCheck.from_day, nowrap=True),
        Column("to_day", lazy_gettext("終わりの日"), expr=DailyCheck.to_day, nowrap=True),
    ],
    default_sort="-from_day",
    row_href=lambda row: url_for("dailychecks.check", daily_id=row.id),
    empty=(
        lazy_gettext("日常点検がまだありません"),
        lazy_gettext("使い道が日常点検の点検表を作り、それを使う部署と時刻を決めます。"),
    ),
)


@room.route("/daily/checks", permission=P.DAILY_EDIT)
def check_list() -> Answer:
    """List the daily checks."""
    return CHECKS.answer(every_check())


@room.route("/daily/checks/<int:daily_id>", permission=P.DAILY_EDIT)
def check(daily_id: int) -> Answer:
    """Show a daily check: who does it where, and its months."""
    daily, now = get_daily(daily_id), clock.now()
    today = settings.today(now)
    query = DailyDuty.select(DailyDuty, Department).join(Department).where(DailyDuty.daily == daily_id)
    duties = list(query.order_by(Department.code, Department.id, DailyDuty.from_day))
    months = DailyMonth.select().where(DailyMonth.daily == daily_id).order_by(DailyMonth.month.desc())
    doing = {duty.department_id for duty in duties if duty.to_day is None or duty.to_day >= today}
    version = ChecklistVersion.select(ChecklistVersion, Checklist).join(Checklist)
    return {
        "daily": daily,
        "version": version.where(ChecklistVersion.id == daily.list_version_id).get(),
        "controls": gettext("、").join(key for _, key in controls_of(daily)),
        "duties": duties,
        "names": names_of([i for duty in duties for i in (duty.person_id, duty.deputy_id) if i is not None]),
        "others": [one for one in departments(today) if one.id not in doing],
        "months": [(one, month_words(month_of(one.month).first), Rate(one.done, one.expected)) for one in months],
        "waiting": [
            (month, month_words(month_of(month).first))
            for one, month in closing.months_to_close(now, by_hand=True)
            if one.id == daily_id
        ],
        "today": today,
    }


@room.route("/daily/checks/new", methods=["GET", "POST"], permission=P.DAILY_EDIT)
def new_check() -> Answer:
    """Begin a daily check."""
    now = clock.now()
    form = NewCheckForm(from_day=settings.today(now), due_hour=10, controls="7.7、5.36")
    made = form.run(lambda: checks.add_check(**_values(form), by=g.actor, now=now))
    if isinstance(made, DailyCheck):
        flash(gettext("日常点検を登録しました。担当を決めない部署では、だれでも記録できます。"))
        return redirect(url_for("dailychecks.check", daily_id=made.id), 303)
    return {"form": form}


def _values(form: Any) -> dict[str, Any]:
    """Give the values with the numbers read in the edition that is in force today."""
    values = form.values()
    edition = catalogue.edition_on(settings.today(clock.now()))
    try:
        wanted = read_all(edition, values["controls"])
    except Invalid as error:
        raise Invalid({"controls": error.fields[""]}) from error
    return values | {"controls": [(edition.id, requirement.key) for requirement in wanted]}


@room.route("/daily/checks/<int:daily_id>/edit", methods=["GET", "POST"], permission=P.DAILY_EDIT)
def edit_check(daily_id: int) -> Answer:
    """Change a daily check."""
    daily = get_daily(daily_id)
    listed = ChecklistVersion.get_by_id(daily.list_version_id).checklist_id
    numbers = gettext("、").join(key for _, key in controls_of(daily))
    form = EditCheckForm(obj=daily, checklist_id=listed, controls=numbers)
    if form.run(lambda: checks.change_check(daily_id, **_values(form), by=g.actor, now=clock.now())):
        flash(gettext("日常点検を変更しました。"))
        return redirect(url_for("dailychecks.check", daily_id=daily_id), 303)
    return {"form": form, "daily": daily}


@room.route("/daily/checks/<int:daily_id>/end", methods=["GET", "POST"], permission=P.DAILY_EDIT)
def end_check(daily_id: int) -> Answer:
    """End a daily check."""
    daily = get_daily(daily_id)
    form = EndForm(to_day=settings.today(clock.now()))
    if form.run(lambda: checks.end_check(daily_id, to_day=form.to_day.data, by=g.actor, now=clock.now())):
        flash(gettext("日常点検の終わりの日を決めました。"))
        return redirect(url_for("dailychecks.check", daily_id=daily_id), 303)
    return {"form": form, "daily": daily}


@room.route(
    "/daily/checks/<int:daily_id>/departments/<int:department_id>", methods=["GET", "POST"], permission=P.DAILY_EDIT
)
def edit_duty(daily_id: int, department_id: int) -> Answer:
    """Say who does the check in a department; one that did not take part does from today."""
    daily, place, now = get_daily(daily_id), get_department(department_id), clock.now()
    today = settings.today(now)
    duty = checks.find_duty(daily_id, department_id, today)
    form = DutyForm(obj=duty)
    members = Membership.select(Person.id, Person.name).join(Person)
    members = members.where(Membership.department == department_id, on_day(Membership, today), on_day(Person, today))
    form.offer(members.order_by(Person.kana, Person.number).tuples())
    if form.run(lambda: checks.set_duty(daily_id, department_id, **form.values(), by=g.actor, now=now)):
        flash(gettext("%(department)sの担当を決めました。", department=place.name))
        return redirect(url_for("dailychecks.check", daily_id=daily_id), 303)
    return {"form": form, "daily": daily, "place": place, "duty": duty}


@room.route(
    "/daily/checks/<int:daily_id>/departments/<int:department_id>/end",
    methods=["GET", "POST"],
    permission=P.DAILY_EDIT,
)
def end_duty(daily_id: int, department_id: int) -> Answer:
    """Let a department take part until a day."""
    daily, place, now = get_daily(daily_id), get_department(department_id), clock.now()
    form = EndForm(to_day=settings.today(now))
    if form.run(lambda: checks.end_duty(daily_id, department_id, to_day=form.to_day.data, by=g.actor, now=now)):
        flash(gettext("%(department)sの終わりの日を決めました。", department=place.name))
        return redirect(url_for("dailychecks.check", daily_id=daily_id), 303)
    return {"form": form, "daily": daily, "place": place}


@room.route("/daily/checks/<int:daily_id>/months/<month>/close", methods=["POST"], permission=P.DAILY_EDIT)
def close_month(daily_id: int, month: str) -> Answer:
    """Close a month before the runner does."""
    made = closing.close_month(daily_id, month, by=g.actor, now=clock.now())
    flash(gettext("%(month)s を締め切り、証跡にしました。", month=month_words(month_of(made.month).first)))
    return redirect(url_for("dailychecks.check", daily_id=daily_id), 303)
