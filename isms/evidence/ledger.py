"""The ledger of an installation, as `imports` reads it: what is on record, one row each, and the files beside it.

Left out is what stands for no requirement any more; of a review only the newest word, of a link what lasts today.
"""

import os
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Edition
from isms.core import blobs, settings
from isms.core.sheets import write_xlsx
from isms.core.text import fold
from isms.core.words import gettext, locale
from isms.evidence.import_rows import HEADERS, called
from isms.evidence.jobs import destroyed
from isms.evidence.models import Evidence, EvidenceFile, EvidenceLink, EvidenceLinkEnd, Review, Withdrawal
from isms.evidence.words import KINDS, REVIEWS
from isms.people.models import Department, Person


class Everything:
    """All that the rows say, read at once: constant queries."""

    def __init__(self, day: date) -> None:
        self.people = names_of_people()
        self.departments = {row.id: row.name for row in Department.select()}
        self.reviews = {row.evidence_id: row for row in Review.select().order_by(Review.id)}
        self.withdrawn = dict(Withdrawal.select(Withdrawal.evidence, Withdrawal.reason).tuples())
        self.destroyed = destroyed()
        self.files: dict[int, list[EvidenceFile]] = {}
        for file in EvidenceFile.select().order_by(EvidenceFile.id):
            self.files.setdefault(file.evidence_id, []).append(file)
        ended = EvidenceLinkEnd.select(EvidenceLinkEnd.link).where(EvidenceLinkEnd.to_day < day)
        self.links: dict[int, dict[str, list[str]]] = {}
        for row in EvidenceLink.select().where(EvidenceLink.id.not_in(ended), EvidenceLink.from_day <= day):
            self.links.setdefault(row.evidence_id, {}).setdefault(row.edition, []).append(row.key)
        editions = {edition for found in self.links.values() for edition in found}
        self.editions = {one: catalogue.adapted(one) for one in editions}
        self.rows = list(Evidence.select().order_by(Evidence.id))
        self.refs = {row.id: row.ref for row in self.rows if row.id in self.links}

    def linked(self, evidence_id: int) -> tuple[Edition, list[str]]:
        """Give the newest edition in which an evidence is linked, and the numbers there."""
        found = self.links[evidence_id]
        edition = max((self.editions[one] for one in found), key=lambda one: one.published)
        keys = [row.spelled for row in edition.requirements if row.key in set(found[edition.id])]
        return edition, keys


def names_of_people() -> dict[int, str]:
    """Give each person's name, or the number where several have the name."""
    people = list(Person.select())
    folded = [(fold(one.name) or "").replace(" ", "") for one in people]
    return {
        one.id: one.number if folded.count(name) > 1 else one.name for one, name in zip(people, folded, strict=True)
    }


def write(now: datetime, files: Path | None = None) -> bytes:
    """Give the ledger as xlsx; with a folder, write the files into it, one folder for each evidence."""
    found = Everything(settings.today(now))
    if files is not None:
        for row in found.rows:
            if row.id in found.refs:
                _write_files(files / row.ref, found.files.get(row.id, []), found)
    title = gettext("証跡の台帳")
    return write_xlsx(
        [called(field) for field in HEADERS], _rows(found), title=title, sheet_name=title, locale=locale()
    )


def _rows(found: Everything) -> Iterator[list[Any]]:
    for row in found.rows:
        if row.id in found.refs:
            told = _told(row, found)
            yield [told.get(name) for name in HEADERS]


def _told(row: Evidence, found: Everything) -> dict[str, Any]:
    """Give what a row of the ledger says, by field."""
    edition, numbers = found.linked(row.id)
    files = found.files.get(row.id, [])
    gone = any(file.sha256 in found.destroyed for file in files)
    period = (
        f"{row.period_from.isoformat()}〜{row.period_to.isoformat()}" if row.period_from and row.period_to else None
    )
    before = found.refs.get(row.predecessor_id) if row.predecessor_id else None
    withdrawn = found.withdrawn.get(row.id) or (gettext("ファイルを消去") if gone else None)
    return {
        "ref": row.ref,
        "title": row.title,
        "controls": gettext("、").join(numbers),
        "edition": edition.name,
        "kind": str(KINDS[row.kind]) if locale() == "ja" else row.kind,
        "collected_on": row.collected_on,
        "period": period,
        "valid_until": row.valid_until,
        "department": found.departments.get(row.department_id),
        "owner": found.people.get(row.owner_id),
        "files": "\n".join(f"{row.ref}/{file.name}" for file in files if file.sha256 not in found.destroyed),
        "url": row.url,
        "note": row.note,
        "author": _person(row.recorded_by, found),
        **_reviewed(found.reviews.get(row.id), found),
        "withdrawn": withdrawn,
        "predecessor": before,
    }


def _reviewed(review: Review | None, found: Everything) -> dict[str, Any]:
    if review is None:
        return {}
    who = found.people.get(review.reviewer_id) if review.reviewer_id else _person(review.recorded_by, found)
    word = "accepted" if review.accepted else "returned"
    result = str(REVIEWS[word]) if locale() == "ja" else word
    return {"reviewer": who, "reviewed_on": review.reviewed_on, "result": result, "reason": review.reason}


def _person(actor: str, found: Everything) -> str | None:
    kind, _, number = actor.partition(":")
    return found.people.get(int(number)) if kind == "person" and number.isdigit() else None


def _write_files(folder: Path, files: list[EvidenceFile], found: Everything) -> None:
    """Write an evidence's files as they are stored, hashed as they are read; raises Damaged."""
    for file in files:
        if file.sha256 in found.destroyed:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        with blobs.open_checked(file.sha256) as content:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(folder / file.name, flags, 0o600), "wb") as out:
                for chunk in content.chunks():
                    out.write(chunk)
