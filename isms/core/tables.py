"""Tables: sorted, filtered and paged on the server; the address holds all of it; what is shown can be taken along.

A room declares a `Table` once and answers with it: `return TABLE.answer(query)`. Two queries a page (the count and the
rows), and what `prefetch` asks for all rows of the page together.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from itertools import islice
from typing import Any

from flask import request
from markupsafe import Markup
from peewee import SQL, TextField

from isms.core.days import UnreadableDay, read_day
from isms.core.errors import BadRequest
from isms.core.look import address, moment, short_day
from isms.core.sending import send_made
from isms.core.text import UnusableText, clean_text, in_order_of_code_points, showable
from isms.core.words import gettext, locale

LONGEST_SEARCH = 200
FURTHEST_PAGE = 1_000_000
BATCH = 500  # rows for which `prefetch` is asked at once while downloading
MIMETYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class Column:
    """One column. `cell` (a function of the row, or an attribute's name; else `key`) gives what is shown.

    It can be sorted when `expr` (an expression of the query; `text` when it is one of text and no plain column) or
    `sort` (a function of the row, when the rows are a list) is given. `download` gives the value for xlsx and CSV when
    it is not that of the cell; "hidden" columns are only there.
    """

    key: str
    label: Any
    cell: Callable[[Any], Any] | str | None = None
    expr: Any = None
    text: bool = False
    sort: Callable[[Any], Any] | None = None
    numeric: bool = False
    nowrap: bool = False
    download: Callable[[Any], Any] | None = None
    hidden: bool = False

    def value(self, row: Any) -> Any:
        """Give the row's value."""
        if callable(self.cell):
            return self.cell(row)
        name = self.cell or self.key
        return row[name] if isinstance(row, dict) else getattr(row, name)

    def taken(self, row: Any) -> Any:
        """Give the value as a sheet holds it: text, number, date, or None."""
        value = self.download(row) if self.download else self.value(row)
        if isinstance(value, Markup):
            return value.striptags()
        if isinstance(value, bool | datetime):
            return shown(value)
        if isinstance(value, Enum) and hasattr(value, "label"):
            return str(value.label)
        return value if value is None or isinstance(value, int | float | date) else str(value)


def shown(value: Any) -> Any:
    """Write a value for a cell: days and moments in the reader's language, a dash for nothing."""
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("はい") if value else gettext("いいえ")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return short_day(value)
    return value.label if isinstance(value, Enum) and hasattr(value, "label") else value


@dataclass(frozen=True)
class Filter:
    """One filter. `apply` gets the query (or the list) and the value, and gives it narrowed.

    Kinds: "text" (str), "day" (date), "select" (one of `choices`: (value, label) pairs or a function that gives them),
    "hidden" (a str that only links carry; `apply` raises ValueError for one that makes no sense).
    """

    key: str
    label: Any
    apply: Callable[[Any, Any], Any]
    kind: str = "text"
    choices: Sequence[tuple[str, Any]] | Callable[[], Sequence[tuple[str, Any]]] = ()

    def options(self) -> list[tuple[str, Any]]:
        """Give the choices of a select."""
        return list(self.choices() if callable(self.choices) else self.choices)

    def read(self, text: str) -> Any:
        """Make the value; raises BadRequest for what no form could send, ValueError for what a person mistyped."""
        if self.kind == "select":
            if text not in {str(value) for value, _ in self.options()}:
                raise BadRequest(gettext("絞り込み「%(label)s」に、ない値が指定されました。", label=self.label))
            return text
        return read_day(text) if self.kind == "day" else clean_text(text, LONGEST_SEARCH)


@dataclass
class FilterState:
    """A filter as it stands in the form of this page."""

    filter: Filter
    name: str
    typed: str
    error: str = ""
    options: list[tuple[str, Any]] = field(default_factory=list)


@dataclass
class Head:
    """A column's head; `aria` is "" unless the table is sorted by it."""

    column: Column
    href: str
    aria: str


@dataclass
class Page:
    """What the macro `table` draws."""

    table: "Table"
    total: int
    rows: list[Any]
    heads: list[Head]
    filters: list[FilterState]
    number: int
    pages: int

    @property
    def first(self) -> int:
        """Count the first row shown, from 1."""
        return (self.number - 1) * self.table.page_size + 1

    @property
    def filtered(self) -> bool:
        """Tell whether any filter is set."""
        return any(state.typed for state in self.filters)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Give what the filter form has to carry along: the order, and what else the address says."""
        names = [self.table.name_of("sort"), self.table.name_of("dir"), *self.table.keep]
        names += [state.name for state in self.filters if state.filter.kind == "hidden"]
        return [(name, value) for name in names for value in request.args.getlist(name) if value]

    def numbers(self) -> list[int | None]:
        """Give the page numbers of the pager; None is a gap."""
        near = {1, self.pages, *range(self.number - 2, self.number + 3)}
        given: list[int | None] = []
        for number in sorted(n for n in near if 1 <= n <= self.pages):
            last = given[-1] if given else None
            if last is not None and number > last + 1:
                given.append(last + 1 if number == last + 2 else None)
            given.append(number)
        return given

    def cells(self, row: Any) -> Iterator[tuple[Column, Any]]:
        """Give the row's cells as they are shown."""
        return ((head.column, shown(head.column.value(row))) for head in self.heads)

    def href(self, **changes: Any) -> str:
        """Give the address of this page with changes; names are those of the table."""
        return address({self.table.name_of(name): value for name, value in changes.items()})

    @property
    def clear_href(self) -> str:
        """Give the address without filters."""
        return address({state.name: None for state in self.filters} | {self.table.name_of("page"): None})


@dataclass(frozen=True)
class Table:
    """A table of one room. `default_sort` is a column's key, with `-` in front for descending."""

    name: str  # of the file that is downloaded, and of the element
    label: Any
    columns: Sequence[Column]
    default_sort: str
    filters: Sequence[Filter] = ()
    page_size: int = 50
    row_href: Callable[[Any], str] | None = None
    row_class: Callable[[Any], str] | None = None
    prefetch: Callable[[list[Any]], Any] | None = None
    empty: tuple[Any, Any] = ("", "")  # what the list is for, and the first step
    keep: Sequence[str] = ()  # further names of the address that the filter form carries along
    prefix: str = ""  # of the names in the address, where a page has two tables
    downloads: Sequence[str] = ("xlsx", "csv")

    def name_of(self, key: str) -> str:
        """Give the name in the address."""
        return f"{self.prefix}{key}"

    def answer(self, source: Any, **context: Any) -> Any:
        """Give the template's context with the page as `table`, or the download that was asked for."""
        if (kind := request.args.get(self.name_of("download"))) is not None:
            return self.download(source, kind)
        return {"table": self.page(source), **context}

    def page(self, source: Any) -> Page:
        """Read the address and give one page of the query, or of the list of rows."""
        column, descending = self._order()
        filters, narrowed = self._filtered(source)
        listed = isinstance(narrowed, list)
        total = len(narrowed) if listed else narrowed.count()
        pages = max(1, -(-total // self.page_size))
        number = min(self._page_number(), pages)
        start = (number - 1) * self.page_size
        ordered = _ordered(narrowed, column, descending)
        rows = ordered[start : start + self.page_size] if listed else list(ordered.limit(self.page_size).offset(start))
        if self.prefetch and rows:
            self.prefetch(rows)
        heads = [self._head(one, column, descending) for one in self.columns if not one.hidden]
        return Page(self, total, rows, heads, filters, number, pages)

    def download(self, source: Any, kind: str) -> Any:
        """Answer with all pages of what the address shows."""
        if kind not in self.downloads or kind not in MIMETYPES:
            raise BadRequest(gettext("この形式では受け取れません。"))
        from isms.core import sheets  # loads the xlsx writer: only for who takes a table along

        _, narrowed = self._filtered(source)
        ordered = _ordered(narrowed, *self._order())
        rows = ([one.taken(row) for one in self.columns] for row in self._in_batches(ordered))
        heads, title = [str(one.label) for one in self.columns], str(self.label)
        if kind == "csv":
            body = sheets.write_csv(heads, rows)
        else:
            body = sheets.write_xlsx(heads, rows, title=title, sheet_name=title, locale=locale())
        return send_made(f"{self.name}.{kind}", body, MIMETYPES[kind])

    def _in_batches(self, rows: Iterable[Any]) -> Iterator[Any]:
        rest = iter(rows)
        while batch := list(islice(rest, BATCH)):
            if self.prefetch:
                self.prefetch(batch)
            yield from batch

    def _order(self) -> tuple[Column, bool]:
        given = request.args.get(self.name_of("sort"))
        direction = request.args.get(self.name_of("dir"), "asc")
        key = self.default_sort.removeprefix("-") if given is None else given
        column = next((one for one in self.columns if one.key == key and (one.expr is not None or one.sort)), None)
        if column is None or direction not in {"asc", "desc"}:
            raise BadRequest(gettext("並べ替えの指定が正しくありません。"))
        return column, self.default_sort.startswith("-") if given is None else direction == "desc"

    def _page_number(self) -> int:
        text = request.args.get(self.name_of("page"), "1")
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:8]) <= FURTHEST_PAGE):
            raise BadRequest(gettext("ページの指定が正しくありません。"))
        return int(text)

    def _filtered(self, source: Any) -> tuple[list[FilterState], Any]:
        states = []
        for one in self.filters:
            name = self.name_of(one.key)
            typed = request.args.get(name, "")
            state = FilterState(one, name, showable(typed), options=one.options() if one.kind == "select" else [])
            states.append(state)
            if not typed:
                continue
            try:
                source = one.apply(source, one.read(typed))
            except (UnusableText, UnreadableDay, ValueError) as error:
                if one.kind == "hidden":
                    raise BadRequest(str(error)) from error
                state.error = str(error)
        if any(state.error for state in states):  # better nothing than rows that were not asked for
            source = [] if isinstance(source, list) else source.where(SQL("1 = 0"))
        return states, source

    def _head(self, column: Column, current: Column, descending: bool) -> Head:
        if column.expr is None and column.sort is None:
            return Head(column, "", "")
        turned = column is current and not descending
        names = {"sort": column.key, "dir": "desc" if turned else "asc", "page": None}
        href = address({self.name_of(name): value for name, value in names.items()})
        return Head(column, href, "" if column is not current else "descending" if descending else "ascending")


def _ordered(source: Any, column: Column, descending: bool) -> Any:
    """Sort with nothing last and the primary key at the end, so that both engines and all pages agree."""
    if isinstance(source, list):
        key: Callable[[Any], Any] = column.sort or column.value
        there = [row for row in source if key(row) is not None]
        return sorted(there, key=key, reverse=descending) + [row for row in source if key(row) is None]
    expr = column.expr
    if column.text or isinstance(expr, TextField):
        expr = in_order_of_code_points(expr)
    by = expr.desc(nulls="LAST") if descending else expr.asc(nulls="LAST")
    return source.order_by(by, source.model._meta.primary_key)
