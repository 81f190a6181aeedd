"""The main write, done by a process that may be cut off at any moment: `writer.py FOLDER NUMBER [--wait]`.

After each write that the rules acknowledged it prints `ACK <ref> <sha256>`; a refusal prints `REFUSED <message>`.
"""

import io
import os
import sys
from pathlib import Path

from config import Config
from isms import load_rooms, open_house
from isms.core import clock
from isms.core.database import STORAGE_ERRORS, db, storage_reason
from isms.core.errors import DomainError
from isms.evidence.files import Upload
from isms.evidence.rules import record_evidence
from isms.people.actors import actor_of
from isms.people.models import Person


def main(folder: str, number: int, wait: bool) -> int:
    """Record evidence with one file each; gives 0, or 1 when anything was refused."""
    config = Config(data=Path(folder))
    try:
        open_house(config)
        load_rooms()
        by = actor_of(Person.get(), clock.now())
    except (*STORAGE_ERRORS, DomainError, OSError) as error:
        say("REFUSED", told(error))
        return 1
    if wait:
        say("READY")
        sys.stdin.readline()
    return max([record(by, one) for one in range(number)], default=0)


def record(by: object, one: int) -> int:
    """Record one evidence."""
    now = clock.now()
    text = f"架空の記録 {one} {now.isoformat()}\n".encode() * 200
    try:
        made = record_evidence(
            title=f"架空の証跡 {one}",
            controls=[("iso27001-2022", "A.5.1")],
            collected_on=now.date(),
            files=[Upload("record.txt", io.BytesIO(text))],
            by=by,  # type: ignore[arg-type]
            now=now,
        )
        say("ACK", made.ref, made.files[0].sha256)
    except (*STORAGE_ERRORS, DomainError) as error:
        say("REFUSED", told(error))
        return 1
    finally:
        if db.is_closed():
            db.connect(reuse_if_open=True)
    return 0


def say(*words: str) -> None:
    """Write one line at once; when that fails nobody was told, and nothing is owed."""
    try:
        os.write(1, (" ".join(words) + "\n").encode())
    except OSError:
        sys.exit(3)


def told(error: BaseException) -> str:
    """Give the message that a person would get, on one line."""
    text = str(error) if isinstance(error, DomainError) else storage_reason(error)
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), "--wait" in sys.argv))
