"""Addresses of every route of the house, with made-up values: for what must hold everywhere, whatever is asked for."""

from collections.abc import Iterator
from typing import Any

from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter, Rule

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
    return {name: _value(converter) for name, converter in rule._converters.items()}


def _value(converter: Any) -> Any:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return 1 if isinstance(converter, IntegerConverter) else "x"
