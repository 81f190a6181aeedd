"""Attacks 2 and 3 on these pages: an auditor sees the engagement, between its days, and nothing of anything else."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from flask import Flask

from isms.audits import rules as audits
from isms.core import settings
from isms.core.days import end_of_day, start_of_day
from isms.core.permissions import CONSOLE
from isms.findings import rules as findings
from isms.people.models import Person
from tests.browserlike import Browserlike
from tests.evidence.proofs import EDITION
from tests.status.standings import NOW, TODAY, Office, at_noon, auditor, enter

CANARY = "カナリア"
SetClock = Callable[[datetime], None]


@pytest.fixture
def office(house: Flask) -> Iterator[tuple[Office, SetClock]]:
    with at_noon() as set_clock:
        office = Office()
        office.decide("A.5.1")
        office.decide("A.8.8", justification=f"{CANARY}の理由")
        office.prove("A.5.1", title="範囲の記録")
        office.prove("A.8.8", title=f"{CANARY}の記録", ago=90)
        for key in ("A.5.1", "A.8.8"):
            values = {"title": f"{key if key == 'A.5.1' else CANARY}の指摘", "controls": [(EDITION, key)]}
            findings.open_finding(grade="observation", **values, opened_on=TODAY, by=office.by, now=NOW)  # type: ignore[arg-type]
        yield office, set_clock


def opened(browser: Browserlike, address: str) -> int:
    return browser.get(address, status=None).status


def sees(house: Flask, who: Person) -> tuple[bool, int, bool]:
    """Tell whether the list has the control, its page opens, the finding is listed."""
    browser = enter(house, who)
    listed = "A.5.1 有効" in browser.get("/status").text
    return listed, opened(browser, f"/controls/{EDITION}/A.5.1"), "A.5.1の指摘" in browser.get("/findings").text


def test_attack_2_between_the_first_second_and_the_last(office: tuple[Office, SetClock], house: Flask) -> None:
    set_clock = office[1]
    first, last = TODAY + timedelta(days=1), TODAY + timedelta(days=4)  # the clock never goes before the newest entry
    who, engagement = auditor("A.5.1", first=first, last=last)
    begin, end, second = start_of_day(first, settings.zone()), end_of_day(last, settings.zone()), timedelta(seconds=1)
    nothing = (False, 404, False)
    for moment, expected in (
        (begin - second, nothing),
        (begin, (True, 200, True)),
        (end, (True, 200, True)),
        (end + second, nothing),
    ):
        set_clock(moment)
        assert sees(house, who) == expected, moment
    set_clock(begin + timedelta(hours=1))
    audits.revoke(engagement.id, by=CONSOLE, now=begin + timedelta(hours=1))
    assert sees(house, who) == nothing


def test_without_an_engagement_the_page_says_so(office: tuple[Office, SetClock], house: Flask) -> None:
    who, _ = auditor("A.5.1", first=TODAY + timedelta(days=5), last=TODAY + timedelta(days=9))
    page = enter(house, who).get("/status")
    assert "いま有効な委嘱がありません" in page.text
    assert "A.5.1" not in page.text
    assert '<span class="fig">' not in page.html


def test_the_page_says_until_when(office: tuple[Office, SetClock], house: Flask) -> None:
    who, _ = auditor("A.5.1", last=date(2026, 12, 24))
    browser = enter(house, who)
    assert browser.get("/", status=302).location == "/status"
    text = browser.get("/status").text
    assert "架空のサーベイランス審査" in text
    assert "閲覧は2026年12月24日（木）まで" in text
    assert browser.get("/board", status=303).location == "/status"
    assert "ボード" not in text


def test_attack_2_no_total_counts_what_is_out_of_scope(office: tuple[Office, SetClock], house: Flask) -> None:
    who, _ = auditor("A.5.1")
    browser = enter(house, who)
    page = browser.get("/status")
    figures = re.findall(r'<span class="fig">(\d+)</span>', page.html)
    assert (figures[0], sum(map(int, figures[1:]))) == ("1", 1)
    assert "A.8.8" not in page.text
    for address in (f"/controls/{EDITION}/A.8.8", "/controls/iso27001-2013/A.12.6.1", "/findings/2"):
        assert opened(browser, address) == 404
    assert opened(browser, "/controls/iso27001-2013/A.5.1.1") == 200  # the same requirement before the transition
    assert "1 未完了" in browser.get("/findings").text


def test_attack_3_a_word_out_of_scope_comes_up_nowhere(office: tuple[Office, SetClock], house: Flask) -> None:
    who, _ = auditor("A.5.1")
    browser = enter(house, who)
    status = ["no", "state", "title", "justification", "evidence", "earliest", "findings"]
    queries = [
        f"sort={column}&dir={way}" for column, way in product(status, ("asc", "desc")) if column != "justification"
    ]
    queries += [f"q={CANARY}", "q=A.8", "theme=technological", "state=proven", "known=now", "download=csv"]
    addresses = [f"/status?{query}" for query in queries]
    addresses += [f"/controls/{EDITION}/A.5.1", f"/controls/{EDITION}/A.5.1?known=now&e-download=csv", "/findings/1"]
    addresses += [
        f"/findings?{query}" for query in (f"q={CANARY}", "q=A.8", "sort=title", "state=open", "download=csv")
    ]
    for address in addresses:
        body = browser.get(address).response.data.decode()
        assert CANARY not in body.replace(f'value="{CANARY}"', ""), address
        assert "A.8.8" not in body, address
