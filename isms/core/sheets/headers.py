"""Finding the columns of a sheet by their headings, in any order, in Japanese or English."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from isms.core.sheets.cells import BadCell, BadSheet, Cell, Sheet
from isms.core.words import gettext

LOOKED_AT = 10  # rows; a title and remarks may stand above the headings
REMARK = re.compile(r"\((?:必須|任意|required|optional)\)")
PASSED_OVER = re.compile(r"[\s_*※]+")


class Headers(NamedTuple):
    """Where the headings stand: their row's number, field -> index of its column, headings that mean nothing here."""

    row: int
    columns: dict[str, int]
    unknown: list[str]


def match_headers(sheet: Sheet, names: Mapping[str, Sequence[str]], *, required: Iterable[str] = ()) -> Headers:
    """Find the row of the headings among the first ten, and each field's column by one of its names; raises BadSheet."""
    fields = {heading_key(name): field for field, spellings in names.items() for name in spellings}
    best: list[tuple[int, str]] = []
    best_number, best_row = 0, []
    last = sheet.first_row_number + LOOKED_AT
    for number, row in sheet.numbered():
        if number >= last:
            break
        matched = [(place, fields[key]) for place, cell in enumerate(row) if (key := heading_key(cell)) in fields]
        if len({field for _, field in matched}) > len({field for _, field in best}):
            best, best_number, best_row = matched, number, row
    if not best:
        first_names = "、".join(spellings[0] for spellings in names.values())
        raise BadSheet(
            gettext("見出しの行が見つかりません。1行目に見出しを置いてください（%(names)s）。", names=first_names)
        )
    columns = single(best, best_row)
    missing = [names[field][0] for field in required if field not in columns]
    if missing:
        raise BadSheet(gettext("必要な列がありません: %(names)s。", names="、".join(missing)))
    known = set(columns.values())
    unknown = [str(cell).strip() for place, cell in enumerate(best_row) if place not in known and heading_key(cell)]
    return Headers(best_number, columns, unknown)


def single(matched: list[tuple[int, str]], row: list[Cell]) -> dict[str, int]:
    """Give each field its column; refuses two columns for one field."""
    columns: dict[str, int] = {}
    for place, field in matched:
        if field in columns:
            raise BadSheet(
                gettext(
                    "同じ意味の列が2つあります: %(first)s、%(second)s。1つにしてください。",
                    first=str(row[columns[field]]).strip(),
                    second=str(row[place]).strip(),
                )
            )
        columns[field] = place
    return columns


def heading_key(cell: Cell) -> str:
    """Fold a heading: width, case, blanks, underscores, asterisks and （必須） do not count."""
    if cell is None or isinstance(cell, BadCell):
        return ""
    return PASSED_OVER.sub("", REMARK.sub("", unicodedata.normalize("NFKC", str(cell)).casefold()))
