"""Which rows speak of stored files: a room whose rows do says so once, and the sweep and the nightly check know them all.

    hold(EvidenceFile.sha256, lambda hashes: …)  # gives (whose it is, name of the file, hash) of those hashes

A column of hashes of which nobody is told here would lose its files after the grace time; `tests/laws/test_holders.py`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Owner = tuple[str, str, str]  # whose it is, the name of the file, its hash


@dataclass(frozen=True)
class Holder:
    """A column of hashes, and whose the files under some of them are."""

    column: Any
    owners: Callable[[Sequence[str]], Iterable[Owner]]


HOLDERS: dict[str, Holder] = {}


def hold(column: Any, owners: Callable[[Sequence[str]], Iterable[Owner]]) -> None:
    """Say that the column holds hashes of stored files; None in it is no file."""
    HOLDERS[f"{column.model.__name__}.{column.name}"] = Holder(column, owners)


def recorded() -> set[str]:
    """Give the hashes of all files that any row speaks of; one query for each column."""
    columns = (holder.column for holder in HOLDERS.values())
    return {sha256 for column in columns for (sha256,) in column.model.select(column).distinct().tuples() if sha256}


def is_recorded(sha256: str) -> bool:
    """Tell whether any row speaks of the file."""
    return any(one.column.model.select().where(one.column == sha256).exists() for one in HOLDERS.values())


def owners(hashes: Iterable[str]) -> Iterator[Owner]:
    """Say of each of the files whose it is and what it is called, wherever it belongs."""
    wanted = sorted(set(hashes))
    for holder in HOLDERS.values() if wanted else ():
        yield from holder.owners(wanted)
