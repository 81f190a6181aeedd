"""Details that came in by mistake are destroyed by two people: one proposes, another confirms; the chain stays whole."""

from datetime import datetime

from peewee import ModelSelect

from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.trail.models import TrailEntry
from isms.trail.rules import get_entry, record


def redaction_of(no: int) -> TrailEntry | None:
    """Give the open proposal to redact the entry."""
    newest = _redactions().where(TrailEntry.subject == f"trail_entry:{no}").first()
    return newest if newest is not None and newest.verb == "trail.redaction_proposed" else None


def open_redactions() -> list[tuple[int, TrailEntry]]:
    """Give (number of the entry, proposal) of all that wait for a second person, newest first."""
    newest: dict[str, TrailEntry] = {}
    for step in _redactions():
        newest.setdefault(step.subject, step)
    waiting = [step for step in newest.values() if step.verb == "trail.redaction_proposed"]
    return [(int(step.subject.partition(":")[2]), step) for step in waiting]


def _redactions() -> ModelSelect:
    steps = ["trail.redaction_proposed", "trail.redaction_declined", "trail.redacted"]
    return TrailEntry.select().where(TrailEntry.verb.in_(steps)).order_by(TrailEntry.no.desc())


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
        record(by, "trail.redaction_proposed", f"trail_entry:{no}", now, reason=reason.strip())


def confirm_redaction(no: int, *, by: Actor, now: datetime) -> None:
    """Destroy the details of an entry, as somebody else proposed; the chain stays whole without them."""
    with atomic():
        proposal = _get_redaction(no)
        if proposal.actor == by.id:
            raise Conflict(gettext("消去は、申し出た人とは別の人が確認します。"))
        TrailEntry.update(salt=None, details=None).where(TrailEntry.no == no).execute()
        record(by, "trail.redacted", f"trail_entry:{no}", now, proposal=proposal.no)


def decline_redaction(no: int, *, by: Actor, now: datetime) -> None:
    """Leave the details of an entry where they are."""
    with atomic():
        proposal = _get_redaction(no)
        record(by, "trail.redaction_declined", f"trail_entry:{no}", now, proposal=proposal.no)


def _get_redaction(no: int) -> TrailEntry:
    proposal = redaction_of(no)
    if proposal is None:
        raise Conflict(gettext("この記録の消去は申し出られていないか、すでに決まっています。"))
    return proposal
