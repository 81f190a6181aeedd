"""The details of an entry as people read them: what changed, line by line, and what else was noted."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from isms.core.database import utc_moment
from isms.core.words import gettext, lazy_gettext
from isms.trail.kinds import KINDS, Kind, names, parts_of

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
NO_KIND = Kind(lambda ids: {})

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


class Comparison:
    """The details of one entry; `second` writes a moment in the reader's language and the organisation's time zone."""

    def __init__(self, subject: str, details: dict[str, Any], second: Callable[[datetime], str]) -> None:
        self.kind = KINDS.get(parts_of(subject)[0], NO_KIND)
        self.second = second
        before, after = details.get("before") or {}, details.get("after") or {}
        self.is_of_row = isinstance(before, dict) and isinstance(after, dict)
        self.before, self.after = (before, after) if self.is_of_row else ({}, {})
        aside = {"before", "after"} if self.before or self.after else set()
        self.beside = {name: value for name, value in details.items() if name not in aside and value is not None}
        self.named = names(self._ids())

    def _ids(self) -> set[str]:
        """Give the ids of what columns point to: a column called `person` holds the number of one."""
        rows = (self.before, self.after, self.beside)
        return {f"{n}:{v}" for row in rows for n, v in row.items() if n in KINDS and type(v) is int}

    def lines(self) -> list[Line]:
        """Give what changed, column by column; empty when the details tell of no row."""
        there = {*self.before, *self.after}
        ordered = [name for name in self.kind.fields if name in there]
        both = bool(self.before and self.after)
        return [
            Line(
                self.label(name),
                self.shown(name, self.before.get(name)),
                self.shown(name, self.after.get(name)),
                both and self.before.get(name) != self.after.get(name),
            )
            for name in ordered + sorted(there - set(ordered))
        ]

    def notes(self) -> list[tuple[Any, str]]:
        """Give (label, text) of what the details say beside the row."""
        return [(self.label(name), self.shown(name, value)) for name, value in self.beside.items()]

    def label(self, name: str) -> Any:
        """Give the word for a column or a note."""
        return self.kind.fields.get(name) or WORDS.get(name) or name

    def shown(self, name: str, value: Any) -> str:
        """Write a value for people."""
        if isinstance(value, bool):
            return gettext("はい") if value else gettext("いいえ")
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        text = "" if value is None else str(value)
        if MOMENT.fullmatch(text):
            return self.second(utc_moment(text))
        return str(self.kind.values.get(name, {}).get(text) or self.named.get(f"{name}:{text}") or text)
