"""Who is late again and again: of what was due in the last year, how much was done late or not at all."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from isms.core import settings
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.people.duties import Past
from isms.todo.rooms import ROOMS
from isms.todo.staffing import Staffing, staffing

AGAIN = 3  # so often late in a year is again and again,
PART = 0.05  # when it is at least one in twenty: nobody does daily work for a year without a slip
YEAR = timedelta(days=365)
Whose = tuple[int | None, int | None]  # person, department


@dataclass(frozen=True)
class Lateness:
    """What was due of a person, or of a department where nobody was named, and what of it was late; newest first."""

    person_id: int | None
    department_id: int | None
    due: int
    late: tuple[Past, ...]

    @property
    def share(self) -> float:
        """Give the late part of all that was due, 0 to 1."""
        return len(self.late) / self.due


def late_again(by: Actor, now: datetime, staff: Staffing | None = None) -> list[Lateness]:
    """Give who was late again and again within a year, by share; a head is told of the departments alone."""
    staff = staff or staffing(now)
    often = (one for one in _counted(now, staff) if len(one.late) >= AGAIN and one.share >= PART)
    found = [one for one in often if _may_know(by, one)]
    return sorted(found, key=lambda one: (-one.share, -len(one.late), one.person_id or 0))


def of_person(person_id: int, now: datetime, staff: Staffing) -> Lateness | None:
    """Give how late a person was; None when nothing was due."""
    return next((one for one in _counted(now, staff) if one.person_id == person_id), None)


def of_department(department_id: int, now: datetime, staff: Staffing) -> Lateness | None:
    """Give how late a department was with what nobody was named for; None when nothing was due."""
    found = (one for one in _counted(now, staff) if one.person_id is None)
    return next((one for one in found if one.department_id == department_id), None)


def _counted(now: datetime, staff: Staffing) -> Iterable[Lateness]:
    today = settings.today(now)
    due: dict[Whose, list[Past]] = defaultdict(list)
    for one in _past(today):
        for person_id in one.persons & staff.people.keys():
            due[person_id, staff.places.get(person_id)].append(one)
        for department_id in () if one.persons else one.departments:
            due[None, department_id].append(one)
    for whose, rows in due.items():
        late = sorted((one for one in rows if one.was_late(today)), key=lambda one: (one.due, one.key), reverse=True)
        yield Lateness(*whose, len(rows), tuple(late))


def _past(today: date) -> Iterable[Past]:
    for room in ROOMS:
        if room.past is not None:
            yield from (one for one in room.past(today - YEAR, today) if one.due < today or one.done_on is not None)


def _may_know(by: Actor, one: Lateness) -> bool:
    return Scope.ALL in scopes_of(by, Permission.TODO_OTHERS) or one.department_id in by.heads
