"""The evidence of a pack: what was valid in the period and known at its end, with its files."""

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from peewee import chunked, fn

from isms.catalogue.rules import in_sight
from isms.core import blobs, settings
from isms.core.blobs import Damaged
from isms.core.database import db
from isms.core.days import Span, end_of_day
from isms.core.permissions import Actor, Permission
from isms.evidence import files as file_rules
from isms.evidence import rules as evidence
from isms.evidence.jobs import destroyed
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, EvidenceLinkEnd
from isms.evidence.standing import Standing, standings_of
from isms.exports.archive import Archive, safe_name
from isms.people.models import Department
from isms.status.rules import Report
from isms.trail.kinds import names

DESTROYED = "destroyed"
SMALL = 1 << 20  # bytes that are read as a whole
MOST = 50  # files that are read together
AHEAD, READERS = 6, 3  # bundles that are read before their turn, and threads that read
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
    """What is known of the evidence to be packed before any of it is read: ids in order, and files that cannot leave."""

    by: Actor
    period: Span
    known_at: datetime
    ids: list[int]
    absent: dict[str, str]

    def batches(self) -> Iterator[tuple[set[int], tuple[int, int]]]:
        """Give the ids in parts, each with the first and the last of it: a span is asked for faster than many ids."""
        for ids in chunked(self.ids, BATCH):
            yield set(ids), (ids[0], ids[-1])

    def standings(self, report: Report) -> dict[int, Standing]:
        """Give how all of it stands on the last day, as known then; most of it stands in the report already."""
        found = {laid.id: laid for one in report.requirements for laid in one.evidence}
        rest = [one for one in self.ids if one not in found]
        return found | (standings_of(rest, self.period.last, self.known_at, settings.zone()) if rest else {})


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
    """Give (reference, files) of every evidence that has files, in order."""
    for ids, span in shelf.batches():
        yield from _members(ids, span, shelf.absent).items()


def _members(ids: set[int], span: tuple[int, int], absent: dict[str, str]) -> dict[str, list[Member]]:
    columns = (EvidenceFile.evidence, Evidence.ref, EvidenceFile.name, EvidenceFile.sha256, EvidenceFile.size)
    query = EvidenceFile.select(*columns).join(Evidence).where(EvidenceFile.evidence.between(*span))
    found: dict[str, list[Member]] = {}
    for owner, ref, name, sha256, size in db.execute(query.order_by(EvidenceFile.evidence, EvidenceFile.position)):
        if owner in ids:
            there = found.setdefault(ref, [])
            path = f"files/{ref}/{safe_name(len(there) + 1, name)}"
            there.append(Member(path, name, sha256, size, absent.get(sha256, "")))
    return found


def copy(shelf: Shelf, archive: Archive, tell: Callable[[int, int], None]) -> dict[str, str]:
    """Copy the files, each hashed on its way; gives what is wrong by hash: then the archive must not leave."""
    damaged: dict[str, str] = {}
    done, total = 0, _count(shelf) + 1  # one for all the rest
    leaving = (file for _, files in members(shelf) for file in files if not file.found)
    for files, reading in _ahead(_bundled(leaving)):
        for file, content in zip(files, reading.result() if reading else [None], strict=True):
            try:
                _put(file, content, archive)
            except Damaged as error:
                damaged[error.sha256] = error.found
        done += len(files)
        tell(done, total)
    return damaged


def _put(file: Member, content: "Read | Damaged | None", archive: Archive) -> None:
    """Write a file that was read already, or a large one as it is read; raises Damaged."""
    if isinstance(content, Damaged):
        raise content
    if content is None:
        archive.add(file.path, blobs.read_once(file.sha256))
    else:
        archive.add_whole(file.path, content.content, file.sha256, content.crc)


def _count(shelf: Shelf) -> int:
    """Count the files."""
    numbers = EvidenceFile.select(EvidenceFile.evidence, fn.COUNT(EvidenceFile.id)).group_by(EvidenceFile.evidence)
    known = dict(db.execute(numbers))
    return sum(known.get(one, 0) for one in shelf.ids)


def _bundled(files: Iterable[Member]) -> Iterator[list[Member]]:
    """Put small files together, in order; a large one stands alone."""
    bundle: list[Member] = []
    size = 0
    for file in files:
        if bundle and (size + file.size > SMALL or len(bundle) == MOST):
            yield bundle
            bundle, size = [], 0
        bundle.append(file)
        size += file.size
    if bundle:
        yield bundle


def _ahead(bundles: Iterable[list[Member]]) -> "Iterator[tuple[list[Member], Future[list[Read | Damaged]] | None]]":
    """Give the bundles in order; those of small files are being read and hashed while the ones before are written."""
    waiting: deque[tuple[list[Member], Future[list[Read | Damaged]] | None]] = deque()
    with ThreadPoolExecutor(READERS) as readers:
        for files in bundles:
            small = files[0].size <= SMALL
            waiting.append((files, readers.submit(_read, files) if small else None))
            if len(waiting) > AHEAD:
                yield waiting.popleft()
        yield from waiting


class Read(NamedTuple):
    """A small file that was read and hashed, with its CRC."""

    content: bytes
    crc: int


def _read(files: list[Member]) -> "list[Read | Damaged]":
    found: list[Read | Damaged] = []
    for file in files:
        try:
            content = b"".join(blobs.read_once(file.sha256))
            found.append(Read(content, zlib.crc32(content)))
        except Damaged as error:
            found.append(error)
    return found


def lacking(shelf: Shelf) -> dict[str, str]:
    """Give the damaged files that the pack had to leave out: what is wrong by hash."""
    if all(found == DESTROYED for found in shelf.absent.values()):
        return {}
    there = {file.sha256: file.found for _, files in members(shelf) for file in files if file.found}
    return {sha256: found for sha256, found in there.items() if found != DESTROYED}


COLUMNS = (
    *("id", "ref", "title", "kind", "url", "collected_on", "period_from", "period_to", "valid_until"),
    *("department", "owner", "note", "recorded_at", "recorded_by"),
)


def told(shelf: Shelf, report: Report) -> Iterator[dict[str, Any]]:
    """Tell of every evidence in order, as JSON holds it."""
    standings = shelf.standings(report)
    departments = dict(Department.select(Department.id, Department.name).tuples())
    seen = {edition: in_sight(shelf.by, Permission.CONTROLS_READ, edition) for edition in _editions()}
    for ids, span in shelf.batches():
        rows = [row for row in _rows(span) if row["id"] in ids]
        people = names({row["recorded_by"] for row in rows} | {f"person:{row['owner']}" for row in rows})
        files, links = _members(ids, span, shelf.absent), _links(span, shelf)
        for row in rows:
            laid, period = standings[row.pop("id")], (row.pop("period_from"), row.pop("period_to"))
            yield {
                **row,
                "period": list(period) if period[0] else None,
                "department": departments.get(row["department"]),
                "owner": people[f"person:{row['owner']}"] if row["owner"] else None,
                "recorded_by": people[row["recorded_by"]],
                "controls": [f"{edition} {key}" for edition, key in links.get(laid.id, ()) if seen[edition](key)],
                "review": laid.review,
                "gone": laid.gone,
                "files": [file.plain() for file in files.get(laid.ref, ())],
            }


def _rows(span: tuple[int, int]) -> Iterator[dict[str, Any]]:
    """Give the columns as JSON holds them: days and moments as text on both engines."""
    fields = [getattr(Evidence, name) for name in COLUMNS]
    query = Evidence.select(*(f.cast("TEXT") if f.field_type == "DATE" else f for f in fields))
    for row in db.execute(query.where(Evidence.id.between(*span)).order_by(Evidence.id)):
        yield dict(zip(COLUMNS, row, strict=True))


def _editions() -> list[str]:
    return [edition for (edition,) in EvidenceLink.select(EvidenceLink.edition).distinct().tuples()]


def _links(span: tuple[int, int], shelf: Shelf) -> dict[int, list[tuple[str, str]]]:
    """Give the requirements that each evidence stood for on the last day, as known then."""
    ended = EvidenceLinkEnd.select(EvidenceLinkEnd.link).where(
        EvidenceLinkEnd.to_day < shelf.period.last, EvidenceLinkEnd.recorded_at <= shelf.known_at
    )
    query = EvidenceLink.select(EvidenceLink.evidence, EvidenceLink.edition, EvidenceLink.key).where(
        EvidenceLink.evidence.between(*span),
        EvidenceLink.from_day <= shelf.period.last,
        EvidenceLink.recorded_at <= shelf.known_at,
        EvidenceLink.id.not_in(ended),
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for owner, edition, key in db.execute(query.order_by(EvidenceLink.id)):
        found.setdefault(owner, []).append((edition, key))
    return found
