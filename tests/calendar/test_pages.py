"""The calendar's pages: the year as a board, the month on its sheet, the list, and what lies on other rooms' pages."""

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from isms.calendar import layout, rules, working
from isms.calendar.models import Schedule
from isms.calendar.plan import planned
from isms.core import clock
from isms.core.days import Span, fiscal_span, month_span
from isms.core.permissions import CONSOLE, Role
from isms.people import rules as people
from tests import factories
from tests.browserlike import Browserlike
from tests.calendar.rounds import noon, schedule

TODAY = date(2026, 11, 20)
YEAR = fiscal_span(2026)


@pytest.fixture
def officer(house: Flask) -> Iterator[Browserlike]:
    """Give an officer's browser on a Friday in November."""
    with clock.moved(lambda: noon(TODAY)):
        yield factories.signed_in(house, Role.OFFICER)


def happened(row: Schedule, nominal: date, what: str, on: date, **more: object) -> None:
    """Let something become of a time of the schedule."""
    time = rules.occurrence_at(row.id, nominal, by=CONSOLE, now=noon(on))
    given = {"day": on} if what == "finish" else {"text": "架空の理由"}
    getattr(rules, what)(time.id, **given | more, by=CONSOLE, now=noon(on))


def board(today: date) -> dict[str, list[list[tuple[str, str, str]]]]:
    """Give what stands on the board of the year: by letter, twelve months of (seal, day, title)."""
    rows = layout.year_rows(planned(YEAR.first, YEAR.last, today), YEAR, lambda one: "")
    return {
        row["letter"]: [[(e["seal"], e["day"], e["text"]) for e in month] for month in row["months"]] for row in rows
    }


def test_each_time_stands_in_its_month_under_its_seal(db: object) -> None:
    monthly = schedule("毎月10日", title="月次", pdca="C")
    happened(monthly, date(2026, 4, 10), "finish", date(2026, 4, 9))
    happened(monthly, date(2026, 5, 10), "skip", date(2026, 5, 10))
    happened(monthly, date(2026, 6, 10), "substitute", date(2026, 6, 10))
    rows = board(TODAY)
    assert rows["C"][0] == [("done", "9日", "月次")]  # the day on which it was done
    assert rows["C"][1] == [("skipped", "10日", "月次")]
    assert rows["C"][2] == [("instead", "10日", "月次")]
    assert rows["C"][3] == [("late", "10日", "月次")]
    assert rows["C"][8] == [("planned", "10日", "月次")]
    assert all(month == [] for letter in "PDA" for month in rows[letter])


def test_what_was_put_off_stands_where_it_was_and_where_it_went(db: object) -> None:
    yearly = schedule("毎年9月", title="内部監査", pdca="C")
    happened(yearly, date(2026, 9, 30), "postpone", date(2026, 9, 1), to_day=date(2026, 12, 4))
    rows = board(TODAY)
    assert rows["C"][5] == [("moved", "12月へ", "内部監査")]
    assert rows["C"][8] == [("planned", "4日", "内部監査")]
    near = schedule("毎年12月10日", title="棚卸し", pdca="D")
    happened(near, date(2026, 12, 10), "postpone", TODAY, to_day=date(2026, 12, 18))
    assert board(TODAY)["D"][8] == [("moved", "18日", "棚卸し")]


def test_a_year_that_begins_in_another_month_has_its_own_order() -> None:
    months = layout.months_of(Span(date(2026, 1, 1), date(2026, 12, 31)))
    assert [month.first.month for month in months] == list(range(1, 13))
    assert [month.first for month in layout.months_of(YEAR)][8:10] == [date(2026, 12, 1), date(2027, 1, 1)]


def test_a_month_has_whole_weeks_from_sunday_on(db: object) -> None:
    rules.add_closed_days(
        name="創立記念日", from_day=date(2026, 11, 20), to_day=date(2026, 11, 20), by=CONSOLE, now=noon(TODAY)
    )
    schedule("毎月末営業日", title="報告", day=date(2026, 11, 1))
    month = month_span(2026, 11)
    weeks = layout.weeks(planned(month.first, month.last, TODAY), month, working.known(), TODAY, lambda one: "/x")
    days = {cell.day: cell for week in weeks for cell in week}
    assert [len(week) for week in weeks] == [7] * 5
    assert (weeks[0][0].day, weeks[-1][-1].day) == (date(2026, 11, 1), date(2026, 12, 5))
    assert (days[date(2026, 11, 23)].name, days[date(2026, 11, 23)].working) == ("勤労感謝の日", False)
    assert (days[TODAY].name, days[TODAY].is_today) == ("創立記念日", True)
    assert [cell.day for cell in days.values() if cell.entries] == [date(2026, 11, 30)]
    assert not days[date(2026, 12, 1)].inside


def test_a_february_of_four_weeks_has_four(db: object) -> None:
    weeks = layout.weeks([], month_span(2026, 2), working.known(), TODAY, lambda one: "")
    assert (len(weeks), weeks[0][0].day.day, weeks[-1][-1].day.day) == (4, 1, 28)


def test_the_year_leads_to_each_time(officer: Browserlike) -> None:
    page = officer.get("/calendar")
    assert "この年度の予定はまだありません" in page.text
    schedule("毎年12月10日", title="棚卸し")
    schedule("毎営業日", title="架空の日課", day=date(2026, 11, 2))
    page = officer.get("/calendar")
    assert "毎日のもの： 架空の日課 （毎営業日）" in page.text
    assert page.text.count("架空の日課") == 1  # not 245 times
    assert "期限まであと20日です。" in page.click("棚卸し").text
    assert "令和9年度" in page.click("令和9年度").text
    assert "棚卸し" in page.click("令和9年度").text


@pytest.mark.parametrize("query", ["year=1990", "year=2200", "year=x", "year=-1", "year=99999", "year=２０２６"])
def test_a_year_that_is_none_is_not_found(officer: Browserlike, query: str) -> None:
    officer.get(f"/calendar?{query}", status=404)
    officer.get(f"/calendar/list?{query}", status=404)


@pytest.mark.parametrize("month", ["2026-13", "2026-0", "1990-1", "2199-12", "x-1"])
def test_a_month_that_is_none_is_not_found(officer: Browserlike, month: str) -> None:
    officer.get(f"/calendar/month/{month}", status=404)


def test_the_list_is_filtered_and_taken_along(officer: Browserlike) -> None:
    (place,) = factories.actor(factories.with_role(Role.HEAD)).heads
    done = schedule("毎月10日", title="月次", pdca="C")
    happened(done, date(2026, 10, 10), "finish", date(2026, 10, 9))
    schedule("毎年12月", title="棚卸し", owner_kind="head", department_id=place, role="")
    page = officer.get("/calendar/list")
    assert page.text.count("月次") == 12
    assert officer.get("/calendar/list?state=done").text.count("月次") == 1
    assert officer.get("/calendar/list?state=missed").text.count("月次") == 7
    assert "月次" not in officer.get("/calendar/list?pdca=D").text
    assert "棚卸し" not in officer.get("/calendar/list?owner=mine&from=2026-11-01").text
    assert "月次" not in officer.get(f"/calendar/list?owner=department:{place}").text
    body = officer.get("/calendar/list?q=月次&download=csv").body.decode("utf-8-sig")
    assert body.count("月次") == 12 and ',"実施済み",' in body and "毎月の10日" in body


def test_the_list_of_another_year(officer: Browserlike) -> None:
    schedule("毎年12月10日", title="棚卸し")
    page = officer.get("/calendar/list").click("令和9年度")
    assert "2027年12月10日" in page.text and "2026年12月10日" not in page.text
    assert "2027年12月10日" in officer.get("/calendar/list?year=2027&kind=task").text


def test_a_missed_time_shows_on_the_board_and_on_its_control(officer: Browserlike, house: Flask) -> None:
    row = schedule("毎月10日", title="入退室の記録", controls=[("iso27001-2022", "A.7.2")])
    page = officer.get("/controls/iso27001-2022/A.7.2")
    assert "2026年4月10日 が期限の回が済んでいません（224日超過、事務局）" in page.text  # the oldest is named
    assert "いま有効な証跡はありません。" in page.text
    assert "期限を過ぎた予定が8件あります" in officer.get("/board").text
    for month in range(4, 12):
        happened(row, date(2026, month, 10), "finish", TODAY)
    assert "済んでいません" not in officer.get("/controls/iso27001-2022/A.7.2").text
    assert "期限を過ぎた予定" not in officer.get("/board").text
    assert "入退室の記録" not in officer.get("/controls/iso27001-2022/A.7.1").text


def test_staff_see_the_year_and_their_own(house: Flask) -> None:
    with clock.moved(lambda: noon(TODAY)):
        who = factories.person("架空 花子")
        schedule("毎年12月10日", title="棚卸し", owner_kind="person", person_id=who.id, role="")
        schedule("毎年12月20日", title="事務局の仕事")
        page = factories.signed_in(house, who).get("/calendar/list?owner=mine")
        assert "棚卸し" in page.text and "事務局の仕事" not in page.text
        people.change_person(who.id, locale="en", by=CONSOLE, now=noon(TODAY))
        english = factories.signed_in(house, who, language="en")
        for path in ("/calendar", "/calendar/month/2026-12", "/calendar/list"):
            assert "棚卸し" in english.get(path).text
        assert "December 2026" in english.get("/calendar/month/2026-12").text
