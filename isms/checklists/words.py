"""The words of the room: purposes, kinds of answers, and the verbs and kinds of its trail."""

from typing import Any

from isms import trail
from isms.checklists.models import Checklist, ChecklistItem, ChecklistVersion
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.findings.words import GRADES

PURPOSES: dict[str, Any] = {
    "crosscheck": lazy_gettext("クロスチェック"),
    "daily": lazy_gettext("日常点検"),
}
ANSWER_KINDS: dict[str, Any] = {
    "verdict": lazy_gettext("適・否"),
    "number": lazy_gettext("数値"),
    "text": lazy_gettext("文章"),
    "photo": lazy_gettext("写真"),
}

trail.verb("checklist.added", lazy_gettext("点検表を作った"))
trail.verb("checklist.changed", lazy_gettext("点検表を変更した"))
trail.verb("checklist.version_added", lazy_gettext("点検表の版を作った"))
trail.verb("checklist.frozen", lazy_gettext("点検表の版を使い始めた"))
trail.verb("checklist.item_added", lazy_gettext("点検項目を加えた"))
trail.verb("checklist.item_changed", lazy_gettext("点検項目を変更した"))
trail.verb("checklist.item_moved", lazy_gettext("点検項目を並べ替えた"))
trail.verb("checklist.item_dropped", lazy_gettext("点検項目を外した"))


def version_name(title: str, number: int) -> str:
    """Call a version by its list and number."""
    return gettext("%(title)s 第%(number)s版", title=title, number=number)


def _titles(ids: list[int]) -> dict[int, str]:
    return dict(Checklist.select(Checklist.id, Checklist.title).where(Checklist.id.in_(ids)).tuples())


def versions_named(ids: list[int]) -> dict[int, str]:
    """Give the names of versions by id."""
    query = ChecklistVersion.select(ChecklistVersion.id, Checklist.title, ChecklistVersion.number).join(Checklist)
    return {i: version_name(title, number) for i, title, number in query.where(ChecklistVersion.id.in_(ids)).tuples()}


def _items(ids: list[int]) -> dict[int, str]:
    return dict(ChecklistItem.select(ChecklistItem.id, ChecklistItem.title).where(ChecklistItem.id.in_(ids)).tuples())


trail.describe(
    "checklist",
    _titles,
    label=lazy_gettext("点検表"),
    model=Checklist,
    find=lambda words: contains(Checklist.title, words),
    fields={
        "title": lazy_gettext("名前"),
        "purpose": lazy_gettext("使い道"),
        "to_day": lazy_gettext("最後の日"),
    },
    values={"purpose": PURPOSES},
)
trail.describe(
    "checklist_version",
    versions_named,
    label=lazy_gettext("点検表の版"),
    model=ChecklistVersion,
    fields={
        "checklist": lazy_gettext("点検表"),
        "number": lazy_gettext("版"),
        "note": lazy_gettext("変えたところ"),
        "frozen_at": lazy_gettext("使い始めた日時"),
    },
)
trail.describe(
    "checklist_item",
    _items,
    label=lazy_gettext("点検項目"),
    model=ChecklistItem,
    find=lambda words: contains(ChecklistItem.title, words),
    fields={
        "position": lazy_gettext("順番"),
        "title": lazy_gettext("問い"),
        "look_at": lazy_gettext("見るところ"),
        "judge": lazy_gettext("判断のしかた"),
        "controls": lazy_gettext("管理策"),
        "answer_kind": lazy_gettext("答え方"),
        "unit": lazy_gettext("単位"),
        "required": lazy_gettext("必ず答える"),
        "grade": lazy_gettext("否のときの区分"),
        "beside": lazy_gettext("横に出す数字"),
        "in_use": lazy_gettext("使う"),
    },
    values={"answer_kind": ANSWER_KINDS, "grade": GRADES},
)
