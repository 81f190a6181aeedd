"""What leaves as a sheet: it reads back equal, no text in it becomes a formula (attack 37), same input, same bytes."""

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO
from typing import Any
from zipfile import ZipFile

import pytest
import time_machine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from isms.core.sheets import read_sheet, write_csv, write_xlsx
from isms.core.sheets.cells import squared
from isms.core.text import UnusableText, clean_text
from isms.core.words import speaking

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    " =1",
    "'=1",
    "''+1",
    "=cmd|' /C calc'!A0",
]


OLD = datetime(1899, 12, 31, 9, 5)


def is_clean(text: str) -> bool:
    try:
        return clean_text(text, 1000, lines=True) == text
    except UnusableText:
        return False


PIECES = st.sampled_from(
    [
        *FORMULAS,
        "_x0041_",
        "00123",
        "1e5",
        "TRUE",
        "a,b;c\td",
        '"',
        "'",
        "x\ny",
        "髙﨑",
        "http://a.example/",
        "<b>&amp;",
    ]
)
TEXTS = (PIECES | st.text(max_size=20) | st.tuples(PIECES, st.text(max_size=5)).map("".join)).filter(is_clean)
DAYS = st.dates(date(1900, 3, 1), date(9999, 12, 31))
MOMENTS = st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda m: m.replace(microsecond=0))
VALUES = st.none() | TEXTS | st.integers(-(10**15) + 1, 10**15 - 1) | st.booleans() | DAYS | MOMENTS


def tables(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[list[str], list[list[Any]]]]:
    def of_width(width: int) -> st.SearchStrategy[tuple[list[str], list[list[Any]]]]:
        heads = st.lists(TEXTS.filter(bool), min_size=width, max_size=width)
        return st.tuples(heads, st.lists(st.lists(values, min_size=width, max_size=width), max_size=5))

    return st.integers(1, 4).flatmap(of_width)


def seen(columns: list[str], rows: list[list[Any]]) -> list[list[Any]]:
    """Give the table as a reader sees it: an empty text is an empty cell, midnight a day."""

    def one(value: Any) -> Any:
        if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
            return value.date()
        return None if value == "" else value

    return squared([list(columns), *([one(value) for value in row] for row in rows)])


@settings(max_examples=60, deadline=None)
@given(tables(VALUES))
@example((["=1+1"], [[text] for text in FORMULAS if is_clean(text)]))
def test_xlsx_reads_back_equal(table: tuple[list[str], list[list[Any]]]) -> None:
    columns, rows = table
    data = write_xlsx(columns, rows, title="表&題", sheet_name="名簿", locale="ja")
    assert b"<f>" not in ZipFile(BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert read_sheet(data, "a.xlsx").rows == seen(columns, rows)


@given(tables(st.none() | TEXTS))
@example((["x"], [[text] for text in FORMULAS]))
@example((["a;b;c"], [["'"], ["''"], ["'x"], ["'=x"]]))
def test_csv_reads_back_equal(table: tuple[list[str], list[list[Any]]]) -> None:
    columns, rows = table
    assert read_sheet(write_csv(columns, rows), "a.csv").rows == seen(columns, rows)


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_in_csv_is_a_formula(text: str) -> None:
    data = write_csv([text], [[text], [None]])
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"\r\n" in data
    cells = [row[0] for row in csv.reader(StringIO(data.decode("utf-8-sig"), newline=""))]
    assert cells == [f"'{text}", f"'{text}", ""]


def test_values_in_csv() -> None:
    moment = datetime(2026, 4, 1, 9, 5)
    data = write_csv(["a", "b", "c", "d", "e"], [[-5, 1.5, date(2026, 4, 1), moment, None]])
    assert data.decode("utf-8-sig").splitlines()[1] == '"-5","1.5","2026-04-01","2026-04-01 09:05:00",""'


def test_the_same_input_gives_the_same_bytes() -> None:
    def write(**more: Any) -> bytes:
        return write_xlsx(["a"], [["x"], [date(2026, 4, 1)]], title="t", sheet_name="s", locale="ja", **more)

    with time_machine.travel(datetime(2026, 4, 1, tzinfo=UTC)):
        first = write()
    with time_machine.travel(datetime(2027, 5, 2, tzinfo=UTC)):
        assert write() == first
    assert write(created=datetime(2026, 4, 1, tzinfo=UTC)) != first


def test_the_look_of_a_workbook() -> None:
    rows = [["架空のとても長い名前の部署", date(2026, 4, 1)]]
    data = write_xlsx(["部署", "日"], rows, title="名簿", sheet_name="a/b", locale="en")
    archive = ZipFile(BytesIO(data))
    sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>' in sheet
    assert '<autoFilter ref="A1:B2"/>' in sheet
    assert '<col min="1" max="1" width="27.7' in sheet, "thirteen kanji count double"
    assert (
        "yyyy\\-mm\\-dd" in archive.read("xl/styles.xml").decode()
        or "yyyy-mm-dd" in archive.read("xl/styles.xml").decode()
    )
    assert 'name="a b"' in archive.read("xl/workbook.xml").decode()
    assert "名簿" in archive.read("docProps/core.xml").decode()


@pytest.mark.parametrize("name", ["", "[]:*?/\\", "History", "'x'", "長" * 40, "\0"])
def test_any_name_makes_a_sheet(name: str) -> None:
    assert read_sheet(write_xlsx(["a"], [], title=name, sheet_name=name, locale="ja"), "a.xlsx").rows == [["a"]]


def test_what_a_cell_cannot_hold() -> None:
    long = "𠮷" * 20_000  # two UTF-16 units each
    rows: list[list[object]] = [
        [long],
        [10**15],
        [-(10**20)],
        [float("inf")],
        [date(1868, 10, 23)],
        [OLD],
        ["x" * 32_767],
    ]
    with speaking("ja"):
        back = read_sheet(write_xlsx(["a"], rows, title="", sheet_name="", locale="ja"), "a.xlsx").rows
    cut = back[1][0]
    assert isinstance(cut, str)
    assert cut.startswith("𠮷" * 16_000)
    assert cut.endswith("全文はCSVにあります）")
    assert len(cut.encode("utf-16-le")) // 2 <= 32_767
    assert [row[0] for row in back[2:]] == [
        str(10**15),
        str(-(10**20)),
        "inf",
        "1868-10-23",
        "1899-12-31 09:05:00",
        "x" * 32_767,
    ]
    assert long.encode() in write_csv(["a"], rows)


def test_mistakes_of_the_program_are_not_written() -> None:
    mistakes: list[list[list[object]]] = [[["a", "b"]], [[]], [[datetime(2026, 4, 1, tzinfo=UTC)]], [["\ud800"]]]
    for rows in mistakes:
        with pytest.raises(ValueError):
            write_xlsx(["a"], rows, title="", sheet_name="", locale="ja")
    with pytest.raises(ValueError):
        write_csv(["a"], [["a", "b"]])
