"""Serving the pages by waitress, with the runner in the process, until somebody stops it."""

import ctypes
import logging
import secrets
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import waitress

from config import Config
from isms import create_app, load_rooms, open_house, runner
from isms.core import clock, schema
from isms.core.database import db
from isms.core.logs import log
from isms.core.occupancy import shared
from isms.core.permissions import CONSOLE, Role
from isms.core.words import gettext
from isms.people import links, roster
from isms.people.models import Person
from isms.trail import verify

ARENA_MAX = -8  # of glibc's mallopt
LARGEST_BODY = 200_000_000  # bytes; each route's own limit is lower


def serve(config: Config, roles: Sequence[Role] = ()) -> None:
    """Serve until interrupted. An empty installation gets its schema and prints how to begin; `roles` get links."""
    _share_memory()
    with shared(config.data):
        open_house(config)
        load_rooms()
        if schema.is_empty():
            schema.migrate()
        app = create_app(config)
        _check_tail()
        _print_links(app, config, roles)
        db.close()
        scheduler = runner.start(config)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        try:
            waitress.serve(app, **waitress_options(config))
        finally:
            scheduler.shutdown(wait=False)


def _share_memory() -> None:
    """Let all threads take memory from two places: else each keeps what it once needed (glibc; elsewhere nothing)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(ARENA_MAX, 2)


def waitress_options(config: Config) -> dict[str, Any]:
    """Give waitress its limits: 1,000 connections by poll, so that slow clients shut nobody out (attack 60)."""
    options: dict[str, Any] = {
        "host": config.host,
        "port": config.port,
        "threads": config.threads,
        "connection_limit": 1000,
        "asyncore_use_poll": True,
        "channel_timeout": 60,
        "max_request_body_size": LARGEST_BODY,
        "ident": None,
        "clear_untrusted_proxy_headers": True,
    }
    if config.behind_tls:
        options |= {
            "trusted_proxy": config.tls_proxy,
            "trusted_proxy_count": 1,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        }
    return options


def _check_tail() -> None:
    damages = list(verify.verify(tail_only=True))
    for damage in damages:
        log.error("trail damaged", entry=damage.no, reason=damage.reason)
        print(gettext("警告: 操作記録が壊れています。%(damage)s", damage=damage), file=sys.stderr)


def _print_links(app: object, config: Config, roles: Sequence[Role]) -> None:
    now = clock.now()
    if not Person.select().exists():
        from isms.people import start_views

        token = secrets.token_urlsafe(32)
        start_views.offer(app, token)
        print(gettext("次のリンクを開いて、最初の事務局員を登録してください。"))
        print(f"{config.base_url}/start/{token}", flush=True)
    for role in roles:
        person = roster.get_person_by_role(role, now)
        token = links.make_link(person, "signin", by=CONSOLE, now=now)
        print(f"{role.value:14} {config.base_url}/l/{token}  {role.label} {person.name}")
    print(gettext("%(url)s で待っています（止めるには Ctrl+C）。", url=config.base_url), flush=True)
