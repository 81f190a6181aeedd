"""Writing a file that is whole or not there: beside its place first, on the disk for sure, then in its place."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from isms.core.database import storage_reason
from isms.core.errors import Invalid, Unavailable
from isms.core.words import gettext

BUFFER = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def durably(file: Path) -> Iterator[BinaryIO]:
    """Give a file to write, mode 0600; after a failure the old file stands and nothing is left behind.

    Raises Unavailable for a full or broken disk, Invalid for a place where no file can be.
    """
    file = Path(os.path.realpath(file))
    if not file.parent.is_dir():
        raise Invalid(gettext("フォルダー %(folder)s がありません。", folder=file.parent))
    if file.exists() and not file.is_file():
        raise Invalid(gettext("%(file)s はファイルではないため、書けません。", file=file))
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name[:50]}.", suffix=".tmp", dir=file.parent)
        temporary = Path(name)
        with os.fdopen(handle, "w+b", buffering=BUFFER) as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(file)
        sync_folder(file.parent)
    except OSError as error:
        reason = storage_reason(OSError("disk full")) if error.errno in FULL else str(error.strerror or error)
        raise Unavailable(gettext("%(file)s を書けません：%(reason)s", file=file, reason=reason)) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
