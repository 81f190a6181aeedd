"""Rows of a visit: one of the example's department, with an answer and a photo."""

from typing import Any

from isms.core import clock
from isms.core.database import atomic
from isms.core.permissions import Actor
from isms.crosschecks import photos, standing
from isms.crosschecks.models import Visit, VisitPhoto
from isms.people import departments, rules
from isms.people.actors import actor_of
from tests.crosschecks import visiting


def ids(by: Actor, department_id: int) -> dict[str, Any]:
    """Make a visit of the department, of which the actor is, and answer its first item with a photo."""
    visit = visiting.visit(checker=departments.get_department(department_id))
    visiting.say(visit, _member(by), "ok", files=[visiting.photo()])
    (taken,) = photos.photos_of(visit.id)[visiting.items(visit)[0].id]
    return {"visit_id": visit.id, "photo_id": taken.id, "visits.item number": 1}


def more(number: int, by: Actor, known: dict[str, Any]) -> None:
    """Make so many photos of the visit, and so many visits to the same department before it."""
    visit = standing.get_visit(known["visit_id"])
    item, one = visiting.items(visit)[0], VisitPhoto.get_by_id(known["photo_id"])
    for turn in range(number):
        with atomic():
            stamp = {"recorded_at": clock.now(), "recorded_by": by.id}
            same = {"sha256": one.sha256, "size": one.size, "kind": one.kind}
            VisitPhoto.create(visit=visit, item=item, name=f"{turn}.jpg", **same, **stamp)
        campaign = visiting.campaign(visit.campaign.list_version, year=2025)
        old = visiting.visit(campaign, checker=visit.checker, checked=visit.checked)
        visiting.say(old, _member(by), "remark", "架空の気づき")
    assert Visit.select().count() > number


def _member(by: Actor) -> Actor:
    """Give the actor as the gate would now."""
    assert by.person_id is not None
    return actor_of(rules.get_person(by.person_id), clock.now())
