"""The pages of daily checks as people use them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from isms.core import clock
from isms.core.permissions import Role
from isms.dailychecks import checks, rules
from isms.dailychecks.models import DailyCheck, DailyDuty, DailyMonth, DailyRecord
from isms.evidence.models import Evidence
from isms.findings.models import Finding, FindingFile
from isms.people.rules import set_heads
from tests import factories
from tests.dailychecks.setting import Setting, begin
from tests.documents import located_jpeg
from tests.factories import NOW, signed_in

TODAY = date(2026, 11, 18)


@pytest.fixture
def there(house: Flask) -> Iterator[Setting]:
    with clock.moved(lambda: NOW):
        yield begin()


def test_all_is_well_in_one_tap(house: Flask, there: Setting) -> None:
    page = signed_in(house, there.member(name="架空 花子")).get("/daily")
    assert "机の上に書類がない" in page.text
    page = page.submit("normal", status=303).follow()
    assert "架空 花子さんが 2026年11月18日 14:00 に記録しました" in page.text
    row = DailyRecord.get()
    assert row.normal and row.late and row.day == TODAY  # at 14:00, due at 10:00
    assert not [form for form in page.forms if "normal" in form.action and TODAY.isoformat() in form.action]


def test_the_second_of_two_is_told(house: Flask, there: Setting) -> None:
    first, second = (signed_in(house, there.member(name=name)).get("/daily") for name in ("架空 一子", "架空 二子"))
    first.submit("normal", status=303)
    page = second.submit("normal", status=303).follow()
    assert "架空 一子さんが" in page.text and DailyRecord.select().count() == 1


def test_something_is_wrong(house: Flask, there: Setting) -> None:
    item = there.items[0]
    page = signed_in(house, there.member()).get(f"/daily/{there.daily.id}/2026-11-18")
    refused = page.submit("note", {f"wrong_{item.id}": "y"}, status=422)
    assert "見たことを書いてください" in refused.text
    refused = refused.submit("note", {f"photo_{item.id}": ("机.jpg", located_jpeg("架空の場所"))}, status=422)
    assert "机.jpg" in refused.text, "the photo would have to be taken again"
    page = refused.submit("note", {f"comment_{item.id}": "紙が2枚"}, status=303).follow()
    assert "異常あり" in page.text
    found = Finding.get()
    assert found.description == "紙が2枚" and FindingFile.get().finding_id == found.id


def test_a_photo_without_a_tick_is_not_dropped_in_silence(house: Flask, there: Setting) -> None:
    one, other = there.items[:2]
    page = signed_in(house, there.member()).get(f"/daily/{there.daily.id}/2026-11-18")
    filled: dict[str, Any] = {
        f"wrong_{one.id}": "y",
        f"comment_{one.id}": "紙が2枚",
        f"photo_{other.id}": ("机.jpg", located_jpeg("架空の場所")),
    }
    assert "見たことを書いてください" in page.submit("note", filled, status=422).text
    assert not DailyRecord.select().exists()


def test_what_the_second_typed_is_not_lost(house: Flask, there: Setting) -> None:
    item = there.items[0]
    mine = signed_in(house, there.member()).get(f"/daily/{there.daily.id}/2026-11-18")
    signed_in(house, there.member(name="架空 一子")).get("/daily").submit("normal", status=303)
    page = mine.submit("note", {f"wrong_{item.id}": "y", f"comment_{item.id}": "紙が2枚"}, status=422)
    assert "架空 一子さんが" in page.text and "紙が2枚" in page.html
    page.submit("note", status=303)
    rows = list(DailyRecord.select().order_by(DailyRecord.id))
    assert [row.normal for row in rows] == [True, False] and Finding.select().count() == 1


def test_a_correction_back_to_normal(house: Flask, there: Setting) -> None:
    item = there.items[0]
    browser = signed_in(house, there.member())
    page = browser.get(f"/daily/{there.daily.id}/2026-11-18")
    page.submit("note", {f"wrong_{item.id}": "y", f"comment_{item.id}": "紙"}, status=303)
    page = browser.get(f"/daily/{there.daily.id}/2026-11-18")
    page = page.submit("right", status=303).follow()
    assert "異常なし" in page.text and "訂正あり" in page.text


def test_a_day_that_was_left_out(house: Flask, there: Setting) -> None:
    browser = signed_in(house, there.member())
    page = browser.get("/daily").click("架空の日常点検")
    assert "後日入力になります" in page.text
    page.submit("normal", status=303)
    row = DailyRecord.get()
    assert (row.day, row.backfilled) == (date(2026, 11, 4), True)
    browser.get(f"/daily/{there.daily.id}/2026-11-14", status=422)
    browser.get(f"/daily/{there.daily.id}/2026-11-19", status=422)
    browser.get(f"/daily/{there.daily.id}/2026-13-01", status=404)


def test_heads_see_theirs_and_officers_all(house: Flask, there: Setting) -> None:
    head = there.member()
    set_heads(head.id, [there.one.id], from_day=date(2026, 4, 1), by=there.officer, now=NOW)
    page = signed_in(house, head).get("/daily/map")
    assert "架空総務課" in page.text and "架空審査課" not in page.text
    signed_in(house, head).get(f"/daily/map/{there.other.id}/2026-11", status=404)
    page = signed_in(house, Role.OFFICER).get("/daily/map")
    assert "架空審査課" in page.text
    staff = signed_in(house, there.member(there.other))
    staff.get(f"/daily/map/{there.one.id}/2026-11", status=404)
    staff.get("/daily/checks", status=403)
    staff.get(f"/daily/checks/{there.daily.id}", status=404)


def test_the_days_of_a_department(house: Flask, there: Setting) -> None:
    who = factories.actor(there.member(name="架空 花子"))
    rules.record(there.daily.id, there.one.id, date(2026, 11, 17), normal=True, by=who, now=NOW)
    page = signed_in(house, Role.OFFICER).get("/daily/map").click("9%")  # November up to yesterday: 1 of 11
    assert "架空 花子" in page.text and "後日入力" in page.text
    assert page.text.count("記録なし") >= 10
    assert "2026年10月" in page.text
    page = page.click("2026年10月")
    assert "0%" in page.text


@pytest.mark.parametrize("month", ["0001-01", "9999-12", "2026-13", "2026"])
def test_a_month_that_no_office_means_is_refused(house: Flask, there: Setting, month: str) -> None:
    signed_in(house, Role.OFFICER).get(f"/daily/map/{there.one.id}/{month}", status=422)


def test_years_can_be_paged(house: Flask, there: Setting) -> None:
    with clock.moved(lambda: datetime(2028, 5, 10, 3, tzinfo=UTC)):
        officer = signed_in(house, Role.OFFICER)
        page = officer.get("/daily/map")
        assert "令和10年度" in page.text
        page = page.click("前の年度").click("前の年度")
        assert "令和8年度" in page.text and "前の年度" not in page.text
        officer.get("/daily/map?year=2025", status=400)


def test_officers_set_up_a_check(house: Flask, there: Setting) -> None:
    browser = signed_in(house, Role.OFFICER)
    page = browser.get("/daily/checks/new")
    lists = page.form("title").choices["checklist_id"]
    refused = page.submit("title", {"title": "夕方の点検", "checklist_id": lists[-1], "due_hour": "18"}, status=422)
    assert "部署" in refused.text
    filled: dict[str, Any] = {"department_ids": [str(there.one.id)], "controls": "7.7"}
    page = refused.submit("title", filled, status=303).follow()
    made = DailyCheck.select().order_by(DailyCheck.id.desc()).get()
    assert (made.title, made.due_hour, made.schedule.kind, made.schedule.day_rule) == (
        "夕方の点検", 18, "daily_check", "skip"
    )  # fmt: skip
    page = page.click("変更する").submit("title", {"title": "夕べの点検", "due_hour": "17"}, status=303).follow()
    assert "夕べの点検" in page.text and "17時まで" in page.text
    person = there.member()
    page = page.click("担当を変える").submit("person_id", {"person_id": str(person.id)}, status=303).follow()
    assert DailyDuty.select().order_by(DailyDuty.id.desc()).get().person_id == person.id
    page = page.click("架空審査課").submit("person_id", status=303).follow()
    page = page.click("外す").submit("to_day", {"to_day": "2026-11-18"}, status=303).follow()
    page = page.click("終わりの日を決める").submit("to_day", {"to_day": "2026-11-20"}, status=303).follow()
    assert DailyCheck.get_by_id(made.id).to_day == date(2026, 11, 20)


def test_an_officer_closes_a_month(house: Flask, there: Setting) -> None:
    page = signed_in(house, Role.OFFICER).get(f"/daily/checks/{there.daily.id}")
    page = page.submit("2026-10", status=303).follow()
    assert DailyMonth.get().month == "2026-10" and Evidence.select().count() == 1
    assert "0%" in page.text
    checks.end_check(there.daily.id, to_day=TODAY, by=there.officer, now=NOW)
