"""The clock, read only at the edge (views, cli, runner); rules get `now` as an argument.

It never goes back behind what the trail has seen: sessions do not revive and used links stay used when
somebody sets the machine's clock back (attack 50). The step itself is told once to the trail.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

TOLERANCE = timedelta(seconds=60)

_lock = threading.Lock()
_source: Callable[[], datetime] = lambda: datetime.now(UTC)
_floor = datetime.min.replace(tzinfo=UTC)
_step_back: datetime | None = None
_reported = False


def now() -> datetime:
    """Give the present moment, aware, in UTC, never before the newest moment the trail has seen."""
    global _step_back, _reported
    wall = _source()
    with _lock:
        if wall + TOLERANCE >= _floor:
            _reported = False
        elif not _reported:
            _step_back, _reported = wall, True
        return max(wall, _floor)


def observe(moment: datetime) -> None:
    """Take note of a moment that has been: the clock stays at or after it."""
    global _floor
    with _lock:
        _floor = max(_floor, moment)


def wall() -> datetime:
    """Give what the machine's clock shows, even if it was set back."""
    return _source()


def step_back() -> datetime | None:
    """Give the wall time of a step back that the trail was not yet told of."""
    return _step_back


def step_back_was_told() -> None:
    """Note that the step back stands in the trail."""
    global _step_back
    _step_back = None


def forget() -> None:
    """Forget what was observed: another database is opened."""
    global _floor, _step_back, _reported
    with _lock:
        _floor, _step_back, _reported = datetime.min.replace(tzinfo=UTC), None, False


@contextmanager
def moved(source: Callable[[], datetime]) -> Iterator[None]:
    """Let the clock show what the source says, for tests and for the demo's past."""
    global _source
    before = _source
    _source = source
    forget()
    try:
        yield
    finally:
        _source = before
        forget()
