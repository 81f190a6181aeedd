"""Restoring: the backup is checked whole, loaded beside what stands, verified, and only then takes its place.

What is replaced is kept: `isms.sqlite3.before-restore-…` in the data folder, or the schema `before_restore_…` in PostgreSQL.
"""

import errno
import hashlib
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from config import Config
from isms.backup import reading
from isms.backup.loading import load
from isms.backup.manifest import FILES, Damaged, Head, Progress, Summary, trail_head
from isms.backup.reading import Backup
from isms.backup.writing import chunks_of, quoted, reason_of, summary_of
from isms.core import occupancy
from isms.core.database import SQLITE_FILE, STORAGE_ERRORS, atomic, db, open_database
from isms.core.durable import sync_folder
from isms.core.errors import Conflict, Unavailable
from isms.core.words import gettext
from isms.trail import rules as trail
from isms.trail.models import TrailEntry

STAGING = ".restore-"
PATIENCE = 20  # tenths of a second
BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a database
OTHERS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
            AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""


@dataclass(frozen=True)
class Run:
    """One restore: from which file, into which data folder, through which staging folder, when."""

    file: Path
    backup: Backup
    data: Path
    staging: Path
    now: datetime
    progress: Progress

    @property
    def kept_name(self) -> str:
        """Name what is replaced."""
        return f"before_restore_{self.now.astimezone(UTC):%Y%m%d_%H%M%S_%f}"

    def summary(self, replaced: "Replaced | None", kept: str) -> Summary:
        """Say what stands now; begins a new epoch first when entries were lost."""
        epoch = None
        if replaced is not None and not _continues(replaced):
            lost = asdict(replaced.head) if replaced.head else None
            epoch = trail.begin_epoch(lost=lost, now=self.now)
        return summary_of(self.backup.manifest, self.file, head=trail_head(), epoch=epoch, kept=kept)


@dataclass(frozen=True)
class Replaced:
    """What stood in the place; the head is None when it had none or could not be read."""

    head: Head | None
    readable: bool = True


def restore(config: Config, file: Path, now: datetime) -> Summary:
    """Replace the installation by a backup; whatever is wrong with it is found while the old one still stands.

    Raises Damaged after restoring a backup that says itself what in it was damaged.
    """
    progress = Progress()
    with reading.opened(file) as backup:
        backup.check(progress)
        with occupancy.alone(config.data), _staging(config.data) as staging, _storage(config.data):
            run = Run(file, backup, config.data, staging, now, progress)
            broken = _stage_files(run)
            summary, damages = _into_postgresql(run, config.database_url) if config.database_url else _into_sqlite(run)
    if damages or broken:
        raise Damaged(summary, damages + broken)
    return summary


@contextmanager
def _storage(data: Path) -> Iterator[None]:
    """Say what is wrong with the storage in one line."""
    try:
        yield
    except (*STORAGE_ERRORS, psycopg.Error, OSError) as error:
        raise Unavailable(gettext("復元できません：%(reason)s", reason=reason_of(error, data))) from error


@contextmanager
def _staging(data: Path) -> Iterator[Path]:
    """Give a folder on the same disk, gone in the end; takes away what a killed restore has left."""
    for left in data.glob(f"{STAGING}*"):
        shutil.rmtree(left, ignore_errors=True)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=data))
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _stage_files(run: Run) -> list[str]:
    """Write the stored files that are not there whole; gives a line for each that was damaged when backed up."""
    broken = []
    for name in run.backup.files():
        run.progress.tell(name)
        if run.backup.manifest.members[name].sha256 != Path(name).name:
            broken.append(gettext("ファイル %(name)s の中身が変わっています。", name=name))
        if _is_whole(run.data / name):
            continue
        path = run.staging / name
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("xb") as file:
            for chunk in run.backup.chunks(name):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    return broken


def _is_whole(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        for chunk in chunks_of(file):
            digest.update(chunk)
    return digest.hexdigest() == path.name


def _into_sqlite(run: Run) -> tuple[Summary, list[str]]:
    """Build a new database file and let it take the place of the old one."""
    made, live = run.staging / SQLITE_FILE, run.data / SQLITE_FILE
    open_database("", run.staging)
    with db.connection_context():
        db.execute_sql("PRAGMA journal_mode = MEMORY")  # thrown away whole if anything fails
        db.execute_sql("PRAGMA synchronous = OFF")  # synced once, when it is whole
        db.execute_sql("PRAGMA foreign_keys = OFF")  # checked once, when all rows are there
        damages = load(run.backup, run.progress)
    with _old_sqlite(live) as replaced:
        kept = live.with_name(f"{live.name}.{run.kept_name}")
        with db.connection_context():
            summary = run.summary(replaced, str(kept) if replaced else "")
        _sync_whole(made)
        _give_to_owner(run)
        _move_files(run.staging, run.data)
        _take_place(made, live, kept)
    return summary, damages


@contextmanager
def _old_sqlite(path: Path) -> Iterator[Replaced | None]:
    """Have the old database alone; raises Conflict while somebody else has it open."""
    if not path.exists():
        yield None
        return
    connection = sqlite3.connect(path, timeout=5, isolation_level=None)
    try:
        yield _alone_with(connection, path)
    finally:
        # Not in WAL mode any more, so closing removes no file by a name that is the new database's by now.
        connection.close()


def _alone_with(connection: sqlite3.Connection, path: Path) -> Replaced:
    try:
        # Leaving WAL mode needs the database alone, and gathers it into its one file.
        if connection.execute("PRAGMA journal_mode = DELETE").fetchone()[0] != "delete":
            raise Conflict(occupancy.in_use(path))
        connection.execute("BEGIN EXCLUSIVE")
        there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'trail_entry'").fetchone()
        row = there and connection.execute("SELECT no, hash FROM trail_entry ORDER BY no DESC LIMIT 1").fetchone()
        return Replaced(Head(*row) if row else None)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Conflict(occupancy.in_use(path)) from error
        return Replaced(None, readable=False)


def _database() -> str:
    return str(db.execute_sql("SELECT current_database()").fetchone()[0])


def _sync_whole(made: Path) -> None:
    """Make sure that the new database is one file and on the disk."""
    if made.with_name(made.name + "-wal").exists():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with made.open("rb") as file:
        os.fsync(file.fileno())


def _take_place(made: Path, live: Path, kept: Path) -> None:
    """Let the new database take the old one's name, which stays under another; there is no moment without either."""
    if live.exists():
        os.link(live, kept)
    try:
        for suffix in BESIDE:  # only there when the old one could not be opened; the new one must not meet them
            beside = live.with_name(live.name + suffix)
            if beside.exists():
                beside.replace(f"{kept}{suffix}")
        made.replace(live)
    except OSError:
        kept.unlink(missing_ok=True)
        raise
    sync_folder(live.parent)


def _must_be_alone() -> None:
    """Refuse while anybody else is connected; a connection that was just closed takes the server a moment to forget."""
    for _ in range(PATIENCE):
        if not db.execute_sql(OTHERS).fetchone()[0]:
            return
        time.sleep(0.1)
    raise Conflict(occupancy.in_use(_database()))


def _into_postgresql(run: Run, url: str) -> tuple[Summary, list[str]]:
    """Put the old tables aside and build new ones, all in one transaction."""
    open_database(url, run.data)
    with db.connection_context():
        _must_be_alone()
        db.execute_sql("SET lock_timeout = '15s'")
        with atomic():
            replaced, kept = _set_aside(run.kept_name)
            damages = load(run.backup, run.progress)
            summary = run.summary(replaced, kept)
            _give_to_owner(run)
            _move_files(run.staging, run.data)
    return summary, damages


def _set_aside(schema_name: str) -> tuple[Replaced | None, str]:
    """Move all tables into a schema of their own; refuses a database that is not ours."""
    tables = db.get_tables()
    if not tables:
        return None, ""
    if "schema_migration" not in tables:
        raise Conflict(gettext("データベース %(name)s には、ほかのプログラムの表があります。", name=_database()))
    head = trail_head() if "trail_entry" in tables else None
    db.execute_sql(f"CREATE SCHEMA {quoted([schema_name])}")
    for table in tables:
        db.execute_sql(f"ALTER TABLE {quoted([table])} SET SCHEMA {quoted([schema_name])}")
    return Replaced(head), schema_name


def _continues(replaced: Replaced) -> bool:
    """Tell whether the restored trail holds all that was replaced; what could not be read may have held more."""
    if replaced.head is None:
        return replaced.readable
    same = (TrailEntry.no == replaced.head.no) & (TrailEntry.hash == replaced.head.hash)
    return TrailEntry.get_or_none(same) is not None


def _give_to_owner(run: Run) -> None:
    """Let what root restores belong to whom the data folder belongs to: the server runs as somebody else."""
    if os.geteuid() == 0:
        owner = run.data.stat()
        for path in run.staging.rglob("*"):
            os.chown(path, owner.st_uid, owner.st_gid)


def _move_files(staging: Path, data: Path) -> None:
    """Bring the staged files to their place."""
    for path in sorted((staging / FILES).rglob("*")):
        if path.is_file():
            target = data / path.relative_to(staging)
            _make_folder(target.parent)
            path.replace(target)
            sync_folder(target.parent)


def _make_folder(folder: Path) -> None:
    """Make a folder that belongs to the owner of the one it is in."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            owner = folder.parent.stat()
            os.chown(folder, owner.st_uid, owner.st_gid)
        sync_folder(folder.parent)
