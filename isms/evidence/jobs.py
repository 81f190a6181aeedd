"""What the runner does for the room: hash every stored file again, and clear away what was never recorded."""

from datetime import datetime, timedelta

from isms.catalogue.models import StatementApproval
from isms.core import blobs, settings
from isms.core.database import atomic
from isms.core.logs import log
from isms.evidence import files as file_rules
from isms.evidence.models import EvidenceFile, Redaction, RedactionProposal


def verify_files(now: datetime) -> None:
    """Hash every stored file and note what changed; clear away what nothing speaks of."""
    damaged = file_rules.check(sorted(recorded() - destroyed()), now=now)
    removed = clear(now)
    log.info("files verified", damaged=len(damaged), removed=removed)


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
