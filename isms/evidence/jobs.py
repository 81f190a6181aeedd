"""What the runner does for the room: hash every stored file again, and clear away what was never recorded."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from isms.catalogue.models import Statement, StatementApproval
from isms.core import blobs, settings
from isms.core.database import atomic
from isms.core.logs import log
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence.models import Evidence, EvidenceFile, Redaction, RedactionProposal
from isms.evidence.words import FOUND

NIGHT = 1  # hour of the organisation's day from which on the files of the day are hashed


def nightly(now: datetime) -> None:
    """Do it once a day: at night, or when the machine is on again."""
    local = now.astimezone(settings.zone())
    if local.hour >= NIGHT and blobs.claim(f"verified-{local.date().isoformat()}"):
        damaged = verify_files(now)
        (log.error if damaged else log.info)("files verified", damaged=damaged)


def verify_files(now: datetime) -> dict[str, str]:
    """Hash every stored file, note what changed, clear away what nothing speaks of; gives what is wrong by hash."""
    damaged = file_rules.check(sorted(recorded() - destroyed()), now=now)
    clear(now)
    return damaged


def named(damaged: dict[str, str]) -> Iterator[str]:
    """Say of each damaged file where it belongs, what it is called and what is wrong."""
    for owner, name, sha256 in _owners(damaged):
        found = FOUND[damaged[sha256]]
        yield gettext("%(owner)s「%(name)s」 %(sha256)s: %(found)s", owner=owner, name=name, sha256=sha256, found=found)


def _owners(hashes: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    wanted = list(hashes)
    files = EvidenceFile.select(Evidence.ref, EvidenceFile.name, EvidenceFile.sha256).join(Evidence)
    yield from files.where(EvidenceFile.sha256.in_(wanted)).order_by(EvidenceFile.id).tuples()
    for column, ending in ((StatementApproval.xlsx_sha256, "xlsx"), (StatementApproval.pdf_sha256, "pdf")):
        for number, sha256 in (
            StatementApproval.select(Statement.number, column).join(Statement).where(column.in_(wanted)).tuples()
        ):
            yield gettext("適用宣言書 第%(number)s版", number=number), ending, sha256


def recorded() -> set[str]:
    """Give the hashes of all files that any row speaks of."""
    hashes = {sha256 for (sha256,) in EvidenceFile.select(EvidenceFile.sha256).distinct().tuples()}
    rows = StatementApproval.select(StatementApproval.xlsx_sha256, StatementApproval.pdf_sha256).tuples()
    return hashes | {sha256 for row in rows for sha256 in row if sha256}


def destroyed() -> set[str]:
    """Give the hashes whose bytes two people destroyed."""
    query = EvidenceFile.select(EvidenceFile.sha256).join(RedactionProposal).join(Redaction)
    return {sha256 for (sha256,) in query.tuples()}


def clear(now: datetime) -> int:
    """Remove uploads that broke off, files that nothing speaks of after the grace time, and what was to be destroyed."""
    before = now - timedelta(hours=settings.get("file_grace_hours"))
    removed = blobs.remove_incoming(before)
    for sha256 in sorted(set(blobs.stored()) & destroyed()):
        blobs.destroy(sha256)
        removed += 1
    for sha256 in sorted(set(blobs.stored()) - recorded()):
        with atomic():  # nobody records it while it goes
            touched = blobs.touched_at(sha256)
            if touched is not None and touched < before and sha256 not in recorded():
                blobs.remove(sha256)
                removed += 1
    return removed
