"""How a sheet of decisions is read: its headers, and each cell of a row as a decision keeps it."""

import unicodedata
from typing import Any

from isms.core.errors import Invalid
from isms.core.sheets import Cell, cell_day, cell_text
from isms.core.words import gettext, locale

HEADERS: dict[str, tuple[str, ...]] = {
    "control": ("管理策番号", "管理策", "番号", "control", "control_id", "id"),
    "applicable": ("採否", "適用", "適用の有無", "適用可否", "applicable", "applied"),
    "justification": ("理由", "適用理由", "採用理由", "除外理由", "採否の理由", "justification", "reason"),
    "implementation": ("実施状況", "実施", "状況", "実施の状況", "implementation", "status"),
    "owner": ("責任者", "管理責任者", "担当", "担当者", "owner"),
    "from_day": ("適用日", "適用開始日", "開始日", "決定日", "effective_from", "from_day", "from"),
    "note": ("備考", "注記", "note", "notes"),
}
REQUIRED = ("control", "applicable", "justification")

APPLICABLE_READ = {
    **dict.fromkeys(
        ("採用", "適用", "適用する", "採", "有", "はい", "yes", "y", "true", "1", "○", "◯", "〇", "●"), True
    ),
    **dict.fromkeys(
        ("除外", "適用除外", "適用外", "適用しない", "不採用", "否", "無", "いいえ", "対象外", "非適用"), False
    ),
    **dict.fromkeys(("no", "n", "false", "0", "×", "✕", "✗", "x", "n/a"), False),
}
IMPLEMENTATION_READ = {
    **dict.fromkeys(("未着手", "未実施", "未", "未対応", "not_started", "not started", "none"), "not_started"),
    **dict.fromkeys(("計画", "計画中", "予定", "準備中", "planned", "plan"), "planned"),
    **dict.fromkeys(("一部", "一部実施", "部分", "実施中", "対応中", "partial", "partly", "in progress"), "partial"),
    **dict.fromkeys(
        ("実施", "実施済", "実施済み", "済", "完了", "対応済", "対応済み", "implemented", "done"), "implemented"
    ),
}
ABSENT = {"", "-", "–", "—", "ー", "－"}


def heading(field: str) -> str:
    """Give the first of a column's headings in the language being spoken."""
    names = HEADERS[field]
    return names[0] if locale() == "ja" else next(name for name in names if name.isascii())


def shown(cell: Cell) -> str:
    """Give the cell as a preview shows it."""
    return "" if cell is None else str(cell)


def read_cell(field: str, cell: Cell) -> Any:
    """Read one cell; raises Invalid, UnusableText or UnreadableDay with what to do."""
    return READERS[field](cell)


def _applicable(cell: Cell) -> bool | None:
    if isinstance(cell, bool):
        return cell
    text = _plain(cell)
    if text in ABSENT:
        return None
    if text not in APPLICABLE_READ:
        raise Invalid(gettext("「%(text)s」は分かりません（採用、除外、○、× など）。", text=text))
    return APPLICABLE_READ[text]


def _implementation(cell: Cell) -> str:
    text = _plain(cell)
    if text not in IMPLEMENTATION_READ and text not in ABSENT:
        raise Invalid(gettext("「%(text)s」は分かりません（未着手、計画、一部、実施）。", text=text))
    return IMPLEMENTATION_READ.get(text, "")


def _plain(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", cell_text(cell, 40)).casefold().strip()


def _lines(cell: Cell) -> str:
    return cell_text(cell, 5000, lines=True)


READERS: dict[str, Any] = {
    "control": lambda cell: cell_text(cell, 100),
    "applicable": _applicable,
    "justification": _lines,
    "implementation": _implementation,
    "owner": lambda cell: cell_text(cell, 254),
    "from_day": cell_day,
    "note": _lines,
}
