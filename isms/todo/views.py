"""The pages of what has to be done: one's own, everyone's, a person's; and the lists on the board and beside a person."""

from datetime import date
from typing import Any

from flask import g

from isms.core import clock, settings
from isms.core.errors import NotFound
from isms.core.permissions import Permission as P
from isms.core.permissions import Role, Scope, scopes_of
from isms.core.web import Answer, Room
from isms.core.words import lazy_gettext
from isms.people import departments
from isms.people.models import Person
from isms.todo import lateness, rules
from isms.todo import task_views as drawing
from isms.todo.rules import Task
from isms.todo.staffing import Staffing, staffing

SHOWN = 5  # rows of a list beside something else
DONE = 8
SOON = 30  # days

room = Room("todo", __name__)
room.in_nav(
    lazy_gettext("やること"),
    "own",
    P.SIGNED_IN,
    15,
    count=lambda: rules.count_of(g.actor, clock.now()),
    shown=lambda: g.actor.roles != {Role.AUDITOR},  # nothing ever falls to who only reads
)


@room.route("/todo", permission=P.SIGNED_IN)
def own() -> Answer:
    """Show what the person has to do, what is done, and to a head what the others of the department have to do."""
    now = clock.now()
    today, staff = settings.today(now), staffing(now)
    tasks = rules.everything(now, staff)
    mine = rules.of_person(tasks, g.actor.person_id)
    others = [task for task in tasks if task.departments & g.actor.heads and g.actor.person_id not in task.persons]
    return {
        "today": today,
        "rows": [drawing.row(task, today) for task in mine],
        "late": sum(task.days_left(today) < 0 for task in mine),
        "done": drawing.done_lately(rules.recent(g.actor.person_id, now), today)[:DONE],
        "others": _list(others, today, staff),
        "may_others": g.actor.has(P.TODO_OTHERS),
        "heads": bool(g.actor.heads),
    }


@room.route("/todo/everyone", permission=P.TODO_OTHERS)
def everyone() -> Answer:
    """Show what everyone has to do, as far as the actor may know it, and who is late again and again."""
    now = clock.now()
    today, staff = settings.today(now), staffing(now)
    tasks = rules.visible(rules.everything(now, staff), g.actor)
    table = drawing.table(tasks, today, staff)
    return table.answer(
        tasks,
        late=sum(task.days_left(today) < 0 for task in tasks),
        again=[drawing.lateness(one, staff) for one in lateness.late_again(g.actor, now, staff)],
        least=lateness.AGAIN,
        part=f"{lateness.PART:.0%}",
        sees_all=Scope.ALL in scopes_of(g.actor, P.TODO_OTHERS),
    )


@room.route("/todo/people/<int:person_id>", permission=P.TODO_OTHERS)
def person(person_id: int) -> Answer:
    """Show what a person has to do, and what of the last year was late."""
    now = clock.now()
    today, staff = settings.today(now), staffing(now)
    if person_id not in staff.people or not _may_ask(person_id, staff):
        raise NotFound()
    tasks = rules.of_person(rules.visible(rules.everything(now, staff), g.actor), person_id)
    past = lateness.of_person(person_id, now, staff)
    return {
        "person": staff.people[person_id],
        "today": today,
        "rows": [drawing.row(task, today) for task in tasks],
        "past": past,
        "late": [drawing.done(one, today) for one in past.late] if past else [],
    }


@room.route("/todo/departments/<int:department_id>", permission=P.TODO_OTHERS)
def department(department_id: int) -> Answer:
    """Show what of the last year was due of a department where nobody was named, and what of it was late."""
    now = clock.now()
    if not (Scope.ALL in scopes_of(g.actor, P.TODO_OTHERS) or department_id in g.actor.heads):
        raise NotFound()
    found = departments.get_department(department_id)
    past = lateness.of_department(department_id, now, staffing(now))
    late = [drawing.done(one, settings.today(now)) for one in past.late] if past else []
    return {"name": drawing.called(found), "past": past, "late": late}


def _may_ask(person_id: int, staff: Staffing) -> bool:
    """Tell whether the actor may know what the person has to do: an officer, or the head of the person's department."""
    return Scope.ALL in scopes_of(g.actor, P.TODO_OTHERS) or staff.places.get(person_id) in g.actor.heads


def _list(tasks: list[Task], today: date, staff: Staffing) -> dict[str, Any]:
    """Give the first tasks as a diary, with how many there are."""
    return {"number": len(tasks), "rows": [drawing.diary(task, today, staff) for task in rules.together(tasks)[:SHOWN]]}


@room.panel("board_side", P.CONTROLS_READ)
def coming(today: date) -> dict[str, Any] | None:
    """Lay beside the map what is over, with whom it lies, and what is due within 30 days."""
    now = clock.now()
    staff = staffing(now)
    tasks = rules.everything(now, staff)
    known = set(map(id, rules.visible(tasks, g.actor)))
    tasks = [
        task for task in tasks if id(task) in known or task.room.name == "status"
    ]  # who reads controls reads these
    return {
        "over": _list([task for task in tasks if task.days_left(today) < 0], today, staff),
        "soon": _list([task for task in tasks if 0 <= task.days_left(today) <= SOON], today, staff),
        "within": SOON,
        "may_others": g.actor.has(P.TODO_OTHERS),
    }


@room.panel("person", P.TODO_OTHERS)
def of_person(person: Person) -> dict[str, Any] | None:
    """Lay beside a person what they have to do."""
    now = clock.now()
    today, staff = settings.today(now), staffing(now)
    if person.id not in staff.people or not _may_ask(person.id, staff):
        return None
    tasks = rules.of_person(rules.visible(rules.everything(now, staff), g.actor), person.id)
    return {"person": person, "open": _list(tasks, today, staff)}
