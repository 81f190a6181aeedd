"""Addresses as no link of ours writes them: sort and filter names, ids out of range, bytes that are no UTF-8."""

import re
from collections.abc import Iterator
from itertools import cycle, islice
from urllib.parse import urlencode

import pytest
from flask import Flask

from isms.core.permissions import Role
from isms.people.models import Department
from tests import factories
from tests.browserlike import Browserlike
from tests.laws import rows
from tests.web.hostile import VALUES, everybody, pages

SQLITE = pytest.mark.parametrize("engine", ["sqlite"])
NAMES = [
    "sort",
    "dir",
    "page",
    "download",
    "q",
    "day",
    "lang",
    "next",
    "kind",
    "department",
    "as_of",
    "known",
    "edition",
]
UNKNOWN = [
    "password_hash",
    "number; DROP TABLE person",
    "1",
    "ID ",
    "name COLLATE x",
    "number,(SELECT 1)",
    "rowid",
    "名",
]
SORTED = re.compile(r'aria-sort="\w+">\s*<a href="[^"]*[?;](\w*)sort=')
ODD = ["'\"\\;--", *(value for value in VALUES if len(value) < 5000)]
BROKEN = ["%ff%fe", "%ed%a0%80", "%00", "%u3042", "%", "%e3%81", "%c0%ae%c0%ae/"]


def lists(house: Flask, browser: Browserlike, one: rows.Example) -> Iterator[tuple[str, list[str]]]:
    """Give every page that has a table, and the names that its own links and filters use."""
    for path in pages(house, one):
        page = browser.get(path, status=None)
        if page.status == 200 and SORTED.search(page.html):
            filters = [name for form in page._reader.forms if form.method == "get" for name in form.names]
            yield path, sorted({*filters, *NAMES})


def test_attack_64_no_list_breaks_at_any_address(house: Flask) -> None:
    browser, one = everybody(house)
    found, asked, values = [], 0, cycle(ODD)  # over all lists each value is asked many times
    for path, names in lists(house, browser, one):
        asked += 1
        strange = [urlencode({name: value}) for name, value in zip(names, values, strict=False)]
        strange += [f"{names[number % len(names)]}={bad}" for number, bad in enumerate(BROKEN)]
        strange += [urlencode(dict.fromkeys(names, value)) for value in islice(values, 5)]
        strange += ["&".join(f"{name}=1&{name}=2&{name}[]=3" for name in names)]
        for query in strange:
            status = browser.get(f"{path}?{query}", status=None).status
            if status not in (200, 400, 404, 422):
                found.append(f"{path}?{query}: {status}")
    assert asked > 5
    assert found == []


@SQLITE
def test_attack_64_what_is_no_column_is_refused(house: Flask) -> None:
    browser, one = everybody(house)
    for path, _ in lists(house, browser, one):
        names = set(SORTED.findall(browser.get(path).html))
        for unknown in UNKNOWN:
            asked = urlencode({f"{name}sort": unknown for name in names})
            browser.get(f"{path}?{asked}", status=400)
        browser.get(f"{path}?{urlencode({f'{name}download': 'exe' for name in names})}", status=400)


@pytest.mark.parametrize(("sign", "other"), [("%", "架空 七子"), ("_", "架空 七子"), ("\\", "架空 七子")])
def test_attack_64_signs_of_a_pattern_are_plain_letters(house: Flask, sign: str, other: str) -> None:
    browser = factories.signed_in(house, Role.ADMINISTRATOR)
    factories.person(other)
    factories.person(f"架空{sign}八子")
    for path in ("/people", "/accounts"):
        text = browser.get(f"{path}?{urlencode({'q': sign})}").text
        assert f"架空{sign}八子" in text
        assert other not in text


def test_attack_10_a_number_out_of_range_is_nothing(house: Flask) -> None:
    browser, one = everybody(house)
    found = []
    for method in ("GET", "POST"):
        token = browser.get("/account").token
        for rule in rows.routes(house, method):
            for number in (2**31, 2**63, 10**40, 0):
                values = {name: number for name, value in one.values(rule).items() if isinstance(value, int)}
                if not values or not one.fits(rule):
                    continue
                with house.test_request_context():
                    path = house.url_for(rule.endpoint, **(one.values(rule) | values))
                status = browser.open(method, path, data={"csrf_token": token} if method == "POST" else None).status
                if status not in (400, 404, 405, 409):
                    found.append(f"{method} {path}: {status}")
    assert found == []


@SQLITE
@pytest.mark.parametrize("bad", BROKEN)
@pytest.mark.parametrize("address", ["/people/{}", "/{}", "/people?q={}", "/sign-in?next={}", "/l/{}", "/static/{}"])
def test_bytes_that_are_no_text_are_refused_in_words(house: Flask, address: str, bad: str) -> None:
    browser = factories.signed_in(house, Role.OFFICER)
    page = browser.get(address.format(bad), status=None)
    assert page.status in (200, 303, 400, 404), page.status
    assert "Traceback" not in page.html


@SQLITE
@pytest.mark.parametrize("bad", BROKEN)
def test_bytes_that_are_no_text_do_not_come_into_a_register(house: Flask, bad: str) -> None:
    browser = factories.signed_in(house, Role.OFFICER)
    form = browser.get("/departments/new").form("name")
    sent = {name: values[0] for name, values in form.fields.lists()} | {"from_day": "2026-04-01"}
    body = urlencode({name: value for name, value in sent.items() if name != "name"}) + f"&name=x{bad}y"
    page = browser.open("POST", "/departments/new", data=body, content_type="application/x-www-form-urlencoded")
    assert page.status == (422 if "%00" in bad else 303), page.text  # werkzeug keeps a byte that is no text as %FF
    assert all(department.name.isprintable() for department in Department.select())
