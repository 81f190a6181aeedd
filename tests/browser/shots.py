"""Take a picture of every page of the example federation: `python -m tests.browser.shots [PATH …]`.

Japanese and English, 1280 and 360 px, light and dark, into build/shots/<language>-<width>-<scheme>/. The pages come
from the routes: every GET route, each as the first role that may open it; ids are those that the demo has.
"""

import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from config import ROOT, Config
from isms import create_app, demo
from isms.core import clock
from isms.core.permissions import CONSOLE, POLICY, Permission, Role
from isms.core.web import house
from isms.people import links, roster
from tests.browser import chromium

OUT = ROOT / "build" / "shots"
KINDS = list(product(("ja", "en"), (1280, 360), ("light", "dark")))
# who opens what everybody may open, in this order of what they see most of
ROLES = (Role.OFFICER, Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR, Role.HEAD, Role.STAFF)
LEFT_OUT = {"static", "core.health", "core.home"}


def main(wanted: list[str]) -> int:
    """Take the pictures; gives the exit status."""
    path = chromium.executable()
    if path is None:
        print("no Chromium: sudo apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = replace(Config(), data=Path(folder), base_url=origin)
        demo.build(config)
        app = create_app(config)
        pages = [page for page in pages_of(app) if not wanted or page[0] in wanted]
        with chromium.serving(app, listener), sync_playwright() as playwright:
            browser = chromium.launch(playwright, path)
            for kind in KINDS:
                take(browser, origin, pages, *kind)
            browser.close()
    print(f"{len(pages)} pages, {len(KINDS)} pictures each, in {OUT.relative_to(ROOT)}")
    return 0


def pages_of(app: Flask) -> list[tuple[str, Role | None]]:
    """Give the address of every page and who opens it; None is somebody signed out."""
    told = house(app)
    found = {}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in LEFT_OUT:
                continue
            role = opener(told.permissions[rule.endpoint])
            for address in addresses(rule):
                found[address] = role
    return sorted(found.items())


def opener(permission: Permission) -> Role | None:
    """Give the first role that has the permission."""
    if permission is Permission.PUBLIC:
        return None
    return next(role for role in ROLES if role in POLICY[permission])


def addresses(rule: Any) -> Iterator[str]:
    """Give the address of a rule, with the first thing of the demo where it asks for one."""
    values = {name: FIRST.get(name, "1") for name in rule.arguments}
    if not {"token"} & set(values):
        address = rule.rule
        for name, value in values.items():
            kind = next(part for part in address.split("<")[1:] if part.split(">")[0].endswith(name)).split(">")[0]
            address = address.replace(f"<{kind}>", value)
        yield address


FIRST = {"edition": "iso27001-2022", "edition_id": "iso27001-2022", "key": "A.5.1", "name": "organisation_name"}


def take(
    browser: Browser, origin: str, pages: list[tuple[str, Role | None]], language: str, width: int, scheme: Any
) -> None:
    """Take one kind of picture of all pages."""
    folder = OUT / f"{language}-{width}-{scheme}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for role in {role for _, role in pages}:
        context = browser.new_context(
            base_url=origin, viewport={"width": width, "height": 800}, color_scheme=scheme, timezone_id="Asia/Tokyo"
        )
        page = context.new_page()
        if role is not None:
            person = roster.get_person_by_role(role, clock.now())
            page.goto(f"/l/{links.make_link(person, 'signin', by=CONSOLE, now=clock.now())}")
            page.click("main button")
        for address in [one for one, opener in pages if opener is role]:
            answer = page.goto(f"{address}?lang={language}")
            if answer is None or "text/html" not in answer.headers.get("content-type", ""):
                continue
            name = address.strip("/").replace("/", "_") or "home"
            page.screenshot(path=folder / f"{name}.png", full_page=True)
        context.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
