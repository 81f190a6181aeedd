"""The tables as the laws read them: every model of the house, and what either engine says of its database."""

import importlib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from peewee import BlobField, BooleanField, DateField, ForeignKeyField, IntegerField, sort_models

from isms.core.database import Fact, Record, Register, UtcDateTimeField, db, is_sqlite
from isms.trail.models import TrailEntry
from tests.laws import sources

Shape = dict[str, dict[str, Any]]  # table -> columns, indexes, keys
Model = type[Record]
HISTORY = "schema_migration"


@cache
def models() -> tuple[Model, ...]:
    """Give every table of the house, parents first."""
    for one in sources.house():
        if any(f"({base.__name__}):" in one.text for base in (Record, Fact, Register)):
            importlib.import_module(one.module)
    return tuple(model for model in sort_models(list(_below(Record))) if model.__module__.startswith("isms."))


def append_only_models() -> list[Model]:
    """Give the tables whose rows are never changed."""
    return [model for model in models() if issubclass(model, Fact) or model is TrailEntry]


def _below(model: Model) -> Iterable[Model]:
    for one in model.__subclasses__():
        if one not in (Fact, Register):
            yield one
        yield from _below(one)


def table(model: Model) -> str:
    """Give the model's table."""
    return str(model._meta.table_name)


def fill(wanted: Iterable[Model] | None = None) -> None:
    """Lay one row into every table, whatever it means."""
    for model in wanted or models():
        values = {f.name: _value(f) for f in model._meta.sorted_fields if f.name != "id"}
        model.insert(**values).execute()


def _value(field: Any) -> Any:
    if isinstance(field, ForeignKeyField):
        return None if field.null and field.rel_model is field.model else field.rel_model.select().first().get_id()
    kinds = [
        (BlobField, b"x"),
        (BooleanField, True),
        (IntegerField, 1),
        (DateField, date(2026, 4, 1)),
        (UtcDateTimeField, datetime(2026, 4, 1, tzinfo=UTC)),
    ]
    return next((value for kind, value in kinds if isinstance(field, kind)), "x")


def shape() -> Shape:
    """Tell the columns, indexes and foreign keys of the open database; the order of columns does not count."""
    tables = [name for name in db.get_tables() if name != HISTORY]
    return {name: _sqlite(name) if is_sqlite() else _postgresql(name) for name in sorted(tables)}


def _ask(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in db.execute_sql(sql, values or None).fetchall()]


def _sqlite(name: str) -> dict[str, Any]:
    columns = _ask(f'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_xinfo("{name}")')
    indexes = _ask(f'SELECT name, "unique", origin, partial FROM pragma_index_list("{name}")')
    keys = _ask(f'SELECT "from", "table", "to", on_update, on_delete FROM pragma_foreign_key_list("{name}")')
    within = {
        index: (*more, tuple(_ask(f'SELECT seqno, name, "desc", coll FROM pragma_index_xinfo("{index}") WHERE key')))
        for index, *more in indexes
    }
    checks = _ask("SELECT sql LIKE '%CHECK%', sql LIKE '%WITHOUT ROWID%' FROM sqlite_master WHERE name = ?", name)
    return {"columns": sorted(columns), "indexes": within, "keys": sorted(keys), "more": checks}


def _postgresql(name: str) -> dict[str, Any]:
    columns = _ask(
        "SELECT column_name, data_type, is_nullable, column_default, is_identity FROM information_schema.columns "
        "WHERE table_schema = 'public' AND table_name = %s ORDER BY column_name",
        name,
    )
    indexes = _ask("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s ORDER BY indexname", name)
    keys = _ask(
        "SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass ORDER BY 1, 2",
        name,
    )
    return {"columns": columns, "indexes": dict(indexes), "keys": keys}
