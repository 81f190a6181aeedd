"""What people have to do, as each room tells it: `duties(today)` of a room gives what is open, in a constant number of queries.

The to-do page, the daily mail, the calendar feed and the board all read the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from isms.core import settings
from isms.core.permissions import Actor, Role
from isms.core.words import lazy_gettext

settings.declare(
    "response_days",
    7,
    lazy_gettext("確認や承認を待たせてよい日数"),
    lazy_gettext("証跡の確認と訂正、適用宣言書の承認、消去の確認は、頼まれてからこの日数のうちに済ませます。"),
    settings.whole_number(1, 60),
)


@dataclass(frozen=True)
class Duty:
    """Something that somebody has to do by a day; words are in the language of whoever asks.

    It falls to the persons named, to the heads of the departments, and to everybody with one of the roles, but not to
    whom it must not fall: who recorded something does not review it. Duties of one kind that have `several` stand as one
    row in a person's list.
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
    but: frozenset[int] = frozenset()
    private: str = ""  # words of the title that a mail leaves out: it is read on the way
    routine: bool = False  # comes round every day: no reason by itself to write to somebody
    several: Callable[[int], str] | None = field(default=None, compare=False)  # the title of so many of the kind

    @property
    def kind(self) -> str:
        """Give what the key begins with."""
        return self.key.partition(":")[0]

    def falls_to(self, actor: Actor) -> bool:
        """Tell whether the actor has to do it."""
        if actor.person_id in self.but:
            return False
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


def response_due(asked_on: date) -> date:
    """Give the day by which what waits for somebody's word since a day should have got it."""
    return asked_on + timedelta(days=settings.get("response_days"))


def person_ids(*actors: str) -> frozenset[int]:
    """Give the persons among actor ids; the system and the console are nobody."""
    pairs = (actor.partition(":") for actor in actors)
    return frozenset(int(number) for kind, _, number in pairs if kind == "person")
