"""The details of an entry as people read them: what changed, line by line, and what else was noted.

`second` writes a moment in the reader's language and the organisation's time zone.
"""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from isms.core.database import utc_moment
from isms.core.words import gettext, lazy_gettext
from isms.trail.kinds import KINDS, parts_of

Second = Callable[[datetime], str]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

# what details say beside the columns of a row
WORDS: dict[str, Any] = {
    "address": lazy_gettext("接続元"),
    "file": lazy_gettext("ファイル"),
    "hash": lazy_gettext("ハッシュ"),
    "kept": lazy_gettext("記録に使った時刻"),
    "last_known": lazy_gettext("復元前に知られていた先頭"),
    "no": lazy_gettext("号"),
    "proposal": lazy_gettext("申し出の号"),
    "reason": lazy_gettext("理由"),
    "restored": lazy_gettext("復元した写しの先頭"),
    "wall": lazy_gettext("時計が示した時刻"),
}


class Line(NamedTuple):
    """A column of a row before and after; `changed` where there was a row before and is one after."""

    label: Any
    before: str
    after: str
    changed: bool


def lines(subject: str, details: dict[str, Any], second: Second) -> list[Line]:
    """Give what changed, column by column; empty when the details tell of no row."""
    before, after = details.get("before") or {}, details.get("after") or {}
    if not isinstance(before, dict) or not isinstance(after, dict):
        return []
    words = _words(subject)
    return [
        Line(
            words.get(name, name),
            shown(before.get(name), second),
            shown(after.get(name), second),
            bool(before and after) and before.get(name) != after.get(name),
        )
        for name in dict.fromkeys([*before, *after])
    ]


def notes(subject: str, details: dict[str, Any], second: Second) -> list[tuple[Any, str]]:
    """Give (label, text) of what the details say beside `before` and `after`."""
    words = _words(subject)
    told = bool(lines(subject, details, second))
    return [
        (words.get(name, name), shown(value, second))
        for name, value in details.items()
        if not (name in {"before", "after"} and (told or value is None))
    ]


def shown(value: Any, second: Second) -> str:
    """Write a value of the details for people."""
    if isinstance(value, bool):
        return gettext("はい") if value else gettext("いいえ")
    if value is None or isinstance(value, str | int):
        text = "" if value is None else str(value)
        return second(utc_moment(text)) if MOMENT.fullmatch(text) else text
    return json.dumps(value, ensure_ascii=False)


def _words(subject: str) -> dict[str, Any]:
    known = KINDS.get(parts_of(subject)[0])
    return {**WORDS, **(known.fields if known else {})}
