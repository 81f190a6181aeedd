"""The pages of the trail in a real browser: both languages, wide and narrow, light and dark."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page

from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.people import cookies
from isms.people import rules as people_rules
from isms.trail import redactions, rules
from tests import factories
from tests.trail.visitors import visitor

NewContext = Callable[..., BrowserContext]


@pytest.fixture
def shown(house: Flask) -> list[tuple[str, str]]:
    """Fill the trail; give (token of a signed-in person, path) of every page."""
    officer = visitor(house, Role.OFFICER, name="架空 花子")
    approver = visitor(house, Role.APPROVER, name="架空 承認")
    now = clock.now()
    made = factories.person("架空 太郎", kana="カクウ タロウ", now=now - timedelta(days=3))
    department = factories.department("架空総務課")
    kept = {name: getattr(made, name) for name in ("number", "kana", "mail", "employment", "from_day")}
    people_rules.change_person(
        made.id, **kept, name="架空 次郎", to_day=None, by=CONSOLE, now=now, version=made.version
    )
    changed = rules.head_number()
    people_rules.place(
        made.id, department_id=department.id, position="主査", from_day=made.from_day, by=CONSOLE, now=now
    )
    redactions.propose_redaction(2, reason="病名が入っていた", by=factories.actor(made, now), now=now)
    redactions.propose_redaction(3, reason="病名が入っていた", by=factories.actor(made, now), now=now)
    redactions.confirm_redaction(3, by=CONSOLE, now=now)
    token = {b: b.cookie(cookies.SIGN_IN) or "" for b in (officer, approver)}
    of_officer = [
        "/trail",
        "/trail?actor=誰もいない&from=x",
        f"/trail/{changed}",
        "/trail/3",
        f"/trail/{changed}/redact",
    ]
    of_approver = ["/trail/redactions", "/trail/redactions/2"]
    return [(token[officer], path) for path in of_officer] + [(token[approver], path) for path in of_approver]


@pytest.mark.parametrize(
    ("language", "width", "scheme"),
    [("en", 1280, "dark")],  # test_every_page asks for the light ones
)
def test_every_page(
    shown: list[tuple[str, str]],
    new_context: NewContext,
    axe: Callable[[Page], None],
    origin: str,
    language: str,
    width: int,
    scheme: str,
) -> None:
    kind = {"language": language, "width": width, "scheme": scheme}
    for token, path in shown:
        context = new_context(**kind)
        context.add_cookies([{"name": cookies.SIGN_IN, "value": token, "url": origin}])
        page = context.new_page()
        page.goto(path + ("&" if "?" in path else "?") + f"lang={kind['language']}")
        axe(page)
        scrolls = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not scrolls, f"{path} scrolls sideways at {kind['width']} px"
