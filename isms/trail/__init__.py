"""Floor 1: the append-only, hash-chained record of who did what."""

from isms.trail.rules import Change, describe, entries, head, record, record_many, verb

__all__ = ["Change", "describe", "entries", "head", "record", "record_many", "verb"]
