"""Imports point down; rules know no web; the environment is read in one place."""

import ast
import re
from collections.abc import Collection

import pytest

from config import ROOT
from tests.laws import sources
from tests.laws.sources import ASSEMBLY, Source

WEB = {"views", "forms", "cookies", "previews"}  # last word of the modules of a room that stand before the web
ROOMS_OWN = {"views", "forms", "cookies"}  # those that no other room may import
WEB_PACKAGES = {"flask", "flask_wtf", "flask_babel", "wtforms", "werkzeug", "markupsafe", "jinja2"}
WEB_HELPERS = {f"isms.core.{name}" for name in ("web", "forms", "fields", "tables")}  # look: documents too


def floors() -> dict[str, int]:
    """Read the table of floors in docs/developers.md: room -> floor."""
    text = (ROOT / "docs/developers.md").read_text("utf-8")
    rows = re.findall(r"(?m)^\| (\d+) \| (.+) \|$", text)
    given = {room: int(floor) for floor, names in rows for room in re.findall(r"`([a-z]+)`", names)}
    return given | {ASSEMBLY: max(int(floor) for floor, _ in rows)}


def is_web(module: str, kinds: Collection[str] = WEB) -> bool:
    return module.split(".")[-1].split("_")[-1] in kinds


def points_up(code: list[Source], floor: dict[str, int]) -> list[str]:
    """Name the imports that do not point down, and the rooms that stand on no floor."""
    found = [f"{one.path}: the room stands on no floor" for one in code if one.room not in floor]
    for one in code:
        for node, name in sources.imports(one, set(floor)):
            room = sources.room_of(name)
            if name.split(".")[0] != "isms" or room == one.room:
                continue
            if floor.get(room, 99) >= floor.get(one.room, -1):
                found.append(f"{one.at(node)}: {one.room} imports {name}")
            elif one.room != ASSEMBLY and room != "core" and is_web(name, ROOMS_OWN):
                found.append(f"{one.at(node)}: another room's {name}")
    return found


def knows_web(code: list[Source], rooms: set[str]) -> list[str]:
    """Name the rules and models that import what belongs to the web."""
    found = []
    for one in code:
        if one.room in {"core", ASSEMBLY} or is_web(one.module):
            continue
        for node, name in sources.imports(one, rooms):
            package = name.split(".")[0]
            near = name.startswith(f"isms.{one.room}.") and is_web(name)
            if package in WEB_PACKAGES or name in WEB_HELPERS or near:
                found.append(f"{one.at(node)}: {name}")
    return found


def reads_environment(code: list[Source]) -> list[str]:
    """Name the places that read the environment."""
    found = []
    for one in code:
        for node in ast.walk(one.tree):
            names = [sources.called(node)] if isinstance(node, ast.Attribute) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [f"{one.at(node)}: {name}" for name in names if re.fullmatch(r"os\.(environ|getenv)b?", name)]
    return found


FLOORS = floors()


def test_imports_point_down() -> None:
    assert points_up([*sources.house()], FLOORS) == []


def test_rules_know_no_web() -> None:
    assert knows_web([*sources.house()], set(FLOORS)) == []


def test_only_config_reads_the_environment() -> None:
    assert reads_environment([*sources.house()]) == []
    assert reads_environment([Source("config.py", (ROOT / "config.py").read_text("utf-8"))]) != []


def test_the_table_of_floors_was_read() -> None:
    assert (FLOORS["core"], FLOORS["trail"], FLOORS["people"], FLOORS[ASSEMBLY]) == (0, 1, 2, 10)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("isms/trail/rules.py", "from isms.people import rules"),
        ("isms/trail/rules.py", "from isms.people.models import Person"),
        ("isms/core/web.py", "def late():\n    import isms.trail"),
        ("isms/audits/rules.py", "from isms.drills.rules import close"),
        ("isms/people/rules.py", "from isms import open_house"),
        ("isms/people/rules.py", "from isms import backup"),
        ("isms/people/rules.py", "from .. import cli"),
        ("isms/evidence/views.py", "from isms.people.sign_views import room"),
        ("isms/evidence/views.py", "from isms.people import forms"),
        ("isms/nowhere/rules.py", ""),
    ],
)
def test_an_import_that_does_not_point_down_is_found(path: str, text: str) -> None:
    assert len(points_up([Source(path, text)], FLOORS)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from isms import trail",
        "from isms.core import clock",
        "from isms.people import views, forms",
        "from config import Config",
        "import json",
    ],
)
def test_an_import_that_points_down_is_none(text: str) -> None:
    assert points_up([Source("isms/people/views.py", text)], FLOORS) == []


@pytest.mark.parametrize(
    "text",
    [
        "from flask import g",
        "def late():\n    import flask",
        "from isms.core.tables import Table",
        "from isms.core import web",
        "from isms.people.forms import PersonForm",
    ],
)
def test_web_in_a_rule_is_found(text: str) -> None:
    assert len(knows_web([Source("isms/people/rules.py", text)], set(FLOORS))) == 1


@pytest.mark.parametrize("text", ["import os\nos.environ['X']", "from os import getenv", "import os\nos.getenv('X')"])
def test_reading_the_environment_is_found(text: str) -> None:
    assert len(reads_environment([Source("isms/cli.py", text)])) == 1
