"""An installation with 10,000 evidences, made by the rules' own rows in few transactions; everything in it is invented."""

import io
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from peewee import chunked

from config import Config
from isms import load_rooms, open_house, trail
from isms.catalogue import rules as catalogue
from isms.catalogue.rules import Said, decide_many
from isms.catalogue.standards import Kind
from isms.core import blobs, clock, schema
from isms.core.database import atomic
from isms.core.permissions import CONSOLE, Actor, Role
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, Review
from isms.people import accounts, rules
from isms.people.actors import actor_of

EVIDENCES = 10_000
BEGINS = date(2023, 4, 1)
SPREAD = 1300  # days over which they were collected


def build(data: Path) -> tuple[Actor, Actor]:
    """Build the installation; gives its two officers. The database stays open."""
    config = Config(data=data)
    open_house(config)
    load_rooms()
    schema.migrate()
    now = datetime(2023, 4, 1, 1, tzinfo=UTC)
    first = rules.found(organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", by=CONSOLE, now=now)
    officer = actor_of(first, now)
    second = rules.add_person(number="2", name="試作 次郎", from_day=date(2020, 4, 1), by=officer, now=now)
    accounts.grant_role(second.id, Role.OFFICER, by=officer, now=now)
    edition = catalogue.edition_on(now.date())
    said = [Said(one.key, True, "個人情報を保護するため。", "implemented") for one in edition.of_kind(Kind.CONTROL)]
    decide_many(edition.id, said, from_day=BEGINS, by=officer, now=now)
    reviewer = actor_of(second, now)
    keys = [one.key for one in edition.requirements]
    for numbers in chunked(range(EVIDENCES), 1000):
        _add(list(numbers), edition.id, keys, officer, reviewer, now)
    return officer, reviewer


def _add(numbers: list[int], edition: str, keys: list[str], by: Actor, reviewer: Actor, now: datetime) -> None:
    """Add evidences with a link and a review each, and their entries in the trail."""
    stamp = {"recorded_by": by.id}
    evidences, links, reviews = [], [], []
    for number in numbers:
        day = BEGINS + timedelta(days=number * SPREAD // EVIDENCES)
        at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
        values = {"title": f"架空の証跡 {number}", "kind": "link", "url": f"https://kakuu.example/{number}"}
        days = {"collected_on": day, "valid_until": day + timedelta(days=364)}
        ref = f"EV-{day.year if day.month > 3 else day.year - 1}-{number + 1:05}"
        evidences.append({"id": number + 1, "ref": ref, **values, **days, **stamp, "recorded_at": at})
        about = {"evidence": number + 1, "recorded_at": at}
        links.append({**about, "edition": edition, "key": keys[number % len(keys)], "from_day": day, **stamp})
        reviews.append({**about, "accepted": True, "reviewed_on": day, "recorded_by": reviewer.id})
    with atomic():
        changes: list[trail.Change] = []
        for verb, model, rows in (
            ("evidence.recorded", Evidence, evidences),
            ("evidence.linked", EvidenceLink, links),
            ("evidence.accepted", Review, reviews),
        ):
            changes += _insert(verb, model, rows)
        trail.record_many(by, changes, now)


def _insert(verb: str, model: Any, rows: list[dict[str, Any]]) -> list[trail.Change]:
    last = model.select(model.id).order_by(model.id.desc()).limit(1).tuples().first()
    for batch in chunked(rows, 200):
        model.insert_many(batch).execute()
    made = model.select().where(model.id > (last[0] if last else 0)).order_by(model.id)
    return [trail.Change(verb, row, {"before": None, "after": row.plain()}) for row in made]


def add_files(count: int, size: int, officer: Actor) -> list[Path]:
    """Add files of `size` bytes to the newest evidences; gives where they lie."""
    now = clock.now()
    places = []
    newest = list(Evidence.select().order_by(Evidence.id.desc()).limit(count))
    for number, evidence in enumerate(newest):
        stored = blobs.put(io.BytesIO(os.urandom(size)), most=size)
        with atomic():
            row = EvidenceFile.create(
                evidence=evidence, position=0, name=f"架空{number}.csv", kind="csv", **stored._asdict(),
                recorded_at=now, recorded_by=officer.id,
            )  # fmt: skip
            trail.record(officer, "evidence.file_added", row, now, before=None, after=row.plain())
        places.append(blobs.path_of(stored.sha256))
    return places


def open_again(data: Path) -> None:
    """Open an installation that was built before."""
    open_house(Config(data=data))
