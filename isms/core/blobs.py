"""The store of files: each lies under its SHA-256 in `<data>/files`, is written once, and is hashed at every read.

The store knows hashes only; what they belong to is in the tables. Names of people's files never reach the disk.
"""

import errno
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, NamedTuple, Protocol, Self

from isms.core.database import storage_reason
from isms.core.durable import sync_folder
from isms.core.errors import DomainError, TooLarge, Unavailable
from isms.core.logs import log
from isms.core.words import gettext

FOLDER = "files"
INCOMING = "incoming-"  # how the name of a file begins that is not whole yet
HASH = re.compile(r"[0-9a-f]{64}")
BLOCK = 1 << 20

_data: Path | None = None
_tell: Callable[[str, str, datetime], None] = lambda sha256, found, now: None


class Readable(Protocol):
    """What bytes come from."""

    def read(self, size: int, /) -> bytes: ...


class Stored(NamedTuple):
    """A file in the store; `size` in bytes."""

    sha256: str
    size: int


class Damaged(DomainError):
    """A stored file is not what was stored; `found` is missing, changed or not_a_file."""

    status = 503

    def __init__(self, sha256: str, found: str) -> None:
        super().__init__(gettext("保管したファイルが壊れているため、お渡しできません。事務局が確かめます。"))
        self.sha256, self.found = sha256, found


def use(data: Path) -> None:
    """Keep files in the data folder from now on."""
    global _data
    _data = Path(data)


def tell_damage(tell: Callable[[str, str, datetime], None]) -> None:
    """Let a room note what is found damaged: hash, what was found, when."""
    global _tell
    _tell = tell


@contextmanager
def told_if_damaged(now: datetime) -> Iterator[None]:
    """Tell of a file that is found damaged inside the block, wherever it belongs."""
    try:
        yield
    except Damaged as error:
        tell(error, now)
        raise


def tell(error: Damaged, now: datetime) -> None:
    """Tell of a damaged file: in the log, and to the room that notes it."""
    log.error("file damaged", sha256=error.sha256, found=error.found)
    _tell(error.sha256, error.found, now)


def folder() -> Path:
    """Give the folder of the files, made when missing, mode 0700."""
    if _data is None:
        raise RuntimeError("the store has no folder: the assembly calls blobs.use")
    path = _data / FOLDER
    if not path.is_dir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def path_of(sha256: str) -> Path:
    """Give where the file lies; ValueError for what is no hash."""
    if not HASH.fullmatch(sha256):
        raise ValueError("not a SHA-256")
    return folder() / sha256


class Incoming:
    """A file that has come in whole and is not kept yet; `file` reads it from the beginning."""

    def __init__(self, path: Path, file: IO[bytes], sha256: str, size: int) -> None:
        self.path, self.file, self.sha256, self.size = path, file, sha256, size

    def keep(self) -> Stored:
        """Let it take its place in the store; one that stands there soundly already stays, and counts as new."""
        target = path_of(self.sha256)
        with _storage():
            os.fsync(self.file.fileno())
            if _is_sound(self.sha256):
                os.utime(target)
            else:
                self.path.replace(target)
            sync_folder(target.parent)
        return Stored(self.sha256, self.size)


@contextmanager
def received(stream: Readable, *, most: int) -> Iterator[Incoming]:
    """Take a stream of at most `most` bytes in; what is not kept inside the block is removed."""
    with _storage():
        handle, name = tempfile.mkstemp(prefix=INCOMING, dir=folder())
    path = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            digest, size = hashlib.sha256(), 0
            while chunk := stream.read(BLOCK):
                size += len(chunk)
                if size > most:
                    raise TooLarge(gettext("一つのファイルは %(mb)s MBまでです。", mb=most // 1_000_000))
                digest.update(chunk)
                with _storage():
                    file.write(chunk)
            with _storage():
                file.flush()
            file.seek(0)
            yield Incoming(path, file, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def put(stream: Readable, *, most: int) -> Stored:
    """Store a stream of at most `most` bytes."""
    with received(stream, most=most) as incoming:
        return incoming.keep()


class Checked:
    """A stored file whose hash was right when it was opened; every piece is compared with that reading again."""

    def __init__(self, file: IO[bytes], sha256: str) -> None:
        self.file, self.sha256, self.size = file, sha256, 0
        self._states = [hashlib.sha256()]  # the hash of all that stands before each block
        while chunk := file.read(BLOCK):
            self.size += len(chunk)
            state = self._states[-1].copy()
            state.update(chunk)
            self._states.append(state)
        if self._states[-1].hexdigest() != sha256:
            raise Damaged(sha256, "changed")

    def chunks(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Give the bytes from `first` to `last`, both included; raises Damaged before any that changed meanwhile."""
        end = self.size if last is None else min(last + 1, self.size)
        for number in range(first // BLOCK, -(-end // BLOCK)):
            self.file.seek(number * BLOCK)
            chunk = self.file.read(BLOCK)
            state = self._states[number].copy()
            state.update(chunk)
            if state.digest() != self._states[number + 1].digest():
                raise Damaged(self.sha256, "changed")
            begin = number * BLOCK
            yield chunk[max(first - begin, 0) : end - begin]

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def open_checked(sha256: str) -> Checked:
    """Open a stored file once, without following links, and hash it from that descriptor; raises Damaged."""
    file = _opened(sha256)
    try:
        return Checked(file, sha256)
    except OSError as error:
        file.close()
        raise Damaged(sha256, "changed") from error
    except BaseException:
        file.close()
        raise


def read_once(sha256: str) -> Iterator[bytes]:
    """Give the bytes and hash them on the way; raises Damaged after the last, so only for who can take all of it back."""
    digest = hashlib.sha256()
    with _opened(sha256) as file:
        block = min(BLOCK, os.fstat(file.fileno()).st_size + 1)  # no more memory than a small file needs
        try:
            while chunk := file.read(block):
                digest.update(chunk)
                yield chunk
        except OSError as error:
            raise Damaged(sha256, "changed") from error
    if digest.hexdigest() != sha256:
        raise Damaged(sha256, "changed")


def _opened(sha256: str) -> IO[bytes]:
    """Open what lies under the hash if it is a plain file and no link; raises Damaged."""
    try:
        handle = os.open(path_of(sha256), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise Damaged(sha256, "missing") from error
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise Unavailable(storage_reason(error)) from error
        raise Damaged(sha256, "not_a_file") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Damaged(sha256, "not_a_file")
    return os.fdopen(handle, "rb", buffering=0)


def _is_sound(sha256: str) -> bool:
    try:
        open_checked(sha256).close()
    except Damaged:
        return False
    return True


def stands(sha256: str) -> bool:
    """Tell whether something lies under the hash; it is not read."""
    return os.path.lexists(path_of(sha256))


def stored() -> list[str]:
    """Give the hashes under which something lies, in order."""
    return sorted(entry.name for entry in os.scandir(folder()) if HASH.fullmatch(entry.name))


def touched_at(sha256: str) -> datetime | None:
    """Give when the file was last stored; None when there is none."""
    try:
        return datetime.fromtimestamp(os.lstat(path_of(sha256)).st_mtime, UTC)
    except FileNotFoundError:
        return None


def destroy(sha256: str) -> None:
    """Overwrite the bytes and remove the file; what a disk or an older backup keeps elsewhere is beyond reach."""
    path = path_of(sha256)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    except OSError:
        handle = -1  # a link, a folder, a pipe: there are no bytes of ours in it
    if handle >= 0:
        with os.fdopen(handle, "wb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else 0
            for begin in range(0, size, BLOCK):
                file.write(bytes(min(BLOCK, size - begin)))
            os.fsync(file.fileno())
    remove(sha256)


def remove(sha256: str) -> None:
    """Remove the file."""
    path_of(sha256).unlink(missing_ok=True)
    sync_folder(folder())


def remove_incoming(before: datetime) -> int:
    """Remove what was begun before the moment and never came in whole; gives how many."""
    old = [entry for entry in os.scandir(folder()) if entry.name.startswith(INCOMING)]
    old = [entry for entry in old if entry.stat(follow_symlinks=False).st_mtime < before.timestamp()]
    for entry in old:
        Path(entry.path).unlink(missing_ok=True)
    return len(old)


def claim(mark: str) -> bool:
    """Tell whether nobody else has claimed this mark (`kind-day`); those of other days go."""
    path = folder() / mark
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    for old in folder().glob(mark.partition("-")[0] + "-*"):
        if old.name < mark:
            old.unlink(missing_ok=True)
    return True


@contextmanager
def _storage() -> Iterator[None]:
    """Say of a full or broken disk what is wrong."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        reason = OSError("disk full") if full else OSError(f"disk i/o: {error}")
        raise Unavailable(storage_reason(reason)) from error
