"""How every evidence stands on any day, as known then or now. Nine queries, whatever the day and however many.

Facts are only ever appended, so this process keeps what it has read and asks for newer rows alone, and only when the
trail has grown: a mirror, never a cache that could be stale. Inside a transaction, whose rows may yet be taken back, everything is read anew.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from threading import Lock
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from isms.core import unchanged
from isms.core.database import db, utc_moment, utc_text
from isms.core.days import end_of_day
from isms.evidence.models import (
    Evidence,
    EvidenceFile,
    EvidenceLink,
    EvidenceLinkEnd,
    FileCheck,
    Redaction,
    RedactionProposal,
    Review,
    Withdrawal,
)


class File(NamedTuple):
    """A file as it is told outside; `size` in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, eq=False, slots=True)
class Standing:
    """An evidence as it stands on the day that was asked; whether it proves is for the status to say."""

    id: int
    ref: str
    title: str
    collected_on: date
    valid_until: date
    recorded_at: datetime
    review: str  # accepted, returned, waiting
    gone: bool  # withdrawn, redacted, or corrected by an accepted successor
    damaged: bool
    files: tuple[File, ...]
    _written: list[str] = field(default_factory=list, repr=False)

    @property
    def plain(self) -> dict[str, Any]:
        """Give what an export tells of it."""
        return {
            "ref": self.ref,
            "title": self.title,
            "collected_on": self.collected_on.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "recorded_at": utc_text(self.recorded_at),
            "review": self.review,
            "files": [file._asdict() for file in self.files],
        }

    @property
    def written(self) -> str:
        """Give `plain` as JSON, made once however often it is asked for: a report holds thousands of these."""
        if not self._written:
            self._written.append(json.dumps(self.plain, ensure_ascii=False))
        return self._written[0]


class Row:
    """An evidence with all that was ever said of it; moments are texts, which sort as they follow each other."""

    __slots__ = (
        "collected_on",
        "files",
        "gone_at",
        "id",
        "recorded_at",
        "redacted_at",
        "ref",
        "reviews",
        "seen",
        "successors",
        "title",
        "valid_until",
    )

    def __init__(self, id: int, ref: str, title: str, collected_on: str, valid_until: str, recorded_at: str) -> None:
        self.id, self.ref, self.title, self.recorded_at = id, ref, title, recorded_at
        self.collected_on, self.valid_until = date.fromisoformat(collected_on), date.fromisoformat(valid_until)
        self.files: tuple[File, ...] = ()
        self.reviews: tuple[tuple[str, bool], ...] = ()
        self.successors: tuple[Row, ...] = ()
        self.gone_at: str | None = None
        self.redacted_at: str | None = None
        self.seen: dict[tuple[str, bool, bool], Standing] = {}

    def as_seen(self, state: tuple[str, bool, bool]) -> Standing:
        """Give the evidence in a state; the same object each time."""
        found = self.seen.get(state)
        if found is None:
            days, recorded_at = (self.collected_on, self.valid_until), utc_moment(self.recorded_at)
            review, gone, damaged = state
            found = Standing(self.id, self.ref, self.title, *days, recorded_at, review, gone, damaged, self.files)
            self.seen[state] = found
        return found


class Bond:
    """A link with its ends."""

    __slots__ = ("ends", "from_day", "key", "recorded_at", "row")

    def __init__(self, row: Row, key: str, from_day: str, recorded_at: str) -> None:
        self.row, self.key, self.from_day, self.recorded_at = row, key, from_day, recorded_at
        self.ends: tuple[tuple[str, str], ...] = ()  # last day, recorded at


class View:
    """What is asked: a day, the moment up to which rows are known, and that up to which files were hashed."""

    def __init__(self, mirror: "Mirror", known: str, hashed: str) -> None:
        self.known, self.hashed = known, hashed
        self.damaged = {sha256 for sha256, checks in mirror.checks.items() if _newest(checks, hashed) is False}
        self._states: dict[int, Standing] = {}

    def of(self, row: Row) -> Standing:
        """Give how an evidence stands."""
        found = self._states.get(row.id)
        if found is None:
            accepted = _newest(row.reviews, self.known) if row.reviews else None
            review = "waiting" if accepted is None else "accepted" if accepted else "returned"
            gone = self.withdrawn(row) or (bool(row.successors) and self.corrected(row))
            damaged = bool(self.damaged) and any(file.sha256 in self.damaged for file in row.files)
            found = self._states[row.id] = row.as_seen((review, gone, damaged))
        return found

    def withdrawn(self, row: Row) -> bool:
        """Tell whether it was withdrawn or redacted."""
        return (row.gone_at is not None and row.gone_at <= self.known) or (
            row.redacted_at is not None and row.redacted_at <= self.hashed
        )

    def corrected(self, row: Row) -> bool:
        """Tell whether a successor, or one of its own, is accepted and stands."""
        for next_one in row.successors:
            if next_one.recorded_at > self.known:
                continue
            if (_newest(next_one.reviews, self.known) and not self.withdrawn(next_one)) or self.corrected(next_one):
                return True
        return False


def _newest(said: Iterable[tuple[str, bool]], until: str) -> bool | None:
    """Give the last word said until the moment; None when nothing was."""
    last = None
    for moment, word in said:
        if moment <= until:
            last = word
    return last


FOREVER = "9999"  # after every moment


class Mirror:
    """All facts on evidence, as far as they were read."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.newest: Any = None  # entry of the trail when it was read
        self.read: dict[Any, int] = {}
        self.rows: dict[int, Row] = {}
        self.bonds: dict[int, Bond] = {}
        self.of_edition: dict[str, list[Bond]] = {}
        self.with_file: dict[str, list[Row]] = {}
        self.checks: dict[str, tuple[tuple[str, bool], ...]] = {}

    def follow(self) -> None:
        """Read what is new, if anything was recorded since."""
        newest = unchanged.mark()
        if newest is None or newest != self.newest:
            self.refresh()
            self.newest = newest

    def refresh(self) -> None:
        """Read what is new; children first, so that whatever a row speaks of is read after it."""
        ends = self._new(EvidenceLinkEnd, "link", "to_day", "recorded_at")
        checks = self._new(FileCheck, "sha256", "sound", "recorded_at")
        redactions = self._redactions()
        gone = self._new(Withdrawal, "evidence", "recorded_at")
        reviews = self._new(Review, "evidence", "accepted", "recorded_at")
        links = self._new(EvidenceLink, "evidence", "edition", "key", "from_day", "recorded_at")
        files = self._new(EvidenceFile, "evidence", "name", "sha256", "size")
        fields = ("ref", "title", "collected_on", "valid_until", "recorded_at", "predecessor")
        for id_, *values, predecessor in self._new(Evidence, *fields):
            row = self.rows[id_] = Row(id_, *values)
            if predecessor is not None:
                self.rows[predecessor].successors += (row,)
        for _, evidence, *told in files:
            row, file = self.rows[evidence], File(*told)
            row.files += (file,)
            row.seen.clear()
            self.with_file.setdefault(file.sha256, []).append(row)
        for id_, evidence, edition, key, from_day, recorded_at in links:
            bond = self.bonds[id_] = Bond(self.rows[evidence], key, from_day, recorded_at)
            self.of_edition.setdefault(edition, []).append(bond)
        for _, evidence, accepted, recorded_at in reviews:
            self.rows[evidence].reviews += ((recorded_at, bool(accepted)),)
        for _, evidence, recorded_at in gone:
            self.rows[evidence].gone_at = recorded_at
        for _, sha256, recorded_at in redactions:
            for row in self.with_file.get(sha256, ()):
                row.redacted_at = min(row.redacted_at or recorded_at, recorded_at)
        for _, sha256, sound, recorded_at in checks:
            self.checks[sha256] = (*self.checks.get(sha256, ()), (recorded_at, bool(sound)))
        for _, link, to_day, recorded_at in ends:
            self.bonds[link].ends += ((to_day, recorded_at),)

    def _new(self, model: Any, *names: str) -> list[tuple[Any, ...]]:
        """Give the rows that were not read yet, in order, days and moments as text: (id, *columns)."""
        columns = [model.id] + [_plain(getattr(model, name)) for name in names]
        return self._read(model, model.select(*columns))

    def _redactions(self) -> list[tuple[Any, ...]]:
        query = Redaction.select(Redaction.id, EvidenceFile.sha256, Redaction.recorded_at)
        return self._read(Redaction, query.join(RedactionProposal).join(EvidenceFile))

    def _read(self, model: Any, query: Any) -> list[tuple[Any, ...]]:
        rows = list(db.execute(query.where(model.id > self.read.get(model, 0)).order_by(model.id)))
        if rows:
            self.read[model] = rows[-1][0]
        return rows

    def view(self, day: date, known_at: datetime | None, zone: tzinfo) -> View:
        """Give the view from a day, of what was known at the moment (None: of all)."""
        if known_at is None:
            return View(self, FOREVER, utc_text(end_of_day(day, zone)))
        return View(self, utc_text(known_at), utc_text(known_at))


def _plain(field: Any) -> Any:
    return field.cast("TEXT") if field.field_type == "DATE" else field


_mirrors: "WeakKeyDictionary[Any, Mirror]" = WeakKeyDictionary()
_mirrors_lock = Lock()


def _mirror() -> Mirror:
    """Give the mirror of the open database; one for this question alone inside a transaction."""
    if db.in_transaction():
        return Mirror()
    with _mirrors_lock:
        return _mirrors.setdefault(db.obj, Mirror())


def standing(edition_id: str, day: date, known_at: datetime | None, zone: tzinfo) -> dict[str, list[Standing]]:
    """Give, by requirement key, the evidence linked on the day and how it stands, in order of recording.

    `known_at`: only rows recorded by then count; None: all that is known now, judged by the days they tell of.
    """
    mirror = _mirror()
    with mirror.lock:
        mirror.follow()
        view = mirror.view(day, known_at, zone)
        found: dict[str, dict[int, Standing]] = {}
        for bond in _bonds(mirror, edition_id, day.isoformat(), view.known):
            found.setdefault(bond.key, {})[bond.row.id] = view.of(bond.row)
    return {key: list(by_id.values()) for key, by_id in found.items()}


def _bonds(mirror: Mirror, edition_id: str, day: str, known: str) -> Iterator[Bond]:
    """Give the links that count on the day."""
    for bond in mirror.of_edition.get(edition_id, ()):
        begun = bond.from_day <= day and bond.recorded_at <= known and bond.row.recorded_at <= known
        if begun and (not bond.ends or all(to_day >= day or at > known for to_day, at in bond.ends)):
            yield bond


def standings_of(ids: Iterable[int], day: date, known_at: datetime | None, zone: tzinfo) -> dict[int, Standing]:
    """Give how these evidences stand on the day, by id; those not known by then are left out."""
    mirror = _mirror()
    with mirror.lock:
        mirror.follow()
        view = mirror.view(day, known_at, zone)
        rows = [mirror.rows[one] for one in ids if one in mirror.rows]
        return {row.id: view.of(row) for row in rows if row.recorded_at <= view.known}
