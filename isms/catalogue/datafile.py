"""A self-describing data file: a head in TOML behind `#`, then CSV. What breaks a rule names file and line."""

import csv
import re
import tomllib
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from isms.core.errors import DomainError
from isms.core.words import lazy_gettext

T = TypeVar("T")


class BrokenStandard(DomainError):
    """A data file breaks a rule, so the start stops; `line` counts from 1, 0 means the whole file or folder."""

    status = 503

    def __init__(self, path: Path, line: int, reason: Any) -> None:
        self.path, self.line, self.reason = path, line, reason
        if line:
            message = lazy_gettext("%(file)s の%(line)s行目：%(reason)s", file=path, line=line, reason=reason)
        else:
            message = lazy_gettext("%(file)s：%(reason)s", file=path, reason=reason)
        super().__init__(message)


@dataclass(frozen=True)
class Row:
    """One line of the table: its cells by column."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        """Give the cell; a column that the file does without is empty."""
        return self.cells.get(column, "")


@dataclass(frozen=True)
class DataFile:
    """A file as read: what its head says and the rows of its table."""

    path: Path
    lines: tuple[str, ...]
    head: Mapping[str, Any]
    head_lines: int
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def broken(self, line: int, reason: Any) -> NoReturn:
        """Stop the start because of this line."""
        raise BrokenStandard(self.path, line, reason)

    def line_of(self, key: str, table: str = "") -> int:
        """Give the line of a key in the head (inside `[table]`, if named), or the first line."""
        inside = ""
        for number, line in enumerate(self.lines[: self.head_lines], start=1):
            if heading := re.match(r"#\s*\[(.+)]\s*$", line):
                inside = heading[1].strip()
            if inside == table and re.match(rf"#\s*{re.escape(key)}\s*=", line):
                return number
        return 1

    def value(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Give the head's value, which must be of this type; required where there is no default."""
        value = self.head.get(key, default)
        if value is None:
            self.broken(1, lazy_gettext("冒頭に %(key)s がありません。", key=key))
        if type(value) is not kind or value == "":
            self.broken(self.line_of(key), lazy_gettext("%(key)s の値が正しくありません。", key=key))
        return value

    def line_of_table(self, table: str) -> int:
        """Give the line of `[table]` in the head, or the first line."""
        for number, line in enumerate(self.lines[: self.head_lines], start=1):
            if re.match(rf"#\s*\[{re.escape(table)}]", line):
                return number
        return 1

    def table(self, key: str) -> dict[str, Any]:
        """Give a table of the head; empty where there is none."""
        return self.value(key, dict, {})

    def only_keys(self, allowed: Collection[str]) -> None:
        """Refuse a key of the head that means nothing, which is a slip of the pen."""
        for key in self.head:
            if key not in allowed:
                self.broken(self.line_of(key), lazy_gettext("冒頭の %(key)s という項目は使えません。", key=key))

    def only_columns(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuse a table that lacks a required column or has one that means nothing."""
        for column in required:
            if column not in self.columns:
                self.broken(self.head_lines + 1, lazy_gettext("列 %(column)s がありません。", column=column))
        for column in self.columns:
            if column not in required and column not in optional:
                self.broken(self.head_lines + 1, lazy_gettext("列 %(column)s は使えません。", column=column))


def read(path: Path) -> DataFile:
    """Read the file (UTF-8, with or without a byte order mark)."""
    text = _decoded(path)
    lines = tuple(text.split("\n"))
    head_lines = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    head = _head(path, lines[:head_lines])
    columns, rows = _table(path, lines[head_lines:], head_lines)
    return DataFile(path, lines, head, head_lines, columns, rows)


def _decoded(path: Path) -> str:
    """Give the text with plain line ends; bytes that are not UTF-8 or no text name their line."""
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        reason = lazy_gettext("文字コードが UTF-8 ではありません。")
        raise BrokenStandard(path, error.object[: error.start].count(b"\n") + 1, reason) from None
    except OSError as error:
        raise BrokenStandard(path, 0, lazy_gettext("読めません（%(error)s）。", error=error.strerror)) from None
    for number, line in enumerate(text.split("\n"), start=1):
        # Control and format characters (NUL, direction overrides, lone CR) hide what a title really says.
        if not line.isprintable() and any(unicodedata.category(sign).startswith("C") for sign in line):
            raise BrokenStandard(path, number, lazy_gettext("目に見えない制御文字が含まれています。"))
    return text


def _head(path: Path, lines: tuple[str, ...]) -> Mapping[str, Any]:
    """Read the TOML behind the `#` of the first lines."""
    try:
        return tomllib.loads("\n".join(line[1:] for line in lines))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        number = int(found[1]) if found else max(len(lines), 1)
        raise BrokenStandard(path, number, lazy_gettext("冒頭の書き方が正しくありません。")) from None


def _table(path: Path, lines: tuple[str, ...], offset: int) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    """Read the CSV after the head: the columns and the rows, each as wide as the columns."""
    columns: tuple[str, ...] = ()
    rows = []
    for number, line in enumerate(lines, start=offset + 1):
        try:
            # Line by line: a cell never goes over a line end, so a forgotten quote is named where it stands.
            cells = tuple(cell.strip() for cell in next(csv.reader((line,), strict=True), ()))
        except csv.Error:
            raise BrokenStandard(path, number, lazy_gettext("引用符の使い方が正しくありません。")) from None
        if cells and not columns:
            columns = cells
            if len(set(columns)) < len(columns) or "" in columns:
                raise BrokenStandard(path, number, lazy_gettext("列の名前が空か、重なっています。"))
        elif cells and len(cells) != len(columns):
            reason = lazy_gettext(
                "列の数が%(found)sで、見出しの%(wanted)sと合いません。", found=len(cells), wanted=len(columns)
            )
            raise BrokenStandard(path, number, reason)
        elif cells:
            rows.append(Row(number, dict(zip(columns, cells, strict=True))))
    if not rows:
        raise BrokenStandard(path, max(offset, 1), lazy_gettext("表に行がありません。"))
    return columns, tuple(rows)
