"""The files of evidence: taken in, opened, and found damaged or sound again."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from isms import trail
from isms.core import blobs, kinds, settings
from isms.core.blobs import Checked, Damaged, Readable
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound, TooLarge
from isms.core.permissions import SYSTEM, Actor, Permission, demand
from isms.core.words import gettext
from isms.evidence.models import Evidence, EvidenceFile, FileCheck, Redaction, RedactionProposal

MOST_FILES = 50
MB = 1_000_000
LARGEST_REQUEST = 195 * MB  # the server itself takes no body over 200 MB


class Upload(NamedTuple):
    """A file as somebody sends it."""

    name: str
    stream: Readable


class Kept(NamedTuple):
    """A file that lies in the store, before any row speaks of it."""

    name: str
    sha256: str
    size: int
    kind: str


def largest_file() -> int:
    """Give the most bytes that one file may have."""
    return settings.get("largest_file_mb") * MB


def largest_request() -> int:
    """Give the most bytes of a form with files."""
    return min(5 * largest_file(), LARGEST_REQUEST)


def keep(uploads: Iterable[Upload | Kept], *, most: int = MOST_FILES, largest: int | None = None) -> list[Kept]:
    """Take files into the store whose content is what their names say; raises Invalid on the field `files`.

    `largest` is in bytes (None: what is set for evidence). What is kept and never recorded is swept after the grace time.
    """
    given = list(uploads)
    if len(given) > most:
        raise TooLarge(gettext("一度に添えられるファイルは %(most)s個までです。", most=most))
    return [one if isinstance(one, Kept) else _keep(one, largest or largest_file()) for one in given]


def _keep(upload: Upload, largest: int) -> Kept:
    try:
        name = kinds.clean_name(upload.name)
        with blobs.received(upload.stream, most=largest) as incoming:
            kind = kinds.agree(name, incoming.file)
            if redacted({incoming.sha256}):
                raise kinds.Unfit(_destroyed(name))
            stored = incoming.keep()
    except (kinds.Unfit, TooLarge) as error:
        raise Invalid({"files": str(error)}) from error
    return Kept(name, stored.sha256, stored.size, kind)


def _destroyed(name: str) -> str:
    return gettext("「%(name)s」は、以前に消去したファイルと同じ内容です。登録できません。", name=name)


def must_stand(files: Sequence[Kept]) -> None:
    """Make sure, in the rule's transaction, that no sweep and no redaction took a file since it was kept."""
    gone = redacted({one.sha256 for one in files})
    for one in files:
        if one.sha256 in gone:
            blobs.destroy(one.sha256)
            raise Invalid({"files": _destroyed(one.name)})
        if not blobs.stands(one.sha256):
            raise Conflict(gettext("ファイル「%(name)s」を、もう一度送ってください。", name=one.name))


def redacted(hashes: Iterable[str]) -> set[str]:
    """Give those of the hashes whose bytes were destroyed by two people."""
    wanted = list(hashes)
    if not wanted:
        return set()
    query = EvidenceFile.select(EvidenceFile.sha256).join(RedactionProposal).join(Redaction)
    return {sha256 for (sha256,) in query.where(EvidenceFile.sha256.in_(wanted)).tuples()}


def get_file(evidence_id: int, file_id: int) -> EvidenceFile:
    """Give a file of this very evidence; raises NotFound (attack 4)."""
    query = EvidenceFile.select(EvidenceFile, Evidence).join(Evidence)
    file = query.where(EvidenceFile.id == file_id, EvidenceFile.evidence == evidence_id).first()
    if file is None:
        raise NotFound()
    return file


def seen_file(evidence_id: int, file_id: int, *, by: Actor) -> EvidenceFile:
    """Give a file to an actor who may read its evidence; raises NotFound for anyone else."""
    file = get_file(evidence_id, file_id)
    demand(by, Permission.EVIDENCE_READ, file.evidence)
    return file


class Gone(Conflict):
    """The bytes were destroyed by two people."""

    status = 410

    def __init__(self) -> None:
        super().__init__(gettext("このファイルは消去されました。ハッシュと記録だけが残っています。"))


def guard_bytes(file: EvidenceFile) -> None:
    """Refuse a file whose bytes were destroyed."""
    if redacted({file.sha256}):
        raise Gone()


@contextmanager
def opened(file: EvidenceFile, *, now: datetime) -> Iterator[Checked]:
    """Open the bytes for the block, hashed just now; raises Gone, or Damaged, which is told from then on."""
    guard_bytes(file)
    with blobs.told_if_damaged(now), blobs.open_checked(file.sha256) as content:
        yield content


def note_damage(sha256: str, found: str, now: datetime) -> None:
    """Note once that a stored file is damaged."""
    _note(sha256, False, found, now)


def note_sound(sha256: str, *, now: datetime) -> None:
    """Note that a file that was damaged is whole again."""
    _note(sha256, True, "", now)


def _note(sha256: str, sound: bool, found: str, now: datetime) -> None:
    with atomic():
        newest = FileCheck.select().where(FileCheck.sha256 == sha256).order_by(FileCheck.id.desc()).first()
        if (newest is None and sound) or (newest is not None and newest.sound == sound):
            return
        row = FileCheck.create(sha256=sha256, sound=sound, found=found, recorded_at=now, recorded_by=SYSTEM.id)
        trail.record(SYSTEM, "file.sound" if sound else "file.damaged", row, now, before=None, after=row.plain())


def check(hashes: Iterable[str], *, now: datetime) -> dict[str, str]:
    """Hash files again and note what changed; gives what is wrong by hash, for those that are damaged."""
    damaged: dict[str, str] = {}
    for sha256 in hashes:
        try:
            blobs.open_checked(sha256).close()
            note_sound(sha256, now=now)
        except Damaged as error:
            note_damage(sha256, error.found, now)
            damaged[sha256] = error.found
    return damaged


def damaged_now() -> dict[str, str]:
    """Give what was last found wrong, by hash, of all files that are damaged."""
    newest = {row.sha256: row for row in FileCheck.select().order_by(FileCheck.id)}
    bad = {sha256: row.found for sha256, row in newest.items() if not row.sound}
    for sha256 in redacted(bad):
        del bad[sha256]
    return bad


blobs.tell_damage(note_damage)
