"""The trail of a pack: the whole chain, with the details that its reader may read.

Details that are left out are withheld: the entry and its hash are there, so the chain holds as a whole.
"""

import json
from collections.abc import Iterator
from functools import cache

from isms.core import settings
from isms.core.database import db, utc_text
from isms.core.days import Span, end_of_day, start_of_day
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.evidence import models as m
from isms.trail import rules as trail
from isms.trail.kinds import VERBS
from isms.trail.models import TrailEntry
from isms.trail.stored import Stored, export_line, stored

# The kinds of facts that a state follows from; settings hold the warning time and the time zone.
CATALOGUE = {"decision", "edition_in_force", "own_control", "title_correction", "statement", "statement_approval"}
EVIDENCE = {"evidence", "evidence_file", "evidence_link", "evidence_link_end", "review", "withdrawal"}
FILES = {"file_check", "redaction"}
FINDINGS = {"finding", "finding_control", "finding_step"}
FACTS = CATALOGUE | EVIDENCE | FILES | FINDINGS | {"setting"}
FOR_ALL = {"edition_in_force", "setting"}  # of no requirement, but every state follows from them

PLAIN = {str, type(None)}
_text = json.encoder.encode_basestring


class Reader:
    """What the reader of a pack may read of the trail: facts of what they see, and the entries of the period."""

    def __init__(self, by: Actor, period: Span) -> None:
        zone = settings.zone()
        self.first = utc_text(start_of_day(period.first, zone))
        self.last = utc_text(end_of_day(period.last, zone))
        self.everything = Scope.ALL in scopes_of(by, Permission.EXPORTS_TAKE)
        self.of_trail = by.has(Permission.TRAIL_READ)
        if not self.everything and by.coverage is not None and by.coverage.keys is None:
            self.everything = True
        self.covered = frozenset() if self.everything else _covered(by)

    def may_read(self, row: Stored) -> bool:
        """Tell whether the details may leave; personal ones never do, whoever takes the pack (attack 3)."""
        kind = str(row.subject).partition(":")[0]
        always, sometimes = _readable(row.verb, kind)
        if not always and not (sometimes and self.of_trail and self.first <= str(row.at) <= self.last):
            return False
        return self.everything or row.subject in self.covered or kind in FOR_ALL


@cache
def _readable(verb: str, kind: str) -> tuple[bool, bool]:
    """Tell whether such details are facts that a state follows from, and whether they may be read at all."""
    declared = VERBS.get(verb)
    impersonal = declared is not None and not declared.personal
    return impersonal and kind in FACTS, impersonal


def _covered(by: Actor) -> frozenset[str]:
    """Give the subjects that the engagement covers, and what put covered evidence out of count."""
    query = trail.entries_for(by).select(TrailEntry.subject).distinct()
    return frozenset(subject for (subject,) in db.execute(query)) | frozenset(_successors(by))


def _successors(by: Actor) -> Iterator[str]:
    """Give what corrects covered evidence though it is linked elsewhere: without it no state would follow."""
    known = {one for (one,) in m.Evidence.select(m.Evidence.id).where(m.Evidence.engaged(by)).tuples()}
    new = known
    while new:
        query = m.Evidence.select(m.Evidence.id).where(m.Evidence.predecessor.in_(sorted(new)))
        new = {one for (one,) in query.tuples()} - known
        known |= new
        yield from (f"evidence:{one}" for one in new)
        for model in (m.EvidenceFile, m.Review, m.Withdrawal):
            rows = model.select(model.id).where(model.evidence.in_(sorted(new)))
            yield from (f"{model._meta.table_name}:{one}" for (one,) in rows.tuples())


def lines(by: Actor, period: Span, head: int) -> Iterator[str]:
    """Give the entries up to the head as lines of JSON, oldest first."""
    reader = Reader(by, period)
    for row in stored():
        if row.no > head:
            return
        yield _line(row, withheld=row.details is not None and not reader.may_read(row))


def _line(row: Stored, *, withheld: bool) -> str:
    """Write an entry as `isms trail export` does; a sound one from the canonical text that is stored."""
    if not {type(value) for value in row[1:]} <= PLAIN or row.hash is None:
        return export_line(row._replace(salt=None, details=None)) + "\n"  # damaged: to be found by who verifies
    entry = (
        f'{{"no":{row.no},"at":{_text(row.at)},"actor":{_text(row.actor)},"verb":{_text(row.verb)},'
        f'"subject":{_text(row.subject)},"details":{_text(row.details_hash)},"prev":{_text(row.prev)},"v":1}}'
    )
    if withheld or row.details is None:
        told = ',"withheld":true' if withheld else ""
        return f'{{"entry":{entry},"hash":{_text(row.hash)},"salt":null,"details":null{told}}}\n'
    salt = "null" if row.salt is None else _text(row.salt)
    return f'{{"entry":{entry},"hash":{_text(row.hash)},"salt":{salt},"details":{row.details}}}\n'
