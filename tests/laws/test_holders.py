"""Every column that holds hashes of stored files is known to the sweep and to the nightly check."""

from collections.abc import Iterator
from typing import Any

import isms
from isms.core.database import Record
from isms.core.holders import HOLDERS

# what was found of a file, and packs, which have a folder of their own
OTHERS = {"FileCheck.sha256", "ExportJob.sha256"}


def _models(of: type[Record]) -> Iterator[type[Record]]:
    for one in of.__subclasses__():
        yield one
        yield from _models(one)


def _columns() -> set[str]:
    models: list[Any] = [model for model in _models(Record) if model.__module__.startswith("isms.")]
    return {
        f"{model.__name__}.{name}"
        for model in models
        for name in model._meta.sorted_field_names
        if name.endswith("sha256")
    }


def test_every_column_of_hashes_is_held_by_its_room() -> None:
    isms.load_rooms()
    columns = _columns()
    assert len(columns) > 4
    assert columns - OTHERS == set(HOLDERS)
