"""A real Chromium in front of a real server, on SQLite.

    def test_a_page(house, visit):
        page = visit("/people", language="en", width=360, scheme="dark")

A test fails on whatever the browser complains of: a breach of the content security policy, an error in a script, a
part of a page that is missing, a request that would leave this machine. `axe(page)` adds what accessibility asks for.
"""

import os
import socket
from collections.abc import Callable, Iterable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from config import Config
from tests.browser import chromium
from tests.engines import NewInstallation

NewContext = Callable[..., BrowserContext]
Visit = Callable[..., Page]


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    """Run Chromium; without one skip, or fail when REQUIRE_BROWSER=1."""
    path = chromium.executable()
    if path is None:
        missing = "no Chromium: sudo apt-get install chromium fonts-noto-cjk"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, path)
        yield browser
        browser.close()


@pytest.fixture
def engine() -> str:
    """Keep to one engine: what a browser sees does not depend on it."""
    return "sqlite"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Hold a free port on the loopback address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def origin(listener: socket.socket) -> str:
    """Give the address at which the house is served."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def config(engine: str, new_installation: NewInstallation, origin: str) -> Config:
    """Give the settings of an empty installation that is served at `origin`."""
    return new_installation(engine, base_url=origin)


@pytest.fixture
def new_context(chrome: Browser, house: Flask, listener: socket.socket, origin: str) -> Iterator[NewContext]:
    """Give a maker of browsers (cookies of their own) before the served house; complaints fail the test at its end."""
    watch = chromium.Watch(origin)
    contexts: list[BrowserContext] = []

    def make(
        *,
        language: str = "ja",
        width: int = 1280,
        scheme: str = "light",
        scripts: bool = True,
        touch: bool = False,
        forgiven: Iterable[str] = (),
    ) -> BrowserContext:
        """Make a browser; complaints that hold what is `forgiven` belong to the test."""
        context = chrome.new_context(
            base_url=origin,
            locale={"ja": "ja-JP", "en": "en-GB"}[language],
            timezone_id="Asia/Tokyo",
            viewport={"width": width, "height": 800},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce",
        )
        context.set_default_timeout(10_000)
        watch.over(context)
        watch.forgiven += forgiven
        if language != "ja":
            context.add_cookies([{"name": "lang", "value": language, "url": origin}])
        contexts.append(context)
        return context

    with chromium.serving(house, listener):
        yield make
        for context in contexts:
            context.close()
    found = [one for one in watch.complaints if not any(known in one for known in watch.forgiven)]
    assert not found, "the browser complained:\n" + "\n".join(found)


@pytest.fixture
def visit(new_context: NewContext) -> Visit:
    """Open a path in a browser of its own: `visit("/", language="en", width=360, scheme="dark", scripts=False)`."""

    def go(path: str, **kind: object) -> Page:
        page = new_context(**kind).new_page()
        page.goto(path)
        return page

    return go


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail when axe finds anything on the page."""

    def check(page: Page) -> None:
        found = chromium.axe_findings(page)
        assert not found, f"axe at {page.url}:\n" + "\n".join(found)

    return check
