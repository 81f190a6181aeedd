"""What the rows of a ledger are compared with."""

from dataclasses import dataclass
from datetime import date, datetime

from isms.core import settings
from isms.core.errors import Invalid
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.words import gettext
from isms.evidence.import_controls import KnownNumbers
from isms.evidence.import_files import Shelf
from isms.evidence.import_rows import OWN_REF
from isms.evidence.jobs import destroyed
from isms.evidence.models import Evidence, Review, Withdrawal


@dataclass
class Old:
    """An evidence that is there, or that an earlier row of the ledger makes; who recorded it, and what it corrects."""

    id: int | None
    recorded_by: set[str]
    predecessor_id: int | None = None
    before: "Old | None" = None


class Known(KnownNumbers):
    """What the rows are compared with, read once: constant queries whatever the ledger's length."""

    def __init__(self, shelf: Shelf, by: Actor, now: datetime) -> None:
        super().__init__()
        self.shelf, self.by, self.now, self.today = shelf, by, now, settings.today(now)
        self.interval = settings.get("evidence_interval_months")
        self.months_start = settings.get("fiscal_year_start_month")
        self.may_review = by.has(Permission.EVIDENCE_REVIEW)
        self.heads = None if Scope.ALL in scopes_of(by, Permission.EVIDENCE_RECORD) else by.heads
        self.by_ref: dict[str, Old] = {}
        self.by_id: dict[int, Old] = {}
        self.keys: dict[str, int] = {}
        self.last: dict[int, int] = {}  # year -> greatest number of our own references
        self.succeeded: set[str] = set()
        self._read_evidence()
        self.reviewed = {one for (one,) in Review.select(Review.evidence).tuples()}
        self.withdrawn = {one for (one,) in Withdrawal.select(Withdrawal.evidence).tuples()}
        self.destroyed = destroyed()

    def _read_evidence(self) -> None:
        columns = (Evidence.id, Evidence.ref, Evidence.import_key, Evidence.recorded_by, Evidence.predecessor)
        names = {}
        for number, ref, key, by, predecessor in Evidence.select(*columns).tuples():
            names[number] = ref
            self.by_ref[ref] = self.by_id[number] = Old(number, {by}, predecessor)
            if key:
                self.keys[key] = number
            self.reserve(ref)
        self.succeeded = {names[one.predecessor_id] for one in self.by_id.values() if one.predecessor_id}

    def reserve(self, ref: str) -> None:
        """Note a reference as used."""
        if match := OWN_REF.fullmatch(ref):
            year, number = int(match[1]), int(match[2])
            self.last[year] = max(self.last.get(year, 0), number)

    def department(self, text: str, day: date) -> int:
        found = super().department(text, day)
        if self.heads is not None and found not in self.heads:
            raise Invalid(gettext("部署「%(name)s」の責任者ではありません。", name=text))
        return found

    def authors(self, old: Old | None) -> set[str]:
        """Give who recorded an evidence and all that it corrects."""
        found: set[str] = set()
        while old is not None:
            found |= old.recorded_by
            old = self.by_id.get(old.predecessor_id) if old.predecessor_id else old.before
        return found
