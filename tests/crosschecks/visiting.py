"""A campaign under way with one visit, for tests: `visit = visiting.visit()`; `visiting.member(visit)` may answer it."""

from datetime import date
from io import BytesIO
from typing import Any

from isms import trail
from isms.checklists import rules as checklists
from isms.checklists.models import ChecklistItem, ChecklistVersion
from isms.core.database import atomic
from isms.core.permissions import CONSOLE, Actor
from isms.crosschecks import answers, photos, standing, visits
from isms.crosschecks.models import Answer, Campaign, CampaignStep, Visit
from isms.evidence.files import Kept
from isms.people.models import Department, Person
from tests import documents, factories
from tests.factories import NOW

QUESTIONS = ("離席時に画面を閉じているか", "机の上に書類を残していないか", "鍵を決めた場所に置いているか")
CONTROL = ("iso27001-2022", "A.7.7")


def checklist(*, kinds: tuple[str, ...] = ("verdict",) * 3, **more: Any) -> ChecklistVersion:
    """Make a frozen checklist with an item of each kind."""
    stamp: dict[str, Any] = {"by": CONSOLE, "now": NOW}
    made = checklists.add_checklist(title="架空の点検表", purpose="crosscheck", **stamp)
    version = checklists.newest_version(made.id)
    for place, kind in enumerate(kinds):
        title = QUESTIONS[place % 3] if place < 3 else f"架空の問い {place + 1}"
        values = {
            "look_at": "席を3か所見る。",
            "judge": "すべて消えていれば、できている。",
            "controls": [CONTROL],
            **more,
        }
        checklists.add_item(version.id, title=title, answer_kind=kind, **values, **stamp)
    return checklists.freeze(version.id, **stamp)


def campaign(version: ChecklistVersion | None = None, *, year: int = 2026, begun: bool = True) -> Campaign:
    """Make a campaign of a fiscal year."""
    with atomic():
        made = Campaign.create(
            ref=f"CC-{year}-{Campaign.select().count() + 1:02}",
            title="架空の強化月間",
            fiscal_year=year,
            from_day=date(year, 11, 1),
            to_day=date(year, 11, 30),
            list_version=version or checklist(),
        )
    step(made, "planned")
    if begun:
        step(made, "begun")
    return made


def step(of: Campaign, kind: str) -> None:
    """Let something happen to the campaign."""
    with atomic():
        stamp = {"recorded_at": NOW, "recorded_by": CONSOLE.id}
        CampaignStep.create(campaign=of, kind=kind, day=NOW.date(), **stamp)


def visit(of: Campaign | None = None, *, checker: Department | None = None, checked: Department | None = None) -> Visit:
    """Make a visit of one department to another."""
    with atomic():
        made = Visit.create(
            campaign=of or campaign(),
            checker=checker or _department("架空の審査管理課"),
            checked=checked or _department("架空の介護福祉課"),
        )
    return standing.get_visit(made.id)


def _department(name: str) -> Department:
    return Department.get_or_none(Department.name == name) or factories.department(name)


def say(of: Visit, by: Actor, value: str, comment: str = "", *, item: int = 0, **more: Any) -> Answer:
    """Answer an item, counted from 0."""
    return answers.answer(of.id, items(of)[item].id, value=value, comment=comment, by=by, now=NOW, **more)


def colleague(of: Visit, name: str = "試作 春子", **more: Any) -> Person:
    """Make a person of the department that visits."""
    return factories.person(name, department_id=of.checker_id, **more)


def member(of: Visit, name: str = "試作 春子") -> Actor:
    """Give an actor of the department that visits."""
    return factories.actor(colleague(of, name))


def items(of: Visit) -> list[ChecklistItem]:
    """Give the visit's items."""
    return visits.items(of)


def photo(color: str = "#2a5db0") -> Kept:
    """Take a photo in."""
    return photos.take("IMG_0001.JPG", BytesIO(documents.picture("JPEG", color=color)))


def verbs() -> list[str]:
    """Name what the trail has seen of visits, in order."""
    from isms.trail.models import TrailEntry

    said = TrailEntry.select(TrailEntry.verb).order_by(TrailEntry.no).tuples()
    return [verb for (verb,) in said if verb.startswith("visit.") and verb in trail.kinds.VERBS]
