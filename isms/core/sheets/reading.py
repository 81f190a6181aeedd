"""Reading a sheet that somebody sends: xlsx in a limited process of its own, CSV here; decided by what is inside."""

import json
import subprocess
import sys
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path, PurePath
from typing import Any

from isms.core.sheets.cells import LIMITS, BadCell, BadSheet, Cell, Limits, Sheet, squared
from isms.core.sheets.csv_text import read_csv
from isms.core.words import gettext, lazy_gettext

CHILD = Path(__file__).with_name("child.py")
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")

DAMAGED = lazy_gettext("ファイルが壊れているか、途中で切れています。もう一度保存してから送ってください。")
OTHER_KIND = lazy_gettext("表のファイルではありません。Excelブック（.xlsx）かCSVで送ってください。")
TOO_BIG = lazy_gettext("中身が大きすぎて読めません。不要なシートや書式を除き、表だけにして送ってください。")
PROTECTED = lazy_gettext("パスワードで保護されています。保護を外して送ってください。")
# code of child.py -> what the sender is told
REASONS: dict[str, Any] = {
    "damaged": DAMAGED,
    "kind": OTHER_KIND,
    "huge": TOO_BIG,
    "encrypted": PROTECTED,
    "macros": lazy_gettext("マクロ付きのブックは受け取れません。マクロのない .xlsx で保存し直してください。"),
    "entities": lazy_gettext(
        "中に外部参照などの宣言があるため、受け取れません。Excelで .xlsx として保存し直してください。"
    ),
    "empty": lazy_gettext("表示されているシートがありません。"),
}
READERS: dict[str, Any] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "time": time.fromisoformat,
    "seconds": lambda seconds: timedelta(seconds=seconds),
    "flaw": lambda shown: BadCell(shown, flaw(shown)),
}


def read_sheet(source: bytes | Path, filename: str, *, limits: Limits = LIMITS) -> Sheet:
    """Read the first visible sheet of an xlsx or a CSV (UTF-8, Shift_JIS, UTF-16 with BOM); raises BadSheet."""
    data = content(source, limits)
    if data.startswith(b"PK\x03\x04"):
        return read_xlsx(data, limits)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if ENCRYPTED in data:
            raise BadSheet(PROTECTED)
        raise BadSheet(gettext("古い形式（.xls）は読めません。Excelで .xlsx として保存し直してください。"))
    return read_csv(data, PurePath(filename).stem, limits)


def content(source: bytes | Path, limits: Limits) -> bytes:
    """Give the bytes of the file, which may be neither empty nor too many."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            source = file.read(limits.file + 1)
    if len(source) > limits.file:
        raise BadSheet(gettext("ファイルが大きすぎます（%(most)sMBまで）。", most=limits.file >> 20))
    if not source:
        raise BadSheet(gettext("ファイルが空です。"))
    return source


def read_xlsx(data: bytes, limits: Limits) -> Sheet:
    """Have the workbook read by a child that has little memory, little time and no environment."""
    command = [sys.executable, "-I", str(CHILD), json.dumps(asdict(limits))]
    try:
        answer = subprocess.run(command, input=data, capture_output=True, timeout=limits.seconds, env={}, check=False)
    except subprocess.TimeoutExpired:
        raise BadSheet(TOO_BIG) from None
    lines = answer.stdout.splitlines()
    first = json.loads(lines[0]) if lines else {}
    last = json.loads(lines[-1]) if answer.returncode == 0 and lines else {}
    if "refused" in last:
        raise BadSheet(reason(last["refused"], limits))
    if last != {"end": True}:
        # It was stopped by its limits: an honest sheet never is.
        raise BadSheet(TOO_BIG)
    rows = [[cell if type(cell) is not dict else named(cell) for cell in json.loads(line)] for line in lines[1:-1]]
    check_cells(rows, first["first"], limits)
    return Sheet(first["name"], squared(rows), first["first"], first["others"])


def reason(code: str, limits: Limits) -> Any:
    """Say in words why the child refused the file."""
    if code == "rows":
        return gettext("行が多すぎます（見出しのほか%(most)s行まで）。分けて送ってください。", most=limits.rows - 1)
    if code == "columns":
        return gettext("列が多すぎます（%(most)s列まで）。", most=limits.columns)
    if code == "cells":
        return TOO_BIG
    return REASONS[code]


def named(cell: dict[str, Any]) -> Cell:
    """Make the value of a cell that JSON has no word for."""
    ((kind, value),) = cell.items()
    made: Cell = READERS[kind](value)
    return made


def flaw(shown: str) -> str:
    """Say what is wrong with a cell that shows an error, or holds a formula without a result."""
    if shown:
        return gettext("エラーの値（%(shown)s）です。", shown=shown[:20])
    return gettext("数式の結果が保存されていません。Excelで開いて保存し直すか、値を入れてください。")


def check_cells(rows: list[list[Cell]], first: int, limits: Limits) -> None:
    """Refuse a cell that is longer than any in a sheet."""
    for number, row in enumerate(rows, first):
        if any(type(cell) is str and len(cell) > limits.cell for cell in row):
            raise BadSheet(
                gettext("%(line)s行目に長すぎる文字列があります（%(most)s文字まで）。", line=number, most=limits.cell)
            )
