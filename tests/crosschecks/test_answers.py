"""Answers are appended; nobody's is overwritten, nothing is taken after the end, and what is lacking is said."""

from functools import partial
from typing import Any

import pytest

from isms.core.errors import Conflict, DomainError, Invalid, NotFound
from isms.core.permissions import Actor, Role
from isms.crosschecks import answers, photos, visits
from isms.crosschecks.answers import Overtaken
from isms.crosschecks.models import Answer, Visit
from tests import factories
from tests.crosschecks import visiting
from tests.crosschecks.visiting import say
from tests.factories import NOW
from tests.races import race, won


def refused(of: Visit, by: Actor, *said: Any, **more: Any) -> DomainError:
    with pytest.raises(DomainError) as error:
        say(of, by, *said, **more)
    return error.value


def test_the_newest_answer_counts_and_the_earlier_ones_stay(db: Any) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    first = say(one, by, "ok")
    second = say(one, by, "ng", "画面が消えていない。", after=first.id)
    say(one, by, "na", item=2)
    first_item, _, third_item = visiting.items(one)
    assert answers.answers_of(one.id)[first_item.id] == second and second.after_id == first.id
    assert answers.answers_of(one.id)[third_item.id].value == "na"
    assert Answer.select().count() == 3
    assert visiting.verbs() == ["visit.answered"] * 3


def test_the_same_again_is_no_new_answer(db: Any) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    first = say(one, by, "remark", "一台だけ。")
    assert say(one, by, "remark", "一台だけ。", after=first.id) == first
    assert Answer.select().count() == 1


@pytest.mark.parametrize(
    ("said", "field"),
    [(("",), "value"), (("maybe",), "value"), (("ng",), "comment"), (("remark", " \n"), "comment")],
)
def test_what_is_lacking_is_said(db: Any, said: tuple[str, ...], field: str) -> None:
    one = visiting.visit()
    error = refused(one, visiting.member(one), *said)
    assert isinstance(error, Invalid) and set(error.fields) == {field}
    assert not Answer.select().exists()


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("number", "１２,３４５", "12345"),
        ("number", "-0.5", "-0.5"),
        ("number", "na", "na"),
        ("number", "多い", None),
        ("number", "", None),
        ("text", "  受付の\r\n横 ", "受付の\n横"),
        ("text", " ", None),
        ("photo", "", None),
        ("photo", "na", "na"),
    ],
)
def test_each_kind_of_item_takes_its_own_answers(db: Any, kind: str, value: str, kept: str | None) -> None:
    one = visiting.visit(visiting.campaign(visiting.checklist(kinds=(kind,))))
    by = visiting.member(one)
    if kept is None:
        assert isinstance(refused(one, by, value), Invalid)
    else:
        assert say(one, by, value).value == kept


def test_an_item_that_asks_for_a_photo_takes_one(db: Any) -> None:
    one = visiting.visit(visiting.campaign(visiting.checklist(kinds=("photo",))))
    by, item = visiting.member(one), visiting.items(one)[0]
    first = say(one, by, "", files=[visiting.photo()])
    (taken,) = photos.photos_of(one.id)[item.id]
    assert isinstance(refused(one, by, "", after=first.id, dropped=[taken.id]), Invalid), "its only photo would go"
    say(one, by, "", after=first.id, dropped=[taken.id], files=[visiting.photo("#ffffff")])
    (other,) = photos.photos_of(one.id)[item.id]
    assert other.sha256 != taken.sha256
    assert visiting.verbs() == ["visit.photo_added", "visit.answered", "visit.photo_removed", "visit.photo_added"]


def test_a_photo_that_is_sent_twice_is_one(db: Any) -> None:
    one = visiting.visit()
    by, item = visiting.member(one), visiting.items(one)[0]
    first = say(one, by, "ok", files=[visiting.photo()])
    say(one, by, "ok", after=first.id, files=[visiting.photo()])
    assert len(photos.photos_of(one.id)[item.id]) == 1


def test_no_more_than_ten_photos_of_an_item(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST", 1)
    one = visiting.visit()
    error = refused(one, visiting.member(one), "ok", files=[visiting.photo(), visiting.photo("#ffffff")])
    assert isinstance(error, Invalid) and set(error.fields) == {"files"}


def test_who_had_not_seen_the_newest_answer_is_asked(db: Any) -> None:
    one = visiting.visit()
    hers, his = visiting.member(one), visiting.member(one, "試作 夏男")
    theirs = say(one, hers, "ng", "一台が開いたまま。")
    error = refused(one, his, "ok", files=[visiting.photo()])
    assert isinstance(error, Overtaken) and error.newest == theirs and error.status == 409
    assert Answer.select().count() == 1 and not photos.photos_of(one.id), "something was written all the same"
    assert say(one, his, "ok", after=theirs.id).after_id == theirs.id, "having seen it, he may say otherwise"
    assert isinstance(refused(one, hers, "na", after=theirs.id), Overtaken)


def test_two_who_judge_alike_do_not_quarrel_and_both_are_heard(db: Any) -> None:
    one = visiting.visit()
    hers, his = visiting.member(one), visiting.member(one, "試作 夏男")
    say(one, hers, "ng", "窓口側の一台。")
    assert say(one, his, "ng", "奥の二台も。").comment == "窓口側の一台。\n奥の二台も。"
    assert say(one, hers, "ng", "奥の二台も。").comment == "窓口側の一台。\n奥の二台も。"
    assert Answer.select().count() == 2


def test_of_two_devices_at_the_same_moment_one_wins_and_the_other_sees_it(db: Any) -> None:
    one = visiting.visit()
    hers, his = visiting.member(one), visiting.member(one, "試作 夏男")
    for turn in range(10):
        newest = answers.newest_answer(one.id, visiting.items(one)[0].id)
        seen = newest.id if newest else None
        results = race(
            partial(say, one, hers, "ng", f"一台 {turn}", after=seen),
            partial(say, one, his, "remark", f"二台 {turn}", after=seen),
        )
        assert won(results) == 1, results
        (lost,) = [result for result in results if isinstance(result, Overtaken)]
        assert lost.newest in results
    assert Answer.select().count() == 10


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda one, by: visiting.step(one.campaign, "closed"), "締め切られ"),
        (lambda one, by: visiting.step(one.campaign, "cancelled"), "取りやめ"),
        (lambda one, by: visits.call_off(one.id, text="架空の理由", by=by, now=NOW), "取りやめ"),
        (lambda one, by: Visit.update(in_use=False).execute(), "組み合わせ"),
    ],
)
def test_after_the_end_nothing_is_taken_and_it_is_said_why(db: Any, spoil: Any, said: str) -> None:
    one = visiting.visit()
    by = visiting.member(one)
    spoil(one, by)
    error = refused(one, by, "ok")
    assert type(error) is Conflict and said in str(error)
    assert not Answer.select().exists()


def test_before_the_beginning_nothing_is_taken(db: Any) -> None:
    one = visiting.visit(visiting.campaign(begun=False))
    assert "まだ始まって" in str(refused(one, visiting.member(one), "ok"))


def test_only_the_department_that_visits_answers(db: Any) -> None:
    one = visiting.visit()
    others = [
        factories.actor(factories.person(department_id=one.checked_id)),
        factories.actor(factories.with_role(Role.OFFICER)),
        factories.actor(factories.with_role(Role.HEAD)),
    ]
    for other in others:
        assert isinstance(refused(one, other, "ok"), NotFound)


def test_an_item_of_another_checklist_is_not_there(db: Any) -> None:
    one, other = visiting.visit(), visiting.visit(visiting.campaign(year=2025))
    item, by = visiting.items(other)[0].id, visiting.member(one)
    with pytest.raises(NotFound):
        answers.answer(one.id, item, value="ok", by=by, now=NOW)


def test_what_was_answered_last_time_is_known_by_the_question(db: Any) -> None:
    version = visiting.checklist()
    old = visiting.visit(visiting.campaign(version, year=2025))
    new = visiting.visit(visiting.campaign(visiting.checklist(), year=2026), checked=old.checked)
    say(old, visiting.member(old), "remark", "一台だけ。")
    say(new, visiting.member(new), "ok", item=1)
    assert answers.last_time(new) == {visiting.QUESTIONS[0]: "気づきあり"}
    assert answers.last_time(old) == {}
