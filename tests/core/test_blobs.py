"""The store: whole files under their hash, nothing else; what changed on disk is never given out (attacks 32, 43, 45)."""

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from isms.core import blobs
from isms.core.blobs import BLOCK, Damaged
from isms.core.errors import TooLarge, Unavailable

TEXT = "架空の記録".encode()
LONG = bytes(range(256)) * (BLOCK // 256) * 3 + b"end"
MOST = 10 * BLOCK


@pytest.fixture(autouse=True)
def folder(data_folder: Path) -> Iterator[Path]:
    before = blobs._data
    blobs.use(data_folder)
    yield data_folder / blobs.FOLDER
    blobs._data = before


class Breaking(io.BytesIO):
    """A client that goes away."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell() >= BLOCK:
            raise ConnectionResetError
        return super().read(size)


def test_a_file_lies_under_its_hash_for_us_alone(folder: Path) -> None:
    for content in (TEXT, b"", LONG):
        stored = blobs.put(io.BytesIO(content), most=MOST)
        assert stored == (hashlib.sha256(content).hexdigest(), len(content))
        with blobs.open_checked(stored.sha256) as file:
            assert (b"".join(file.chunks()), file.size) == (content, len(content))
    assert sorted(path.name for path in folder.iterdir()) == blobs.stored()
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_same_bytes_are_kept_once_and_count_as_new(folder: Path) -> None:
    sha256 = blobs.put(io.BytesIO(TEXT), most=MOST).sha256
    os.utime(folder / sha256, (1, 1))
    inode = (folder / sha256).stat().st_ino
    assert blobs.put(io.BytesIO(TEXT), most=MOST).sha256 == sha256
    assert (folder / sha256).stat().st_ino == inode
    touched = blobs.touched_at(sha256)
    assert touched is not None and touched > datetime(2020, 1, 1, tzinfo=UTC)


def test_the_same_bytes_heal_what_was_damaged(folder: Path) -> None:
    sha256 = blobs.put(io.BytesIO(TEXT), most=MOST).sha256
    (folder / sha256).write_bytes(b"x")
    blobs.put(io.BytesIO(TEXT), most=MOST)
    blobs.open_checked(sha256).close()


@pytest.mark.parametrize("stream", [io.BytesIO(LONG), Breaking(LONG)])
def test_what_does_not_come_in_whole_leaves_nothing(folder: Path, stream: io.BytesIO) -> None:
    with pytest.raises((TooLarge, ConnectionResetError)):
        blobs.put(stream, most=2 * BLOCK)
    assert list(folder.iterdir()) == []


def test_what_is_not_kept_leaves_nothing(folder: Path) -> None:
    with blobs.received(io.BytesIO(TEXT), most=MOST) as incoming:
        assert incoming.file.read() == TEXT
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_is_said_and_leaves_nothing(folder: Path, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os if step == "fsync" else Path, step, full)
        with pytest.raises(Unavailable, match="ディスクがいっぱい"):
            blobs.put(io.BytesIO(TEXT), most=MOST)
    assert list(folder.iterdir()) == []


def test_an_upload_that_died_is_cleared_away_after_its_time(folder: Path) -> None:
    blobs.put(io.BytesIO(TEXT), most=MOST)
    (folder / "incoming-dead").write_bytes(b"half")
    now = datetime.now(UTC)
    assert blobs.remove_incoming(now - timedelta(hours=1)) == 0
    assert blobs.remove_incoming(now + timedelta(hours=1)) == 1
    assert blobs.stored() == [path.name for path in folder.iterdir()]


def changed(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(2)
        file.write(b"\x00")


def shortened(path: Path) -> None:
    os.truncate(path, 3)


def missing(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def foldered(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS = {changed: "changed", shortened: "changed", missing: "missing", linked: "not_a_file", piped: "not_a_file", foldered: "not_a_file"}  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_what_changed_on_disk_is_not_opened(folder: Path, harm: object) -> None:
    sha256 = blobs.put(io.BytesIO(LONG), most=MOST).sha256
    assert callable(harm)
    harm(folder / sha256)
    with pytest.raises(Damaged) as raised:
        blobs.open_checked(sha256)
    assert (raised.value.sha256, raised.value.found) == (sha256, HARMS[harm])


def test_what_changes_between_hash_and_sending_stops_before_the_change(folder: Path) -> None:
    sha256 = blobs.put(io.BytesIO(LONG), most=MOST).sha256
    with blobs.open_checked(sha256) as file:
        chunks = file.chunks()
        assert next(chunks) == LONG[:BLOCK]
        with (folder / sha256).open("r+b") as other:
            other.seek(2 * BLOCK + 5)
            other.write(b"\xff\xfe")
        assert next(chunks) == LONG[BLOCK : 2 * BLOCK]
        with pytest.raises(Damaged):
            next(chunks)


@pytest.mark.parametrize("harm", [linked, piped, missing])
def test_another_file_in_its_place_does_not_reach_who_opened_it(folder: Path, harm: object) -> None:
    sha256 = blobs.put(io.BytesIO(LONG), most=MOST).sha256
    assert callable(harm)
    with blobs.open_checked(sha256) as file:
        harm(folder / sha256)
        assert b"".join(file.chunks()) == LONG


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, 0), (0, None), (5, 9), (BLOCK - 1, BLOCK), (BLOCK, BLOCK), (2 * BLOCK - 3, None), (len(LONG) - 1, None)],
)
def test_any_part_is_the_part(first: int, last: int | None) -> None:
    sha256 = blobs.put(io.BytesIO(LONG), most=MOST).sha256
    with blobs.open_checked(sha256) as file:
        assert b"".join(file.chunks(first, last)) == LONG[first : None if last is None else last + 1]


def test_destroyed_bytes_are_gone_even_under_a_second_name(folder: Path) -> None:
    sha256 = blobs.put(io.BytesIO(TEXT), most=MOST).sha256
    second = folder.parent / "second"
    os.link(folder / sha256, second)
    blobs.destroy(sha256)
    blobs.destroy(sha256)
    assert not blobs.stands(sha256)
    assert second.read_bytes() == bytes(len(TEXT))


def test_destroying_follows_no_link(folder: Path, data_folder: Path) -> None:
    victim = data_folder / "victim"
    victim.write_bytes(b"keep")
    sha256 = hashlib.sha256(TEXT).hexdigest()
    blobs.folder()
    (folder / sha256).symlink_to(victim)
    blobs.destroy(sha256)
    assert (victim.read_bytes(), blobs.stands(sha256)) == (b"keep", False)


def test_a_mark_is_claimed_once_and_follows_the_day(folder: Path) -> None:
    assert [blobs.claim("verified-2026-11-18"), blobs.claim("verified-2026-11-18")] == [True, False]
    assert blobs.claim("verified-2026-11-19")
    assert [path.name for path in folder.iterdir()] == ["verified-2026-11-19"]


@pytest.mark.parametrize("name", ["", "../secret.key", "0" * 63, "A" * 64, "0" * 64 + "\n"])
def test_nothing_but_a_hash_is_looked_up(name: str) -> None:
    with pytest.raises(ValueError):
        blobs.open_checked(name)
