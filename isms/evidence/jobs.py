"""What the runner does for the room: hash every stored file again, and clear away what was never recorded."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from isms.core import blobs, holders, settings
from isms.core.database import atomic
from isms.core.logs import log
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence.models import EvidenceFile, Redaction, RedactionProposal
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
    damaged = file_rules.check(sorted(holders.recorded() - destroyed()), now=now)
    clear(now)
    return damaged


def named(damaged: dict[str, str]) -> Iterator[str]:
    """Say of each damaged file where it belongs, what it is called and what is wrong."""
    for owner, name, sha256 in holders.owners(damaged):
        found = FOUND[damaged[sha256]]
        yield gettext("%(owner)s「%(name)s」 %(sha256)s: %(found)s", owner=owner, name=name, sha256=sha256, found=found)


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
    for sha256 in sorted(set(blobs.stored()) - holders.recorded()):
        with atomic():  # nobody records it while it goes
            touched = blobs.touched_at(sha256)
            if touched is not None and touched < before and not holders.is_recorded(sha256):
                blobs.remove(sha256)
                removed += 1
    return removed
