"""Backups while people work, and large ones: consistent, holding nobody up, in little memory."""

import hashlib
import os
import subprocess
import sys
import threading
import time
import tracemalloc
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from config import Config
from isms import backup
from isms.core import clock
from isms.core.database import atomic, db, open_database
from isms.core.permissions import CONSOLE
from isms.people import rules
from isms.people.models import Person
from isms.trail import rules as trail
from isms.trail import verify
from isms.trail.models import TrailEntry
from tests.assembly.copies import NewInstallation, filled, folder
from tests.engines import opened
from tests.factories import NOW

WRITERS = 8
IN_ANOTHER_PROCESS = """
import sys
from datetime import datetime
from pathlib import Path
from config import Config
from isms import backup, people
getattr(backup, sys.argv[1])(Config.from_environment(), Path(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
"""


class Writers:
    """Eight threads that add people through the rule, each over its own connection, until told to stop."""

    def __init__(self, config: Config) -> None:
        self.config, self.numbers, self.stopped = config, count(10_000), threading.Event()
        self.heads: list[int] = []
        self.errors: list[BaseException] = []
        self.threads = [threading.Thread(target=self._work) for _ in range(WRITERS)]

    def __enter__(self) -> "Writers":
        open_database(self.config.database_url, self.config.data)
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopped.set()
        for thread in self.threads:
            thread.join()

    def _work(self) -> None:
        try:
            with db.connection_context():
                while not self.stopped.is_set():
                    number = next(self.numbers)
                    with atomic():
                        rules.add_person(
                            number=str(number), name=f"架空 {number}", from_day=NOW.date(), by=CONSOLE, now=NOW
                        )
                        newest = trail.head_number()
                    self.heads.append(newest)
        except BaseException as error:
            self.errors.append(error)
        finally:
            db.close()

    def wait_for(self, more: int) -> int:
        """Wait until so many more people were added; gives the newest entry that is acknowledged."""
        goal = len(self.heads) + more
        while len(self.heads) < goal and not self.errors:
            time.sleep(0.01)
        return max(self.heads)


def environment(config: Config) -> dict[str, str]:
    told = {**os.environ, "ISMS_DATA": str(config.data), "PYTHONPATH": str(Path(__file__).parents[2])}
    return told | ({"DATABASE_URL": config.database_url} if config.database_url else {})


def run(config: Config, command: str, file: Path) -> None:
    arguments = [sys.executable, "-c", IN_ANOTHER_PROCESS, command, str(file), NOW.isoformat()]
    subprocess.run(arguments, env=environment(config), check=True, timeout=120)


def test_a_backup_under_eight_writers_is_of_one_moment(
    config: Config, new_installation: NewInstallation, tmp_path: Path
) -> None:
    filled(config, people=200)
    with Writers(config) as writers:
        before = writers.wait_for(20)
        run(config, "write", tmp_path / "a.zip")
        after = writers.wait_for(20)
    assert not writers.errors
    with opened(config.database_url, config.data):
        hashes = dict(trail.entries().select(TrailEntry.no, TrailEntry.hash).tuples())

    for engine in ("sqlite", "postgresql"):
        target = new_installation(engine, migrated=False)
        head = backup.restore(target, tmp_path / "a.zip", NOW).head
        assert head is not None
        assert before <= head.no < after
        assert head.hash == hashes[head.no]
        with opened(target.database_url, target.data):
            assert not list(verify.verify())  # compares every row with its entry, and finds rows without one
            told = trail.entries().where(TrailEntry.verb == "person.added").count()
            assert Person.select().count() == told > 200


def test_the_writers_hardly_notice(config: Config, tmp_path: Path) -> None:
    """A backup that is being written keeps no writer waiting."""
    filled(config, people=5)
    name = hashlib.sha256(b"x" * 150_000_000).hexdigest()
    (config.data / "files").mkdir()
    with (config.data / "files" / name).open("wb") as file:
        for _ in range(150):
            file.write(b"x" * 1_000_000)
    with Writers(config) as writers:
        writers.wait_for(5)
        going = threading.Thread(target=run, args=(config, "write", tmp_path / "a.zip"))
        going.start()
        while not list(tmp_path.glob(".a.zip.*")):
            time.sleep(0.005)
        writers.wait_for(10)
        assert not (tmp_path / "a.zip").exists()
        going.join()
    assert not writers.errors
    assert (tmp_path / "a.zip").exists()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_memory_does_not_grow_with_what_is_backed_up(
    config: Config, new_installation: NewInstallation, tmp_path: Path
) -> None:
    filled(config)
    content = b"x" * 64_000_000
    name = hashlib.sha256(content).hexdigest()
    (config.data / "files").mkdir()
    (config.data / "files" / name).write_bytes(content)
    del content
    with opened(config.database_url, config.data), atomic():
        for _ in range(20):
            changes = [trail.Change("person.changed", "person:1", {"note": "x" * 2000}) for _ in range(500)]
            trail.record_many(CONSOLE, changes, NOW)
    target = new_installation("sqlite", migrated=False)
    tracemalloc.start()
    try:
        backup.write(config, tmp_path / "a.zip", NOW)
        assert tracemalloc.get_traced_memory()[1] < 24_000_000
        tracemalloc.reset_peak()
        backup.restore(target, tmp_path / "a.zip", NOW)
        assert tracemalloc.get_traced_memory()[1] < 24_000_000
    finally:
        tracemalloc.stop()
    assert (target.data / "files" / name).stat().st_size == 64_000_000


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.04, 0.08])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_killed_restore_leaves_the_old_or_the_new_whole(config: Config, tmp_path: Path, delay: float) -> None:
    filled(config)
    run(config, "write", tmp_path / "a.zip")
    with opened(config.database_url, config.data):
        rules.add_person(number="99999", name="架空 後人", from_day=NOW.date(), by=CONSOLE, now=NOW)
        lost = trail.head_number()
    arguments = [sys.executable, "-c", IN_ANOTHER_PROCESS, "restore", str(tmp_path / "a.zip"), NOW.isoformat()]
    going = subprocess.Popen(arguments, env=environment(config))
    while going.poll() is None and not list(config.data.glob(".restore-*")):
        time.sleep(0.001)
    time.sleep(delay)
    going.kill()
    going.wait()
    clock.forget()
    with opened(config.database_url, config.data):
        assert not list(verify.verify())
        last = trail.head()
        assert last is not None
        assert (last.no == lost and last.verb == "person.added") or last.verb == "trail.epoch_begun"
    backup.restore(config, tmp_path / "a.zip", NOW + timedelta(days=1))
    assert not [name for name in folder(config.data) if name.startswith(".restore-")]
