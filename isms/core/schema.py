"""The schema: numbered migrations on both engines, and the check that code and database belong together."""

from pathlib import Path
from typing import Any

from peewee import DatabaseError
from playhouse import migrations

from isms.core.database import WRITE_LOCK, db, is_sqlite
from isms.core.errors import Unavailable
from isms.core.words import gettext

FOLDER = Path(__file__).resolve().parent / "migrations"
MIGRATION_LOCK = WRITE_LOCK + 1


class WrongSchema(Unavailable):
    """The database's schema is not the one of this code."""


def names() -> list[str]:
    """Name the migrations of this code, oldest first."""
    return [path.stem for path in sorted(FOLDER.glob("[0-9]*.py"))]


def applied() -> list[str]:
    """Name the migrations that the open database has."""
    return sorted(_runner().applied())


def migrate() -> list[str]:
    """Bring the database up to this code; gives the names that were applied now."""
    newer = set(applied()) - set(names())
    if newer:
        raise WrongSchema(_newer_message(max(newer)))
    if is_sqlite():
        return list(_runner().up())
    db.execute_sql("SELECT pg_advisory_lock(%s)", (MIGRATION_LOCK,))
    try:
        return list(_runner().up())
    finally:
        db.execute_sql("SELECT pg_advisory_unlock(%s)", (MIGRATION_LOCK,))


def up_to(name: str) -> None:
    """Apply the migrations up to the named one: the schema of a backup's day."""
    _runner().up(name)


def check() -> None:
    """Refuse a database that is newer or older than this code, naming the command that helps."""
    have, want = set(applied()), set(names())
    if have - want:
        raise WrongSchema(_newer_message(max(have - want)))
    if not have:
        raise WrongSchema(gettext("データベースがまだ作られていません。isms init を実行してください。"))
    if want - have:
        raise WrongSchema(
            gettext("データベースがこの版より古いものです。isms backup のあと isms migrate を実行してください。")
        )


def is_empty() -> bool:
    """Tell whether nothing was ever set up in the open database."""
    try:
        return not applied()
    except DatabaseError as error:
        raise Unavailable(str(error)) from error


def _newer_message(name: str) -> str:
    return gettext(
        "データベースはこのプログラムより新しい版（%(name)s）で作られています。新しい版のプログラムを使ってください。",
        name=name,
    )


def _runner() -> Any:
    return migrations.Runner(db.obj, str(FOLDER))
