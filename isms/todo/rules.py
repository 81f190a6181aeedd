"""What each person has to do, read from the duties of every room; nothing is stored."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from isms.core import settings, unchanged
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.unchanged import Kept
from isms.people.duties import Duty, Past
from isms.todo.rooms import ROOMS, Asking
from isms.todo.staffing import Ids, Staffing, staffing

RECENT = timedelta(days=31)


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


_counted: Kept[dict[date, Counter[int]]] = Kept(dict)  # day -> person -> rows of the list


def count_of(by: Actor, now: datetime) -> int:
    """Count the rows of the actor's list, for the menu of every page: anew on each day and once the trail has grown.

    A mail that fails has no entry in the trail: it is counted from the next entry on.
    """
    counts, today = _counted.get(), settings.today(now)
    if today not in counts:
        counts[today] = _count(everything(now, staffing(now)))
    return counts[today][by.person_id or 0]


def _count(tasks: Iterable[Task]) -> Counter[int]:
    rows = {
        (person_id, task.duty.kind if task.duty.several else task.duty.key)
        for task in tasks
        for person_id in task.persons
    }
    return Counter(person_id for person_id, _ in rows)
