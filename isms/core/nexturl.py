"""Where a sign-in leads: only to a page of this installation (attack 25)."""

import unicodedata
from urllib.parse import unquote, urlsplit

LONGEST = 2000


def safe_next(text: str | None, default: str) -> str:
    """Give the text when it is a path of our own, with query if any; everything else gives the default."""
    return text if text and _is_own_path(text) else default


def _is_own_path(text: str) -> bool:
    if len(text) > LONGEST or not text.startswith("/"):
        return False
    # browsers drop tabs and line ends, and read a backslash as a slash; what a proxy may decode or fold must pass too
    return all(_is_plain(reading) for reading in (text, unquote(text), unicodedata.normalize("NFKC", unquote(text))))


def _is_plain(text: str) -> bool:
    path = text.partition("?")[0].partition("#")[0]
    if "\\" in path or "//" in path:
        return False
    if any(unicodedata.category(letter)[0] == "C" for letter in text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return not parts.scheme and not parts.netloc
