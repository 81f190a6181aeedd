"""How a ledger of evidence is read: its headers, and each cell of a row as an evidence keeps it."""

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from isms.core.days import Span, UnreadableDay, read_day, read_period
from isms.core.errors import Invalid
from isms.core.sheets import BadCell, Cell, cell_day, cell_text
from isms.core.words import gettext, locale

HEADERS: dict[str, tuple[str, ...]] = {
    "ref": ("番号", "証跡番号", "ref", "number"),
    "title": ("件名", "表題", "証跡名", "title"),
    "controls": ("管理策", "管理策番号", "controls", "control"),
    "edition": ("版", "規格の版", "edition"),
    "kind": ("種類", "kind"),
    "collected_on": ("収集日", "取得日", "collected_on"),
    "period": ("対象期間", "期間", "period"),
    "valid_until": ("有効期限", "期限", "valid_until"),
    "department": ("部署", "所管部署", "department"),
    "owner": ("担当", "担当者", "owner"),
    "files": ("ファイル", "ファイル名", "file", "files"),
    "url": ("リンク", "場所", "url", "link"),
    "note": ("備考", "note", "notes"),
    "author": ("登録者", "作成者", "author", "recorded_by"),
    "reviewer": ("確認者", "reviewer", "reviewed_by"),
    "reviewed_on": ("確認日", "reviewed_on"),
    "result": ("確認結果", "result"),
    "reason": ("差し戻しの理由", "reason"),
    "withdrawn": ("取り下げの理由", "取下げの理由", "withdrawn"),
    "predecessor": ("改める前の証跡", "predecessor"),
}
REQUIRED = ("title", "controls", "collected_on")

KINDS_READ = {
    **{name: name for name in ("record", "document", "screen", "log", "link", "other")},
    "記録": "record",
    "文書": "document",
    "画面": "screen",
    "ログ": "log",
    "リンク": "link",
    "その他": "other",
}
RESULTS_READ = {
    **dict.fromkeys(("承認", "受け入れ", "済", "ok", "accepted", "○", "◯", "〇"), True),
    **dict.fromkeys(("差し戻し", "差戻し", "差戻", "returned", "ng", "×"), False),
}
FILE_BREAK = re.compile(r"[;；\n]")
OWN_REF = re.compile(r"EV-([0-9]{4})-([0-9]{4,7})")


def called(field: str) -> str:
    """Name a column in the language being spoken."""
    names = HEADERS[field]
    return names[0] if locale() == "ja" else next(name for name in names if name.isascii())


def shown(cell: Cell) -> str:
    """Give the cell as a preview shows it."""
    if isinstance(cell, datetime) and (cell.hour, cell.minute, cell.second) == (0, 0, 0):
        cell = cell.date()
    return "" if cell is None else str(cell)


def read_cells(cells: dict[str, Cell]) -> tuple[dict[str, Any], list[str]]:
    """Give the values of a row by field, and what is wrong with its cells."""
    values: dict[str, Any] = {}
    wrong = []
    for field, cell in cells.items():
        try:
            values[field] = READERS.get(field, _line)(cell)
        except (ValueError, Invalid) as error:  # texts and days that cannot be taken are ValueErrors
            wrong.append(f"{called(field)}: {error}")
    wrong += [
        gettext("%(field)sが空です。", field=called(field))
        for field in REQUIRED
        if field in values and values[field] in ("", None)
    ]
    return values, wrong


def _line(cell: Cell) -> str:
    return cell_text(cell, 254)


def _lines(cell: Cell) -> str:
    return cell_text(cell, 5000, lines=True)


def _folded(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", _line(cell)).casefold().strip()


def _kind(cell: Cell) -> str:
    text = _folded(cell)
    if text and text not in KINDS_READ:
        raise Invalid(
            gettext(
                "「%(text)s」は分かりません（%(known)s）。",
                text=text,
                known=gettext("記録、文書、画面、ログ、リンク、その他"),
            )
        )
    return KINDS_READ.get(text, "")


def _result(cell: Cell) -> bool | None:
    text = _folded(cell)
    if text and text not in RESULTS_READ:
        raise Invalid(gettext("「%(text)s」は分かりません（承認、差し戻し）。", text=text))
    return RESULTS_READ.get(text)


def _period(cell: Cell) -> Span | None:
    """Read a period; a cell that is a date means that day."""
    if isinstance(cell, BadCell):
        raise UnreadableDay(cell.reason)
    if isinstance(cell, date):
        day = read_day(cell)
        return Span(day, day)
    text = _line(cell)
    return read_period(text) if text else None


def _files(cell: Cell) -> list[str]:
    """Read the names of files, parted by a semicolon or a new line."""
    return list(dict.fromkeys(name.strip() for name in FILE_BREAK.split(_lines(cell)) if name.strip()))


READERS: dict[str, Any] = {
    "title": lambda cell: cell_text(cell, 200),
    "controls": lambda cell: cell_text(cell, 2000),
    "kind": _kind,
    "collected_on": cell_day,
    "valid_until": cell_day,
    "reviewed_on": cell_day,
    "period": _period,
    "files": _files,
    "url": lambda cell: cell_text(cell, 2000),
    "note": _lines,
    "reason": _lines,
    "withdrawn": _lines,
    "result": _result,
    "ref": lambda cell: cell_text(cell, 60),
}
