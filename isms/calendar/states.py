"""The state of an occurrence, computed of its steps and the day; nothing stores it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from isms.calendar.models import OccurrenceStep
from isms.core.words import lazy_gettext, lazy_pgettext

STATES: dict[str, Any] = {
    "planned": lazy_gettext("予定"),
    "open": lazy_gettext("実施待ち"),
    "done": lazy_gettext("実施済み"),
    "postponed": lazy_gettext("延期"),
    "skipped": lazy_gettext("見送り"),
    "substituted": lazy_gettext("代替実施"),
    "missed": lazy_pgettext("calendar", "未実施"),
}
ENDS = ("done", "skipped", "substituted")
STEPS: dict[str, Any] = {
    "done": lazy_gettext("実施した"),
    "postponed": lazy_gettext("延期した"),
    "skipped": lazy_gettext("見送った"),
    "substituted": lazy_gettext("代わりの方法で実施した"),
    "reopened": lazy_gettext("実施待ちに戻した"),
}


@dataclass(frozen=True)
class Standing:
    """How it stands with an occurrence: the day that counts, and the step that ended it or moved it."""

    due: date
    end: OccurrenceStep | None = None  # done, skipped, substituted
    move: OccurrenceStep | None = None  # the newest postponement

    def state(self, opened: bool, today: date) -> str:
        """Give the state on the day."""
        if self.end is not None:
            return str(self.end.kind)
        if self.due < today:
            return "missed"
        if self.move is not None:
            return "postponed"
        return "open" if opened else "planned"


def standing(due: date, steps: Iterable[OccurrenceStep]) -> Standing:
    """Follow the steps, which come in the order of their recording."""
    end = move = None
    for step in steps:
        if step.kind == "postponed":
            due, move = step.to_day, step
        end = step if step.kind in ENDS else None
    return Standing(due, end, move)
