"""A statement of applicability as a document: its table, xlsx and PDF. The same content gives the same bytes."""

from datetime import date
from typing import Any

from isms.catalogue.changes import applicable_word, implementation_word, title_of
from isms.core import pdf
from isms.core.sheets import write_xlsx
from isms.core.words import gettext, locale

TEMPLATE = "statement"


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
    name = gettext("適用宣言書")
    return write_xlsx(heads, rows, title=f"{name} {version_words(content)}", sheet_name=name, locale=locale())


def as_pdf(content: dict[str, Any]) -> bytes:
    """Write an approved statement as PDF."""
    heads, rows = table_of(content)
    return pdf.render(TEMPLATE, {"content": content, "heads": heads, "rows": rows})


def version_words(content: dict[str, Any]) -> str:
    """Name the version and its approval."""
    return gettext("第%(number)s版（%(day)s 承認）", number=content["number"], day=content["approved_on"])
