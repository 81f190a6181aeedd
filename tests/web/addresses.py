"""Addresses of every route of the house, with made-up values: for what must hold everywhere, whatever is asked for."""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Rule

from isms.core.permissions import Permission
from isms.core.web import house as told


def addresses(app: Flask, *, public: bool = True) -> list[tuple[str, str]]:
    """Give (method, path) of every route but the static files'; `public=False` leaves out what anybody may open."""
    with app.test_request_context():
        return [
            (method, app.url_for(rule.endpoint, **_values(rule)))
            for rule in _rules(app, public)
            for method in sorted((rule.methods or set()) & {"GET", "POST"})
        ]


def _rules(app: Flask, public: bool) -> Iterator[Rule]:
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static" and (public or told(app).permissions[rule.endpoint] != Permission.PUBLIC):
            yield rule


def _values(rule: Rule) -> dict[str, Any]:
    return {name: 1 if isinstance(rule._converters[name], IntegerConverter) else "x" for name in rule.arguments}
