"""Proof of the trail: the chain from its first entry to its head, and the rows that it says there are."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from isms.core.words import gettext
from isms.trail import chain
from isms.trail.models import TrailEntry
from isms.trail.rules import KINDS

TAIL = 1000
BATCH = 2000


@dataclass(frozen=True)
class Damage:
    """An entry that does not hold, and why."""

    no: int
    reason: str

    def __str__(self) -> str:
        return gettext("第%(no)s号: %(reason)s", no=self.no, reason=self.reason)


def verify(*, tail_only: bool = False) -> Iterator[Damage]:
    """Check the chain, whole or only its newest entries; whole, it also compares today's rows with their last entry."""
    last = TrailEntry.select(TrailEntry.no).order_by(TrailEntry.no.desc()).tuples().first()
    first = max(1, last[0] - TAIL + 1) if tail_only and last else 1
    before = TrailEntry.get_or_none(TrailEntry.no == first - 1)
    no, prev, at = (before.no, before.hash, before.at) if before else (first - 1, chain.FIRST_PREV, None)
    standing: dict[str, tuple[int, Any]] = {}
    for entry in _rows(first):
        yield from _check_entry(entry, no, prev, at)
        if not tail_only:
            _remember(entry, standing)
        no, prev, at = entry.no, entry.hash, entry.at
    if not tail_only:
        yield from _check_rows(standing)


def _rows(first: int) -> Iterator[TrailEntry]:
    while batch := list(TrailEntry.select().where(TrailEntry.no >= first).order_by(TrailEntry.no).limit(BATCH)):
        yield from batch
        first = batch[-1].no + 1


def _check_entry(entry: TrailEntry, no: int, prev: str, at: Any) -> Iterator[Damage]:
    if entry.no != no + 1:
        yield Damage(no + 1, gettext("この号がありません。"))
    elif entry.prev != prev:
        yield Damage(entry.no, gettext("前の号とつながりません。"))
    if entry.hashed().hash() != entry.hash:
        yield Damage(entry.no, gettext("内容が書き換えられています。"))
    elif at is not None and entry.at < at:
        yield Damage(entry.no, gettext("時刻が前の号より前です。"))
    if (entry.salt is None) != (entry.details is None):
        yield Damage(entry.no, gettext("詳細の片方だけが消えています。"))
    elif entry.salt is not None and not _details_hold(entry):
        yield Damage(entry.no, gettext("詳細が書き換えられています。"))


def _details_hold(entry: TrailEntry) -> bool:
    try:
        return chain.details_hash(bytes.fromhex(entry.salt), entry.details.encode()) == entry.details_hash
    except (ValueError, UnicodeEncodeError):
        return False


def _remember(entry: TrailEntry, standing: dict[str, tuple[int, Any]]) -> None:
    kind = entry.subject.partition(":")[0]
    if kind not in KINDS or KINDS[kind].model is None:
        return
    if entry.details is None:
        standing.pop(entry.subject, None)  # redacted: nothing to compare with
        return
    try:
        details = json.loads(entry.details)
    except ValueError:
        return  # already named as damage
    if isinstance(details, dict) and "after" in details:
        standing[entry.subject] = (entry.no, details["after"])


def _check_rows(standing: dict[str, tuple[int, Any]]) -> Iterator[Damage]:
    """Compare each register row with the `after` of its last entry: a row changed behind the app's back is named."""
    for kind, known in KINDS.items():
        if known.model is None:
            continue
        told = {int(s.partition(":")[2]): v for s, v in standing.items() if s.startswith(f"{kind}:")}
        for row in known.model.select().iterator():
            no, after = told.pop(row.get_id(), (None, None))
            if no is not None and after != row.plain():
                yield Damage(no, gettext("%(subject)s の内容が記録と違います。", subject=f"{kind}:{row.get_id()}"))
        for number, (no, after) in sorted(told.items()):
            if after is not None:
                yield Damage(no, gettext("%(subject)s がありません。", subject=f"{kind}:{number}"))


def export_line(entry: TrailEntry) -> str:
    """Give an entry as one line of the export: entry, hash, salt and details (null when redacted)."""
    hashed = json.loads(entry.hashed().canonical())
    details = None if entry.details is None else json.loads(entry.details)
    return json.dumps(
        {"entry": hashed, "hash": entry.hash, "salt": entry.salt, "details": details},
        ensure_ascii=False,
        separators=(",", ":"),
    )


def export() -> Iterator[str]:
    """Give the whole trail as lines of JSON, oldest first."""
    return (export_line(entry) for entry in _rows(1))
