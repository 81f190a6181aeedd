"""The calendar feed: who may read it, and what other programs make of it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from isms.calendar import feed, rules
from isms.calendar.models import Feed
from isms.core import clock
from isms.core.permissions import CONSOLE, POLICY, Permission, Role
from isms.people import rules as people
from isms.people.duties import Duty
from isms.people.models import Person
from isms.trail.models import TrailEntry
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.calendar.rounds import schedule

TODAY = date(2026, 11, 18)
NOW = factories.NOW


@pytest.fixture
def who(house: Flask) -> Iterator[Person]:
    """Give somebody of the staff, at noon of a Wednesday in Tokyo."""
    with clock.moved(lambda: NOW):
        yield factories.person("架空 花子", department_id=factories.department().id)


def own(who: Person, words: str, **more: Any) -> Any:
    """Add a schedule that is a person's own."""
    return schedule(words, owner_kind="person", person_id=who.id, role="", **more)


def made(house: Flask, who: Person, button: str = "番地") -> str:
    """Make the person's feed and give the path of its address, which stands on the page this once."""
    page = factories.signed_in(house, who).get("/calendar/feed").submit(button, status=200)
    (found,) = [word for word in page.text.split() if word.endswith(".ics")]
    return "/feed/" + found.rpartition("/feed/")[2]


def events(house: Flask, path: str) -> dict[str, Any]:
    """Read the feed as a program without any sign-in does, by icalendar's own parser: the first event of each name."""
    calendar = Calendar.from_ical(Browserlike(house).get(path).body)
    assert calendar["X-WR-TIMEZONE"] == "Asia/Tokyo"
    found: dict[str, Any] = {}
    for event in calendar.walk("VEVENT"):
        found.setdefault(str(event["SUMMARY"]), event)
    return found


def test_the_days_are_those_of_tokyo(house: Flask, who: Person) -> None:
    own(who, "毎年11月30日", title="棚卸し；年末, 前")
    own(who, "毎年12月", title="月のうち")
    schedule("毎年12月10日", title="事務局のもの")
    found = events(house, made(house, who))
    assert set(found) == {"棚卸し；年末, 前", "月のうち"}
    one = found["棚卸し；年末, 前"]
    # the last day of November in Tokyo is still the 29th in UTC when it begins: a day must not become a moment
    assert (one["DTSTART"].dt, one["DTEND"].dt) == (date(2026, 11, 30), date(2026, 12, 1))
    assert one["DTSTART"].params["VALUE"] == "DATE"
    assert found["月のうち"]["DTSTART"].dt == date(2026, 12, 31)
    assert "その月のうちに行います" in str(found["月のうち"]["DESCRIPTION"])


def test_a_time_keeps_its_name_when_it_is_moved_and_done(house: Flask, who: Person) -> None:
    row = own(who, "毎年11月30日", title="棚卸し")
    path = made(house, who)
    before = events(house, path)["棚卸し"]
    assert before["DTSTAMP"].dt == NOW  # as old as the feed, not as the moment of asking
    later = NOW + timedelta(hours=1)
    time = rules.occurrence_at(row.id, date(2026, 11, 30), by=CONSOLE, now=later)
    rules.postpone(time.id, to_day=date(2026, 12, 4), text="架空の都合", by=CONSOLE, now=later)
    moved = events(house, path)["棚卸し（延期）"]
    assert (moved["UID"], moved["DTSTART"].dt, moved["DTSTAMP"].dt) == (before["UID"], date(2026, 12, 4), later)
    rules.skip(time.id, text="架空の理由", by=CONSOLE, now=later)
    assert events(house, path)["棚卸し（見送り）"]["STATUS"] == "CANCELLED"


def test_the_same_plan_gives_the_same_bytes(house: Flask, who: Person) -> None:
    own(who, "毎月10日")
    path = made(house, who)
    first = Browserlike(house).get(path).body
    with clock.moved(lambda: NOW + timedelta(hours=5)):
        assert Browserlike(house).get(path).body == first


def test_other_duties_stand_in_it_too(house: Flask, who: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Duty("review:7", "証跡の確認", date(2026, 11, 25), "account.own", persons=frozenset({who.id}))
    others = Duty("review:8", "他人の確認", date(2026, 11, 25), "account.own", persons=frozenset({who.id + 1}))
    monkeypatch.setattr(feed, "OTHERS", [lambda today: [mine, others]])
    found = events(house, made(house, who))
    assert set(found) == {"証跡の確認"}
    assert str(found["証跡の確認"]["URL"]).endswith("/account")


def test_it_speaks_the_language_of_its_person(house: Flask, who: Person) -> None:
    people.change_person(who.id, locale="en", by=CONSOLE, now=NOW)
    own(who, "毎年12月", title="Stocktaking")
    path = made(house, who, "address")
    body = Browserlike(house, language="ja").get(path).body.decode()
    assert "Any day of the month will do." in body.replace("\r\n ", "")


def test_of_the_address_only_the_hash_is_kept(house: Flask, who: Person, capsys: pytest.CaptureFixture[str]) -> None:
    path = made(house, who)
    assert ".ics" not in factories.signed_in(house, who).get("/calendar/feed").html
    token = path.removeprefix("/feed/").removesuffix(".ics")
    Browserlike(house).get(path)
    kept = Feed.get()
    assert token not in str(kept.__data__)
    assert not any(token in (row.details or "") for row in TrailEntry.select())
    logged = capsys.readouterr().err
    assert "/feed/<token>.ics" in logged and token not in logged


def test_the_page_says_when_it_was_last_read(house: Flask, who: Person) -> None:
    path = made(house, who)
    browser = factories.signed_in(house, who)
    assert "まだ読まれていません" in browser.get("/calendar/feed").text
    Browserlike(house).get(path)
    assert "2026年11月18日 14:00" in browser.get("/calendar/feed").text
    assert "2026年11月18日 14:00" in browser.get("/account").text


def test_attack_57_an_address_that_ended_is_like_one_that_never_was(house: Flask, who: Person) -> None:
    first = made(house, who)
    second = made(house, who)  # one at a time
    stranger = Browserlike(house)
    assert bare(stranger.get(first, status=404)) == bare(stranger.get("/feed/unknown.ics", status=404))
    stranger.get(second)
    browser = factories.signed_in(house, who)
    browser.get("/calendar/feed").submit("止める")
    stranger.get(second, status=404)
    assert "まだ配信していません" in browser.get("/calendar/feed").text


def bare(page: Page) -> str:
    """Give the words of a page without the number of its request."""
    return re.sub(r"\b[0-9a-f]{16}\b", "", page.text)


def test_attack_57_nothing_in_the_address_makes_it_tell_more(house: Flask, who: Person) -> None:
    other = factories.person("架空 次郎")
    own(other, "毎年12月1日", title="他人の予定")
    own(who, "毎年12月1日", title="自分の予定")
    path = made(house, who)
    plain = Browserlike(house).get(path).body
    asked = f"?person={other.id}&person_id={other.id}&owner=all&year=2020&lang=en"
    assert Browserlike(house).get(path + asked).body == plain
    assert factories.signed_in(house, Role.OFFICER).get(path).body == plain
    assert "他人の予定" not in plain.decode()
    assert "Allow" in Browserlike(house).open("POST", path, status=405).response.headers


def test_who_left_or_may_not_see_the_calendar_has_no_feed(
    house: Flask, who: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = made(house, who)
    stranger = Browserlike(house)
    with monkeypatch.context() as patch:
        patch.setitem(POLICY, Permission.CALENDAR_READ, {})
        stranger.get(path, status=404)
    stranger.get(path)
    people.change_person(who.id, to_day=TODAY - timedelta(days=1), by=CONSOLE, now=NOW)
    stranger.get(path, status=404)


def test_nobody_ends_the_feed_of_another(house: Flask, who: Person) -> None:
    path = made(house, who)
    other = factories.signed_in(house, Role.OFFICER)
    page = other.get("/calendar/feed")
    other.post("/calendar/feed/end", page=page, status=404)
    Browserlike(house).get(path)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_another_program_shows_the_same_days(house: Flask, who: Person, tmp_path: Path) -> None:
    """khal is a calendar for the command line; it stands in New York, where every moment of Tokyo is another day."""
    own(who, "毎年11月30日", title="棚卸し")
    row = own(who, "毎月末営業日", title="月次の点検")
    time = rules.occurrence_at(row.id, date(2026, 12, 31), by=CONSOLE, now=NOW)
    rules.postpone(time.id, to_day=date(2027, 1, 4), text="架空の都合", by=CONSOLE, now=NOW)
    file = tmp_path / "feed.ics"
    file.write_bytes(Browserlike(house).get(made(house, who)).body)
    assert khal(tmp_path, "import", "--batch", "-a", "isms", str(file)) == ""
    shown = khal(tmp_path, "list", "--format", "{start-date} {title}", "--day-format", "", "2026-11-28", "40d")
    assert shown.splitlines() == [
        "2026-11-30 月次の点検",
        "2026-11-30 棚卸し",
        "2027-01-04 月次の点検（延期）",
    ]


def khal(folder: Path, *arguments: str) -> str:
    """Run khal on a calendar of its own; gives what it says."""
    calendar = folder / "calendar"
    calendar.mkdir(exist_ok=True)
    config = folder / "khal.conf"
    day, zone = "%Y-%m-%d", "America/New_York"
    formats = {"dateformat": day, "longdateformat": day, "timeformat": "%H:%M"}
    formats |= {"datetimeformat": f"{day} %H:%M", "longdatetimeformat": f"{day} %H:%M"}
    formats |= {"local_timezone": zone, "default_timezone": zone}
    lines = ["[calendars]", "[[isms]]", f"path = {calendar}", "[sqlite]", f"path = {folder / 'khal.db'}", "[locale]"]
    config.write_text("\n".join([*lines, *(f"{name} = {value}" for name, value in formats.items())]))
    program = [sys.executable, "-m", "khal", "--no-color", "-c", str(config), *arguments]
    return subprocess.run(
        program,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "HOME": str(folder), "XDG_CACHE_HOME": str(folder), "PYTHONUTF8": "1"},
    ).stdout
