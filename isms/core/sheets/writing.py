"""Writing sheets that are safe to open: no text becomes a formula, a link or a number; same input, same bytes."""

import csv
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from typing import Any

from xlsxwriter import Workbook

from isms.core.sheets.cells import LIMITS
from isms.core.sheets.csv_text import neutral
from isms.core.words import gettext

FIRST_DAY = date(1900, 3, 1)  # before it Excel counts a 29 February that never was
EXACT = 10**15  # Excel keeps 15 digits; longer numbers go out as text
MOST_ROWS = 1_048_575
NARROWEST, WIDEST = 8, 60  # columns, in half-width characters
SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "constant_memory": True,
}
CREATED = datetime(2000, 1, 1)  # noqa: DTZ001  Excel knows no zones; it is not the clock's, so that bytes repeat
FORMATS = {"ja": ("yyyy/mm/dd", "yyyy/mm/dd hh:mm:ss"), "en": ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss")}


def write_xlsx(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str,
    sheet_name: str,
    locale: str,
    created: datetime = CREATED,
) -> bytes:
    """Write one sheet: headings in row 1, frozen and filterable, real dates.

    Datetimes are naive, in the reader's zone. `created` is the file's own date: the same input gives the same bytes.
    """
    out = BytesIO()
    with Workbook(out, SAFE) as book:
        book.set_properties({"title": title, "created": created.replace(tzinfo=None)})
        fill(book, book.add_worksheet(usable_name(sheet_name)), columns, rows, FORMATS.get(locale, FORMATS["en"]))
        for_paper(book.worksheets()[0], title)
    return out.getvalue()


def fill(
    book: Any, sheet: Any, columns: Sequence[str], rows: Iterable[Sequence[object]], forms: tuple[str, str]
) -> None:
    """Write the headings and the rows, and make the columns as wide as what stands in them."""
    heading = book.add_format({"bold": True, "bg_color": "#E7ECF0", "bottom": 1, "text_wrap": True, "valign": "top"})
    body = {"valign": "top", "text_wrap": True}
    day, moment = (book.add_format({**body, "num_format": form}) for form in forms)
    formats = {"text": book.add_format(body), "day": day, "moment": moment}
    widths = [width(name) + 3 for name in columns]  # the filter's button takes three
    for place, name in enumerate(columns):
        sheet.write_string(0, place, str(name), heading)
    number = 0
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise ValueError("more rows than a sheet holds")
        for place, (value, _) in enumerate(zip(row, columns, strict=True)):
            shown = write_cell(sheet, number, place, value, formats)
            widths[place] = max(widths[place], width(shown))
    for place, wide in enumerate(widths):
        sheet.set_column(place, place, min(max(wide, NARROWEST), WIDEST) + 1)
    sheet.freeze_panes(1, 0)
    if columns:
        sheet.autofilter(0, 0, number, len(columns) - 1)


def for_paper(sheet: Any, title: str) -> None:
    """Set the sheet for A4 across: title on top, headings on each page, page numbers."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_header("&L" + title[:80].replace("&", "&&"))
    sheet.set_footer("&R&P / &N")


def write_cell(sheet: Any, row: int, place: int, value: object, formats: dict[str, Any]) -> str:
    """Write one value as what it is; gives what will be seen."""
    if value is None:
        return ""
    if isinstance(value, bool):
        sheet.write_boolean(row, place, value, formats["text"])
        return str(value)
    if isinstance(value, int | float) and abs(value) < EXACT:
        sheet.write_number(row, place, value, formats["text"])
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise ValueError("a moment must be written in its reader's zone, without one")
        if value.date() >= FIRST_DAY:
            sheet.write_datetime(row, place, value, formats["moment"])
            return "0000-00-00 00:00:00"
    elif isinstance(value, date) and value >= FIRST_DAY:
        sheet.write_datetime(row, place, value, formats["day"])
        return "0000-00-00"
    text = cut(as_text(value))
    if text:
        sheet.write_string(row, place, text, formats["text"])
    return text


def cut(text: str) -> str:
    """Cut a text that a cell cannot hold, and say so at its end; raises ValueError for a lone surrogate."""
    units = text.encode("utf-16-le")  # what Excel counts
    if len(units) <= LIMITS.cell * 2:
        return text
    note = gettext("…（長いため、ここまで。全文はCSVにあります）")
    return units[: (LIMITS.cell - len(note)) * 2].decode("utf-16-le", "ignore") + note


def as_text(value: object) -> str:
    """Write a value in letters: days and times in ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def width(text: str) -> int:
    """Measure the widest line in half-width characters; kanji count two."""
    # One byte of cp932 is one half-width place.
    return max((len(line[:WIDEST].encode("cp932", "replace")) for line in text.split("\n")), default=0)


def usable_name(name: str) -> str:
    """Make a name that Excel takes for a sheet: 31 characters, without []:*?/\\ and apostrophes at its ends."""
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", name)[:31].strip(" '")
    return name if name and name.lower() != "history" else "Sheet1"


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Write CSV for Excel: UTF-8 with BOM, CRLF, everything quoted; what looks like a formula gets an apostrophe."""
    out = StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([neutral(str(name)) for name in columns])
    for row in rows:
        cells = [value for value, _ in zip(row, columns, strict=True)]
        writer.writerow([str(v) if isinstance(v, int | float) else neutral(as_text(v)) for v in cells])
    return out.getvalue().encode("utf-8-sig")
