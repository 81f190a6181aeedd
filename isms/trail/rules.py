"""What may happen to the trail: entries are added and read. Nothing else (`redactions` aside)."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from peewee import ModelSelect, chunked, fn

from isms.core import clock, unchanged
from isms.core.database import Record, atomic, db, utc_moment, utc_text
from isms.core.errors import NotFound, Unavailable
from isms.core.permissions import SYSTEM, Actor, Permission, Scope, scopes_of
from isms.core.words import gettext
from isms.trail import chain
from isms.trail.kinds import VERBS, engaged, subject_id
from isms.trail.models import TrailEntry


@dataclass(frozen=True)
class Change:
    """One thing to record: verb, subject, details (with `before` and `after` where a row changed)."""

    verb: str
    subject: Record | str
    details: dict[str, Any]


def head() -> TrailEntry | None:
    """Give the newest entry; raises Unavailable when it is damaged so that it cannot be read."""
    try:
        return TrailEntry.select().order_by(TrailEntry.no.desc()).first()
    except ValueError as error:
        message = gettext("操作記録の先頭を読めません。isms trail verify で確かめ、バックアップから復元してください。")
        raise Unavailable(message) from error


class Newest(NamedTuple):
    """The newest entry, as the foot of a page shows it."""

    no: int
    hash: str
    at: datetime


def newest() -> Newest | None:
    """Give number, hash and moment of the newest entry at little cost; raises Unavailable as `head` does."""
    row = db.execute_sql("SELECT no, hash, at FROM trail_entry ORDER BY no DESC LIMIT 1").fetchone()
    try:
        return Newest(row[0], row[1], utc_moment(row[2])) if row else None
    except ValueError:
        head()
        raise


def wrote_since(actor_id: str, no: int) -> bool:
    """Tell whether the actor has recorded anything after an entry; looks at the entries after it only."""
    later = TrailEntry.select(TrailEntry.no).where(TrailEntry.no > no, TrailEntry.actor == actor_id)
    return bool(later.exists())


def head_number() -> int:
    """Give the number of the newest entry, 0 when there is none."""
    return TrailEntry.select(fn.MAX(TrailEntry.no)).scalar() or 0


def entries() -> ModelSelect:
    """Give the query of all entries."""
    return TrailEntry.select()


def record(by: Actor, verb: str, subject: Record | str, now: datetime, **details: Any) -> int:
    """Add one entry in the rule's transaction; gives its number."""
    return record_many(by, [Change(verb, subject, details)], now)


def record_many(by: Actor, changes: Iterable[Change], now: datetime) -> int:
    """Add entries in the rule's transaction, in order; gives the last number."""
    if not db.in_transaction():
        raise RuntimeError("the trail is written in the transaction of the rule")
    last = newest()
    no, prev, before = last or (0, chain.FIRST_PREV, now)
    at = utc_text(max(now, before))
    rows = []
    for change in _with_step_back(changes, now, at):
        no += 1
        row = _row(no, at, SYSTEM if change.verb == "clock.stepped_back" else by, change, prev)
        prev = row["hash"]
        rows.append(row)
    for batch in chunked(rows, 1000):
        TrailEntry.insert_many(batch).execute()
    clock.observe(utc_moment(at))
    return no


def _with_step_back(changes: Iterable[Change], now: datetime, at: str) -> Iterable[Change]:
    wall = clock.step_back()
    if wall is not None:
        db.after_commit(clock.step_back_was_told)
        # The time of the entries stands still until the wall clock catches up: told once at that time is told.
        told = TrailEntry.select().where(TrailEntry.at == at, TrailEntry.verb == "clock.stepped_back")
        if not told.exists():
            yield Change("clock.stepped_back", "system", {"wall": utc_text(wall), "kept": utc_text(now)})
    yield from changes


def _row(no: int, at: str, by: Actor, change: Change, prev: str) -> dict[str, Any]:
    if change.verb not in VERBS:
        raise RuntimeError(f"verb {change.verb} is not declared")
    canonical = chain.details_bytes(change.details)
    salt = secrets.token_bytes(16)
    entry = chain.Entry(
        no, at, by.id, change.verb, subject_id(change.subject), chain.details_hash(salt, canonical), prev
    )
    return {
        "no": no,
        "at": at,
        "actor": entry.actor,
        "verb": entry.verb,
        "subject": entry.subject,
        "details_hash": entry.details,
        "prev": prev,
        "hash": entry.hash(),
        "salt": salt.hex(),
        "details": canonical.decode(),
    }


def get_entry(no: int, *, by: Actor | None = None) -> TrailEntry:
    """Give the entry, of those that the actor may know of when one is given; raises NotFound."""
    query = entries() if by is None else entries_for(by)
    entry = query.where(TrailEntry.no == no).first() if no <= chain.LARGEST else None
    if entry is None:
        raise NotFound()
    return entry


def begin_epoch(*, lost: dict[str, Any] | None, now: datetime) -> int:
    """Begin a new epoch after a restore, quoting the newest head that was known before it."""
    with atomic():
        last = head()
        restored = {"no": last.no, "hash": last.hash} if last else None
        return record(SYSTEM, "trail.epoch_begun", "system", now, last_known=lost, restored=restored)


def details_of(entry: TrailEntry) -> dict[str, Any] | None:
    """Give the details of an entry; None when they were redacted."""
    return None if entry.details is None else json.loads(entry.details)


def entries_for(actor: Actor) -> ModelSelect:
    """Give the query of the entries that the actor may know of; of an auditor, what the engagement covers today."""
    scopes = scopes_of(actor, Permission.TRAIL_READ)
    if Scope.ALL in scopes:
        return entries()
    if Scope.ENGAGEMENT not in scopes or actor.coverage is None:
        return entries().where(False)
    return entries() if actor.coverage.keys is None else entries().where(engaged(TrailEntry.subject, actor))


def may_read_details(actor: Actor, entry: TrailEntry) -> bool:
    """Tell whether the actor may see what the entry says: auditors nothing personal (attack 3)."""
    if Scope.ALL in scopes_of(actor, Permission.TRAIL_READ):
        return True
    declared = VERBS.get(entry.verb)
    return declared is not None and not declared.personal


def seed_clock() -> None:
    """Tell the clock the newest moment of the trail, at start."""
    last = head()
    if last is not None:
        newest: datetime = last.at
        clock.observe(min(newest, clock.wall() + timedelta(days=366)))


unchanged.use(newest)
