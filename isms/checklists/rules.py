"""What may happen to checklists: a version is written item by item until it is first used; the next one is a copy."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from peewee import ModelSelect, fn

from isms import trail
from isms.checklists.beside import OFFERS
from isms.checklists.models import Checklist, ChecklistItem, ChecklistVersion
from isms.checklists.words import ANSWER_KINDS, PURPOSES
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.evidence.rules import check_controls
from isms.findings.words import GRADES

TITLE, TEXT, UNIT = 200, 2000, 20  # characters at most
MOST_ITEMS = 100
Controls = Sequence[tuple[str, str]]  # edition, key


def checklists(purpose: str = "", day: date | None = None) -> ModelSelect:
    """Give the checklists of a purpose or all, those of a day or all, by name."""
    query = Checklist.select().order_by(Checklist.title, Checklist.id)
    query = query.where(Checklist.purpose == purpose) if purpose else query
    return query if day is None else query.where(Checklist.to_day.is_null() | (Checklist.to_day >= day))


def get_checklist(checklist_id: int) -> Checklist:
    """Give the checklist; raises NotFound."""
    found = Checklist.get_or_none(Checklist.id == checklist_id)
    if found is None:
        raise NotFound()
    return found


def get_version(version_id: int) -> ChecklistVersion:
    """Give the version with its checklist; raises NotFound."""
    query = ChecklistVersion.select(ChecklistVersion, Checklist).join(Checklist)
    found = query.where(ChecklistVersion.id == version_id).first()
    if found is None:
        raise NotFound()
    return found


def get_item(item_id: int) -> ChecklistItem:
    """Give the item; raises NotFound."""
    found = ChecklistItem.get_or_none(ChecklistItem.id == item_id)
    if found is None:
        raise NotFound()
    return found


def versions_of(checklist_id: int) -> list[ChecklistVersion]:
    """Give the versions of a checklist, the newest first."""
    query = ChecklistVersion.select().where(ChecklistVersion.checklist == checklist_id)
    return list(query.order_by(ChecklistVersion.number.desc()))


def newest_version(checklist_id: int) -> ChecklistVersion:
    """Give the newest version of a checklist; raises NotFound."""
    found = versions_of(checklist_id)
    if not found:
        raise NotFound()
    return found[0]


def items_of(version_id: int) -> list[ChecklistItem]:
    """Give the items of a version in their order, without those that were dropped."""
    query = ChecklistItem.select().where(ChecklistItem.list_version == version_id, ChecklistItem.in_use)
    return list(query.order_by(ChecklistItem.position, ChecklistItem.id))


def controls_of(item: ChecklistItem) -> list[tuple[str, str]]:
    """Give the requirements (edition, key) that an item is about."""
    return [(edition, key) for edition, key in json.loads(item.controls)]


def add_checklist(*, title: str, purpose: str, by: Actor, now: datetime) -> Checklist:
    """Add a checklist; its first version is empty."""
    values = {"title": _cleaned("title", title, TITLE), "purpose": purpose}
    if purpose not in PURPOSES:
        raise Invalid({"purpose": gettext("使い道を選んでください。")})
    with atomic():
        made = Checklist.create(**values)
        trail.record(by, "checklist.added", made, now, before=None, after=made.plain())
        _add_version(made.id, 1, "", by, now)
        return made


def change_checklist(
    checklist_id: int, *, title: str, to_day: date | None = None, version: int | None = None, by: Actor, now: datetime
) -> Checklist:
    """Call a checklist by another name, or let it be chosen until a day only."""
    title = _cleaned("title", title, TITLE)
    with atomic():
        found = get_checklist(checklist_id)
        found.must_be_version(version)
        before = found.plain()
        found.change(title=title, to_day=to_day)
        trail.record(by, "checklist.changed", found, now, before=before, after=found.plain())
        return found


def add_version(checklist_id: int, note: str, by: Actor, now: datetime) -> ChecklistVersion:
    """Add the next version, a copy of the newest one's items, which has been used."""
    said = _cleaned("note", note, TEXT, lines=True, empty=True)
    with atomic():
        newest = newest_version(checklist_id)
        if newest.frozen_at is None:
            raise Conflict(
                gettext("第%(number)s版はまだ使われていません。新しい版を作らずに直せます。", number=newest.number)
            )
        made = _add_version(checklist_id, newest.number + 1, said, by, now)
        for item in items_of(newest.id):
            values = {name: value for name, value in item.__data__.items() if name not in ("id", "version")}
            copy = ChecklistItem.create(**{**values, "list_version": made.id})
            trail.record(by, "checklist.item_added", copy, now, before=None, after=copy.plain())
        return made


def _add_version(checklist_id: int, number: int, note: str, by: Actor, now: datetime) -> ChecklistVersion:
    made = ChecklistVersion.create(checklist=checklist_id, number=number, note=note)
    trail.record(by, "checklist.version_added", made, now, before=None, after=made.plain())
    return made


def freeze(version_id: int, *, by: Actor, now: datetime) -> ChecklistVersion:
    """Freeze a version at its first use; a frozen one stays as it is."""
    with atomic():
        found = get_version(version_id)
        if found.frozen_at is not None:
            return found
        if not items_of(version_id):
            raise Conflict(gettext("この版には項目がまだありません。項目を加えてから使ってください。"))
        before = found.plain()
        found.change(frozen_at=now)
        trail.record(by, "checklist.frozen", found, now, before=before, after=found.plain())
        return found


def _writable(version_id: int) -> ChecklistVersion:
    """Give a version that was not used yet; raises Conflict for a frozen one."""
    found = get_version(version_id)
    if found.frozen_at is not None:
        raise Conflict(
            gettext(
                "第%(number)s版はすでに使われているため、変えられません。新しい版を作ると、そこで変えられます。",
                number=found.number,
            )
        )
    return found


def add_item(
    version_id: int,
    *,
    title: str,
    look_at: str = "",
    judge: str = "",
    controls: Controls = (),
    answer_kind: str = "verdict",
    unit: str = "",
    required: bool = True,
    grade: str = "minor",
    beside: str = "",
    by: Actor,
    now: datetime,
) -> ChecklistItem:
    """Add an item at the end of a version that was not used yet."""
    values = _checked(
        title=title, look_at=look_at, judge=judge, controls=controls, answer_kind=answer_kind, unit=unit,
        required=required, grade=grade, beside=beside,
    )  # fmt: skip
    with atomic():
        _writable(version_id)
        if len(items_of(version_id)) >= MOST_ITEMS:
            raise Conflict(gettext("一つの版の項目は%(most)s個までです。", most=MOST_ITEMS))
        of_version = ChecklistItem.select(fn.MAX(ChecklistItem.position)).where(
            ChecklistItem.list_version == version_id
        )
        made = ChecklistItem.create(list_version=version_id, position=(of_version.scalar() or 0) + 1, **values)
        trail.record(by, "checklist.item_added", made, now, before=None, after=made.plain())
        return made


def change_item(item_id: int, *, version: int | None = None, by: Actor, now: datetime, **values: Any) -> ChecklistItem:
    """Change an item of a version that was not used yet; what is not given stays."""
    with atomic():
        item = _writable_item(item_id)
        item.must_be_version(version)
        had = {name: getattr(item, name) for name in item.plain() if name not in ("list_version", "position", "in_use")}
        checked = _checked(**{**had, "controls": controls_of(item), **values})
        return _change(item, "checklist.item_changed", by, now, **checked)


def move_item(item_id: int, *, up: bool, by: Actor, now: datetime) -> None:
    """Let an item change places with the one before or after it; at the end it stays."""
    with atomic():
        item = _writable_item(item_id)
        items = items_of(item.list_version_id)
        place = [one.id for one in items].index(item.id) + (-1 if up else 1)
        if 0 <= place < len(items):
            mine, other = item.position, items[place].position
            _change(items[place], "checklist.item_moved", by, now, position=mine)
            _change(item, "checklist.item_moved", by, now, position=other)


def drop_item(item_id: int, *, by: Actor, now: datetime) -> None:
    """Take an item out of a version that was not used yet."""
    with atomic():
        _change(_writable_item(item_id), "checklist.item_dropped", by, now, in_use=False)


def _writable_item(item_id: int) -> ChecklistItem:
    item = get_item(item_id)
    _writable(item.list_version_id)
    if not item.in_use:
        raise NotFound()
    return item


def _change(item: ChecklistItem, verb: str, by: Actor, now: datetime, **values: Any) -> ChecklistItem:
    before = item.plain()
    item.change(**values)
    trail.record(by, verb, item, now, before=before, after=item.plain())
    return item


def _checked(*, controls: Iterable[tuple[str, str]], **values: Any) -> dict[str, Any]:
    """Give the values of an item as they are kept; raises Invalid with a message per field."""
    wrong: dict[str, Any] = {}
    for name, most in (("title", TITLE), ("look_at", TEXT), ("judge", TEXT), ("unit", UNIT)):
        try:
            values[name] = clean_text(values[name], most, lines=name in ("look_at", "judge"))
        except UnusableText as error:
            wrong[name] = str(error)
    if not values["title"]:
        wrong["title"] = gettext("問いを入力してください。")
    for name, known in (("answer_kind", ANSWER_KINDS), ("grade", GRADES), ("beside", {"": "", **OFFERS})):
        if values[name] not in known:
            wrong[name] = gettext("選択肢から選んでください。")
    given = list(controls)
    try:
        kept = check_controls(given) if given else []
    except Invalid as error:
        wrong |= error.fields
    if wrong:
        raise Invalid(wrong)
    return {**values, "controls": json.dumps(kept, ensure_ascii=False)}


def _cleaned(name: str, text: str, most: int, *, lines: bool = False, empty: bool = False) -> str:
    try:
        kept = clean_text(text, most, lines=lines)
    except UnusableText as error:
        raise Invalid({name: str(error)}) from error
    if not (kept or empty):
        raise Invalid({name: gettext("名前を入力してください。")})
    return kept
