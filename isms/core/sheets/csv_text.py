"""CSV as it comes out of Excel and other systems, and the mark that keeps a text from becoming a formula."""

import codecs
import csv
import re
from io import StringIO

from isms.core.sheets.cells import BadSheet, Cell, Limits, Sheet, is_empty, squared
from isms.core.words import gettext

# What Excel, LibreOffice or a Japanese keyboard would take for the start of a formula, also behind blanks.
FORMULA = re.compile(r"'*(?:\s*[=+\-@＝＋－＠−﹢﹣﹦﹫]|[\t\r\n])")
MARKUP = re.compile(r"\s*<(?:!doctype|html|\?xml|table|head|meta)", re.IGNORECASE)
QUOTED = re.compile(r'"(?:[^"]|"")*"')
# Bytes that Python's cp932 lets through though Shift_JIS has no letter for them.
NO_SHIFT_JIS = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
HEAD = 20_000  # characters looked at to find the delimiter


def neutral(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would take for a formula."""
    return f"'{text}" if FORMULA.match(text) else text


def restored(text: str) -> str:
    """Take the apostrophe of `neutral` off again."""
    return text[1:] if text.startswith("'") and FORMULA.match(text) else text


def read_csv(data: bytes, name: str, limits: Limits) -> Sheet:
    """Read the bytes as delimited text; raises BadSheet."""
    text = decoded(data)
    if MARKUP.match(text):
        raise BadSheet(gettext("中身がHTMLかXMLです。Excelで開き、.xlsx として保存し直してください。"))
    lines = csv.reader(StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    rows: list[list[Cell]] = []
    empty = 0
    cells = 0
    number = 0
    try:
        for number, line in enumerate(lines, 1):
            row: list[Cell] = [restored(cell) if cell else None for cell in line]
            if is_empty(row):
                empty += 1
                continue
            cells += len(row)
            check(number, row, cells, limits)
            rows.extend([] for _ in range(empty))
            rows.append(row)
            empty = 0
    except csv.Error:
        reason = gettext(
            '%(line)s行目の引用符（"）の使い方が正しくありません。CSVで保存し直してください。', line=number + 1
        )
        raise BadSheet(reason) from None
    return Sheet(name, squared(rows))


def decoded(data: bytes) -> str:
    """Decode the bytes: by their BOM, else as UTF-8, else as Shift_JIS with Microsoft's additions."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if utf16 and not data.startswith(codecs.BOM_UTF32_LE):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp932")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text or (encoding == "cp932" and NO_SHIFT_JIS.search(text)):
            break
        return text
    raise BadSheet(gettext("文字の表として読めません。Excelブック（.xlsx）か、UTF-8かShift_JISのCSVで送ってください。"))


def delimiter(text: str) -> str:
    """Find the delimiter: the one of comma, tab and semicolon that stands outside quotes most often."""
    head = QUOTED.sub("", text[:HEAD])
    return max(",\t;", key=head.count)


def check(number: int, row: list[Cell], cells: int, limits: Limits) -> None:
    """Refuse a row beyond the limits."""
    if number > limits.rows:
        raise BadSheet(
            gettext("行が多すぎます（見出しのほか%(most)s行まで）。分けて送ってください。", most=limits.rows - 1)
        )
    if len(row) > limits.columns:
        raise BadSheet(gettext("列が多すぎます（%(most)s列まで）。", most=limits.columns))
    if cells > limits.cells:
        raise BadSheet(gettext("中身が大きすぎて読めません。不要なシートや書式を除き、表だけにして送ってください。"))
    if any(isinstance(cell, str) and len(cell) > limits.cell for cell in row):
        raise BadSheet(
            gettext("%(line)s行目に長すぎる文字列があります（%(most)s文字まで）。", line=number, most=limits.cell)
        )
