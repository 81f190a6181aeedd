"""Answers of a visit: each is appended; whoever had not seen the newest one is asked, and overwrites nobody."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime

from isms import trail
from isms.checklists.models import ChecklistItem
from isms.checklists.rules import items_of
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.crosschecks import photos, standing
from isms.crosschecks.models import Answer, Campaign, Visit
from isms.crosschecks.visit_words import VALUES, said
from isms.evidence.files import Kept

TO_SAY_WHY = ("remark", "ng")
COMMENT, TEXT = 2000, 2000  # characters at most
NUMBER = re.compile(r"-?\d{1,12}(\.\d{1,4})?")
NOT_APPLICABLE, TAKEN = "na", "taken"


class Overtaken(Conflict):
    """Somebody else answered meanwhile; `newest` is their answer."""

    def __init__(self, newest: Answer) -> None:
        super().__init__(gettext("この項目には、ほかの人が先に答えました。どちらを残すか選んでください。"))
        self.newest = newest


def answers_of(visit_id: int) -> dict[int, Answer]:
    """Give the newest answer to each item of a visit; one query."""
    return {row.item_id: row for row in Answer.select().where(Answer.visit == visit_id).order_by(Answer.id)}


def newest_answer(visit_id: int, item_id: int, of: Actor | None = None) -> Answer | None:
    """Give the newest answer to an item, or the newest of one actor; None when there is none."""
    query = Answer.select().where(Answer.visit == visit_id, Answer.item == item_id)
    query = query if of is None else query.where(Answer.recorded_by == of.id)
    return query.order_by(Answer.id.desc()).first()


def answer(
    visit_id: int,
    item_id: int,
    *,
    value: str,
    comment: str = "",
    after: int | None = None,
    files: Sequence[Kept] = (),
    dropped: Iterable[int] = (),
    by: Actor,
    now: datetime,
) -> Answer:
    """Answer an item of an open visit, with photos to add and to take off.

    `after` is the id of the answer that the writer had seen. Raises Overtaken when another one came meanwhile; the same
    verdict of two people is no quarrel: what both wrote is kept.
    """
    gone = list(dropped)
    with atomic():
        visit = standing.own_visit(visit_id, by=by)
        standing.must_be_open(visit)
        item = item_of(visit, item_id)
        number = photos.count_after(visit_id, item_id, files, gone)
        verdict, why = _checked(item, value, comment, number)
        before = newest_answer(visit_id, item_id)
        if before is not None and before.id != after:
            if before.value != verdict:
                raise Overtaken(before)
            why = _both(before.comment, why)
        photos.take_off(visit, item_id, gone, by=by, now=now)
        photos.attach(visit, item_id, files, by=by, now=now)
        if before is not None and (before.value, before.comment) == (verdict, why):
            return before
        stamp = {"after": before, "recorded_at": now, "recorded_by": by.id}
        made = Answer.create(visit=visit, item=item, value=verdict, comment=why, **stamp)
        trail.record(by, "visit.answered", made, now, before=None, after=made.plain())
        return made


def item_of(visit: Visit, item_id: int) -> ChecklistItem:
    """Give an item of the visit's checklist; raises NotFound."""
    found = next((item for item in items_of(visit.campaign.list_version_id) if item.id == item_id), None)
    if found is None:
        raise NotFound()
    return found


def _both(theirs: str, mine: str) -> str:
    """Join what two people saw who judged alike; Invalid when it is too long."""
    if not theirs or mine in theirs:
        return theirs or mine
    joined = theirs if not mine else mine if theirs in mine else f"{theirs}\n{mine}"
    if len(joined) > COMMENT:
        raise Invalid({"comment": gettext("ほかの人の書いた分と合わせて%(most)s文字までです。", most=COMMENT)})
    return joined


def _checked(item: ChecklistItem, value: str, comment: str, photos_then: int) -> tuple[str, str]:
    """Give value and comment as they are kept; Invalid with a message per field."""
    wrong: dict[str, str] = {}
    verdict = why = ""
    try:
        why = clean_text(comment, COMMENT, lines=True)
    except UnusableText as error:
        wrong["comment"] = str(error)
    try:
        verdict = _value(item, value.strip(), photos_then)
    except (ValueError, UnusableText) as error:
        wrong["files" if item.answer_kind == "photo" else "value"] = str(error)
    if item.answer_kind == "verdict" and verdict in TO_SAY_WHY and not why:
        wrong.setdefault("comment", gettext("見たことを書いてください。"))
    if wrong:
        raise Invalid(wrong)
    return verdict, why


def _value(item: ChecklistItem, value: str, photos_then: int) -> str:
    """Give the value as it is kept, after the item's kind; raises ValueError with what to do."""
    kind = item.answer_kind
    if kind == "verdict":
        if value not in VALUES:
            raise ValueError(gettext("結果を選んでください。"))
        return value
    if value == NOT_APPLICABLE:
        return value
    if kind == "photo":
        if not photos_then:
            raise ValueError(gettext("写真を付けてください。"))
        return TAKEN
    if kind == "number":
        number = unicodedata.normalize("NFKC", value).replace(",", "")
        if not NUMBER.fullmatch(number):
            raise ValueError(gettext("数を入力してください。"))
        return number
    text = clean_text(value, TEXT, lines=True)
    if not text:
        raise ValueError(gettext("入力してください。"))
    return text


def last_time(visit: Visit) -> dict[str, str]:
    """Give by an item's title what was last answered to it in the visited department, in words; one query."""
    earlier = (
        Answer.select(Answer.value, ChecklistItem.title, ChecklistItem.answer_kind, ChecklistItem.unit)
        .join(ChecklistItem)
        .switch(Answer)
        .join(Visit)
        .join(Campaign)
        .where(Visit.checked == visit.checked_id, Visit.in_use, Campaign.from_day < visit.campaign.from_day)
        .order_by(Campaign.from_day, Answer.id)
    )
    return {one.item.title: said(one.value, one.item) for one in earlier}
