"""The machine's clock is set back: numbers rise, times do not fall, and one entry says so (attack 50)."""

from datetime import timedelta
from typing import Any

import pytest

from isms.core import clock
from isms.core.database import atomic
from isms.core.errors import Invalid
from isms.core.permissions import CONSOLE, SYSTEM
from isms.trail import rules
from isms.trail.models import TrailEntry
from isms.trail.verify import verify
from tests.trail.entries import NOW


def test_a_clock_set_back_is_told_once(db: Any) -> None:
    wall = [NOW]
    with clock.moved(lambda: wall[0]):
        with atomic():
            rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
        wall[0] = NOW - timedelta(days=30)
        for _ in range(3):
            with atomic():
                rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
                rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
        wall[0] = NOW + timedelta(hours=1)
        with atomic():
            rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
    rows = list(TrailEntry.select().order_by(TrailEntry.no))
    assert [row.no for row in rows] == list(range(1, 10))
    assert [row.at for row in rows] == [NOW] * 8 + [NOW + timedelta(hours=1)]
    told = [row for row in rows if row.verb == "clock.stepped_back"]
    assert [(row.no, row.actor) for row in told] == [(2, SYSTEM.id)]
    assert rules.details_of(told[0]) == {"wall": "2026-10-22T03:04:05.000006Z", "kept": "2026-11-21T03:04:05.000006Z"}
    assert list(verify()) == []


def _record_and_fail() -> None:
    rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
    raise Invalid("")


def test_a_step_back_survives_a_rollback(db: Any) -> None:
    wall = [NOW]
    with clock.moved(lambda: wall[0]):
        with atomic():
            rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
        wall[0] = NOW - timedelta(days=1)
        with pytest.raises(Invalid), atomic():
            _record_and_fail()
        with atomic():
            rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
    assert TrailEntry.select().where(TrailEntry.verb == "clock.stepped_back").count() == 1


def test_a_restart_after_the_clock_was_set_back_still_knows(db: Any) -> None:
    with clock.moved(lambda: NOW), atomic():
        rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
    with clock.moved(lambda: NOW - timedelta(days=1)):
        rules.seed_clock()
        assert clock.now() == NOW
        with atomic():
            rules.record(CONSOLE, "thing.done", "thing:1", clock.now())
    assert rules.entries().where(TrailEntry.verb == "clock.stepped_back").count() == 1
