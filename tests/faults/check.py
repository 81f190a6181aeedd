"""What must hold after any fault: every acknowledged write is there, the trail verifies, the database is whole."""

from collections.abc import Iterable
from pathlib import Path

from config import Config
from isms import load_rooms, open_house
from isms.core import blobs
from isms.core.database import db
from isms.evidence.models import Evidence, EvidenceFile
from isms.trail import verify


def problems(folder: Path, acknowledged: Iterable[str]) -> list[str]:
    """Give what does not hold in the data folder; `acknowledged` are the lines of the writers."""
    config = Config(data=folder)
    open_house(config)
    load_rooms()
    try:
        found = unsound()
        kept = {ref for (ref,) in Evidence.select(Evidence.ref).tuples()}
        for line in acknowledged:
            word, _, rest = line.partition(" ")
            if word == "ACK" and rest.split()[0] not in kept:
                found.append(f"lost: {rest}")
        for (sha256,) in EvidenceFile.select(EvidenceFile.sha256).tuples():
            try:
                blobs.open_checked(sha256).close()
            except blobs.Damaged as error:
                found.append(f"file {sha256[:12]}: {error.found}")
        return found
    finally:
        db.close()


def unsound() -> list[str]:
    """Give what the trail and the database say of themselves."""
    found = [str(damage) for damage in verify.verify()]
    whole = db.execute_sql("PRAGMA integrity_check").fetchone()[0]
    return found if whole == "ok" else [*found, f"integrity_check: {whole}"]
