"""People with roles in front of a browser."""

from typing import Any

from flask import Flask

from isms.core import clock
from isms.core.database import atomic
from isms.core.permissions import Role
from isms.people import cookies, sessions
from tests import factories
from tests.browserlike import Browserlike


def visitor(house: Flask, *roles: Role, name: str = "架空 花子", **more: Any) -> Browserlike:
    """Let a new person with the roles in; `browser.id` is their id in the trail."""
    person = factories.person(name, roles=roles, **more)
    with atomic():
        token = sessions.begin(person.id, sessions.Visitor(), whole=True, means="password", now=clock.now())
    browser = Visitor(house)
    browser.id = f"person:{person.id}"
    browser.client.set_cookie(cookies.SIGN_IN, token)
    return browser


class Visitor(Browserlike):
    """A browser whose person is known."""

    id: str
