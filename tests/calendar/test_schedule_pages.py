"""The pages of schedules and closed days: said in words, seen in days, then saved."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from isms.calendar import kinds, rules
from isms.calendar.models import ClosedDays, Schedule
from isms.core import clock
from isms.core.permissions import Role
from tests import factories
from tests.browserlike import Browserlike
from tests.calendar.rounds import noon, schedule

TODAY = date(2026, 11, 20)


@pytest.fixture
def officer(house: Flask) -> Iterator[Browserlike]:
    with clock.moved(lambda: noon(TODAY)):
        yield factories.signed_in(house, Role.OFFICER)


GIVEN: dict[str, Any] = {
    "kind": "collect",
    "title": "利用者の一覧を集める",
    "words": "毎月末営業日",
    "from_day": "R8.4.1",
    "controls": "5.18、8.2",
    "pdca": "C",
    "owner_kind": "role",
    "role": "officer",
}


def test_what_was_understood_is_shown_before_it_is_saved(officer: Browserlike) -> None:
    page = officer.get("/calendar/schedules").click("予定を登録する").submit(fill=GIVEN, status=200)
    assert Schedule.select().count() == 0
    for words in (
        "毎月の末日（休みの日なら前の営業日）",
        "前の営業日にする",
        "2027年1月29日（金）",
        "2027年1月31日（日） が休みのため",
    ):
        assert words in page.text
    page = page.submit(fill={"words": "毎月第2火曜日"}, status=200)  # other words are shown again
    assert "2026年12月8日（火）" in page.text
    page = page.submit().follow()
    assert "予定「利用者の一覧を集める」を登録しました。" in page.text
    kept = Schedule.get()
    assert (kept.rrule, kept.day_rule, kept.since) == ("FREQ=MONTHLY;BYDAY=2TU", "as_is", TODAY)
    assert rules.controls_of(kept) == [("iso27001-2022", "A.5.18"), ("iso27001-2022", "A.8.2")]
    page = page.click("変更する").submit(fill={"words": "半年ごと4月", "lead_days": "30"}, status=200)
    assert "2027年4月30日まで" in page.text and "2027年10月31日まで" in page.text
    assert "毎年4月、10月" in page.submit().follow().text
    assert Schedule.get().lead_days == 30
    page = officer.get(f"/calendar/schedules/{kept.id}").click("終える").submit(to_day="2026-12-01").follow()
    assert "2026年12月1日" in page.text


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("2月30日", "2月30日という日はないので、一度も行われません。"),
        ("1日に3回", "1日に2回以上の予定は作れません。"),
        ("そのうち", "読み取れません。次のように入力してください：毎年11月、"),
    ],
)
@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_cannot_be_is_said_at_its_field(officer: Browserlike, words: str, said: str) -> None:
    page = officer.get("/calendar/schedules/new").submit(fill={**GIVEN, "words": words}, status=422)
    assert said in page.text
    assert Schedule.select().count() == 0


@pytest.mark.parametrize("engine", ["sqlite"])
def test_two_people_changing_one_schedule(officer: Browserlike) -> None:
    one = schedule(day=TODAY)
    page = officer.get(f"/calendar/schedules/{one.id}/edit").submit(fill={"title": "あとの題"}, status=200)
    officer.get(f"/calendar/schedules/{one.id}/edit").submit(fill={"title": "先の題"}, status=200).submit()
    assert "ほかの人が先に変更しました。" in page.submit(status=409).text


def test_closed_days_are_entered_changed_and_ended(officer: Browserlike) -> None:
    page = officer.get("/calendar/closed-days").click("休業日を登録する")
    given: dict[str, Any] = {"name": "年末年始", "from_day": "2026-12-29", "to_day": "2027-01-03", "yearly": True}
    page = page.submit(fill=given).follow()
    assert "年末年始" in page.text and "勤労感謝の日" in page.text
    row = ClosedDays.get()
    page = officer.get(f"/calendar/closed-days/{row.id}/edit").submit(fill={"to_day": "2027-01-04"}).follow()
    assert "2027年1月4日" in page.text
    page = officer.get(f"/calendar/closed-days/{row.id}/end").submit(last_day="2027-12-31").follow()
    assert "2027年12月31日" in page.text
    page = officer.get("/calendar/closed-days/new").submit(fill=given | {"to_day": "2027-03-01"}, status=422)
    assert "31日までの期間" in page.text


@pytest.mark.parametrize("engine", ["sqlite"])
def test_others_read_and_do_not_change(house: Flask) -> None:
    with clock.moved(lambda: noon(TODAY)):
        one = schedule(day=TODAY)
        staff = factories.signed_in(house, Role.STAFF)
        assert "変更する" not in staff.get(f"/calendar/schedules/{one.id}").text
        staff.get(f"/calendar/schedules/{one.id}/edit", status=404)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_every_register_has_its_page(house: Flask) -> None:
    pages = {endpoint for _, endpoint in kinds.REGISTERS.values() if endpoint}
    assert pages - set(house.view_functions) == set()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_review_names_its_register(officer: Browserlike) -> None:
    page = officer.get("/calendar/schedules/new")
    given = {**GIVEN, "kind": "register_review", "owner_kind": "person", "controls": "99.9"}
    page = page.submit(fill=given, status=422)
    for words in ("見直す台帳を選んでください。", "担当する職員を選んでください。"):
        assert words in page.submit(fill={"controls": ""}, status=422).text
    assert "にない番号です：99.9" in page.text


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_another_room_keeps_is_changed_there(officer: Browserlike) -> None:
    one = schedule("毎営業日", day=TODAY, kind="daily_check")
    assert "変更する" not in officer.get(f"/calendar/schedules/{one.id}").text
    for page in ("edit", "end"):
        assert (
            "この予定は「日常点検」の画面で変更します。"
            in officer.get(f"/calendar/schedules/{one.id}/{page}", status=409).text
        )


@pytest.mark.parametrize("engine", ["sqlite"])
def test_what_it_proves_of_other_standards_stays(officer: Browserlike) -> None:
    pairs = [("iso22301-2019", "8.5"), ("iso27001-2022", "A.5.30")]
    one = schedule(day=TODAY, controls=pairs)
    page = officer.get(f"/calendar/schedules/{one.id}/edit").submit(fill={"title": "訓練"}, status=200)
    page.submit().follow()
    assert rules.controls_of(Schedule.get()) == pairs
