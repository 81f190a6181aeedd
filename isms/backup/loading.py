"""Loading a backup into an open, empty database of either engine: the schema of its day, its rows, then up to this code."""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg

from isms.backup.manifest import LEFT_OUT, Progress, trail_damages, trail_head
from isms.backup.reading import Backup, refuse
from isms.backup.writing import BATCH, first_line, quoted
from isms.core import schema
from isms.core.database import atomic, db, is_sqlite
from isms.core.errors import Unavailable
from isms.core.words import gettext

# What an engine raises for a value that its column cannot hold.
UNFIT = (
    sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError,
    psycopg.IntegrityError, psycopg.DataError, OverflowError, ValueError,
)  # fmt: skip


def load(backup: Backup, progress: Progress) -> list[str]:
    """Fill the database and prove it; gives the damages that the backup itself tells of, and refuses all others."""
    told = backup.manifest
    schema.up_to(told.migrations[-1])
    _check_columns(backup)
    with atomic():
        for table in _parents_first(told.tables):
            columns = told.tables[table].columns
            _fill(table, columns, progress.each(backup.rows(table), table, BATCH))
        _check_references() if is_sqlite() else _set_sequences(told.tables)
    if trail_head() != told.trail:
        refuse(gettext("操作記録の先頭が目録と違います"))
    damages = trail_damages(current=told.migrations == schema.names())
    for damage in damages:
        if damage.no not in told.damaged:
            refuse(gettext("操作記録が壊れています（%(damage)s）", damage=damage))
    schema.up_to(schema.names()[-1])
    return [str(damage) for damage in damages]


def _check_columns(backup: Backup) -> None:
    """Refuse tables or columns that the schema of the backup's day does not have, or that are missing."""
    if set(db.get_tables()) - LEFT_OUT != set(backup.manifest.tables):
        refuse(gettext("表の一覧が合いません"))
    for name, table in backup.manifest.tables.items():
        if sorted(table.columns) != sorted(column.name for column in db.get_columns(name)):
            refuse(gettext("表 %(table)s の列が合いません", table=name))


def _parents_first(tables: Iterable[str]) -> Iterator[str]:
    """Order the tables so that a row finds what it refers to."""
    parents = {table: {key.dest_table for key in db.get_foreign_keys(table)} - {table} for table in sorted(tables)}
    while parents:
        # Tables that refer to each other in a circle come together; their rows decide.
        ready = [table for table, needed in parents.items() if not needed & parents.keys()] or list(parents)
        yield from ready
        for table in ready:
            del parents[table]


def _fill(table: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
    try:
        if is_sqlite():
            marks = ", ".join("?" * len(columns))
            sql = f"INSERT INTO {quoted([table])} ({quoted(columns)}) VALUES ({marks})"  # noqa: S608
            db.connection().executemany(sql, rows)
            return
        sql = f"COPY {quoted([table])} ({quoted(columns)}) FROM STDIN"
        with db.connection().cursor() as cursor, cursor.copy(sql.encode()) as copy:
            for row in rows:
                copy.write_row(row)
    except UNFIT as error:
        refuse(gettext("表 %(table)s に入らない値があります（%(error)s）", table=table, error=first_line(error)))
    except psycopg.Error as error:
        raise Unavailable(first_line(error)) from error


def _check_references() -> None:
    """Refuse rows that refer to nothing; PostgreSQL has checked while filling."""
    broken = db.execute_sql("PRAGMA foreign_key_check").fetchone()
    if broken is not None:
        refuse(gettext("表 %(table)s に、相手のいない行があります", table=broken[0]))


def _set_sequences(tables: Iterable[str]) -> None:
    """Let new rows be numbered after the loaded ones."""
    for table in tables:
        for column in db.get_primary_keys(table):
            sequence = db.execute_sql("SELECT pg_get_serial_sequence(%s, %s)", (quoted([table]), column)).fetchone()[0]
            if sequence:
                newest = f"(SELECT MAX({quoted([column])}) FROM {quoted([table])})"  # noqa: S608
                db.execute_sql(f"SELECT setval(%s, COALESCE({newest}, 1), {newest} IS NOT NULL)", (sequence,))
