"""Several processes write at once and leave one unbroken chain (show 3)."""

import subprocess
import sys
from collections import Counter
from typing import Any

from config import ROOT, Config
from isms.people.models import Department
from isms.trail.models import TrailEntry
from isms.trail.verify import verify
from tests import factories

WRITERS, WRITES = 4, 50


def test_four_processes(db: Any, config: Config) -> None:
    factories.department("架空課", code="0")
    command = [sys.executable, "-m", "tests.trail.writer", str(config.data), config.database_url]
    writers = [
        subprocess.Popen(
            [*command, f"person:{n}", str(WRITES)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for n in range(WRITERS)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    rows = list(TrailEntry.select().where(TrailEntry.no > 1).order_by(TrailEntry.no))
    assert [row.no for row in rows] == list(range(2, WRITERS * WRITES + 2))
    assert Counter(row.actor for row in rows) == {f"person:{n}": WRITES for n in range(WRITERS)}
    assert len({row.actor for row in rows[:100]}) > 1  # they did write at once
    assert Department.get().code == str(WRITERS * WRITES)
    assert list(verify(checkpoint=(rows[-1].no, rows[-1].hash))) == []
