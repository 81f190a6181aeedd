"""No page asks the database more often because there is more to show."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, url_for

from isms.core import clock
from isms.core.database import db
from isms.people.models import Person
from tests import factories
from tests.browserlike import Browserlike
from tests.laws import rows
from tests.laws.rows import Example

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])  # the queries are the same on both
FEW, MANY = 3, 57  # with the few, 60: more than a page of 50
GROWS: dict[str, str] = {}  # endpoint -> why its number of queries may grow
Counts = dict[str, tuple[int, list[str]]]  # endpoint -> status, queries


@contextmanager
def counting(asked: list[str]) -> Iterator[None]:
    """Note every query that is sent."""
    database: Any = db.obj
    real: Callable[..., Any] = database.execute_sql

    def execute_sql(sql: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(sql)
        return real(sql, *args, **kwargs)

    database.execute_sql = execute_sql
    try:
        yield
    finally:
        del database.execute_sql


def queries(house: Flask, one: Example, browser: Browserlike) -> Counts:
    """Ask every page that a GET shows, and note its queries."""
    counts: Counts = {}
    for rule in filter(one.fits, rows.routes(house, "GET")):
        with house.test_request_context():
            address = url_for(rule.endpoint, **one.values(rule))
        asked: list[str] = []
        with counting(asked):
            page = browser.get(address, status=None)
        counts[rule.endpoint] = page.status, asked
    return counts


def growing(few: Counts, many: Counts) -> Iterator[str]:
    """Name the pages that asked more often when there was more."""
    for endpoint, (status, asked) in many.items():
        before, first = few[endpoint]
        if status != before:
            yield f"{endpoint}: {before} became {status}"
        elif len(asked) > len(first) and endpoint not in GROWS:
            most = max(asked, key=asked.count)
            yield f"{endpoint}: {len(first)} queries became {len(asked)}, {asked.count(most)} times {most}"


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    """Let no time pass: else a sign-in is noted as still in use, and the menu counted anew, now and then."""
    moment = clock.now()
    with clock.moved(lambda: moment):
        yield


def test_no_page_asks_more_often_for_more_rows(house: Flask) -> None:
    one = rows.examples()
    browser = factories.signed_in(house, one.who)
    rows.plenty(FEW, one)
    queries(house, one, browser)  # what is kept from the first time on does not count
    few = queries(house, one, browser)
    rows.plenty(MANY, one)
    queries(house, one, browser)  # nor does what is kept until the trail grows
    many = queries(house, one, browser)
    assert sum(status == 200 for status, _ in many.values()) > 20
    assert list(growing(few, many)) == []


def test_a_page_that_asks_for_each_row_is_found(house: Flask) -> None:
    one = rows.examples()
    browser = factories.signed_in(house, one.who)

    def slow() -> str:
        people = list(Person.select(Person.id))
        return " ".join(Person.get_by_id(person.id).name for person in people)

    house.view_functions["people.index"] = slow
    rows.plenty(FEW, one)
    queries(house, one, browser)
    few = queries(house, one, browser)
    rows.plenty(FEW, one)
    queries(house, one, browser)
    assert [line.split(":")[0] for line in growing(few, queries(house, one, browser))] == ["people.index"]


def test_what_may_grow_exists(house: Flask) -> None:
    assert set(GROWS) <= {rule.endpoint for rule in rows.routes(house, "GET")}
