"""The evidence of a pack: what was valid in the period and known at its end, with its files."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from peewee import chunked

from isms.catalogue.rules import in_sight
from isms.core import blobs, settings
from isms.core.blobs import Damaged
from isms.core.database import db, utc_text
from isms.core.days import Span, end_of_day
from isms.core.permissions import Actor, Permission
from isms.evidence import files as file_rules
from isms.evidence import rules as evidence
from isms.evidence.jobs import destroyed
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, EvidenceLinkEnd
from isms.evidence.standing import Standing, standings_of
from isms.exports.archive import Archive, safe_name
from isms.people.models import Department
from isms.trail.kinds import names

DESTROYED = "destroyed"
BATCH = 500  # evidences that are in the memory at once


class Member(NamedTuple):
    """A file of an evidence and its place in the pack; `found` says why it is not there: destroyed, or what was wrong."""

    path: str
    name: str
    sha256: str
    size: int
    found: str

    def plain(self) -> dict[str, Any]:
        """Give what the list of the pack tells."""
        there = None if self.found else self.path
        return {
            "path": there,
            "name": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "absent": self.found or None,
        }


@dataclass(frozen=True)
class Shelf:
    """What is known of the evidence to be packed before any of it is read: ids, and the files that cannot leave."""

    by: Actor
    period: Span
    known_at: datetime
    ids: list[int]
    absent: dict[str, str]

    def standings(self) -> dict[int, Standing]:
        """Give how all of it stands on the last day, as known then."""
        return standings_of(self.ids, self.period.last, self.known_at, settings.zone())


def shelf(by: Actor, period: Span) -> Shelf:
    """Find the evidence that the actor may see."""
    known_at = end_of_day(period.last, settings.zone())
    query = evidence.readable(by).where(
        Evidence.recorded_at <= known_at,
        Evidence.collected_on <= period.last,
        Evidence.valid_until >= period.first,
    )
    ids = [one for (one,) in db.execute(query.select(Evidence.id).order_by(Evidence.id))]
    absent = dict(file_rules.damaged_now())
    absent |= dict.fromkeys(destroyed(), DESTROYED)
    return Shelf(by, period, known_at, ids, absent)


def members(shelf: Shelf) -> Iterator[tuple[str, list[Member]]]:
    """Give (reference, files) of every evidence in order."""
    for ids in chunked(shelf.ids, BATCH):
        query = (
            EvidenceFile.select(Evidence.ref, EvidenceFile.name, EvidenceFile.sha256, EvidenceFile.size)
            .join(Evidence)
            .where(EvidenceFile.evidence.in_(ids))
            .order_by(EvidenceFile.evidence, EvidenceFile.position)
        )
        found: dict[str, list[Member]] = {}
        for ref, name, sha256, size in db.execute(query):
            there = found.setdefault(ref, [])
            path = f"files/{ref}/{safe_name(len(there) + 1, name)}"
            there.append(Member(path, name, sha256, size, shelf.absent.get(sha256, "")))
        yield from found.items()


def copy(shelf: Shelf, archive: Archive, tell: Callable[[int, int], None]) -> dict[str, str]:
    """Copy the files, each hashed on its way; gives what is wrong by hash: then the archive must not leave."""
    damaged: dict[str, str] = {}
    done, total = 0, _count(shelf) + 1  # one for all the rest
    for _, files in members(shelf):
        for file in files:
            if not file.found and file.sha256 not in damaged:
                try:
                    archive.add(file.path, blobs.read_once(file.sha256))
                except Damaged as error:
                    damaged[error.sha256] = error.found
            done += 1
            tell(done, total)
    return damaged


def _count(shelf: Shelf) -> int:
    return sum(EvidenceFile.select().where(EvidenceFile.evidence.in_(ids)).count() for ids in chunked(shelf.ids, BATCH))


def lacking(shelf: Shelf) -> dict[str, str]:
    """Give the damaged files that the pack had to leave out: what is wrong by hash."""
    there = {file.sha256: file.found for _, files in members(shelf) for file in files if file.found}
    return {sha256: found for sha256, found in there.items() if found != DESTROYED}


def told(shelf: Shelf) -> Iterator[dict[str, Any]]:
    """Tell of every evidence in order, as JSON holds it."""
    standings = shelf.standings()
    departments = dict(Department.select(Department.id, Department.name).tuples())
    seen = {edition: in_sight(shelf.by, Permission.CONTROLS_READ, edition) for edition in _editions()}
    for ids in chunked(shelf.ids, BATCH):
        rows = list(Evidence.select().where(Evidence.id.in_(ids)).order_by(Evidence.id))
        people = names({row.recorded_by for row in rows} | {f"person:{row.owner_id}" for row in rows if row.owner_id})
        files = {ref: list(there) for ref, there in members(_only(shelf, ids))}
        links = _links(ids, shelf)
        for row in rows:
            keys = [f"{edition} {key}" for edition, key in links.get(row.id, ()) if seen[edition](key)]
            yield {
                "ref": row.ref,
                "title": row.title,
                "kind": row.kind,
                "url": row.url or None,
                "controls": keys,
                "collected_on": row.collected_on.isoformat(),
                "period": [_iso(row.period_from), _iso(row.period_to)] if row.period_from else None,
                "valid_until": row.valid_until.isoformat(),
                "department": departments.get(row.department_id),
                "owner": people.get(f"person:{row.owner_id}"),
                "note": row.note or None,
                "recorded_at": utc_text(row.recorded_at),
                "recorded_by": people[row.recorded_by],
                "review": standings[row.id].review,
                "gone": standings[row.id].gone,
                "files": [file.plain() for file in files.get(row.ref, ())],
            }


def _only(shelf: Shelf, ids: Iterable[int]) -> Shelf:
    return Shelf(shelf.by, shelf.period, shelf.known_at, list(ids), shelf.absent)


def _editions() -> list[str]:
    return [edition for (edition,) in EvidenceLink.select(EvidenceLink.edition).distinct().tuples()]


def _links(ids: Iterable[int], shelf: Shelf) -> dict[int, list[tuple[str, str]]]:
    """Give the requirements that each evidence stood for on the last day, as known then."""
    ended = EvidenceLinkEnd.select(EvidenceLinkEnd.link).where(
        EvidenceLinkEnd.to_day < shelf.period.last, EvidenceLinkEnd.recorded_at <= shelf.known_at
    )
    query = EvidenceLink.select(EvidenceLink.evidence, EvidenceLink.edition, EvidenceLink.key).where(
        EvidenceLink.evidence.in_(list(ids)),
        EvidenceLink.from_day <= shelf.period.last,
        EvidenceLink.recorded_at <= shelf.known_at,
        EvidenceLink.id.not_in(ended),
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for owner, edition, key in db.execute(query.order_by(EvidenceLink.id)):
        found.setdefault(owner, []).append((edition, key))
    return found


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
