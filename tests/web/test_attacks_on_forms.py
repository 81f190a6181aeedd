"""Every form of the house, sent as no person would: more fields than it has, fields of another kind, twice, as JSON."""

import json
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any
from urllib.parse import urljoin

import peewee
import pytest
from flask import Flask

from isms.core.database import FormKey, Record, db
from isms.people.models import ImportPreview, SignInSession
from isms.trail.models import TrailEntry
from tests.browserlike import Browserlike, Form, Page
from tests.web.hostile import VALUES, answerable, everybody, forms

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])

TEXT, NUMBER, DAY = "canary-of-attack-9", 987_654_321, "1999-12-31"
OTHERS = [
    "roles",
    "role",
    "status",
    "state",
    "is_admin",
    "admin",
    "actor",
    "by",
    "now",
    "hash",
    "sha256",
    "reviewer_id",
]


def models() -> list[type[Record]]:
    """Give the tables of all rooms."""
    found, waiting = [], [Record]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one._meta.database is db and db.table_exists(one._meta.table_name):
                found.append(one)
    return found


def columns() -> dict[str, str]:
    """Give every column's name, also as peewee calls it, with a value that stands nowhere else."""
    given = dict.fromkeys(OTHERS, TEXT)
    for model in models():
        for field in model._meta.sorted_fields:
            whole = isinstance(field, peewee.IntegerField | peewee.ForeignKeyField | peewee.AutoField)
            dated = "Date" in type(field).__name__
            for name in (field.name, field.column_name):
                given[name] = DAY if dated else str(NUMBER) if whole else TEXT
    return given


def planted() -> list[str]:
    """Name the rows that hold any of the values."""
    held = ((model.__name__, str(row)) for model in models() for row in model.select().tuples())
    return [f"{name}: {row}" for name, row in held if any(mark in row for mark in (TEXT, str(NUMBER), DAY))]


def post(browser: Browserlike, page: Page, form: Form, sent: dict[str, Any], **more: Any) -> Page:
    return browser.open("POST", urljoin(page.address, form.action), data=sent, **more)


def test_attack_9_no_form_takes_more_than_it_shows(house: Flask) -> None:
    browser, one = everybody(house)
    extra, taken = columns(), 0
    assert {"password_hash", "recorded_by", "author_id", "role", "to_day", "version"} <= set(extra) | {"author_id"}
    for page, form in forms(browser, house, one):
        sent = answerable(form)
        more = {name: [value] for name, value in extra.items() if name not in form.names}
        taken += post(browser, page, form, sent | more).status == 303
    assert taken > 15
    assert planted() == []


def test_attack_9_what_is_planted_is_seen(house: Flask) -> None:
    everybody(house)
    with db.atomic():
        SignInSession.update(agent=TEXT).execute()
        ImportPreview.update(filename=str(NUMBER)).execute()
    assert {line.partition(":")[0] for line in planted()} == {"SignInSession", "ImportPreview"}


def hostile(form: Form, values: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Give what is sent instead: a value in all fields, one in each field alone, names that mean something else.

    The values come in turn, so that over all forms each is sent many times in every way.
    """
    good = answerable(form)
    names = sorted(form.names - {"csrf_token", "form_key"})
    for value in islice(values, 5):
        yield good | {name: [value] for name in names}
    for name, value in zip(names, values, strict=False):
        yield good | {name: [value]}
    yield {name: values for name, values in good.items() if name == "csrf_token"}
    yield good | {name: [*good.get(name, []), "1", "2"] for name in names}
    yield {**good, **{f"{name}[]": ["1", "2"] for name in names}, **{f"{name}[$ne]": ["1"] for name in names}}


def test_attack_10_no_form_breaks_at_any_value(house: Flask) -> None:
    browser, one = everybody(house)
    found, values = [], cycle(VALUES)
    for page, form in forms(browser, house, one):
        for sent in hostile(form, values):
            answer = post(browser, page, form, sent)
            if answer.status >= 500:
                changed = {name: str(value)[:60] for name, value in sent.items() if name != "csrf_token"}
                found.append(f"{form.action or page.address}: {answer.status} for {changed}")
                break
    assert found == []


def test_attack_10_a_body_of_another_kind_is_no_form(house: Flask) -> None:
    browser, one = everybody(house)
    keys, entries, found = FormKey.select().count(), TrailEntry.select().count(), []
    for page, form in forms(browser, house, one):
        as_json = json.dumps({name: values[0] for name, values in form.fields.lists()})
        for kind in ("application/json", "text/plain", "application/xml", ""):
            answer = post(browser, page, form, as_json, content_type=kind)  # type: ignore[arg-type]
            if answer.status != 400:
                found.append(f"{form.action or page.address} as {kind}: {answer.status}")
    assert found == []
    assert (FormKey.select().count(), TrailEntry.select().count()) == (keys, entries)
