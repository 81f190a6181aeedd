"""Things of others asked for in other ways than by opening their page: HEAD, a part of a file, a download (attack 1)."""

from typing import Any

import pytest
from flask import Flask

from isms.core.permissions import Role
from isms.core.web import house as told_house
from tests import factories
from tests.laws import rows

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])
WAYS: list[tuple[str, str, dict[str, str]]] = [
    ("HEAD", "", {}),
    ("GET", "?download=csv", {}),
    ("GET", "?download=xlsx&page=1", {}),
    ("GET", "", {"Range": "bytes=0-0"}),
    ("GET", "", {"If-None-Match": "*", "If-Modified-Since": "Sat, 01 Jan 2050 00:00:00 GMT"}),
    ("OPTIONS", "", {}),
]


@pytest.mark.parametrize("role", [Role.STAFF, Role.HEAD, Role.AUDITOR, Role.ADMINISTRATOR, Role.APPROVER])
def test_attack_1_no_other_way_tells_more_than_opening_the_page(house: Flask, role: Role) -> None:
    one = rows.examples()
    browser = factories.signed_in(house, role)
    permissions, found, asked = told_house(house).permissions, [], 0
    for rule in rows.routes(house, "GET"):
        numbers = {name for name, value in one.values(rule).items() if isinstance(value, int)}
        if not numbers or not one.fits(rule) or permissions[rule.endpoint] == "public":
            continue
        with house.test_request_context():
            path = house.url_for(rule.endpoint, **one.values(rule))
            nowhere = house.url_for(rule.endpoint, **one.values(rule, strange=True))
        if browser.get(path, status=None).status != 404:
            continue
        asked += 1
        for method, query, headers in WAYS:
            there = answer(browser, method, path + query, headers)
            if there != answer(browser, method, nowhere + query, headers) or (method != "OPTIONS" and there[0] != 404):
                found.append(f"{method} {path}{query} {headers}: {there}")
    assert asked > 10
    assert found == []


def answer(browser: Any, method: str, path: str, headers: dict[str, str]) -> tuple[int, str, str]:
    """Give what differs between answers: status, kind, length but for the request's number and address."""
    page = browser.open(method, path, headers=dict(headers))
    kept = {name: page.response.headers.get(name, "") for name in ("Content-Type", "Allow", "ETag", "Last-Modified")}
    return page.status, str(kept), str(len(page.html.replace(path.partition("?")[0], "")))
