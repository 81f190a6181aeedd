"""What may happen to the trail: entries are added, read, and their details redacted by two people."""

import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from peewee import ModelSelect, chunked

from isms.core import clock
from isms.core.database import Record, atomic, db, utc_moment, utc_text
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import SYSTEM, Actor
from isms.core.words import gettext, lazy_gettext
from isms.trail import chain
from isms.trail.models import TrailEntry


@dataclass(frozen=True)
class Verb:
    """What can be said of a subject; `personal` details are not for auditors."""

    name: str
    label: Any
    personal: bool = False


@dataclass(frozen=True)
class Change:
    """One thing to record: verb, subject, details (with `before` and `after` where a row changed)."""

    verb: str
    subject: Record | str
    details: dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of subject: what its ids are called and where they are shown; the model lets `verify` compare rows."""

    names: Callable[[list[int]], dict[int, str]]
    href: Callable[[int], str] | None = None
    model: type[Record] | None = None


VERBS: dict[str, Verb] = {}
KINDS: dict[str, Kind] = {}


def verb(name: str, label: Any, *, personal: bool = False) -> None:
    """Declare a verb; only declared ones can be recorded."""
    VERBS[name] = Verb(name, label, personal)


def describe(kind: str, names: Callable[[list[int]], dict[int, str]], **more: Any) -> None:
    """Say how subjects of a kind (`person:12` is of kind person) are named, shown and compared."""
    KINDS[kind] = Kind(names, **more)


verb("trail.epoch_begun", lazy_gettext("復元により新しい期を始めた"))
verb("trail.redaction_proposed", lazy_gettext("記録内容の消去を申し出た"))
verb("trail.redacted", lazy_gettext("記録内容を消去した"))
verb("clock.stepped_back", lazy_gettext("時計が戻された"))


def subject_id(subject: Record | str) -> str:
    """Give the stable id of a subject: `person:12`."""
    if isinstance(subject, str):
        return subject
    return f"{subject._meta.table_name}:{subject.get_id()}"  # type: ignore[attr-defined]


def head() -> TrailEntry | None:
    """Give the newest entry."""
    return TrailEntry.select().order_by(TrailEntry.no.desc()).first()


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
    last = head()
    no, prev, newest = (last.no, last.hash, last.at) if last else (0, chain.FIRST_PREV, now)
    at = utc_text(max(now, newest))
    rows = []
    for change in _with_step_back(changes, now):
        no += 1
        row = _row(no, at, SYSTEM if change.verb == "clock.stepped_back" else by, change, prev)
        prev = row["hash"]
        rows.append(row)
    for batch in chunked(rows, 1000):
        TrailEntry.insert_many(batch).execute()
    clock.observe(utc_moment(at))
    return no


def _with_step_back(changes: Iterable[Change], now: datetime) -> Iterable[Change]:
    wall = clock.step_back()
    if wall is not None:
        db.after_commit(clock.step_back_was_told)
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


def get_entry(no: int) -> TrailEntry:
    """Give the entry; raises NotFound."""
    entry = TrailEntry.get_or_none(TrailEntry.no == no)
    if entry is None:
        raise NotFound()
    return entry


def names(ids: Iterable[str]) -> dict[str, str]:
    """Give the names behind subject ids, one query a kind; an id without a name keeps itself."""
    ids = set(ids)
    found = {"system": str(gettext("システム")), "console": str(gettext("サーバーの操作者"))}
    for kind, known in KINDS.items():
        numbers = [int(i.partition(":")[2]) for i in ids if i.startswith(f"{kind}:") and i.partition(":")[2].isdigit()]
        if numbers:
            found.update({f"{kind}:{number}": name for number, name in known.names(sorted(numbers)).items()})
    return {i: found.get(i, i) for i in ids}


def redaction_of(no: int) -> TrailEntry | None:
    """Give the newest open proposal to redact the entry."""
    newest = (
        TrailEntry.select()
        .where(TrailEntry.subject == f"trail_entry:{no}")
        .where(TrailEntry.verb.in_(["trail.redaction_proposed", "trail.redacted"]))
        .order_by(TrailEntry.no.desc())
        .first()
    )
    return newest if newest is not None and newest.verb == "trail.redaction_proposed" else None


def propose_redaction(no: int, *, reason: str, by: Actor, now: datetime) -> None:
    """Propose that the details of an entry be destroyed: personal or medical data that came in by mistake."""
    if not reason.strip():
        raise Invalid({"reason": gettext("理由を入力してください。")})
    with atomic():
        entry = get_entry(no)
        if entry.details is None:
            raise Conflict(gettext("この記録の内容はすでに消去されています。"))
        if redaction_of(no) is not None:
            raise Conflict(gettext("この記録の消去はすでに申し出られています。"))
        record(by, "trail.redaction_proposed", f"trail_entry:{no}", now, reason=reason)


def confirm_redaction(no: int, *, by: Actor, now: datetime) -> None:
    """Destroy the details of an entry, as somebody else proposed; the chain stays whole without them."""
    with atomic():
        proposal = redaction_of(no)
        if proposal is None:
            raise Conflict(gettext("この記録の消去は申し出られていません。"))
        if proposal.actor == by.id:
            raise Conflict(gettext("消去は、申し出た人とは別の人が確認します。"))
        TrailEntry.update(salt=None, details=None).where(TrailEntry.no == no).execute()
        record(by, "trail.redacted", f"trail_entry:{no}", now, proposal=proposal.no)


def begin_epoch(*, lost: dict[str, Any] | None, now: datetime) -> int:
    """Begin a new epoch after a restore, quoting the newest head that was known before it."""
    with atomic():
        last = head()
        restored = {"no": last.no, "hash": last.hash} if last else None
        return record(SYSTEM, "trail.epoch_begun", "system", now, last_known=lost, restored=restored)


def details_of(entry: TrailEntry) -> dict[str, Any] | None:
    """Give the details of an entry; None when they were redacted."""
    return None if entry.details is None else json.loads(entry.details)


def seed_clock() -> None:
    """Tell the clock the newest moment of the trail, at start."""
    last = head()
    if last is not None:
        clock.observe(min(last.at, clock.wall() + timedelta(days=366)))
