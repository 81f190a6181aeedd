"""Photos and documents of findings and of their steps: taken in, attached, found again, drawn small."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from isms import trail
from isms.core import blobs, previewing
from isms.core.errors import Invalid, NotFound
from isms.core.kinds import Unfit
from isms.core.permissions import Actor
from isms.core.photos import clean_photo
from isms.core.words import gettext
from isms.evidence import files as store
from isms.evidence.files import MB, Kept, Upload
from isms.findings.models import Finding, FindingFile, FindingStep

MOST_FILES, LARGEST = 10, 30 * MB
PHOTOS = frozenset({"jpg", "jpeg", "jpe", "png", "webp", "heic", "heif"})
SCANS = frozenset({"tif", "tiff"})
THUMBNAIL = 480  # pixels across


def largest_request() -> int:
    """Give the most bytes of a form with files."""
    return store.LARGEST_REQUEST


def keep(uploads: Iterable[Upload | Kept]) -> list[Kept]:
    """Take files into the store before the rule's transaction; raises Invalid on the field `files`."""
    given = list(uploads)
    if len(given) > MOST_FILES:
        raise Invalid({"files": gettext("一度に添えられるファイルは %(most)s個までです。", most=MOST_FILES)})
    return store.keep(map(_cleaned, given), most=MOST_FILES, largest=LARGEST)


def _cleaned(one: Upload | Kept) -> Upload | Kept:
    """Give a photograph anew, upright and without where it was taken; anything else as it is."""
    ending = "" if isinstance(one, Kept) else one.name.rpartition(".")[2].lower()
    if ending in SCANS:  # many pages, and where it was made: neither can be kept as it should
        raise Invalid({"files": gettext("TIFF は受け付けません。PDF か JPEG で保存し直してください。")})
    if isinstance(one, Kept) or ending not in PHOTOS:
        return one
    try:
        photo = clean_photo(one.stream, one.name)
    except Unfit as error:
        raise Invalid({"files": str(error)}) from error
    return Upload(photo.name, photo.stream)


def attach(
    finding: Finding, step: FindingStep | None, kept: Sequence[Kept], *, by: Actor, now: datetime
) -> list[FindingFile]:
    """Write down, in the rule's transaction, that the kept files belong to the finding, or to one of its steps."""
    store.must_stand(kept)
    made = []
    for position, one in enumerate(kept):
        stamp = {"recorded_at": now, "recorded_by": by.id}
        row = FindingFile.create(finding=finding, step=step, position=position, **one._asdict(), **stamp)
        trail.record(by, "finding.file_added", row, now, before=None, after=row.plain())
        made.append(row)
    return made


def files_of(finding_id: int) -> dict[int | None, list[FindingFile]]:
    """Give the files of the finding by the step to which they belong; None holds those of the finding itself."""
    given: dict[int | None, list[FindingFile]] = {}
    for row in FindingFile.select().where(FindingFile.finding == finding_id).order_by(FindingFile.id):
        given.setdefault(row.step_id, []).append(row)
    return given


def get_file(finding_id: int, file_id: int) -> FindingFile:
    """Give a file of this very finding; raises NotFound (attack 4)."""
    file = FindingFile.get_or_none((FindingFile.id == file_id) & (FindingFile.finding == finding_id))
    if file is None:
        raise NotFound()
    return file


def thumbnail(file: FindingFile, now: datetime) -> bytes | None:
    """Draw a picture small, as PNG, hashed as it is opened; None for what is no picture or cannot be drawn."""
    guard_bytes(file)
    if not file.is_picture:
        return None
    try:
        with blobs.told_if_damaged(now), blobs.open_checked(file.sha256) as content:
            return previewing.draw(file.kind, 1, content.chunks(), width=THUMBNAIL)
    except previewing.NoPreview:
        return None


def guard_bytes(file: FindingFile) -> None:
    """Refuse a file whose bytes two people destroyed (it lay under the same hash as evidence)."""
    if store.redacted({file.sha256}):
        raise store.Gone()
