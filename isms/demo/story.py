"""The demo's own time: what happens is laid down in any order and done in the order of its moments."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random

from isms.core import settings
from isms.core.days import local_day
from isms.core.permissions import Actor
from isms.people.actors import actor_of
from isms.people.models import Department, Person

BEGINS = datetime(2021, 4, 1, 0, 0, tzinfo=UTC)
TRANSITION = date(2024, 4, 1)  # 令和6年度 begins with the new edition
OLD, NEW = "iso27001-2013", "iso27001-2022"
Event = Callable[[datetime], object]


@dataclass(frozen=True)
class Cast:
    """Who acts in the story; departments and their heads by code."""

    officers: list[Person]
    approver: Person
    auditors: list[Person]
    departments: dict[str, Department]
    heads: dict[str, Person]


class Story:
    """Events from 1 April 2021 to the day on which it is told. The same day gives the same story."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        self.today = local_day(until, settings.zone())
        self.random = Random(20210401)  # noqa: S311  a story, no secret
        self._now = BEGINS
        self._order = count()
        self._events: list[tuple[datetime, int, Event]] = []

    def now(self) -> datetime:
        """Give the moment in the story's time."""
        return self._now

    def at(self, day: date, do: Event, *, hour: int | None = None) -> None:
        """Let something happen on a day, within office hours; what lies ahead of today does not happen yet."""
        if day > self.today:
            return
        clock = time(hour or self.random.randint(9, 16), self.random.randint(0, 59), self.random.randint(0, 59))
        moment = datetime.combine(day, clock, settings.zone()).astimezone(UTC)
        heapq.heappush(self._events, (min(moment, self.until), next(self._order), do))

    def run(self) -> None:
        """Do everything in order; what an event adds is done in its turn."""
        while self._events:
            moment, _, do = heapq.heappop(self._events)
            self._now = max(self._now, moment)
            do(self._now)

    def later(self, day: date, low: int, high: int) -> date:
        """Give a working day some working days later."""
        for _ in range(self.random.randint(low, high)):
            day = workday(day + timedelta(days=1))
        return workday(day)


def workday(day: date) -> date:
    """Give the day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def workday_before(day: date) -> date:
    """Give the day, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


def acting(person: Person, now: datetime) -> Actor:
    """Give a person as the gate would at the moment."""
    return actor_of(person, now)
