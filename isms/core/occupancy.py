"""Who uses the data folder: any number of servers at once, or one restore alone.

A lock of the kernel (flock) on a file in the folder: it ends with the process, however that ends. It speaks for this
machine only; on PostgreSQL a restore also looks for other connections.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isms.core.errors import Conflict
from isms.core.words import gettext

LOCK_FILE = "in-use.lock"


@contextmanager
def shared(data: Path) -> Iterator[None]:
    """Use the folder beside others who do; raises Conflict while a restore has it alone."""
    with _locked(data, fcntl.LOCK_SH, gettext("復元が進んでいます。終わってから、もう一度お試しください。")):
        yield


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Use the folder alone; raises Conflict while anybody uses it."""
    with _locked(data, fcntl.LOCK_EX, in_use(data)):
        yield


def in_use(what: object) -> str:
    """Say that somebody uses the folder or the database, and what to stop."""
    return gettext(
        "%(what)s を使っているプログラムがあります。isms serve を止めてから、もう一度お試しください。", what=what
    )


@contextmanager
def _locked(data: Path, kind: int, message: str) -> Iterator[None]:
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Read-only is enough to lock, and lets the server lock a file that root has made.
    handle = os.open(data / LOCK_FILE, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(message) from error
        yield
    finally:
        os.close(handle)
