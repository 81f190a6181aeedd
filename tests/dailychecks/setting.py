"""A federation with a daily check in two departments, for the tests of the room; everything in it is invented."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from isms.checklists import rules as checklists
from isms.checklists.models import ChecklistItem
from isms.core.permissions import Actor, Role
from isms.dailychecks import checks
from isms.dailychecks.models import DailyCheck
from isms.people.models import Department, Person
from tests import factories
from tests.factories import NOW

CONTROLS = [("iso27001-2022", "A.7.7"), ("iso27001-2022", "A.5.36")]
FIRST = date(2026, 10, 1)
BEGUN = datetime(2026, 10, 1, 1, tzinfo=UTC)


@dataclass
class Setting:
    """What the tests speak of."""

    officer: Actor
    daily: DailyCheck
    items: list[ChecklistItem]
    one: Department
    other: Department

    def member(self, department: Department | None = None, **more: Any) -> Person:
        """Make somebody of a department, the first one unless told."""
        return factories.person(department_id=(department or self.one).id, **more)

    def actor(self, department: Department | None = None, now: datetime = NOW, **more: Any) -> Actor:
        """Make somebody of a department, as the gate would give them."""
        return factories.actor(self.member(department, **more), now)


def begin(*, now: datetime = BEGUN, from_day: date = FIRST, due_hour: int = 10) -> Setting:
    """Begin a daily check in two departments, where anybody may do it."""
    officer = factories.actor(factories.with_role(Role.OFFICER), now)
    made = checklists.add_checklist(title="架空の日常点検表", purpose="daily", by=officer, now=now)
    version = checklists.newest_version(made.id)
    for title, grade in (("机の上に書類がない", "observation"), ("画面に鍵がかかる", "minor")):
        checklists.add_item(version.id, title=title, grade=grade, controls=CONTROLS[:1], by=officer, now=now)
    one, other = factories.department("架空総務課"), factories.department("架空審査課")
    daily = checks.add_check(
        title="架空の日常点検",
        checklist_id=made.id,
        controls=CONTROLS,
        department_ids=[one.id, other.id],
        from_day=from_day,
        due_hour=due_hour,
        by=officer,
        now=now,
    )
    return Setting(officer, daily, checklists.items_of(version.id), one, other)
