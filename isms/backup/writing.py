"""Writing a backup: everything as it stood at one moment, streamed, without holding up the writers."""

import errno
import hashlib
import os
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import psycopg

from config import Config
from isms.backup.manifest import (
    CHUNK,
    FILES,
    LEFT_OUT,
    MANIFEST,
    STORED_FILE,
    Damaged,
    Head,
    Manifest,
    Member,
    Progress,
    Summary,
    Table,
    encode,
    member_of,
    trail_damages,
    trail_head,
)
from isms.core import schema
from isms.core.database import (
    SQLITE_FILE,
    STORAGE_ERRORS,
    db,
    is_sqlite,
    open_database,
    snapshot,
    storage_reason,
    utc_text,
)
from isms.core.durable import durably
from isms.core.errors import Invalid, Unavailable
from isms.core.words import gettext

LEAST_ROOM = 100_000  # bytes
MODE = stat.S_IFREG | 0o600
BATCH = 2000


class Archive:
    """The zip being written; remembers hash and size of every member."""

    def __init__(self, file: BinaryIO, now: datetime) -> None:
        self.zip = zipfile.ZipFile(file, "w", zipfile.ZIP_STORED)
        self.moment = now.astimezone(UTC).timetuple()[:6]
        self.members: dict[str, Member] = {}

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a member as it comes."""
        info = zipfile.ZipInfo(name, self.moment)
        info.create_system, info.external_attr = 3, MODE << 16
        digest, size = hashlib.sha256(), 0
        with self.zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                member.write(chunk)
        self.members[name] = Member(size, digest.hexdigest())


def write(config: Config, file: Path, now: datetime) -> Summary:
    """Write the installation to one file while the app may run; the old file stays until the new one is whole.

    Raises Damaged after writing it all when the trail or a stored file does not hold.
    """
    file = Path(os.path.realpath(file))
    _check_target(config, file)
    if not config.database_url and not (config.data / SQLITE_FILE).is_file():
        raise Invalid(gettext("データベースがまだ作られていません。isms init を実行してください。"))
    open_database(config.database_url, config.data)
    try:
        with db.connection_context(), durably(file) as target:
            summary, damages = _write(target, file, config.data, now)
    except STORAGE_ERRORS as error:
        raise Unavailable(reason_of(error, config.data)) from error
    if damages:
        raise Damaged(summary, damages)
    return summary


def _check_target(config: Config, file: Path) -> None:
    """Refuse a target that is no place for a backup, or that holds something else."""
    if not file.parent.is_dir():
        raise Invalid(gettext("フォルダー %(folder)s がありません。", folder=file.parent))
    if not file.exists():
        return
    if not file.is_file() or (file.stat().st_size and not zipfile.is_zipfile(file)):
        raise Invalid(gettext("%(file)s はバックアップではないため、上書きしません。", file=file))


def reason_of(error: BaseException, data: Path) -> str:
    """Say what is wrong with the storage of the data folder, and what exactly the system said."""
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        return f"{storage_reason(OSError('disk full'))} ({error.strerror})" if full else str(error.strerror)
    # Without room SQLite cannot even open a database, and calls that an input/output error.
    full = shutil.disk_usage(data).free < LEAST_ROOM
    return f"{storage_reason(OSError('disk full') if full else error)} ({first_line(error)})"


def first_line(error: BaseException) -> str:
    """Give what an error says in one line, or else its name."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _write(target: BinaryIO, file: Path, data: Path, now: datetime) -> tuple[Summary, list[str]]:
    archive, progress = Archive(target, now), Progress()
    with archive.zip:
        told, damages = _write_tables(archive, now, progress)
        damages += [text for path in stored_files(data) if (text := _write_file(archive, data, path, progress))]
        manifest = replace(told, members=dict(archive.members))
        archive.add(MANIFEST, [manifest.written()])
    return summary_of(manifest, file), damages


def _write_tables(archive: Archive, now: datetime, progress: Progress) -> tuple[Manifest, list[str]]:
    """Write all tables as of one moment; gives the manifest so far, and what is damaged."""
    with snapshot():
        migrations = schema.applied()
        if not migrations:
            raise Invalid(gettext("データベースがまだ作られていません。isms init を実行してください。"))
        damages = trail_damages(current=migrations == schema.names())
        head = trail_head()
        unreadable = _read_what_can_be() if is_sqlite() else []
        names = sorted(set(db.get_tables()) - LEFT_OUT)
        tables = {name: _write_table(archive, name, progress) for name in names}
    told = [gettext("データベースに読めない文字があり、置き換えました。")] if unreadable else []
    numbers = sorted({damage.no for damage in damages})
    engine = "sqlite" if is_sqlite() else "postgresql"
    return Manifest(utc_text(now), engine, migrations, head, numbers, tables), told + [str(d) for d in damages]


def summary_of(manifest: Manifest, file: Path, **more: Any) -> Summary:
    """Say what a backup holds."""
    rows = sum(table.rows for table in manifest.tables.values())
    head: Head | None = more.pop("head", manifest.trail)
    return Summary(file, rows, len(manifest.members) - len(manifest.tables), head, **more)


def _read_what_can_be() -> list[bytes]:
    """Let a text that is no UTF-8 any more not stop the backup of all others; gives the list that it is told in."""
    unreadable: list[bytes] = []

    def read(raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            unreadable.append(raw)
            return raw.decode(errors="replace")

    db.connection().text_factory = read
    return unreadable


def _write_table(archive: Archive, name: str, progress: Progress) -> Table:
    columns = [column.name for column in db.get_columns(name)]
    rows = 0

    def lines() -> Iterator[bytes]:
        nonlocal rows
        for rows, row in enumerate(progress.each(_rows(name, columns), name, BATCH), 1):  # noqa: B007
            yield encode(row)

    archive.add(member_of(name), lines())
    return Table(columns, rows)


def _rows(table: str, columns: list[str]) -> Iterator[Any]:
    """Stream a table's rows by its key, through a cursor that never holds them all."""
    key = db.get_primary_keys(table)
    sql = f"SELECT {quoted(columns)} FROM {quoted([table])}" + (f" ORDER BY {quoted(key)}" if key else "")  # noqa: S608
    connection = db.connection()
    if is_sqlite():
        yield from connection.execute(sql)
        return
    with psycopg.ServerCursor(connection, "backup") as cursor:
        cursor.itersize = BATCH
        yield from cursor.execute(sql.encode())


def quoted(names: Iterable[str]) -> str:
    """Write names of columns or tables for SQL; they come from the database itself."""
    return ", ".join(f'"{name}"' for name in names)


def stored_files(data: Path) -> Iterator[Path]:
    """Give the content-addressed files of the data folder, in order of their names."""
    folder = data / FILES
    if folder.is_dir():
        yield from sorted(p for p in folder.rglob("*") if STORED_FILE.fullmatch(p.relative_to(data).as_posix()))


def _write_file(archive: Archive, data: Path, path: Path, progress: Progress) -> str | None:
    """Add a stored file as it is; gives a line if it is not what its name says."""
    name = path.relative_to(data).as_posix()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None  # destroyed since, as the law or the sweep wanted
    except OSError:
        return gettext("ファイル %(name)s を読めません。", name=name)
    with os.fdopen(handle, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return gettext("ファイル %(name)s を読めません。", name=name)
        archive.add(name, _readable(file))
    progress.tell(name)
    damaged = archive.members[name].sha256 != path.name
    return gettext("ファイル %(name)s の中身が変わっています。", name=name) if damaged else None


def _readable(file: Any) -> Iterator[bytes]:
    """Read up to where the disk cannot: the rest of the installation is still worth a backup, and the hash tells."""
    with suppress(OSError):
        yield from chunks_of(file)


def chunks_of(file: Any) -> Iterator[bytes]:
    """Read a file in pieces."""
    while chunk := file.read(CHUNK):
        yield chunk
