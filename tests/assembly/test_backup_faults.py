"""Backups and restores on a disk that fails or is full: what stood there stands, and nothing is left lying about."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from config import Config
from isms import backup
from isms.core.database import SQLITE_FILE
from isms.core.errors import Unavailable
from tests.assembly.copies import (
    LATER,
    add_person,
    everything,
    filled,
    folder,
    head,
    newest_details,
    other_connection,
    stored_file,
)
from tests.factories import NOW


def test_each_failing_step_leaves_the_old_or_the_new_whole(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_file(filled(config))
    backup.write(config, tmp_path / "a.zip", NOW)
    stored_file(config, b"later evidence")
    shutil.rmtree(config.data / "files")
    lost = add_person(config)
    before = everything(config)
    for number in range(1, 30):
        steps = Steps(fail_at=number)
        with monkeypatch.context() as patch:
            for name in ("fsync", "replace", "link"):
                patch.setattr(os, name, steps.over(getattr(os, name)))
            try:
                backup.restore(config, tmp_path / "a.zip", LATER)
            except Unavailable:
                names = {name for name in folder(config.data) if not name.startswith("files/")}
                if everything(config) == before:
                    assert names - {f"{SQLITE_FILE}-wal", f"{SQLITE_FILE}-shm"} == (
                        set() if config.database_url else {SQLITE_FILE}
                    )
                    continue
            assert head(config) != lost
            assert newest_details(config)[0] == "trail.epoch_begun"
            assert len([name for name in folder(config.data) if name.startswith("files/")]) == 1
            assert number > 3
            return
    pytest.fail("no restore went through")


class Steps:
    """Counts calls to the system and lets one of them fail."""

    def __init__(self, fail_at: int) -> None:
        self.left = fail_at

    def over(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                raise OSError(5, "Input/output error")
            return real(*args, **more)

        return call


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond the size: what a full disk is to a program, without root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("size", [0, 100, 5_000, 30_000])
def test_a_backup_that_finds_no_room_leaves_the_old_one(config: Config, tmp_path: Path, size: int) -> None:
    stored_file(filled(config), b"x" * 20_000)
    (tmp_path / "a.zip").write_bytes(b"PK\5\6" + bytes(18))
    # The database is open elsewhere, as it is in life: SQLite opens none where it cannot make a file of 32 kB.
    with other_connection(config), largest_file(size), pytest.raises(Unavailable, match="ディスクがいっぱい"):
        backup.write(config, tmp_path / "a.zip", NOW)
    assert folder(tmp_path) == {"a.zip": b"PK\5\6" + bytes(18)}


@pytest.mark.parametrize("size", [0, 100, 30_000, 120_000])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_restore_that_finds_no_room_leaves_the_old_state(config: Config, tmp_path: Path, size: int) -> None:
    stored_file(filled(config), b"x" * 200_000)
    backup.write(config, tmp_path / "a.zip", NOW)
    shutil.rmtree(config.data / "files")
    before = folder(config.data)
    with largest_file(size), pytest.raises(Unavailable):
        backup.restore(config, tmp_path / "a.zip", NOW)
    assert folder(config.data) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte; only root can."""
    place = tmp_path / "disk"
    place.mkdir()
    done = os.geteuid() == 0 and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], check=False)
    if not done or done.returncode:
        pytest.skip("a disk of one megabyte can be mounted by root only")
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_full_disk_says_so_and_loses_nothing(config: Config, small_disk: Path, tmp_path: Path) -> None:
    stored_file(filled(config))
    backup.write(config, small_disk / "a.zip", NOW)
    first = (small_disk / "a.zip").read_bytes()
    stored_file(config, os.urandom(1_000_000))
    with pytest.raises(Unavailable, match="ディスクがいっぱい"):
        backup.write(config, small_disk / "a.zip", NOW)
    assert folder(small_disk) == {"a.zip": first}
    (small_disk / "data").mkdir()
    backup.write(config, tmp_path / "big.zip", NOW)
    with pytest.raises(Unavailable, match="ディスクがいっぱい"):
        backup.restore(Config(data=small_disk / "data"), tmp_path / "big.zip", NOW)
    assert folder(small_disk / "data") == {}
