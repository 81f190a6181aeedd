"""Every route names a permission and keeps to it; every form that is sent without its token is refused (attacks 1, 26)."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, request, url_for
from werkzeug.routing import Rule

import isms
from config import Config
from isms.core import web
from isms.core.permissions import Permission, Role, Scope, scopes_of
from isms.trail.rules import head_number
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.laws import routes, rows
from tests.laws.rows import Example

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])  # the gate asks no table
GUEST = "guest"
OF_ANY_ANSWER = re.compile(rb'name="csrf_token"[^>]*|\b[0-9a-f]{16}\b')  # a signed moment, the request's number


class Asking:
    """Asks the routes of a house as one person, and compares with the policy."""

    def __init__(self, house: Flask, one: Example, who: str) -> None:
        self.house, self.one, self.who = house, one, who
        person = None if who == GUEST else factories.with_role(Role(who))
        self.actor = factories.actor(person) if person else None
        self.browser = factories.signed_in(house, person) if person else Browserlike(house)
        self.permissions = web.house(house).permissions

    def scopes(self, rule: Rule) -> frozenset[Scope]:
        """Give what the policy says."""
        return scopes_of(self.actor, self.permissions[rule.endpoint]) if self.actor else frozenset()

    def ask(self, method: str, rule: Rule, *, strange: bool = False) -> Page:
        """Ask for the route without any token."""
        with self.house.test_request_context():
            address = url_for(rule.endpoint, **self.one.values(rule, strange=strange))
        return self.browser.open(method, address)

    def breaches(self, method: str) -> Iterator[str]:
        """Name the routes that answer otherwise than the policy says."""
        for rule in rows.routes(self.house, method):
            if self.one.fits(rule):
                why = self._wrong(method, rule)
                if why:
                    yield f"{method} {rule.rule} as {self.who}: {why}"

    def _wrong(self, method: str, rule: Rule) -> str:
        page = self.ask(method, rule)
        if self.permissions[rule.endpoint] == Permission.PUBLIC or self.scopes(rule):
            return self._wrong_if_allowed(method, rule, page)
        if self.actor is None:
            led = method == "GET" and page.status == 303 and page.location.startswith("/sign-in?next=")
            return "" if led or (method == "POST" and page.status == 401) else f"{page.status}"
        wanted = 404 if rule.arguments else 403
        if page.status != wanted:
            return f"{page.status}, not {wanted}"
        return "" if not rule.arguments or self._same(method, rule, page) else "an existing thing looks otherwise"

    def _wrong_if_allowed(self, method: str, rule: Rule, page: Page) -> str:
        if method == "POST":
            return "" if page.status == 400 else f"{page.status} without a token"
        public = self.permissions[rule.endpoint] == Permission.PUBLIC
        if rule.arguments and not public and Scope.ALL not in self.scopes(rule):  # the example is another's (attack 1)
            known = page.status == 404 and self._same(method, rule, page)
            return "" if known else f"{page.status} for a thing beyond the scope"
        return "" if page.status < 500 and (public or page.status not in {401, 403}) else f"{page.status}"

    def _same(self, method: str, rule: Rule, page: Page) -> bool:
        other = self.ask(method, rule, strange=True)
        return other.status == page.status and _bare(other) == _bare(page)


def _bare(page: Page) -> bytes:
    """Give the body without what differs between any two answers, and without its own address."""
    return OF_ANY_ANSWER.sub(b"", page.body).replace(page.address.encode(), b"")


def untold(house: Flask, one: Example) -> list[str]:
    """Name the routes that cannot be asked, since tests/laws/rows.py knows no value for a name in them."""
    return [
        f"{rule.rule}: {', '.join(sorted(one.unknown(rule)))}"
        for method in ("GET", "POST")
        for rule in rows.routes(house, method)
        if not one.fits(rule)
    ]


@pytest.mark.parametrize("who", [*(role.value for role in Role), GUEST])
def test_every_route_answers_every_role_as_the_policy_says(house: Flask, who: str) -> None:
    asking = Asking(house, rows.examples(), who)
    before = head_number()
    assert list(asking.breaches("GET")) == []
    assert list(asking.breaches("POST")) == []
    assert head_number() == before, "looking, and forms without a token, left a trail row"


def test_every_route_can_be_asked(house: Flask) -> None:
    assert untold(house, rows.examples()) == []


@pytest.mark.parametrize("token", ["", "x", "another session's"])
def test_every_form_needs_its_own_token(house: Flask, token: str) -> None:
    one = rows.examples()
    browser = factories.signed_in(house, one.who)
    if token.startswith("another"):
        token = factories.signed_in(house, Role.STAFF).get("/account").token
    before, found = head_number(), []
    for rule in filter(one.fits, rows.routes(house, "POST")):
        with house.test_request_context():
            address = url_for(rule.endpoint, **one.values(rule))
        page = browser.post(address, {"csrf_token": token})
        if page.status != 400:
            found.append(f"{rule.rule}: {page.status}")
    assert found == []
    assert head_number() == before


def test_a_role_without_any_page_of_its_own_is_seen(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that lets everybody through breaks the law for staff."""
    monkeypatch.setattr(web, "_refusal", lambda told, permission: None)
    asking = Asking(house, rows.examples(), Role.STAFF.value)
    assert len(list(asking.breaches("POST"))) > 5


def test_a_gate_without_tokens_is_seen(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking(house, rows.examples(), Role.ADMINISTRATOR.value)
    monkeypatch.setattr("flask_wtf.csrf.CSRFProtect.protect", lambda self: None)
    assert any("without a token" in line for line in asking.breaches("POST"))


def test_a_thing_that_is_told_from_nothing_is_seen(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asking = Asking(house, rows.examples(), Role.STAFF.value)
    assert list(asking.breaches("GET")) == []

    def told(told: Any, permission: Permission) -> Any:
        assert request.url_rule is not None
        if asking.scopes(request.url_rule) or permission == Permission.PUBLIC:
            return None
        known = 987654321 not in (request.view_args or {}).values()
        return Response("there is" if known else "there is none", 404 if request.view_args else 403)

    monkeypatch.setattr(web, "_refusal", told)
    assert any("looks otherwise" in line for line in asking.breaches("GET"))


def test_a_route_without_a_permission_stops_the_start(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    room = web.Room("bare", __name__)
    room.route("/bare/<int:bare_id>")(lambda bare_id: {})
    real = isms.rooms()
    monkeypatch.setattr(isms, "rooms", lambda: [*real, room])
    with pytest.raises(RuntimeError, match=r"without a permission: bare\."):
        isms.create_app(config)


def test_the_page_of_permissions_is_current(engine: str) -> None:
    assert routes.written() == routes.PAGE.read_text("utf-8"), "run: python -m tests.laws.routes"


def test_a_thing_beyond_the_scope_that_is_shown_is_seen(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isms.people.roster.demand", lambda *_: None)
    asking = Asking(house, rows.examples(), Role.HEAD.value)
    assert "GET /people/<int:person_id> as head: 200 for a thing beyond the scope" in list(asking.breaches("GET"))
