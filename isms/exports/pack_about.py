"""What a pack says of itself, and the standards as far as a state follows from them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from isms.catalogue.rules import standards
from isms.core import settings
from isms.core.days import Span
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.trail import rules as trail
from isms.trail.models import TrailEntry

FORMAT = 1


def standards_json() -> str:
    """Give the requirements of every edition and the mappings between them; numbers and titles, no text of a standard."""
    told = standards()
    editions = sorted(told.editions.values(), key=lambda edition: (edition.standard, edition.published))
    whole = {
        "editions": [
            {
                "id": edition.id,
                "standard": edition.standard,
                "name": edition.name,
                "requirements": [
                    {"key": row.key, "id": row.id, "kind": row.kind.value, "ja": row.title_ja, "en": row.title_en}
                    for row in edition.requirements
                ],
            }
            for edition in editions
        ],
        "mappings": [
            {"old": one.old, "new": one.new, "relation": one.relation.value, "pairs": one.pairs}
            for one in told.mappings
        ],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def about_json(by: Actor, period: Span, newest: TrailEntry, edition: str) -> str:
    """Give what verify.py has to know: period, scope (null for everything), and how days and warnings are reckoned."""
    first = trail.entries().order_by(trail.TrailEntry.no).first()
    whole: dict[str, Any] = {
        "format": FORMAT,
        "organisation": settings.get("organisation_name"),
        "period": [period.first.isoformat(), period.last.isoformat()],
        "edition": edition,
        "engagement": None if sees_everything(by) or by.coverage is None else by.coverage.title,
        "scope": scope_of(by),
        "trail_head": {"no": newest.no, "hash": newest.hash},
        "expiry_warning_days": settings.get("expiry_warning_days"),
        "timezone": settings.get("timezone"),
        "zone": list(offsets(settings.zone(), first.at if first else newest.at, newest.at)),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def sees_everything(by: Actor) -> bool:
    """Tell whether nothing is kept from the actor by an engagement."""
    return Scope.ALL in scopes_of(by, Permission.EXPORTS_TAKE)


def scope_of(by: Actor) -> list[str] | None:
    """Give the requirements that the pack tells of, as `edition key`; None for all of them."""
    if sees_everything(by) or (by.coverage is not None and by.coverage.keys is None):
        return None
    return sorted(f"{edition} {key}" for edition, key in (by.coverage.keys if by.coverage else None) or ())


def offsets(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[tuple[str, int]]:
    """Give when the zone changed its distance from UTC, and to how many seconds east; found hour by hour."""
    moment = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    before = None
    while moment <= last + timedelta(days=1):
        offset = moment.astimezone(zone).utcoffset()
        seconds = int(offset.total_seconds()) if offset is not None else 0
        if seconds != before:
            yield moment.replace(tzinfo=None).isoformat(), seconds
            before = seconds
        moment += timedelta(hours=1)
