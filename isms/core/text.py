"""Texts as people type them: cleaned on the way in, compared without regard to width and case.

`contains` searches on both engines alike; SQLite gets the function `fold` for it when the database is opened.
"""

import re
import unicodedata
from typing import Any

from peewee import SQL, PostgresqlDatabase, SqliteDatabase, fn

from isms.core.database import db
from isms.core.words import gettext

# Control characters, lone surrogates, marks that turn the direction of writing (a file name could lie with them),
# and U+FFFD, which is what is left of bytes that were no UTF-8.
UNUSABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffd-\uffff]")
# NFC would put plain 神 in place of the 神 of a name (U+FA19), so compatibility ideographs are left alone.
COMPOSABLE = re.compile("[^\uf900-\ufaff\U0002f800-\U0002fa1f]+")
ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


class UnusableText(ValueError):
    """A text that cannot be taken; the message says why."""


def clean_text(text: str, most: int, *, lines: bool = False) -> str:
    """Give the text composed (NFC) and stripped, at most `most` characters; raises UnusableText.

    With `lines` it keeps line breaks (as \\n) and tabs; otherwise they become blanks.
    """
    text = COMPOSABLE.sub(lambda run: unicodedata.normalize("NFC", run.group()), text)
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if bad := UNUSABLE.search(text):
        code, place = f"U+{ord(bad.group()):04X}", bad.start() + 1
        raise UnusableText(
            gettext(
                "%(place)s文字目に使えない文字（%(code)s）があります。消してから送ってください。",
                place=place,
                code=code,
            )
        )
    if len(text) > most:
        raise UnusableText(
            gettext("%(most)s文字までです（いま%(length)s文字）。短くしてください。", most=most, length=len(text))
        )
    return text if lines else re.sub(r"[\t\n]+", " ", text)


def showable(text: str) -> str:
    """Give the text with every unusable character as U+FFFD, so that it can be shown again."""
    return UNUSABLE.sub("\ufffd", text)


def fold(text: str | None) -> str | None:
    """Give the text as it is compared in a search: width and compatibility forms (NFKC) and ASCII case do not count."""
    return None if text is None else unicodedata.normalize("NFKC", text).translate(ASCII_LOWER)


def contains(expression: Any, text: str) -> Any:
    """Make the condition that a text column holds the text, `%` and `_` being plain characters."""
    wanted = fold(text)
    if isinstance(db.obj, SqliteDatabase):
        return fn.instr(fn.fold(expression), wanted) > 0
    # COLLATE "C": lower() then changes ASCII only, whatever the database's own locale
    return fn.strpos(fn.lower(fn.normalize(expression, SQL("NFKC")).collate('"C"')), wanted) > 0


def in_order_of_code_points(expression: Any) -> Any:
    """Give a text column so that it sorts the same on both engines: by code point."""
    return expression.collate('"C"') if isinstance(db.obj, PostgresqlDatabase) else expression


def _teach(database: Any) -> None:
    if isinstance(database, SqliteDatabase):
        database.register_function(fold, "fold", 1)


db.attach_callback(_teach)
