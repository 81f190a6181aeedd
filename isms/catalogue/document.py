"""A statement of applicability as a document: its table, xlsx and PDF. The same content gives the same bytes."""

from datetime import date, datetime
from typing import Any

from isms.catalogue.changes import applicable_word, implementation_word, title_of
from isms.core import pdf
from isms.core.days import long_day
from isms.core.sheets import write_xlsx
from isms.core.sheets.writing import as_text
from isms.core.words import gettext, locale


def table_of(content: dict[str, Any]) -> tuple[list[str], list[list[Any]]]:
    """Give the headings and rows of a statement's content, in the language being spoken."""
    heads = [
        gettext("番号"),
        gettext("管理策"),
        gettext("適用"),
        gettext("理由"),
        gettext("実施状況"),
        gettext("責任者"),
        gettext("適用日"),
        gettext("備考"),
    ]
    return heads, [_cells(row) for row in content["rows"]]


def _cells(row: dict[str, Any]) -> list[Any]:
    return [
        row["id"],
        title_of(row),
        applicable_word(row),
        row["justification"],
        implementation_word(row),
        row["owner"],
        date.fromisoformat(row["from_day"]) if row["from_day"] else None,
        row["note"],
    ]


def as_xlsx(content: dict[str, Any]) -> bytes:
    """Write an approved statement as a workbook."""
    heads, rows = table_of(content)
    title = f"{version_words(content)} {content['organisation']}"
    return write_xlsx(heads, rows, title=title, sheet_name=gettext("適用宣言書"), locale=locale())


def as_pdf(content: dict[str, Any], *, head: str, made_at: datetime) -> bytes:
    """Write an approved statement as PDF; `head` is that of the trail as `no hash`, `made_at` aware."""
    heads, rows = table_of(content)
    facts = [
        (gettext("規格"), standard_words(content)),
        (gettext("変更の内容"), content["changes"]),
    ]
    seals = [
        [gettext("発行者"), content["issuer"], _day(content["issued_on"])],
        [gettext("承認者"), content["approver"], _day(content["approved_on"])],
    ]
    data = {
        "title": version_words(content),
        "organisation": content["organisation"],
        "head": head,
        "wide": True,
        "facts": facts,
        "approval": {"cells": seals},
        "columns": heads,
        "widths": ["auto", 3, "auto", 5, "auto", 2, "auto", 3],
        "rows": [[as_text(cell) for cell in row] for row in rows],
    }
    return pdf.render("table", data, made_at=made_at)


def _day(text: str) -> str:
    return long_day(date.fromisoformat(text), locale())


def standard_words(content: dict[str, Any]) -> str:
    """Name the standard, with its number as a Japanese one."""
    if not content["jis"]:
        return str(content["edition_name"])
    return gettext("%(jis)s（%(name)s）", jis=content["jis"], name=content["edition_name"])


def version_words(content: dict[str, Any]) -> str:
    """Name the document and its version."""
    return gettext("適用宣言書 第%(number)s版", number=content["number"])
