"""What people have to do, as each room tells it: `duties(today)` of a room gives what is open, in a constant number of queries.

The to-do page, the daily mail, the calendar feed and the board all read the same.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from isms.core.permissions import Actor, Role


@dataclass(frozen=True)
class Duty:
    """Something that somebody has to do by a day; words are in the language of whoever asks.

    It falls to the persons named, to the heads of the departments, and to everybody with one of the roles.
    """

    key: str  # kind:id, the same as long as it is the same duty: occurrence:12
    title: str
    due: date
    endpoint: str  # where it is done
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    persons: frozenset[int] = frozenset()
    departments: frozenset[int] = frozenset()
    roles: frozenset[Role] = frozenset()
    of_departments: frozenset[int] = frozenset()  # in whose list the head sees it, whoever has to do it

    def falls_to(self, actor: Actor) -> bool:
        """Tell whether the actor has to do it."""
        return bool(actor.person_id in self.persons or self.departments & actor.heads or self.roles & actor.roles)


@dataclass(frozen=True)
class Past:
    """A duty that was due: who had to do it, and when it was done (None: not yet, or never)."""

    key: str
    title: str
    due: date
    done_on: date | None
    endpoint: str
    values: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    persons: frozenset[int] = frozenset()  # who did it, or would have had to
    departments: frozenset[int] = frozenset()

    def was_late(self, today: date) -> bool:
        """Tell whether it was done after its day, or is not done though its day has gone."""
        return (self.done_on or today) > self.due
