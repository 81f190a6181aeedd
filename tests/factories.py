"""Objects for tests, made by the rules wherever there is one: `person(db)` is a member of staff who can sign in.

Moments are arguments; NOW is a Wednesday afternoon in Tokyo.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from typing import Any

from flask import Flask

from isms.core import clock
from isms.core.database import atomic
from isms.core.permissions import CONSOLE, Actor, Role
from isms.people import accounts, departments, links, passwords, rules
from isms.people.actors import actor_of
from isms.people.models import Department, Person
from tests.browserlike import Browserlike

NOW = datetime(2026, 11, 18, 5, 0, tzinfo=UTC)
PASSWORD = "青い机 ゆっくり歩く 七輪"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

_numbers = count(1001)


def department(name: str = "", *, now: datetime = NOW, **more: Any) -> Department:
    """Make a department."""
    values = {"from_day": date(2020, 4, 1), **more}
    return departments.add_department(name=name or f"架空第{next(_numbers)}課", by=CONSOLE, now=now, **values)


def person(
    name: str = "架空 太郎",
    *,
    roles: Iterable[Role] = (),
    password: str | None = PASSWORD,
    totp: bool = False,
    now: datetime = NOW,
    **more: Any,
) -> Person:
    """Make a person with roles, a password, and with `totp` the second step of TOTP_SECRET."""
    number = str(more.pop("number", f"{next(_numbers):05}"))
    values = {"mail": f"p{number}@example.org.example", "from_day": date(2020, 4, 1), **more}
    made = rules.add_person(number=number, name=name, by=CONSOLE, now=now, **values)
    for role in roles:
        accounts.grant_role(made.id, role, by=CONSOLE, now=now)
    with atomic():
        if password is not None:
            accounts.change_account(made.id, password_hash=hashed(password), changed_at=now)
        if totp:
            accounts.change_account(made.id, totp_secret=TOTP_SECRET)
    return rules.get_person(made.id)


def actor(made: Person, now: datetime = NOW) -> Actor:
    """Give the person as the gate would."""
    return actor_of(made, now)


def with_role(role: Role, **more: Any) -> Person:
    """Make a person with the role as it comes about: granted, by heading a department, or by being of the house.

    An auditor comes from outside, so has no other role; everybody else is staff too.
    """
    if role is Role.HEAD:
        made = person(**more)
        rules.set_heads(made.id, [department().id], from_day=made.from_day, by=CONSOLE, now=NOW)
        return made
    if role is Role.AUDITOR:
        more.setdefault("employment", "external")
    return person(roles=() if role is Role.STAFF else (role,), **more)


def signed_in(house: Flask, who: Role | Person = Role.STAFF, *, language: str = "ja") -> Browserlike:
    """Sign a person in, by a one-time link of the console, in a browser of their own."""
    someone = with_role(who) if isinstance(who, Role) else who
    token = links.make_link(someone, "signin", by=CONSOLE, now=clock.now())
    browser = Browserlike(house, language=language)
    browser.get(f"/l/{token}", status=303).follow().submit(status=303)
    return browser


@cache
def hashed(password: str) -> str:
    """Hash a password once a run: it takes a while on purpose."""
    return passwords.hash_password(password)
