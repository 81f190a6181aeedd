"""What this process may keep while nothing new is recorded: rows only change together with the trail.

`mark` asks the trail's newest entry (the trail tells how); a request asks once, and again after it has
written. Inside a transaction, whose rows may yet be taken back, nothing is kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from flask import g, has_request_context

from isms.core.database import db, transactions

T = TypeVar("T")

_newest: Callable[[], Any] = lambda: None
_job: ContextVar[Any] = ContextVar("job", default=None)  # keeps the mark as `g` does in a request


def use(newest: Callable[[], Any]) -> None:
    """Say how the newest entry of the trail is asked for; None for an empty trail."""
    global _newest
    _newest = newest


def mark() -> Any:
    """Give the newest entry of the trail: as long as it is the same, so are all rows."""
    kept = g if has_request_context() else _job.get()
    if kept is None or db.in_transaction():
        return _newest()
    known = getattr(kept, "mark", None)
    if known is None or known[0] != transactions.ended:
        known = kept.mark = transactions.ended, _newest()
    return known[1]


@contextmanager
def asked_once() -> Iterator[None]:
    """Ask once inside the block, as a request does: for work of a job that reads much."""
    token = _job.set(_job.get() or SimpleNamespace())
    try:
        yield
    finally:
        _job.reset(token)


class Kept(Generic[T]):
    """A reading of the open database, done again only when something was recorded since."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._kept: WeakKeyDictionary[Any, tuple[Any, T]] = WeakKeyDictionary()
        self._lock = Lock()

    def get(self) -> T:
        """Give what was read, or read it."""
        now = None if db.in_transaction() else mark()
        if now is None:
            return self._read()
        with self._lock:
            kept = self._kept.get(db.obj)
        if kept is not None and kept[0] == now:
            return kept[1]
        value = self._read()
        with self._lock:
            self._kept[db.obj] = (now, value)
        return value
