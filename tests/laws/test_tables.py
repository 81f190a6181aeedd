"""The migrated schema equals the models, and what is appended cannot be changed; on both engines."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import peewee
import pytest

from config import Config
from isms.core.database import db, is_sqlite
from tests.engines import NewInstallation, opened
from tests.laws import tables
from tests.laws.tables import Model, Shape, table


def differences(migrated: Shape, modelled: Shape) -> Iterator[str]:
    """Name where two databases differ."""
    for name in sorted({*migrated, *modelled}):
        if name not in migrated or name not in modelled:
            yield f"{name}: only {'in the models' if name in modelled else 'migrated'}"
            continue
        for part, has in migrated[name].items():
            wants = modelled[name][part]
            if has != wants:
                yield f"{name} {part}: migrated {has}, models {wants}"


def changeable(models: Iterable[Model]) -> Iterator[str]:
    """Name what can be done to the rows of tables that have one, and must not be."""
    for model in models:
        name = table(model)
        sayings = [f'DELETE FROM "{name}"']
        columns = [column.name for column in db.get_columns(name)]
        key = model._meta.primary_key.column_name
        sayings += [f'UPDATE "{name}" SET "{one}" = {f"{one} + 1" if one == key else "NULL"}' for one in columns]
        if is_sqlite():
            sayings.append(f'INSERT OR REPLACE INTO "{name}" SELECT * FROM "{name}"')
        else:
            sayings.append(f'TRUNCATE "{name}" CASCADE')
        for sql in sayings:
            try:
                with db.atomic() as tried:
                    db.execute_sql(sql)
                    tried.rollback()
                yield sql
            except peewee.DatabaseError as error:
                if "append-only" not in str(error):
                    yield f"{sql}: {error}"


@contextmanager
def made_by_models(config: Config) -> Iterator[None]:
    """Open a database that the models made, without migrations and triggers."""
    with opened(config.database_url, config.data):
        db.create_tables(tables.models())
        yield


@pytest.fixture
def modelled(engine: str, new_installation: NewInstallation) -> Iterator[None]:
    with made_by_models(new_installation(engine, migrated=False)):
        yield


def test_the_migrated_schema_equals_the_models(engine: str, new_installation: NewInstallation) -> None:
    with made_by_models(new_installation(engine, migrated=False)):
        modelled = tables.shape()
    config = new_installation(engine)
    with opened(config.database_url, config.data):
        assert list(differences(tables.shape(), modelled)) == []


def test_a_schema_that_differs_is_found(modelled: None) -> None:
    before = tables.shape()
    steps = [
        'ALTER TABLE "department" ADD COLUMN "nickname" TEXT',
        'DROP INDEX "membership_person_id"',
        'CREATE UNIQUE INDEX "one_name" ON "person" ("name")',
        'CREATE TABLE "stray" ("id" INTEGER)',
    ]
    for step in steps:
        db.execute_sql(step)
    found = [line.split(": ")[0] for line in differences(tables.shape(), before)]
    assert found == ["department columns", "membership indexes", "person indexes", "stray"]


def test_what_is_appended_cannot_be_changed(db: Any) -> None:
    tables.fill()
    assert len(tables.append_only_models()) > 1
    assert list(changeable(tables.append_only_models())) == []


def test_what_can_be_changed_is_found(modelled: None) -> None:
    tables.fill()
    found = list(changeable(tables.append_only_models()))
    for model in tables.append_only_models():
        assert [line for line in found if f'"{table(model)}"' in line and "append-only" not in line]
