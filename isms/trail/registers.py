"""What the trail says of the rows of the registers, compared with what they are."""

from collections.abc import Iterator, Sequence
from typing import Any

from peewee import chunked

from isms.core.database import Record, db
from isms.core.words import gettext
from isms.trail.kinds import KINDS, parts_of
from isms.trail.stored import Stored, readable


class Standing:
    """The state in which the entries leave every row of the kinds that have a model."""

    def __init__(self) -> None:
        self.told: dict[str, tuple[int, dict[str, Any] | None]] = {}  # subject -> newest entry, columns; None: gone
        self.unknown: set[str] = set()  # the newest entry was redacted

    def remember(self, row: Stored) -> None:
        """Take in one entry; entries come in order."""
        kind, number = parts_of(row.subject) if isinstance(row.subject, str) else ("", None)
        if number is None or kind not in KINDS or KINDS[kind].model is None:
            return
        if row.details is None:
            self.told.pop(row.subject, None)
            self.unknown.add(row.subject)
            return
        details = row.read_details()
        if not isinstance(details, dict) or "after" not in details:
            return
        after = details["after"]
        before = self.told.get(row.subject, (0, None))[1]
        self.told[row.subject] = (row.no, None if after is None else {**(before or {}), **after})

    def damages(self) -> Iterator[tuple[int, str]]:
        """Name each row that is not as its newest entry says: (number of the entry or 0, what is wrong)."""
        for kind, known in KINDS.items():
            if known.model is not None:
                told = {subject: state for subject, state in self.told.items() if parts_of(subject)[0] == kind}
                for number, row in _rows(known.model):
                    subject = f"{kind}:{number}"
                    yield from self._compare(subject, row, *told.pop(subject, (0, None)))
                for subject, (no, after) in told.items():
                    if after is not None:
                        yield no, gettext("%(subject)s の行が、記録なしに消されています。", subject=subject)

    def _compare(
        self, subject: str, row: dict[str, Any], no: int, after: dict[str, Any] | None
    ) -> Iterator[tuple[int, str]]:
        if after is None:
            if subject not in self.unknown:
                yield no, gettext("%(subject)s の行が、記録なしに加えられています。", subject=subject)
        elif any(row.get(name) != value for name, value in after.items() if name in row or not row):
            yield no, gettext("%(subject)s の行が、記録と違います。", subject=subject)


def _rows(model: type[Record]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Give (id, columns) of every row; no columns for one that cannot be read."""
    key = model._meta.primary_key

    def read(numbers: Sequence[int]) -> list[tuple[int, dict[str, Any]]]:
        rows = model.select().where(key.in_(numbers))
        return [(row.get_id(), row.plain()) for row in rows]

    for batch in chunked([number for (number,) in db.execute(model.select(key).order_by(key))], 500):
        yield from readable(batch, read, lambda number: (number, {}))
