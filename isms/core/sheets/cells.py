"""What a read sheet is made of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from isms.core.days import UnreadableDay, read_day
from isms.core.errors import Invalid
from isms.core.text import UnusableText, clean_text


@dataclass(frozen=True)
class BadCell:
    """A cell without a usable value: an error such as #N/A (`shown`), or a formula that was never computed."""

    shown: str
    reason: Any

    def __str__(self) -> str:
        return self.shown


# An empty cell is None. Whole numbers are int; texts are as typed: see `cell_text`.
Cell = str | int | float | bool | date | datetime | time | timedelta | BadCell | None


class BadSheet(Invalid):
    """The file cannot be read as a sheet; the message says what to do about it."""

    def __init__(self, message: Any) -> None:
        super().__init__(str(message))


@dataclass(frozen=True)
class Limits:
    """What a sheet may hold, and what reading it may take (bytes, seconds)."""

    file: int = 32 << 20
    rows: int = 100_001
    columns: int = 200
    cells: int = 3_000_000
    cell: int = 32_767  # characters, as Excel has it
    characters: int = 60_000_000
    unpacked: int = 256 << 20
    memory: int = 768 << 20
    seconds: int = 15


LIMITS = Limits()


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet, all of one width, without the empty ones at the end; the first is number `first_row_number`.

    `others` names the further sheets of the file, which are not read.
    """

    name: str
    rows: list[list[Cell]]
    first_row_number: int = 1
    others: list[str] = field(default_factory=list)

    def numbered(self) -> Iterator[tuple[int, list[Cell]]]:
        """Give the rows that are not empty, each with its number as the file shows it."""
        for number, row in enumerate(self.rows, self.first_row_number):
            if not is_empty(row):
                yield number, row

    def rows_after(self, number: int) -> Iterator[tuple[int, list[Cell]]]:
        """Give the rows below row `number` that are not empty, numbered."""
        return ((line, row) for line, row in self.numbered() if line > number)


def is_empty(row: list[Cell]) -> bool:
    """Say whether nobody would see anything in the row."""
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in row)


def squared(rows: list[list[Cell]]) -> list[list[Cell]]:
    """Drop the empty rows at the end and make all rows as wide as the widest."""
    while rows and is_empty(rows[-1]):
        rows.pop()
    width = max(map(len, rows), default=0)
    for row in rows:
        row.extend([None] * (width - len(row)))
    return rows


def cell_text(cell: Cell, most: int, *, lines: bool = False) -> str:
    """Give the cell as a clean text, "" for an empty one; raises UnusableText. `00123` stays, 12.0 is `12`."""
    if isinstance(cell, BadCell):
        raise UnusableText(str(cell.reason))
    if isinstance(cell, datetime):
        cell = cell.isoformat(" ", "seconds")
    return clean_text("" if cell is None else str(cell), most, lines=lines)


def cell_day(cell: Cell) -> date | None:
    """Read the cell as a day, None for an empty one; raises UnreadableDay."""
    if isinstance(cell, BadCell):
        raise UnreadableDay(cell.reason)
    return None if is_empty([cell]) else read_day(cell)
