"""Accident-prevention measures: set, changed, looked at again when it is time, ended; by whom, and seen by whom."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import CONSOLE, Actor, Role
from isms.findings import measures, rules
from isms.findings.models import Measure, MeasureReview
from isms.trail import verify
from tests import factories
from tests.factories import NOW
from tests.status.standings import at_noon, enter

TODAY = date(2026, 11, 18)
DAY = timedelta(days=1)


def made(by: Actor | None = None, **more: Any) -> Measure:
    """Set a measure a hundred days ago."""
    values: dict[str, Any] = {
        "hazard": "別の封筒に入れる",
        "measure": "二人で読み合わせる",
        "from_day": TODAY - 100 * DAY,
    } | more
    officer = by or factories.actor(factories.with_role(Role.OFFICER))
    return measures.add_measure(**values, by=officer, now=NOW)


def looked(one: Measure, by: Actor, outcome: str = "keep", **more: Any) -> MeasureReview:
    """Look at a measure again."""
    values: dict[str, Any] = {"text": "守られている", "now": NOW} | more
    return measures.review_measure(one.id, outcome=values.pop("outcome", outcome), by=by, **values)


def test_it_is_looked_at_again_every_so_many_months(db: Any) -> None:
    officer = factories.actor(factories.with_role(Role.OFFICER))
    one = made(officer, review_months=3, from_day=date(2026, 8, 31))
    assert measures.next_review(one, None) == date(2026, 11, 30)
    looked(one, officer, day=date(2026, 11, 18))
    assert measures.last_reviews([one.id]) == {one.id: date(2026, 11, 18)}
    assert measures.next_review(one, date(2026, 11, 18)) == date(2027, 2, 18)
    looked(one, officer, "revise", new="三人で読み合わせる")
    assert measures.get_measure(one.id).measure == "三人で読み合わせる"
    looked(one, officer, "end", text="電子化で不要になった")
    ended = measures.get_measure(one.id)
    assert (ended.to_day, measures.next_review(ended, TODAY)) == (TODAY, None)
    for late in (lambda: looked(one, officer), lambda: _changed(one, officer)):
        with pytest.raises(Conflict):
            late()
    assert [row.outcome for row in measures.reviews_of(one.id)] == ["end", "revise", "keep"]
    assert list(verify.verify()) == []


def _changed(one: Measure, by: Actor, **more: Any) -> Measure:
    values = {"hazard": one.hazard, "measure": "改めた", "department_id": one.department_id, "owner_id": one.owner_id}
    return measures.change_measure(one.id, **values | more, by=by, now=NOW)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("hazard", {"hazard": " "}),
        ("measure", {"measure": "\x00"}),
        ("department_id", {"department_id": 987654}),
        ("owner_id", {"owner_id": 987654}),
        ("review_months", {"review_months": 0}),
        ("review_months", {"review_months": 61}),
        ("from_day", {"from_day": TODAY + DAY}),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(db: Any, field: str, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        made(**values)
    assert set(refused.value.fields) == {field}
    assert Measure.select().count() == 0


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("outcome", {"outcome": "perhaps"}),
        ("text", {"text": ""}),
        ("new", {"outcome": "revise"}),
        ("day", {"day": TODAY + DAY}),
        ("day", {"day": TODAY - 101 * DAY}),
    ],
)
def test_a_review_that_makes_no_sense_is_refused_at_its_field(db: Any, field: str, values: dict[str, Any]) -> None:
    officer = factories.actor(factories.with_role(Role.OFFICER))
    one = made(officer)
    with pytest.raises(Invalid) as refused:
        looked(one, officer, **values)
    assert set(refused.value.fields) == {field}
    assert MeasureReview.select().count() == 0


def test_two_people_do_not_change_one_measure_at_once(db: Any) -> None:
    officer = factories.actor(factories.with_role(Role.OFFICER))
    one = made(officer)
    _changed(one, officer, version=1)
    with pytest.raises(Conflict):
        _changed(one, officer, version=1)


def test_who_may_set_change_and_review(db: Any) -> None:
    head, other = (factories.actor(factories.with_role(Role.HEAD)) for _ in range(2))
    staff, stranger = (factories.actor(factories.with_role(Role.STAFF)) for _ in range(2))
    place = min(head.heads)
    one = made(head, department_id=place, owner_id=staff.person_id)
    for who in (other, staff, stranger, CONSOLE):
        with pytest.raises(NotFound):
            made(who, department_id=place, owner_id=staff.person_id)
        with pytest.raises(NotFound):
            _changed(one, who)
    for who in (other, stranger, CONSOLE):
        with pytest.raises(NotFound):
            looked(one, who)
    with pytest.raises(NotFound):
        made(head)  # of no department: the officers'
    with pytest.raises(NotFound):
        _changed(one, head, department_id=min(other.heads))
    looked(one, staff)
    looked(one, head)
    _changed(one, head)
    assert MeasureReview.select().count() == 2


def test_it_follows_from_a_finding_that_one_may_read(db: Any) -> None:
    head, other = (factories.actor(factories.with_role(Role.HEAD)) for _ in range(2))
    values: dict[str, Any] = {"grade": "minor", "title": "架空", "controls": [], "opened_on": TODAY}
    found = rules.open_finding(**values, department_id=min(head.heads), by=CONSOLE, now=NOW)
    assert made(head, department_id=min(head.heads), finding_id=found.id).finding_id == found.id
    with pytest.raises(NotFound):
        made(other, department_id=min(other.heads), finding_id=found.id)


@pytest.fixture
def noon(house: Flask) -> Iterator[Flask]:
    with at_noon():
        yield house


def test_the_pages_from_setting_to_the_end(noon: Flask) -> None:
    owner = factories.with_role(Role.STAFF, name="架空 持主")
    values: dict[str, Any] = {"grade": "minor", "title": "もとの指摘の題", "controls": [], "opened_on": TODAY}
    found = rules.open_finding(**values, by=CONSOLE, now=NOW)
    browser = enter(noon, factories.with_role(Role.OFFICER))
    page = browser.get(f"/findings/{found.id}").click("この指摘から事故防止策を定める")
    values = {
        "hazard": "別の保険者の封筒に入れる",
        "measure": "二人で読み合わせる",
        "owner_id": str(owner.id),
        "review_months": "6",
        "from_day": "2026-01-10",
    }
    page = page.submit(fill=values).follow()
    assert "事故防止策 M-2026-0001 を登録しました。" in page.text
    assert f"{found.ref} もとの指摘の題" in page.text and "2026年7月10日" in page.text
    page = page.click("内容を改める").submit(measure="三人で読み合わせる").follow()
    assert "三人で読み合わせる" in page.text
    of_owner = enter(noon, owner)
    listed = of_owner.get("/measures")
    assert "1 見直しの期限超過" in listed.text and "事故防止策を定める" not in listed.text
    page = listed.click("M-2026-0001")
    assert "もとの指摘の題" not in page.text and "内容を改める" not in [text for _, text in page.links]
    page = page.submit(outcome="keep", text="", status=422).submit(outcome="keep", text="抜き取り20件よし").follow()
    assert "2027年5月28日" in page.text and "抜き取り20件よし" in page.text
    of_owner.get("/measures/1/edit", status=404)
    of_owner.get("/measures/new", status=403)
    assert "0 見直しの期限超過" in of_owner.get("/measures").text
    page = browser.get("/measures/1").submit(outcome="end", text="もう要らない").follow()
    assert 'name="outcome"' not in page.html
    assert "M-2026-0001" not in browser.get("/measures?state=standing").text
    page = browser.get("/measures/new").submit(fill=values | {"finding": "F-1999-0001"}, status=422)
    assert "指摘事項 F-1999-0001 は見つかりません。" in page.text


def test_attack_1_who_has_nothing_to_do_with_it_reviews_nothing(noon: Flask) -> None:
    one = made()
    browser = enter(noon, factories.with_role(Role.STAFF))
    page = browser.get(f"/measures/{one.id}")
    assert 'name="outcome"' not in page.html
    sent = {"csrf_token": page.token, "outcome": "end", "text": "x", "day": "2026-11-28"}
    browser.post(f"/measures/{one.id}", sent, status=404)
    enter(noon, factories.with_role(Role.AUDITOR)).get("/measures", status=403)
    assert measures.get_measure(one.id).to_day is None
