"""What the templates of floor 0 need from Python: addresses of static files and the manner of a page."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import current_app, url_for

from isms.core.permissions import Actor, Role

STATIC = Path(__file__).resolve().parents[2] / "static"


def static_url(name: str) -> str:
    """Give the address of a static file with a hash of its content, so that it may be cached for ever."""
    return url_for("static", filename=name, v=_content_hash(name, current_app.debug))


def _content_hash(name: str, fresh: bool) -> str:
    return _hash_of(STATIC / name) if fresh else _hash_once(name)


@cache
def _hash_once(name: str) -> str:
    return _hash_of(STATIC / name)


def _hash_of(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:12]


def manner(actor: Actor | None) -> str:
    """Give the class of the page's body: dense for officers and auditors, roomy for the thumb of everyone else."""
    if actor is None:
        return "guest roomy"
    if actor.roles & {Role.OFFICER, Role.ADMINISTRATOR, Role.APPROVER}:
        return "officer"
    return "auditor" if Role.AUDITOR in actor.roles else "staff roomy"


def role_words(actor: Actor) -> str:
    """Name the roles of the actor for the header; plain staff is what everyone is."""
    named = [role for role in Role if role in actor.roles and role is not Role.STAFF]
    return "・".join(str(role.label) for role in named or [Role.STAFF])


GLOBALS: dict[str, Any] = {"static_url": static_url, "manner": manner, "role_words": role_words}
