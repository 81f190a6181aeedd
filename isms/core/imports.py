"""What every import of a sheet shares: a verdict per row, a plan that can be shown, all or nothing."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from isms.core.errors import Invalid
from isms.core.words import gettext, lazy_gettext


class Verdict(StrEnum):
    """What the import would do with a row."""

    NEW = "new"
    CHANGED = "changed"
    LEFT = "left"
    SAME = "same"
    BAD = "bad"

    @property
    def label(self) -> Any:
        return LABELS[self]


LABELS = {
    Verdict.NEW: lazy_gettext("新規"),
    Verdict.CHANGED: lazy_gettext("変更"),
    Verdict.LEFT: lazy_gettext("退職"),
    Verdict.SAME: lazy_gettext("変更なし"),
    Verdict.BAD: lazy_gettext("取込不可"),
}


@dataclass
class Row:
    """One row of a sheet: its line there, what would be done, what it says, what would change, and why not."""

    line: int
    verdict: Verdict
    cells: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    known: Any = None

    def refuse(self, note: str) -> None:
        """Mark the row as one that cannot be taken."""
        self.verdict = Verdict.BAD
        self.notes.append(note)


@dataclass
class Plan:
    """What an import would do; nothing is written yet."""

    rows: list[Row]
    notices: list[str] = field(default_factory=list)

    def counts(self) -> dict[Verdict, int]:
        """Count the rows of each verdict."""
        counted = Counter(row.verdict for row in self.rows)
        return {verdict: counted[verdict] for verdict in Verdict}

    def of(self, verdict: Verdict) -> list[Row]:
        """Give the rows with the verdict."""
        return [row for row in self.rows if row.verdict == verdict]

    def must_be_whole(self) -> None:
        """Refuse the import as a whole when any row is bad."""
        bad = self.of(Verdict.BAD)
        if bad:
            raise Invalid(
                gettext(
                    "%(number)s行を取り込めません（最初は%(line)s行目: %(note)s）。何も書き込んでいません。",
                    number=len(bad),
                    line=bad[0].line,
                    note=" ".join(bad[0].notes),
                )
            )

    def lines(self) -> list[str]:
        """Give the plan as lines for the console: the counts, then each row that is not plain."""
        told = "  ".join(f"{verdict.label} {number}" for verdict, number in self.counts().items())
        notes = [
            gettext(
                "%(line)s行目 %(verdict)s: %(note)s", line=row.line, verdict=row.verdict.label, note=" ".join(row.notes)
            )
            for row in self.rows
            if row.notes
        ]
        return [told, *self.notices, *notes]
