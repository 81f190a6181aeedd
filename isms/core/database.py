"""One database, two engines: SQLite (WAL, synchronous FULL, one writer) or PostgreSQL.

`atomic()` is the only transaction. It takes the one write lock of either engine at its start, so what a rule's
guard has read is still true when its row is written, and the trail's chain has no gap whoever writes.
"""

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from pathlib import Path
from threading import local
from typing import Any, Self

import peewee
from peewee import DatabaseProxy, Model, PostgresqlDatabase, SqliteDatabase, TextField

from isms.core import clock
from isms.core.errors import AlreadyDone, Conflict
from isms.core.words import gettext

WRITE_LOCK = 0x49534D53  # the PostgreSQL advisory lock of all writers: "ISMS"
SQLITE_FILE = "isms.sqlite3"
PATIENCE = 15  # seconds that a writer waits for another

db = DatabaseProxy()

# The form key of the request being served; the first transaction uses it up (attack 49).
form_key: ContextVar[str | None] = ContextVar("form_key", default=None)


class _Transactions(local):
    """How many transactions this thread has ended: what was read before the last one may be old."""

    ended = 0


transactions = _Transactions()


def open_database(url: str, data: Path) -> None:
    """Point `db` at PostgreSQL when a URL is given, else at the SQLite file in the data folder."""
    if url:
        # a writer that never ends must not hold everybody up for ever
        options = {"options": f"-c lock_timeout={PATIENCE}s"}
        database: Any = PostgresqlDatabase(url, prefer_psycopg3=True, autoconnect=True, **options)
    else:
        database = SqliteDatabase(
            str(data / SQLITE_FILE),
            lock_type="IMMEDIATE",
            timeout=PATIENCE,
            pragmas={
                "journal_mode": "wal",
                "synchronous": 2,  # FULL: an acknowledged write survives a power cut
                "foreign_keys": 1,
                "recursive_triggers": 1,  # INSERT OR REPLACE must not slip past the triggers
                "trusted_schema": 0,
                "secure_delete": 1,  # what was redacted does not stay in free pages
                "cache_size": -16_000,
            },
        )
    db.initialize(database)


def is_sqlite() -> bool:
    """Tell which engine is open."""
    return isinstance(db.obj, SqliteDatabase)


@contextmanager
def atomic() -> Iterator[None]:
    """Do all or nothing, alone: no other writer until the end."""
    outermost = db.transaction_depth() == 0
    try:
        with db.atomic():
            if outermost:
                if not is_sqlite():
                    db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))
                _use_form_key()
            yield
    finally:
        if outermost:
            transactions.ended += 1


@contextmanager
def in_a_hurry() -> Iterator[None]:
    """Wait for no other writer: what is written here may as well be written another time."""
    briefly, again = (
        ("PRAGMA busy_timeout = 100", f"PRAGMA busy_timeout = {PATIENCE * 1000}")
        if is_sqlite()
        else ("SET lock_timeout = '100ms'", "RESET lock_timeout")
    )
    db.execute_sql(briefly)
    try:
        yield
    finally:
        db.execute_sql(again)


@contextmanager
def unsynced() -> Iterator[None]:
    """Write without waiting for the disk, for what is made anew if it breaks off; at the end all is on the disk."""
    if not is_sqlite():
        db.execute_sql("SET synchronous_commit = off")  # the server's next checkpoint ends it
        try:
            yield
        finally:
            db.execute_sql("RESET synchronous_commit")
        return
    db.execute_sql("PRAGMA synchronous = OFF")
    try:
        yield
    finally:
        db.execute_sql("PRAGMA synchronous = FULL")
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def snapshot() -> Iterator[None]:
    """See the database inside as of one moment, beside the writers; nothing is written."""
    if db.in_transaction():
        yield
    elif is_sqlite():
        with db.transaction("DEFERRED"):
            yield
    else:
        with db.transaction():
            db.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield


def _use_form_key() -> None:
    key = form_key.get()
    if key is None:
        return
    if FormKey.get_or_none(FormKey.key == key) is not None:
        raise AlreadyDone()
    FormKey.create(key=key, used_at=clock.now())
    form_key.set(None)


def among(column: Any, numbers: Iterable[int]) -> Any:
    """Give the condition that a column of whole numbers is one of many.

    The numbers stand in the SQL itself: fifty parameters in each of six subqueries took longer to bind than to answer.
    """
    listed = ",".join(str(int(number)) for number in numbers) or "NULL"
    return peewee.Expression(column, "IN", peewee.SQL(f"({listed})"))


def none_of(column: Any, days: Iterable[date]) -> Any:
    """Give the condition that a column of days is none of many, which stand in the SQL itself as in `among`."""
    listed = ",".join(f"'{day.isoformat()}'" for day in days) or "''"
    return peewee.Expression(column, "NOT IN", peewee.SQL(f"({listed})"))


class UtcDateTimeField(TextField):
    """A moment in UTC as `2026-11-21T20:56:00.123456Z`: the same bytes, and so the same order, on both engines.

    Takes and gives aware datetimes only; a naive one raises ValueError.
    """

    def db_value(self, value: datetime | str | None) -> str | None:
        return value if value is None or isinstance(value, str) else utc_text(value)

    def python_value(self, value: str | None) -> datetime | None:
        return None if value is None else utc_moment(value)


def utc_text(moment: datetime) -> str:
    """Write an aware moment as UTC text with microseconds; raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a naive datetime has no place here")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def utc_moment(text: str) -> datetime:
    """Read what `utc_text` wrote."""
    return datetime.fromisoformat(text)


class Record(Model):
    """A row of any table."""

    class Meta:
        database = db
        legacy_table_names = False

    def plain(self) -> dict[str, Any]:
        """Give the row as JSON can hold it, without its id: what the trail keeps as before and after."""
        left_out = {"id", "version"} | self.secret_fields()
        return {name: _plain(self.__data__.get(name)) for name in self._meta.sorted_field_names if name not in left_out}

    @classmethod
    def secret_fields(cls) -> frozenset[str]:
        """Name the columns that never leave the table (hashes, secrets)."""
        return frozenset()

    def delete_instance(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: rows end by a date or a state; what may go is deleted by a query in a rule."""
        raise TypeError("rows are not deleted one by one")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return utc_text(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


class Fact(Record):
    """A row that is appended and never changed; triggers refuse UPDATE and DELETE."""

    recorded_at = UtcDateTimeField(index=True)
    recorded_by = TextField()  # the actor's id: person:12, system, console


class Register(Record):
    """A row that may be edited; `version` finds two people editing one record, the trail keeps before and after."""

    version = peewee.IntegerField(default=1)

    def must_be_version(self, version: int | None) -> None:
        """Refuse a change that was begun on an older version; None is for those who read it in the same transaction."""
        if version is not None and version != self.version:
            raise Conflict(gettext("ほかの人が先に変更しました。いまの内容を確かめて、もう一度入力してください。"))

    def change(self, **values: Any) -> Self:
        """Write the values as the next version."""
        for name, value in values.items():
            setattr(self, name, value)
        self.version += 1
        self.save()
        return self


class FormKey(Record):
    """A form that was submitted once; swept by the runner after some days."""

    key = TextField(primary_key=True)
    used_at = UtcDateTimeField(index=True)


def append_only(database: Any, table: str, redactable: tuple[str, ...] = ()) -> None:
    """Lay triggers that refuse UPDATE and DELETE; the one change allowed sets all redactable columns to NULL."""
    columns = [column.name for column in database.get_columns(table)]
    if isinstance(database, SqliteDatabase):
        same = [f'NEW."{c}" IS OLD."{c}"' for c in columns if c not in redactable]
        gone = [f'NEW."{c}" IS NULL' for c in redactable]
        allowed = " AND ".join(same + gone) if redactable else "0"
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        database.execute_sql(
            f'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" WHEN NOT ({allowed}) {refuse}'
        )
        database.execute_sql(f'CREATE TRIGGER "{table}_no_delete" BEFORE DELETE ON "{table}" {refuse}')
        return
    same = [f'NEW."{c}" IS NOT DISTINCT FROM OLD."{c}"' for c in columns if c not in redactable]
    gone = [f'NEW."{c}" IS NULL' for c in redactable]
    allowed = " AND ".join(same + gone) if redactable else "FALSE"
    database.execute_sql(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$"
    )
    database.execute_sql(
        f'CREATE TRIGGER "{table}_no_update" BEFORE UPDATE ON "{table}" FOR EACH ROW '
        f"WHEN (NOT ({allowed})) EXECUTE FUNCTION refuse_change()"
    )
    for event in ("DELETE", "TRUNCATE"):
        database.execute_sql(
            f'CREATE TRIGGER "{table}_no_{event.lower()}" BEFORE {event} ON "{table}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def said_by(error: BaseException | None) -> Iterator[str]:
    """Give what the error says and what the ones before it said: a full disk also makes the rollback fail."""
    while error is not None:
        yield str(error)
        error = error.__cause__ or error.__context__


def storage_reason(error: BaseException) -> str:
    """Say what is wrong with the storage and the way out, for an error of either engine."""
    text = " ".join(said_by(error)).lower()
    for pattern, reason in (
        (
            r"disk is full|no space left|disk full",
            gettext("ディスクがいっぱいです。空きを作ってから、もう一度お試しください。"),
        ),
        (
            r"locked|lock timeout|deadlock",
            gettext("データベースが混み合っています。少し待ってから、もう一度お試しください。"),
        ),
        (
            r"readonly|read-only",
            gettext("データベースに書き込めません。データの場所の書き込み権限を確かめてください。"),
        ),
        (
            r"malformed|not a database|corrupt|could not decode|disk i/o|unable to open",
            gettext(
                "データベースを読み書きできません。ディスクを確かめ、必要ならバックアップから復元してください（isms restore）。"
            ),
        ),
        (
            r"connection|server closed|refused|terminat",
            gettext("データベースにつながりません。少し待ってから、もう一度お試しください。"),
        ),
    ):
        if re.search(pattern, text):
            return reason
    return gettext("データベースを使えません。記録（ログ）を確かめてください。")


# what the code did wrong, not the storage
CODE_ERRORS = (peewee.IntegrityError, peewee.ProgrammingError, peewee.DataError)
STORAGE_ERRORS = (peewee.OperationalError, peewee.InterfaceError, peewee.DatabaseError, sqlite3.Error)
