"""The box that asks for a day: typed as offices write it, and what is taken to be known on it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

from isms.core.days import UnreadableDay, read_day
from isms.core.errors import BadRequest
from isms.core.text import showable
from isms.core.words import gettext
from isms.status.rules import Known
from isms.status.words import KNOWN


@dataclass(frozen=True)
class AsOf:
    """The day that is asked for; with an `error` it is today, and nothing of it should be shown."""

    day: date
    today: date
    known: Known
    typed: str = ""
    error: str = ""

    @property
    def is_today(self) -> bool:
        """Tell whether the page shows the present."""
        return self.day == self.today and not self.error

    @property
    def words(self) -> tuple[Any, Any]:
        """Give the name of what is known, and what it means."""
        return KNOWN[self.known]

    @property
    def choices(self) -> list[tuple[str, Any, Any]]:
        """Give the two ways to look: value, name, what it means."""
        return [(value, *words) for value, words in KNOWN.items()]

    @property
    def query(self) -> dict[str, Any]:
        """Give what an address has to say so that the next page shows the same day; nothing for the present."""
        if self.day == self.today and self.known == "then":
            return {}
        return {"day": self.day.isoformat(), "known": self.known}

    def refused(self, message: str) -> "AsOf":
        """Give the box with a message at its field."""
        return replace(self, error=message)


def read_as_of(arguments: Mapping[str, str], today: date) -> AsOf:
    """Read the day and what is known from an address; a day that cannot be told or is ahead stays in the field."""
    known = arguments.get("known") or "then"
    if known not in KNOWN:
        raise BadRequest()
    typed = showable(arguments.get("day", ""))[:60]
    asked = AsOf(today, today, cast(Known, known), typed)
    if not typed.strip():
        return asked
    try:
        day = read_day(typed)
    except UnreadableDay as error:
        return asked.refused(str(error))
    if day > today:
        return asked.refused(gettext("先の日の状態は、まだ分かりません。今日までの日付を入力してください。"))
    return replace(asked, day=day)
