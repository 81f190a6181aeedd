"""Backup and restore: one file, consistent while the app runs, checked whole before it replaces anything.

`docs/backup.md` is for operators; `docs/decisions/backup.md` says why it is so.
"""

from isms.backup.manifest import Damaged, Summary
from isms.backup.restoring import restore
from isms.backup.writing import write

__all__ = ["Damaged", "Summary", "restore", "write"]
