"""People with roles in front of a browser."""

from typing import Any

from flask import Flask

from isms.audits import rules as audits
from isms.core import clock, settings
from isms.core.database import atomic
from isms.core.permissions import CONSOLE, Role
from isms.people import cookies, sessions
from tests import factories
from tests.browserlike import Browserlike


def visitor(house: Flask, *roles: Role, name: str = "架空 花子", **more: Any) -> "Visitor":
    """Let a new person with the roles in; an auditor is engaged for everything. `browser.id` is their id in the trail."""
    person = factories.person(name, roles=roles, **more)
    if Role.AUDITOR in roles:
        engage(person.id)
    with atomic():
        token = sessions.begin(person.id, sessions.Visitor(), whole=True, means="password", now=clock.now())
    browser = Visitor(house)
    browser.id = f"person:{person.id}"
    browser.client.set_cookie(cookies.SIGN_IN, token)
    return browser


def engage(person_id: int, *scope: str) -> None:
    """Engage an auditor today for requirements, or for all."""
    now = clock.now()
    day = settings.today(now)
    audits.engage(auditor_id=person_id, title="架空の監査", scope=scope, from_day=day, to_day=day, by=CONSOLE, now=now)


class Visitor(Browserlike):
    """A browser whose person is known."""

    id: str
