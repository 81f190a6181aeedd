"""What each person has to do, read from the duties of every room; nothing is stored."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from isms.core import settings, unchanged
from isms.core.database import db
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.people.duties import Duty, Past
from isms.todo.rooms import ROOMS, Asking
from isms.todo.staffing import Ids, Staffing, staffing
from isms.trail import rules as trail_rules

RECENT = timedelta(days=31)
FRESH = timedelta(seconds=15)  # after which the menu counts what others have recorded


@dataclass(frozen=True)
class Task:
    """A duty with those to whom it falls today and the departments whose heads see it; some of one kind stand as one."""

    duty: Duty
    room: Asking
    persons: Ids
    departments: Ids
    title: str
    number: int = 1

    def days_left(self, today: date) -> int:
        """Give how many days are left; below zero it is late."""
        return (self.duty.due - today).days


def everything(now: datetime, staff: Staffing) -> list[Task]:
    """Give every open duty of the organisation, the latest first."""
    with unchanged.asked_once():
        today = settings.today(now)
        found = [(room, duty) for room in ROOMS for duty in room.duties(today)]
    found.sort(key=lambda pair: (pair[1].due, pair[1].title, pair[1].key))
    return [Task(duty, room, staff.who(duty), staff.departments_of(duty), duty.title) for room, duty in found]


def of_person(tasks: Iterable[Task], person_id: int | None) -> list[Task]:
    """Give what falls to the person."""
    return together(task for task in tasks if person_id in task.persons)


def together(tasks: Iterable[Task]) -> list[Task]:
    """Let tasks of one kind that has a name for several stand as one, where the latest of them stood."""
    tasks = list(tasks)
    counted = Counter(task.duty.kind for task in tasks)
    given: list[Task] = []
    told = set()
    for task in tasks:
        kind, several = task.duty.kind, task.duty.several
        if several is None or counted[kind] == 1:
            given.append(task)
        elif kind not in told:
            told.add(kind)
            given.append(replace(task, title=several(counted[kind]), number=counted[kind]))
    return given


def visible(tasks: Iterable[Task], by: Actor) -> list[Task]:
    """Give what the actor may know that others have to do: an officer all, a head what is of the departments."""
    if Scope.ALL in scopes_of(by, Permission.TODO_OTHERS):
        return list(tasks)
    return [task for task in tasks if task.departments & by.heads or by.person_id in task.persons]


def recent(person_id: int | None, now: datetime) -> list[Past]:
    """Give what the person has done in the last month, the newest first."""
    today = settings.today(now)
    past = (one for room in ROOMS if room.past is not None for one in room.past(today - RECENT, today))
    mine = [(one.done_on, one) for one in past if person_id in one.persons and one.done_on is not None]
    mine.sort(key=lambda pair: (pair[0], pair[1].key), reverse=True)
    return [one for _, one in mine if one.done_on is not None]


class _Counted(NamedTuple):
    """The rows of everybody's list on a day, counted at a moment, when an entry was the trail's newest."""

    newest: Any
    at: datetime
    day: date
    rows: Counter[int]


_counted: WeakKeyDictionary[Any, _Counted] = WeakKeyDictionary()  # by database
_counting = Lock()


def count_of(by: Actor, now: datetime) -> int:
    """Count the rows of the actor's list, for the menu of every page.

    What the actor has recorded counts at once, what others have within FRESH: counting reads every room, and must not
    be done for each page because somebody somewhere wrote. A mail that fails has no entry: it counts from the next on.
    """
    kept = _counted.get(db.obj)
    if kept is None or not _stands(kept, by, now):
        with _counting:  # whoever waited here finds it done
            kept = _counted.get(db.obj)
            if kept is None or not _stands(kept, by, now):
                newest, today = unchanged.mark(), settings.today(now)
                kept = _counted[db.obj] = _Counted(newest, now, today, _count(everything(now, staffing(now))))
    return kept.rows[by.person_id or 0]


def _stands(kept: _Counted, by: Actor, now: datetime) -> bool:
    newest = unchanged.mark()
    if kept.day != settings.today(now) or newest is None or kept.newest is None:
        return False
    fresh = kept.at <= now < kept.at + FRESH
    return bool(newest == kept.newest or (fresh and not trail_rules.wrote_since(by.id, kept.newest.no)))


def _count(tasks: Iterable[Task]) -> Counter[int]:
    rows = {
        (person_id, task.duty.kind if task.duty.several else task.duty.key)
        for task in tasks
        for person_id in task.persons
    }
    return Counter(person_id for person_id, _ in rows)
