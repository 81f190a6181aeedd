"""How a sheet of people is read: its headers, and each cell of a row as the register keeps it."""

import re
from datetime import date
from typing import Any

from isms.core.days import UnreadableDay
from isms.core.errors import Invalid
from isms.core.imports import Row
from isms.core.permissions import Role
from isms.core.sheets import cell_day, cell_text
from isms.core.text import UnusableText
from isms.core.words import gettext
from isms.people.rules import MAIL, mail_key
from isms.people.words import EMPLOYMENT, EMPLOYMENT_READ

HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("職員番号", "社員番号", "番号", "number", "employee_number", "employee no"),
    "name": ("氏名", "名前", "name", "full name"),
    "kana": ("カナ", "フリガナ", "ふりがな", "かな", "氏名カナ", "kana"),
    "mail": ("メール", "メールアドレス", "mail", "email", "e-mail"),
    "department": ("部署", "所属", "課", "department"),
    "position": ("役職", "職名", "position", "title"),
    "employment": ("雇用区分", "区分", "雇用形態", "employment"),
    "heads": ("責任者", "部門責任者", "所管部署", "heads"),
    "roles": ("役割", "権限", "roles", "role"),
    "from_day": ("採用日", "入職日", "着任日", "開始日", "from", "from_day", "start"),
    "to_day": ("退職日", "終了日", "to", "to_day", "end", "left"),
}
REQUIRED = ("number", "name")
ROLE_WORDS = {
    "事務局": Role.OFFICER,
    "承認者": Role.APPROVER,
    "監査員": Role.AUDITOR,
    "システム管理者": Role.ADMINISTRATOR,
    "管理者": Role.ADMINISTRATOR,
    **{role.value: role for role in (Role.OFFICER, Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)},
}
NO_ROLE = {"職員", "部門責任者", "staff", "head"}  # follow from employment and headship


def shown(cell: Any) -> str:
    """Give the cell as the preview shows it."""
    return "" if cell is None else str(cell)


def read_row(row: Row, cells: dict[str, Any], day: date) -> None:
    """Read the cells into the row's values; what cannot be read is noted and makes the row bad. `day` is today."""
    for field, cell in cells.items():
        try:
            row.values[field] = READERS.get(field, _text)(cell)
        except (UnusableText, UnreadableDay, Invalid) as error:
            row.refuse(f"{HEADERS[field][0]}: {error}")
    for field in REQUIRED:
        if field in row.values and not row.values[field]:
            row.refuse(gettext("%(field)sが空です。", field=HEADERS[field][0]))
    mail = row.values.get("mail")
    if mail and not MAIL.fullmatch(mail):
        row.refuse(gettext("メールアドレス %(mail)s の形が正しくありません。", mail=mail))
    begins = row.values.get("from_day") or day
    if row.values.get("to_day") and row.values.get("from_day") and row.values["to_day"] < begins:
        row.refuse(gettext("退職日が採用日より前です。"))


def _text(cell: Any) -> str:
    return cell_text(cell, 200)


def _employment(cell: Any) -> str:
    text = _text(cell)
    if text and text not in EMPLOYMENT_READ:
        known = "、".join(str(label) for label in EMPLOYMENT.values())
        raise Invalid(gettext("「%(text)s」は分かりません（%(known)s）。", text=text, known=known))
    return EMPLOYMENT_READ.get(text, "")


def _list(cell: Any) -> list[str]:
    """Read several words in one cell, parted by 、 a comma or a new line."""
    return [word.strip() for word in re.split(r"[、，,;；\n]", cell_text(cell, 1000, lines=True)) if word.strip()]


def _roles(cell: Any) -> set[Role]:
    wanted = set()
    for word in _list(cell):
        if word in ROLE_WORDS:
            wanted.add(ROLE_WORDS[word])
        elif word not in NO_ROLE:
            raise Invalid(gettext("役割「%(word)s」はありません。", word=word))
    return wanted


READERS: dict[str, Any] = {
    "mail": lambda cell: mail_key(_text(cell)),
    "employment": _employment,
    "heads": lambda cell: set(_list(cell)),
    "roles": _roles,
    "from_day": cell_day,
    "to_day": cell_day,
}
