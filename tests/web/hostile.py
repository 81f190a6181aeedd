"""What the attacks on every page share: each form of the house with values that it takes, and what is made to break it."""

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask, url_for

from isms.core import clock
from isms.core.permissions import CONSOLE
from isms.people import links
from tests import factories
from tests.browserlike import Browserlike, Form, Page
from tests.laws import rows
from tests.laws.rows import Example

LEFT_OUT = re.compile("/sign-out|/accounts?/.*(end|remove)")  # they take from whoever asks what the next form needs
DAY_LIKE = ("day", "_on", "until", "effective", "opened", "period", "due")

VALUES = [
    "",
    "1.0",
    "true",
    "[1]",
    '{"$ne": 1}',
    "-1",
    "9" * 30,
    "１２３",
    "2026-02-30",
    "' OR 1=1 --",
    "%",
    "{{7*7}}%(x)s{0.__class__}",
    "a\x00b",
    "a\u202eb",
    "x" * 20_000,
    "\r\nSet-Cookie: x=1",
    "../../etc/passwd",
]


def pages(house: Flask, one: Example) -> list[str]:
    """Give the address of every page that a GET shows."""
    with house.test_request_context():
        return [
            url_for(rule.endpoint, **one.values(rule))
            for rule in rows.routes(house, "GET")
            if one.fits(rule) and not {"token"} & set(rule.arguments)
        ]


def forms(browser: Browserlike, house: Flask, one: Example) -> Iterator[tuple[Page, Form]]:
    """Give every form of every page once, by where it goes; a page is opened as its turn comes."""
    seen = set()
    for path in pages(house, one):
        for form in browser.get(path, status=None).forms:
            action = form.action.partition("?")[0] or path
            if LEFT_OUT.match(action) or action in seen:
                continue
            seen.add(action)
            stay(browser, one)
            page = browser.get(path, status=None)
            yield from ((page, now) for now in page.forms if now.action == form.action and now.names == form.names)


def answerable(form: Form) -> dict[str, list[Any]]:
    """Give what a hurried person would send: each empty field filled in with something of its kind."""
    sent = {name: list(values) for name, values in form.fields.lists()}
    for name in form.names - {"csrf_token", "form_key", "version"}:
        if any(sent.get(name, [])):
            continue
        if name in form.choices:
            sent[name] = [value for value in form.choices[name] if value][:1]
        elif any(part in name for part in DAY_LIKE):
            sent[name] = ["2026-11-01"]
        elif "mail" in name:
            sent[name] = ["a@example.org.example"]
        else:
            sent[name] = ["架空の値"]
    return sent


def everybody(house: Flask) -> tuple[Browserlike, Example]:
    """Give somebody with every role, signed in, and one of everything."""
    one = rows.examples()
    return factories.signed_in(house, one.who), one


def stay(browser: Browserlike, one: Example) -> None:
    """Sign in again when a form has ended the sign-in."""
    if browser.get("/account", status=None).status != 200:
        token = links.make_link(one.who, "signin", by=CONSOLE, now=clock.now())
        browser.get(f"/l/{token}", status=303).follow().submit(status=303)
