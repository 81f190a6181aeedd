"""Sheets in and out: hard reading of xlsx and CSV that somebody sends, safe writing of what leaves."""

from isms.core.sheets.cells import LIMITS, BadCell, BadSheet, Cell, Limits, Sheet, cell_day, cell_text
from isms.core.sheets.headers import Headers, match_headers
from isms.core.sheets.reading import read_sheet
from isms.core.sheets.writing import write_csv, write_xlsx

__all__ = [
    "LIMITS",
    "BadCell",
    "BadSheet",
    "Cell",
    "Headers",
    "Limits",
    "Sheet",
    "cell_day",
    "cell_text",
    "match_headers",
    "read_sheet",
    "write_csv",
    "write_xlsx",
]
