"""Columns are found by their headings, wherever and however those are written."""

import pytest

from isms.core.sheets import BadSheet, Sheet, match_headers
from isms.core.sheets.cells import Cell

NAMES = {
    "number": ("職員番号", "社員番号", "employee_number"),
    "name": ("氏名", "name"),
    "mail": ("メール", "E-mail"),
}


def sheet(*rows: list[Cell], first: int = 1) -> Sheet:
    return Sheet("a", list(rows), first)


@pytest.mark.parametrize(
    ("row", "columns"),
    [
        (["職員番号", "氏名"], {"number": 0, "name": 1}),
        (["NAME", None, "Employee Number"], {"name": 0, "number": 2}),
        (["＊氏　名（必須）", "ＥＭＰＬＯＹＥＥ＿ＮＵＭＢＥＲ", "ﾒｰﾙ"], {"name": 0, "number": 1, "mail": 2}),
        ([" 氏名\n(required) ", "社員番号*", "e-mail"], {"name": 0, "number": 1, "mail": 2}),
    ],
)
def test_spellings_of_headings(row: list[Cell], columns: dict[str, int]) -> None:
    assert match_headers(sheet(row), NAMES, required=("number", "name")) == (1, columns, [])


def test_titles_may_stand_above() -> None:
    above: list[list[Cell]] = [["職員名簿", None, None], [None, None, None], ["氏名の順", "氏名", None]]
    found = match_headers(sheet(*above, ["備考", "氏名", "職員番号"], ["x", "架空 太郎", "1"], first=3), NAMES)
    assert found.row == 6
    assert found.columns == {"name": 1, "number": 2}
    assert found.unknown == ["備考"]


def test_headings_further_down_than_ten_rows_are_not_looked_for() -> None:
    blank: list[list[Cell]] = [["x"] for _ in range(10)]
    assert match_headers(sheet(*blank[1:], ["氏名"]), NAMES).row == 10
    with pytest.raises(BadSheet, match=r"見出しの行が見つかりません。.*職員番号、氏名、メール"):
        match_headers(sheet(*blank, ["氏名"]), NAMES)


def test_missing_columns_are_named() -> None:
    with pytest.raises(BadSheet, match="必要な列がありません: 職員番号、メール。"):
        match_headers(sheet(["氏名"]), NAMES, required=("number", "name", "mail"))


@pytest.mark.parametrize("second", ["氏名", "Name", " 氏 名"])
def test_two_columns_for_one_field_are_refused(second: str) -> None:
    with pytest.raises(BadSheet, match=f"同じ意味の列が2つあります: 氏名、{second.strip()}。"):
        match_headers(sheet(["氏名", "職員番号", second]), NAMES)


def test_an_empty_sheet_has_no_headings() -> None:
    with pytest.raises(BadSheet, match="見出し"):
        match_headers(sheet(), NAMES)
