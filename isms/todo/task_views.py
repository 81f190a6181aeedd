"""How tasks are drawn: as a row for the thumb, as a line of a diary, as a row of the table; what was done, and late."""

from collections import Counter
from datetime import date
from typing import Any

from flask import current_app, g, url_for
from markupsafe import Markup

from isms.core.look import short_day
from isms.core.permissions import Role
from isms.core.tables import Column, Filter, Table
from isms.core.web import house
from isms.core.words import gettext, lazy_gettext, locale, ngettext
from isms.people.duties import Duty, Past
from isms.people.models import Department
from isms.todo.lateness import Lateness
from isms.todo.rooms import ROOMS
from isms.todo.rules import Task
from isms.todo.staffing import Staffing

NAMED = 3  # persons that a row names; of more it says how many


def href(duty: Duty | Past) -> str | None:
    """Give where it is done, for whoever may go there; who recorded evidence does not review it."""
    if isinstance(duty, Duty) and g.actor.person_id in duty.but:
        return None
    permission = house(current_app).permissions[duty.endpoint]
    return url_for(duty.endpoint, **duty.values) if g.actor.has(permission) else None


def row(task: Task, today: date) -> dict[str, Any]:
    """Give a task as the macro `todo` draws it."""
    days = task.days_left(today)
    figure: Any = gettext("今日") if days == 0 else abs(days)
    words = gettext("まで") if days == 0 else _over(days) or ngettext("日後まで", "日後まで", days)
    note = task.duty.note if task.number == 1 else ""
    return {
        "figure": figure,
        "when": words,
        "title": task.title,
        "small": note,
        "href": href(task.duty),
        "late": days <= 0,
    }


def _over(days: int) -> str:
    """Write what stands beside the days that something is over; "" when it is not."""
    return ngettext("日超過", "日超過", -days) if days < 0 else ""


def diary(task: Task, today: date, staff: Staffing) -> dict[str, Any]:
    """Give a task as the macro `diary` draws it, with whom it lies."""
    days = task.days_left(today)
    return {
        "figure": None if days == 0 else abs(days),
        "when": gettext("今日まで") if days == 0 else _over(days) or ngettext("日後", "日後", days),
        "text": task.title,
        "href": href(task.duty),
        "small": "　".join(filter(None, (short_day(task.duty.due), places(task, staff), names(task, staff)))),
        "late": days <= 0,
    }


def names(task: Task, staff: Staffing) -> str:
    """Name those who have to do it; all holders of a role by the role."""
    for role in (Role.OFFICER, Role.APPROVER, Role.ADMINISTRATOR):
        if len(task.persons) > 1 and role in task.duty.roles and task.persons <= staff.roles.get(role, frozenset()):
            return str(role.label)
    named = gettext("、").join(staff.name(one) for one in sorted(task.persons)[:NAMED])
    more = len(task.persons) - NAMED
    return named if more <= 0 else named + ngettext("ほか%(num)s人", "ほか%(num)s人", more)


def places(task: Task, staff: Staffing) -> str:
    """Name the departments that it concerns."""
    rows = [staff.departments[one] for one in sorted(task.departments) if one in staff.departments]
    return gettext("、").join(map(called, rows))


def called(department: Department) -> str:
    """Name a department in the reader's language."""
    return str(department.name_en if locale() == "en" and department.name_en else department.name)


def done(one: Past, today: date) -> dict[str, Any]:
    """Give what is over as the macro `diary` draws it: when, what, and whether it was in time."""
    if one.done_on is None:
        words = gettext("済んでいません")
    elif one.was_late(today):
        days = (one.done_on - one.due).days
        words = ngettext("%(num)s日遅れて済みました", "%(num)s日遅れて済みました", days)
    else:
        words = gettext("期限までに済みました")
    small = "　".join(filter(None, (words, one.note)))
    return {
        "when": short_day(one.done_on or one.due),
        "text": one.title,
        "href": href(one),
        "small": small,
        "late": False,
    }


def done_lately(past: list[Past], today: date) -> list[dict[str, Any]]:
    """Give what was done as a diary, the newest first; what comes round often stands once, with how often."""
    counted = Counter(one.title for one in past)
    newest = {one.title: one for one in reversed(past)}
    rows = []
    for one in past:
        if newest[one.title] is one:
            row = done(one, today)
            if counted[one.title] > 1:
                row["small"] = ngettext("この1か月に%(num)s回", "この1か月に%(num)s回", counted[one.title])
            rows.append(row)
    return rows


def lateness(one: Lateness, staff: Staffing) -> list[Any]:
    """Give a row of the small table of who is late again and again: whom, department, late, due, share, the last."""
    department = staff.departments.get(one.department_id or 0)
    place = called(department) if department else ""
    if one.person_id is None:
        address, name = (
            url_for("todo.department", department_id=one.department_id),
            gettext("（担当を決めていないもの）"),
        )
    else:
        address, name = url_for("todo.person", person_id=one.person_id), staff.name(one.person_id)
    link = Markup('<a href="{}">{}</a>').format(address, name)
    return [link, place, len(one.late), one.due, f"{one.share:.0%}", short_day(one.late[0].due)]


def _days(task: Task, today: date) -> str:
    days = task.days_left(today)
    if days == 0:
        return gettext("今日まで")
    if days < 0:
        return ngettext("%(num)s日超過", "%(num)s日超過", -days)
    return ngettext("%(num)s日後", "%(num)s日後", days)


def _title(task: Task) -> Any:
    address = href(task.duty)
    return task.title if address is None else Markup('<a href="{}">{}</a>').format(address, task.title)


def table(tasks: list[Task], today: date, staff: Staffing) -> Table:
    """Make the table of everyone's tasks with the choices that there are."""
    persons = sorted({one for task in tasks for one in task.persons}, key=lambda i: (staff.people[i].kana, i))
    departments = sorted({one for task in tasks for one in task.departments} & staff.departments.keys())
    rooms = [room for room in ROOMS if any(task.room is room for task in tasks)]
    whens = {
        "late": lazy_gettext("期限を過ぎたもの"),
        "week": lazy_gettext("7日以内"),
        "month": lazy_gettext("30日以内"),
    }
    spans = {"late": (-(10**6), -1), "week": (0, 7), "month": (0, 30)}
    return Table(
        "everyone",
        lazy_gettext("みんなのやること"),
        [
            Column("days", lazy_gettext("残り"), lambda one: _days(one, today), nowrap=True),
            Column("due", lazy_gettext("期限"), lambda one: one.duty.due, sort=lambda one: one.duty.due, nowrap=True),
            Column(
                "title", lazy_gettext("やること"), _title, sort=lambda one: one.title, download=lambda one: one.title
            ),
            Column("note", lazy_gettext("備考"), lambda one: one.duty.note),
            Column("who", lazy_gettext("担当"), lambda one: names(one, staff), sort=lambda one: names(one, staff)),
            Column(
                "department", lazy_gettext("部署"), lambda one: places(one, staff), sort=lambda one: places(one, staff)
            ),
            Column("kind", lazy_gettext("種類"), lambda one: one.room.label, sort=lambda one: str(one.room.label)),
        ],
        "due",
        [
            Filter(
                "person",
                lazy_gettext("担当"),
                lambda rows, text: [one for one in rows if int(text) in one.persons],
                kind="select",
                choices=[(str(i), staff.name(i)) for i in persons],
            ),
            Filter(
                "department",
                lazy_gettext("部署"),
                lambda rows, text: [one for one in rows if int(text) in one.departments],
                kind="select",
                choices=[(str(i), called(staff.departments[i])) for i in departments],
            ),
            Filter(
                "kind",
                lazy_gettext("種類"),
                lambda rows, text: [one for one in rows if one.room.name == text],
                kind="select",
                choices=[(room.name, room.label) for room in rooms],
            ),
            Filter(
                "state",
                lazy_gettext("期限"),
                lambda rows, text: [one for one in rows if spans[text][0] <= one.days_left(today) <= spans[text][1]],
                kind="select",
                choices=list(whens.items()),
            ),
        ],
        row_class=lambda one: "bad" if one.days_left(today) < 0 else "",
        empty=(lazy_gettext("やることはありません"), lazy_gettext("期限のある仕事ができると、ここに並びます。")),
    )
