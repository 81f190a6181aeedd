"""A process that writes into the trail: `python -m tests.trail.writer DATA URL NAME COUNT`, beginning at a line on stdin.

Each write also changes a row by reading it first, so two writers at once would lose an update.
"""

import sys
from pathlib import Path

from isms.core import clock
from isms.core.database import atomic, db, open_database
from isms.core.permissions import Actor
from isms.people import words  # noqa: F401  declares the verbs
from isms.people.models import Department
from isms.trail import rules


def main(data: str, url: str, name: str, count: int) -> None:
    """Write `count` entries, each in a transaction of its own."""
    open_database(url, Path(data))
    db.connect()
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(count):
        with atomic():
            counter = Department.get()
            before = counter.plain()
            counter.change(code=str(int(counter.code) + 1))
            after = counter.plain()
            rules.record(Actor(name), "department.changed", counter, clock.now(), before=before, after=after)
    db.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
