"""What the tests of backup and restore share: an installation with something in it, and all that can be compared."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg

from config import Config
from isms.backup.manifest import LEFT_OUT
from isms.core.database import SQLITE_FILE, atomic, db
from isms.core.occupancy import LOCK_FILE
from isms.core.permissions import CONSOLE, Role
from isms.people import rules, sessions
from isms.people.links import make_link
from isms.trail import rules as trail
from isms.trail import verify
from tests.engines import opened
from tests.factories import NOW, department, person

NewInstallation = Callable[..., Config]
LATER = NOW + timedelta(days=1)


def filled(config: Config, people: int = 3) -> Config:
    """Put people, departments, settings, sessions and links into an empty installation."""
    with opened(config.database_url, config.data):
        place = department("架空総務課")
        for number in range(1, people + 1):
            made = person(f"架空　{number}郎 \u2028\"'\\", number=f"{number:05}", totp=True, roles=[Role.STAFF])
            rules.place(
                made.id, department_id=place.id, position="係長", from_day=date(2020, 4, 1), by=CONSOLE, now=NOW
            )
        rules.change_setting("organisation_name", "架空連合会", by=CONSOLE, now=NOW)
        with atomic():
            sessions.begin(made.id, sessions.Visitor("192.0.2.1", "Browser", ""), whole=True, means="password", now=NOW)
        make_link(made, "signin", by=CONSOLE, now=NOW)
    return config


def stored_file(config: Config, content: bytes = b"evidence" * 1000) -> tuple[str, bytes]:
    """Lay a content-addressed file; gives its name in the data folder."""
    name = f"files/{hashlib.sha256(content).hexdigest()}"
    (config.data / "files").mkdir(exist_ok=True)
    (config.data / name).write_bytes(content)
    return name, content


def folder(data: Path) -> dict[str, bytes]:
    """Give every file of a data folder with its bytes, the lock aside."""
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in data.rglob("*")
        if path.is_file() and path.name != LOCK_FILE
    }


def everything(config: Config) -> dict[str, list[Any]]:
    """Give all rows of all tables that a backup carries, alike on both engines."""
    with opened(config.database_url, config.data):
        return {table: _rows(table) for table in sorted(set(db.get_tables()) - LEFT_OUT)}


def _rows(table: str) -> list[Any]:
    columns = sorted(column.name for column in db.get_columns(table))
    rows = db.execute_sql(f"SELECT {', '.join(columns)} FROM {table}").fetchall()
    return sorted([[str(int(v) if isinstance(v, bool) else v) for v in row] for row in rows])


def head(config: Config) -> tuple[int, str] | None:
    """Give number and hash of the newest entry."""
    with opened(config.database_url, config.data):
        last = trail.head()
        return (last.no, last.hash) if last else None


def add_person(config: Config) -> tuple[int, str]:
    """Let something happen after the backup; gives the head then."""
    with opened(config.database_url, config.data):
        person("架空 後人", number="90001", now=LATER)
    newest = head(config)
    assert newest is not None
    return newest


def newest_details(config: Config) -> tuple[str, Any]:
    """Give verb and details of the newest entry of a trail that holds."""
    with opened(config.database_url, config.data):
        assert not list(verify.verify())
        last = trail.head()
        assert last is not None
        return last.verb, trail.details_of(last)


@contextmanager
def other_connection(config: Config) -> Iterator[None]:
    """Have the database open as another program would."""
    if config.database_url:
        with psycopg.connect(config.database_url):
            yield
        return
    connection = sqlite3.connect(config.data / SQLITE_FILE)
    connection.execute("SELECT count(*) FROM person").fetchone()
    yield
    connection.close()
