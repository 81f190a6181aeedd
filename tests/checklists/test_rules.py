"""Checklists: a version is written until it is used, then frozen; the next one is a copy."""

from datetime import timedelta
from typing import Any

import pytest

from isms.checklists import beside, rules
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import CONSOLE
from tests.factories import NOW

CONTROLS = [("iso27001-2022", "A.7.7"), ("iso27001-2022", "A.5.36")]


def made(*titles: str) -> Any:
    """Make a checklist and give its first version, with items."""
    checklist = rules.add_checklist(title="架空の点検表", purpose="crosscheck", by=CONSOLE, now=NOW)
    version = rules.newest_version(checklist.id)
    for title in titles:
        rules.add_item(version.id, title=title, controls=CONTROLS, by=CONSOLE, now=NOW)
    return version


def titles(version_id: int) -> list[str]:
    return [item.title for item in rules.items_of(version_id)]


def test_items_are_added_changed_moved_and_dropped(db: Any) -> None:
    version = made("一", "二", "三")
    one, two, three = rules.items_of(version.id)
    rules.move_item(three.id, up=True, by=CONSOLE, now=NOW)
    assert titles(version.id) == ["一", "三", "二"]
    rules.move_item(one.id, up=True, by=CONSOLE, now=NOW)
    assert titles(version.id) == ["一", "三", "二"]
    rules.move_item(one.id, up=False, by=CONSOLE, now=NOW)
    assert titles(version.id) == ["三", "一", "二"]
    rules.drop_item(one.id, by=CONSOLE, now=NOW)
    rules.add_item(version.id, title="四", by=CONSOLE, now=NOW)
    assert titles(version.id) == ["三", "二", "四"]
    changed = rules.change_item(two.id, title="二の改め", answer_kind="number", unit="台", by=CONSOLE, now=NOW)
    assert (changed.title, changed.unit, rules.controls_of(changed)) == ("二の改め", "台", CONTROLS)
    with pytest.raises(NotFound):
        rules.change_item(one.id, title="外した項目", by=CONSOLE, now=NOW)


def test_a_used_version_is_frozen_and_the_next_one_is_a_copy(db: Any) -> None:
    version = made("一", "二")
    with pytest.raises(Conflict, match="まだ使われていません"):
        rules.add_version(version.checklist_id, "", CONSOLE, NOW)
    rules.freeze(version.id, by=CONSOLE, now=NOW)
    later = rules.freeze(version.id, by=CONSOLE, now=NOW + timedelta(days=1))
    assert later.frozen_at == NOW
    (item, _) = rules.items_of(version.id)
    for change in (
        lambda: rules.add_item(version.id, title="三", by=CONSOLE, now=NOW),
        lambda: rules.change_item(item.id, title="改め", by=CONSOLE, now=NOW),
        lambda: rules.move_item(item.id, up=False, by=CONSOLE, now=NOW),
        lambda: rules.drop_item(item.id, by=CONSOLE, now=NOW),
    ):
        with pytest.raises(Conflict, match="新しい版"):
            change()
    following = rules.add_version(version.checklist_id, "二を改めた", CONSOLE, NOW)
    assert (following.number, titles(following.id)) == (2, ["一", "二"])
    rules.drop_item(rules.items_of(following.id)[0].id, by=CONSOLE, now=NOW)
    assert (titles(version.id), titles(following.id)) == (["一", "二"], ["二"])


def test_an_empty_version_cannot_be_used(db: Any) -> None:
    version = made()
    with pytest.raises(Conflict, match="項目がまだありません"):
        rules.freeze(version.id, by=CONSOLE, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"answer_kind": "guess"}, "answer_kind"),
        ({"grade": "worst"}, "grade"),
        ({"beside": "no_such_figure"}, "beside"),
        ({"controls": [("iso27001-2022", "A.99.1")]}, "controls"),
        ({"look_at": "あ" * 2001}, "look_at"),
    ],
)
def test_what_is_wrong_with_an_item_stands_on_its_field(db: Any, wrong: dict[str, Any], field: str) -> None:
    version = made()
    with pytest.raises(Invalid) as refused:
        rules.add_item(version.id, **{"title": "問い", **wrong}, by=CONSOLE, now=NOW)
    assert list(refused.value.fields) == [field]


def test_a_figure_stands_beside_an_item(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "OFFERS", {})
    assert beside.figure("rate", 1, NOW.date()) is None
    beside.offer("rate", "率", lambda department_id, day: f"{department_id} {day}")
    assert (beside.figure("rate", 7, NOW.date()), beside.label("rate")) == ("7 2026-11-18", "率")
