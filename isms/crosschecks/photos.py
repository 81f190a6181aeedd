"""Photos of a visit: made fit, taken in, shown small, and taken off again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from isms import trail
from isms.core import photos, previewing
from isms.core.blobs import Readable, open_checked, told_if_damaged
from isms.core.errors import Invalid, NotFound
from isms.core.kinds import Unfit
from isms.core.permissions import Actor
from isms.core.previewing import NoPreview
from isms.core.words import gettext
from isms.crosschecks import standing
from isms.crosschecks.models import Visit, VisitPhoto, VisitPhotoRemoval
from isms.evidence import files as store
from isms.evidence.files import Kept, Upload

MOST = 10  # photos of one item
AT_ONCE = 3  # photos in one sending
SMALL = 320  # pixels of the longer edge


def largest_request() -> int:
    """Give the most bytes of a form with photos."""
    return AT_ONCE * photos.LARGEST + 1_000_000


def take(name: str, stream: Readable) -> Kept:
    """Take a photo into the store, without where it was taken, before the rule's transaction; raises Invalid."""
    try:
        photo = photos.clean_photo(stream, name)
    except Unfit as error:
        raise Invalid({"files": str(error)}) from error
    (kept,) = store.keep([Upload(photo.name, photo.stream)], largest=photos.LARGEST)
    return kept


def photos_of(visit_id: int) -> dict[int, list[VisitPhoto]]:
    """Give the photos of a visit by item, without those that were taken off; one query."""
    removed = VisitPhotoRemoval.select(VisitPhotoRemoval.photo)
    query = VisitPhoto.select().where(VisitPhoto.visit == visit_id, VisitPhoto.id.not_in(removed))
    found: dict[int, list[VisitPhoto]] = {}
    for photo in query.order_by(VisitPhoto.id):
        found.setdefault(photo.item_id, []).append(photo)
    return found


def attach(visit: Visit, item_id: int, kept: Sequence[Kept], *, by: Actor, now: datetime) -> None:
    """Write down, in the rule's transaction, that the kept photos belong to the item; the same one twice is one."""
    if not kept:
        return
    store.must_stand(kept)
    have = {photo.sha256 for photo in photos_of(visit.id).get(item_id, [])}
    for one in {one.sha256: one for one in kept if one.sha256 not in have}.values():
        stamp = {"recorded_at": now, "recorded_by": by.id}
        row = VisitPhoto.create(visit=visit, item=item_id, **one._asdict(), **stamp)
        trail.record(by, "visit.photo_added", row, now, before=None, after=row.plain())


def take_off(visit: Visit, item_id: int, ids: Iterable[int], *, by: Actor, now: datetime) -> None:
    """Write down, in the rule's transaction, that photos are no longer part of the item; unknown ones are left."""
    wanted = set(ids)
    for photo in photos_of(visit.id).get(item_id, []) if wanted else []:
        if photo.id in wanted:
            row = VisitPhotoRemoval.create(photo=photo, recorded_at=now, recorded_by=by.id)
            trail.record(by, "visit.photo_removed", row, now, before=None, after=row.plain())


def count_after(visit_id: int, item_id: int, kept: Sequence[Kept], dropped: Iterable[int]) -> int:
    """Count the photos that the item will have; raises Invalid for too many."""
    gone = set(dropped)
    have = {photo.sha256 for photo in photos_of(visit_id).get(item_id, []) if photo.id not in gone}
    number = len(have | {one.sha256 for one in kept})
    if number > MOST:
        raise Invalid({"files": gettext("一つの項目の写真は%(most)s枚までです。", most=MOST)})
    return number


def seen_photo(visit_id: int, photo_id: int, *, by: Actor) -> VisitPhoto:
    """Give a photo of this very visit to an actor who may read it; raises NotFound (attack 4), and Gone.

    One that was taken off is shown to nobody: it may have been of what no photo should be.
    """
    standing.seen_visit(visit_id, by=by)
    photo = VisitPhoto.get_or_none((VisitPhoto.id == photo_id) & (VisitPhoto.visit == visit_id))
    if photo is None or VisitPhotoRemoval.select().where(VisitPhotoRemoval.photo == photo).exists():
        raise NotFound()
    if store.redacted({photo.sha256}):  # the same bytes lay as evidence, and two people destroyed them
        raise store.Gone()
    return photo


def small(photo: VisitPhoto, *, now: datetime) -> bytes:
    """Draw a photo small, as JPEG; raises NotFound where it cannot be drawn, and Damaged."""
    wanted = {**previewing.LIMITS, "kind": photo.kind, "page": 1, "keep": "JPEG", "width": SMALL}
    with told_if_damaged(now), open_checked(photo.sha256) as content:
        try:
            return previewing.ask(wanted, content.chunks())
        except NoPreview as error:
            raise NotFound() from error
