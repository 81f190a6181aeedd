"""Floor 1: the append-only, hash-chained record of who did what."""

from isms.trail.kinds import describe, show, verb
from isms.trail.rules import Change, entries, head, record, record_many

__all__ = ["Change", "describe", "entries", "head", "record", "record_many", "show", "verb"]
