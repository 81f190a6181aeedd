"""Chromium as the tests and the pictures use it: Debian's own, in a bare room, watched for every complaint."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, Response
from waitress.server import create_server

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # nothing outside is reached even if asked for
]
# `target-size` is WCAG 2.2 AA and off in axe by default; nothing of ours is preloaded, and connect-src forbids trying.
AXE_OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "preload": False,
    "rules": {"target-size": {"enabled": True}},
}
BREACHES = """addEventListener("securitypolicyviolation", breach =>
  console.error(`CSP: ${breach.effectiveDirective} forbids ${breach.blockedURI || breach.sample}`))"""


def executable() -> str | None:
    """Find Chromium, or None."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launch(playwright: Playwright, path: str) -> Browser:
    """Start Chromium; root cannot use its sandbox."""
    return playwright.chromium.launch(executable_path=path, args=FLAGS + ["--no-sandbox"] * (os.geteuid() == 0))


@contextmanager
def serving(app: Flask, listener: socket.socket) -> Iterator[None]:
    """Serve the app on the listening socket as it is served for real, in threads of this process."""
    server = create_server(app, sockets=[listener], threads=4, connection_limit=1000, asyncore_use_poll=True)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.close()
        thread.join(timeout=10)
        server.task_dispatcher.shutdown()


@dataclass
class Watch:
    """What the browser complained of while it looked at pages of one origin."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Watch every page of the context from now on."""
        context.add_init_script(BREACHES)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._request)
        context.on("response", self._response)
        context.on("requestfailed", self._failed)

    def _console(self, message: ConsoleMessage) -> None:
        # an answer such as 404 or 422 is told here too; `_response` knows which of them is a fault
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:", f"{self.origin}/")):
            self.complaints.append(f"leaves the house: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500 or (response.status >= 400 and not response.request.is_navigation_request()):
            self.complaints.append(f"{response.status}: {urlsplit(response.url).path}")

    def _failed(self, request: Request) -> None:
        reason = str(request.failure)
        if "ERR_ABORTED" not in reason:  # a download, or a page left before it was whole
            self.complaints.append(f"{reason}: {request.url}")


@cache
def axe_script() -> str:
    """Read axe out of its package."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")


def axe_findings(page: Page, *, colours: bool = True) -> list[str]:
    """Let axe look at the page; gives one line per place: rule, how grave, where, why."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe_script())
    options = {**AXE_OPTIONS, "rules": {**AXE_OPTIONS["rules"], "color-contrast": {"enabled": colours}}}
    result: dict[str, Any] = page.evaluate("options => axe.run(document, options)", options)
    return [
        f"{rule['id']} ({rule['impact']}) at {' '.join(map(str, node['target']))}: "
        + " ".join(check["message"] for check in node["any"] + node["all"] + node["none"])
        for rule in result["violations"]
        for node in rule["nodes"]
    ]
