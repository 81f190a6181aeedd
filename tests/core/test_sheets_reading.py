"""Sheets as offices send them: xlsx and CSV of every make come in whole, or are refused with what to do."""

from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from isms.core.days import UnreadableDay
from isms.core.sheets import BadCell, BadSheet, Limits, Sheet, cell_day, cell_text, read_sheet, write_xlsx
from isms.core.text import UnusableText
from isms.core.words import speaking
from tests.core.workbooks import row, text, workbook
from tests.effort import cpu_seconds


def made(fill: Any, **options: Any) -> bytes:
    """Make an xlsx with XlsxWriter."""
    out = BytesIO()
    book = Workbook(out, options)
    fill(book, book.add_worksheet("名簿"))
    book.close()
    return out.getvalue()


def refusal(data: bytes, name: str = "名簿.xlsx", **limits: int) -> str:
    """Give the words with which the file is refused."""
    with pytest.raises(BadSheet) as refused:
        read_sheet(data, name, limits=Limits(**limits))
    return str(refused.value)


def test_values_come_as_they_are() -> None:
    def fill(book: Workbook, sheet: Any) -> None:
        day, era = (book.add_format({"num_format": form}) for form in ("yyyy/m/d", '[$-411]ggge"年"m"月"d"日"'))
        hours = book.add_format({"num_format": "[h]:mm"})
        sheet.write_row(2, 1, ["00123", 12.0, 1.5, True, "  架空 太郎 ", -0.0])
        sheet.write_datetime(3, 1, date(2026, 4, 1), day)
        sheet.write_number(3, 2, 46113, era)
        sheet.write_datetime(
            3, 3, datetime(2026, 4, 1, 23, 59, 59), book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        )
        sheet.write_number(3, 4, 1.5, hours)

    sheet = read_sheet(made(fill), "a.xlsx")
    assert sheet.name == "名簿"
    assert sheet.first_row_number == 3
    assert sheet.rows[0] == ["00123", 12, 1.5, True, "  架空 太郎 ", 0]
    assert [type(cell) for cell in sheet.rows[0]] == [str, int, float, bool, str, int]
    moment = datetime(2026, 4, 1, 23, 59, 59)
    assert sheet.rows[1] == [date(2026, 4, 1), date(2026, 4, 1), moment, timedelta(hours=36), None, None]


def test_empty_cells_rows_and_columns() -> None:
    def fill(book: Workbook, sheet: Any) -> None:
        sheet.write_row(0, 0, ["番号", "氏名", "備考", ""])
        sheet.write_row(1, 0, ["1"])
        sheet.write_row(3, 0, ["3", "架空"])
        sheet.write_row(4, 0, [" ", "　"])
        sheet.write_blank(5_000, 50, None, book.add_format({"bold": True}))

    sheet = read_sheet(made(fill), "a.xlsx")
    assert sheet.rows == [["番号", "氏名", "備考"], ["1", None, None], [None] * 3, ["3", "架空", None]]
    assert [number for number, _ in sheet.rows_after(1)] == [2, 4]


def test_merged_cells_have_their_value_at_the_top_left() -> None:
    def fill(book: Workbook, sheet: Any) -> None:
        sheet.merge_range("A1:C1", "職員名簿")
        sheet.merge_range("A2:A3", "総務課")
        sheet.write_row("B2", ["1", "x"])
        sheet.write_row("B3", ["2", "y"])

    assert read_sheet(made(fill), "a.xlsx").rows == [["職員名簿", None, None], ["総務課", "1", "x"], [None, "2", "y"]]


def test_a_formula_gives_its_value_and_a_flawed_cell_its_reason() -> None:
    def fill(_: Workbook, sheet: Any) -> None:
        sheet.write_row("A1", ["a", "b"])
        sheet.write_formula("A2", "=1+1", None, 2)
        sheet.write_formula("B2", '="x"&"y"', None, "xy")
        sheet.write_formula("A3", "=VLOOKUP(9,A:B,2)", None, "#N/A")
        sheet.write_formula("B4", "=A1", None, "")
        sheet.write_formula("A6", "=B1", None, "")

    sheet = read_sheet(made(fill), "a.xlsx")
    assert sheet.rows[1] == [2, "xy"]
    error, late = sheet.rows[2][0], sheet.rows[3][1]
    assert isinstance(error, BadCell)
    assert isinstance(late, BadCell)
    assert str(error) == "#N/A"
    with pytest.raises(UnusableText, match=r"エラーの値（#N/A）です。"):
        cell_text(error, 100)
    with pytest.raises(UnreadableDay, match="数式の結果が保存されていません"):
        cell_day(late)
    assert isinstance(sheet.rows[5][0], BadCell), "a row of nothing but uncomputed formulas is not empty"


def test_a_formula_may_give_an_empty_text() -> None:
    rows = row(1, text("A1", "x") + '<c r="B1" t="str"><f>""</f><v></v></c>' + text("C1", "y"))
    assert read_sheet(workbook(rows), "a.xlsx").rows == [["x", None, "y"]]


def test_flaws_stand_where_they_are_even_without_references() -> None:
    rows = '<row><c t="e"><v>#REF!</v></c><c><v>1</v></c></row><row><c><v>2</v></c><c><f>A1</f></c></row>'
    sheet = read_sheet(workbook(rows), "a.xlsx")
    assert [[str(cell) for cell in line] for line in sheet.rows] == [["#REF!", "1"], ["2", ""]]
    shifted = row(5, text("C5", "x") + '<c r="D5" t="e"><v>#DIV/0!</v></c>')
    below = read_sheet(workbook(shifted), "a.xlsx")
    assert below.first_row_number == 5
    assert [str(cell) for cell in below.rows[0]] == ["x", "#DIV/0!"]


def test_readings_of_kanji_are_left_out() -> None:
    strings = "<si><t>架空</t><rPh sb='0' eb='2'><t>カクウ</t></rPh><phoneticPr fontId='1'/></si>"
    sheet = read_sheet(workbook(row(1, '<c r="A1" t="s"><v>0</v></c>'), strings=strings), "a.xlsx")
    assert sheet.rows == [["架空"]]


def test_the_first_visible_sheet_is_read() -> None:
    sheets = (
        '<sheet name="隠し" sheetId="1" state="hidden" r:id="rId2"/><sheet name="名簿" sheetId="2" r:id="rId1"/>'
        '<sheet name="控え" sheetId="3" r:id="rId2"/>'
    )
    sheet = read_sheet(workbook(row(1, text("A1", "x")), workbook=sheets), "a.xlsx")
    assert (sheet.name, sheet.others, sheet.rows) == ("名簿", ["控え"], [["x"]])
    hidden = '<sheet name="隠し" sheetId="1" state="veryHidden" r:id="rId1"/>'
    assert "表示されているシートがありません" in refusal(workbook(row(1, text("A1", "x")), workbook=hidden))


TABLE = "番号,氏名\r\n00123,髙﨑 架空①\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        TABLE.encode("utf-8-sig"),
        TABLE.encode("cp932"),
        TABLE.encode("utf-16"),
        b"\xfe\xff" + TABLE.encode("utf-16-be"),
        TABLE.replace(",", "\t").encode("utf-16"),
        TABLE.replace(",", "\t").encode("cp932"),
        TABLE.replace(",", ";").encode(),
        TABLE.replace("\r\n", "\n").encode(),
        TABLE.replace("\r\n", "\r").encode(),
        (TABLE + "\r\n,\r\n  \r\n").encode(),
        TABLE.replace("00123", '"00123"').encode("cp932"),
    ],
)
def test_csv_of_every_make(data: bytes) -> None:
    assert read_sheet(data, "名簿.csv").rows == [["番号", "氏名"], ["00123", "髙﨑 架空①"]]
    assert read_sheet(data, "名簿.xlsx").rows[1][0] == "00123", "what is inside decides, not the name"


def test_csv_with_gaps_and_line_breaks_keeps_its_row_numbers() -> None:
    sheet = read_sheet('表題\n\n番号,備考\n1,"一行目\n二行目; a;b;c;"\n\n2,"say ""hi"""\n'.encode(), "名簿.csv")
    assert sheet.name == "名簿"
    assert list(sheet.numbered()) == [
        (1, ["表題", None]),
        (3, ["番号", "備考"]),
        (4, ["1", "一行目\n二行目; a;b;c;"]),
        (6, ["2", 'say "hi"']),
    ]


def test_an_xlsx_under_another_name_is_an_xlsx() -> None:
    data = workbook(row(1, text("A1", "x")))
    assert read_sheet(data, "名簿.csv").rows == read_sheet(data, "").rows == [["x"]]


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(TABLE.encode())
    assert read_sheet(path, "a.csv").rows[0] == ["番号", "氏名"]
    with pytest.raises(BadSheet, match="大きすぎます"):
        read_sheet(path, "a.csv", limits=Limits(file=10))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "空です"),
        ("番号,氏名\n".encode("utf-16-le"), "文字の表として読めません"),
        ("番号,氏名\n1,a\0b\n".encode(), "文字の表として読めません"),
        (b"\xff\xfe" + "a,\0".encode("utf-16-le"), "文字の表として読めません"),
        (b"\xff\xfe" + b"a\0,\0\x00\xd8b\0", "文字の表として読めません"),  # half a surrogate pair
        (b"\xff\xfe\0\0" + "a,b".encode("utf-32-le"), "文字の表として読めません"),
        (b"a,b\n\xed\xa0\x80\xff,1\n", "文字の表として読めません"),  # a lone surrogate in UTF-8
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "文字の表として読めません"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0", "文字の表として読めません"),
        (b"<html><table><tr><td>1</td></tr></table>", "HTML"),
        ("<?xml version='1.0'?><Workbook/>".encode("utf-8-sig"), "HTML"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ".xls"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512) + "EncryptedPackage".encode("utf-16-le"), "パスワード"),
        (b'a,b\n1,"2\n3,4\n', "引用符"),
        (b'a,b\n"1"x,2\n', "2行目の引用符"),
        (b"a,b\n" + b"x" * 40_000 + b",1\n", "2行目に長すぎる"),
        (b"a,b\n" + b"x" * 200_000 + b",1\n", "2行目"),
        (b"," * 300 + b"x\n", "列が多すぎます"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, words: str) -> None:
    for name in ("a.csv", "a.xlsx", "a.xls"):
        assert words in refusal(data, name)


def test_100_001_rows_are_one_too_many() -> None:
    lines = "番号\n" + "1\n" * 100_000
    assert len(read_sheet((lines + "\n" * 5_000).encode(), "a.csv").rows) == 100_001
    assert "100000行まで" in refusal((lines + "1\n").encode())
    most = write_xlsx(["番号"], [[1]] * 100_000, title="", sheet_name="a", locale="ja")
    assert len(read_sheet(most, "a.xlsx").rows) == 100_001
    more = write_xlsx(["番号"], [[1]] * 100_001, title="", sheet_name="a", locale="ja")
    assert "100000行まで" in refusal(more)


def test_columns_and_cells_have_limits() -> None:
    assert "列が多すぎます" in refusal(write_xlsx(["x"] * 201, [], title="", sheet_name="a", locale="ja"))
    long = workbook(row(7, text("A7", "x" * 32_768)))
    assert "7行目に長すぎる" in refusal(long)
    assert "大きすぎ" in refusal(
        write_xlsx(["x"] * 10, [["y"] * 10] * 10, title="", sheet_name="a", locale="ja"), cells=100
    )
    assert "大きすぎ" in refusal(b"a,b\n1,2\n3,4\n", cells=5)


def test_20_000_rows_take_less_than_three_seconds() -> None:
    line = ["00123", "架空 太郎", date(2026, 4, 1), "総務課", 12, 1.5, None, "メモ", True, "x"]
    data = write_xlsx([f"列{place}" for place in range(10)], [line] * 20_000, title="", sheet_name="a", locale="ja")
    began = cpu_seconds()
    sheet = read_sheet(data, "a.xlsx")
    assert cpu_seconds() - began < 3
    assert sheet.rows[20_000] == line


def test_a_cell_becomes_a_clean_text() -> None:
    assert [cell_text(cell, 30) for cell in (None, " 00123 ", 12, 1.5, date(2026, 4, 1))] == [
        "",
        "00123",
        "12",
        "1.5",
        "2026-04-01",
    ]
    assert cell_text(datetime(2026, 4, 1, 9, 5), 30) == "2026-04-01 09:05:00"
    assert (cell_day(None), cell_day(" "), cell_day(46113), cell_day("R8.4.1")) == (
        None,
        None,
        date(2026, 4, 1),
        date(2026, 4, 1),
    )


def test_refusals_are_english_in_english() -> None:
    with speaking("en"):
        assert refusal(b"") == "The file is empty."
        assert "damaged" in refusal(b"PK\x03\x04")


def test_a_sheet_without_rows() -> None:
    assert read_sheet(workbook(""), "a.xlsx") == Sheet("名簿", [], 1, [])
