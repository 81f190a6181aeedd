"""What changed between two statements of applicability, row by row, and how it is worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isms.catalogue.words import APPLICABLE, IMPLEMENTATION
from isms.core.words import gettext, lazy_gettext, locale

Row = dict[str, Any]  # one control of a statement, as its content holds it

ASPECTS: dict[str, Any] = {
    "added": lazy_gettext("加えた管理策"),
    "merged": lazy_gettext("まとめられた管理策"),
    "removed": lazy_gettext("除いた管理策"),
    "applicable": lazy_gettext("適用の変更"),
    "justification": lazy_gettext("理由の改め"),
    "implementation": lazy_gettext("実施状況の見直し"),
    "owner_id": lazy_gettext("責任者の変更"),
    "title_ja": lazy_gettext("表題の変更"),
}


@dataclass(frozen=True)
class Change:
    """How one control differs: `aspects` names the fields, or says added or removed."""

    before: Row | None
    after: Row | None
    aspects: tuple[str, ...]

    @property
    def row(self) -> Row:
        return self.after or self.before or {}

    @property
    def key(self) -> str:
        return str(self.row["key"])

    def words(self) -> list[str]:
        """Say what changed, one phrase for each aspect, in the language being spoken."""
        return [self._phrase(aspect) for aspect in self.aspects]

    def _phrase(self, aspect: str) -> str:
        if self.before is None:
            return gettext("新たに加えた")
        if self.after is None:
            return gettext("除いた")
        if aspect == "merged":
            return gettext("旧版の %(numbers)s をまとめた", numbers=gettext("、").join(self.before["merged"]))
        if aspect == "applicable":
            return gettext("%(old)s → %(new)s", old=applicable_word(self.before), new=applicable_word(self.after))
        if aspect == "implementation":
            old, new = implementation_word(self.before), implementation_word(self.after)
            return gettext("実施状況 %(old)s → %(new)s", old=old, new=new)
        if aspect == "owner_id":
            old, new = self.before["owner"] or "–", self.after["owner"] or "–"
            return gettext("責任者 %(old)s → %(new)s", old=old, new=new)
        return gettext("理由を改めた") if aspect == "justification" else gettext("表題を改めた")


def changed(before: list[Row], after: list[Row]) -> list[Change]:
    """Compare two lists of rows; in the order of the new one, removed controls last."""
    old, new = {row["key"]: row for row in before}, {row["key"]: row for row in after}
    found = []
    for key, row in new.items():
        if key not in old:
            found.append(Change(None, row, ("added",)))
        elif aspects := _aspects(old[key], row):
            found.append(Change(old[key], row, aspects))
    return found + [Change(row, None, ("removed",)) for key, row in old.items() if key not in new]


def renumbered(rows: list[Row], backward: Mapping[str, tuple[str, ...]]) -> list[Row]:
    """Give the rows of an earlier edition under the keys of the next; `merged` names those that became one.

    A title is left out, since the next edition words it anew. What became nothing keeps its key.
    """
    old = {row["key"]: row for row in rows}
    used = {key for keys in backward.values() for key in keys}
    made = [row for row in rows if row["key"] not in used]
    for key, keys in backward.items():
        was = [old[one] for one in keys if one in old]
        if was:
            row = {name: value for name, value in was[0].items() if name != "title_ja"} | {"key": key}
            made.append(row if len(was) == 1 else row | {"merged": [one["id"] for one in was]})
    return made


def _aspects(old: Row, new: Row) -> tuple[str, ...]:
    if "merged" in old:
        return ("merged",)
    names = tuple(name for name in ASPECTS if name in new and name in old and old[name] != new[name])
    # Whether it applies says how far it is implemented: one change is told once.
    return tuple(name for name in names if name != "implementation") if "applicable" in names else names


def summary(changes: list[Change]) -> str:
    """Word the changes as a revision history has them: each aspect, how many controls, which."""
    lines = []
    for aspect, label in ASPECTS.items():
        ids = [change.row["id"] for change in changes if aspect in change.aspects]
        if ids:
            lines.append(
                gettext(
                    "%(what)s %(number)s件（%(numbers)s）", what=label, number=len(ids), numbers=gettext("、").join(ids)
                )
            )
    return "\n".join(lines)


def title_of(row: Row) -> str:
    """Give the title in the language being spoken."""
    title: str = (row["title_ja"] or row["title_en"]) if locale() == "ja" else (row["title_en"] or row["title_ja"])
    return title


def applicable_word(row: Row) -> str:
    """Say whether the control applies."""
    return gettext("未決定") if row["applicable"] is None else str(APPLICABLE[row["applicable"]])


def implementation_word(row: Row) -> str:
    """Say how far the control is implemented; nothing for one that does not apply."""
    return str(IMPLEMENTATION.get(row["implementation"], "–"))
