"""The web gate: every request passes here, every route names its permission, every answer gets its headers.

A room's views are declared on a `Room`; a route without a permission stops the start.
"""

import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, g, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.routing import IntegerConverter, Map

from config import Config
from isms.core import look, once, words
from isms.core.database import STORAGE_ERRORS, db, form_key
from isms.core.error_pages import error_page
from isms.core.errors import DomainError
from isms.core.logs import log
from isms.core.menu import NavItem, nav_items
from isms.core.panels import Panel, panels
from isms.core.permissions import Actor, Permission

Answer = Any  # a dict for the template, or a response

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
SMALL_BODY = 1_000_000  # bytes; a route that takes files says `upload=`


@dataclass
class House:
    """What the assembly tells the gate about the rooms above it."""

    config: Config
    identify: Callable[[], Actor | None] = lambda: None
    sign_in_endpoint: str = ""
    nav: list[NavItem] = field(default_factory=list)
    permissions: dict[str, Permission] = field(default_factory=dict)
    uploads: dict[str, Callable[[], int]] = field(default_factory=dict)
    panels: dict[str, list[Panel]] = field(default_factory=dict)


class Room(Blueprint):
    """A blueprint whose every route names its permission; views return a dict for `templates/<room>/<view>.html`."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name)
        self.permissions: dict[str, Permission] = {}
        self.uploads: dict[str, Callable[[], int]] = {}
        self.nav: list[NavItem] = []
        self.panels: list[tuple[str, Panel]] = []
        self.answers: dict[Any, Any] = {}  # view -> what Flask calls: the same for all its addresses

    def route(self, rule: str, **options: Any) -> Callable[[Any], Any]:
        """Declare a route; `permission` is required, `upload` gives the largest body in bytes."""
        permission = options.pop("permission", None)
        upload = options.pop("upload", None)

        def declare(view: Callable[..., Answer]) -> Callable[..., Answer]:
            endpoint = f"{self.name}.{options.get('endpoint', view.__name__)}"
            if permission is not None:
                self.permissions[endpoint] = Permission(permission)
            if upload is not None:
                self.uploads[endpoint] = upload
            answer = self.answers.setdefault(view, _rendered(view, self.name))
            self.add_url_rule(rule, view_func=answer, **options)
            return view

        return declare

    def in_nav(self, label: Any, endpoint: str, permission: Permission, order: int, **more: Any) -> None:
        """Put a page of this room into the main menu."""
        self.nav.append(NavItem(label, f"{self.name}.{endpoint}", permission, order, **more))

    def panel(self, place: str, permission: Permission, order: int = 50) -> Callable[[Any], Any]:
        """Lay a part on a page of a room below; the function gives a dict for `templates/<room>/<name>.html` or None."""

        def declare(make: Callable[[Any], dict[str, Any] | None]) -> Callable[[Any], dict[str, Any] | None]:
            self.panels.append((place, Panel(f"{self.name}/{make.__name__}.html", permission, order, make)))
            return make

        return declare


def _rendered(view: Callable[..., Answer], room: str) -> Callable[..., Any]:
    @wraps(view)
    def answer(*args: Any, **kwargs: Any) -> Any:
        given = view(*args, **kwargs)
        if not isinstance(given, dict):
            return given
        status = 422 if request.method == "POST" and getattr(given.get("form"), "errors", None) else 200
        return render_template(f"{room}/{view.__name__}.html", **given), status

    return answer


def house(app: Flask | None = None) -> House:
    """Give what the assembly told the gate."""
    from flask import current_app

    return (app or current_app).extensions["house"]


def open_gate(app: Flask, config: Config, secret: bytes) -> House:
    """Configure the app and put the gate before every request."""
    told = app.extensions["house"] = House(config)
    once.forget()
    app.url_map.converters["int"] = _Number
    secure = config.behind_tls
    app.config.update(
        SECRET_KEY=secret,
        SESSION_COOKIE_NAME="__Host-isms_form" if secure else "isms_form",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_FORM_MEMORY_SIZE=SMALL_BODY,
        MAX_CONTENT_LENGTH=SMALL_BODY,
        TRUSTED_HOSTS=config.trusted_hosts,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the sign-in; a new one comes with every sign-in
        WTF_CSRF_SSL_STRICT=False,  # the gate compares Origin itself
        WTF_CSRF_CHECK_DEFAULT=False,  # the gate asks, after the permission
        ISMS=config,
    )
    csrf = CSRFProtect(app)
    app.before_request(_begin)
    app.before_request(lambda: _admit(told, csrf))
    app.after_request(_finish)
    app.teardown_request(_forget_form_key)
    for kind in (HTTPException, DomainError, Exception, *STORAGE_ERRORS):
        app.register_error_handler(kind, error_page)
    app.jinja_env.filters.update(look.FILTERS)
    app.jinja_env.globals.update(
        look.GLOBALS,
        nav_items=lambda: nav_items(told.nav),
        panels_at=lambda place, thing=None: panels(told.panels, place, thing),
        locale=words.locale,
    )
    return told


class _Number(IntegerConverter):
    """A number in an address that fits into a column of either engine; a greater one names nothing (attack 10)."""

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, max=2**31 - 1, **options)


def enter(app: Flask, room: Room) -> None:
    """Open a room: register its views and their permissions."""
    app.register_blueprint(room)
    told = house(app)
    told.permissions.update(room.permissions)
    told.uploads.update(room.uploads)
    told.nav.extend(room.nav)
    for place, panel in room.panels:
        told.panels.setdefault(place, []).append(panel)


def close_gate(app: Flask) -> None:
    """Check the whole: a route without a permission stops the start."""
    told = house(app)
    told.permissions["static"] = Permission.PUBLIC
    bare = sorted({rule.endpoint for rule in app.url_map.iter_rules()} - set(told.permissions))
    if bare:
        raise RuntimeError(f"routes without a permission: {', '.join(bare)}")
    told.nav.sort(key=lambda item: item.order)
    for laid in told.panels.values():
        laid.sort(key=lambda panel: panel.order)


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.began = time.perf_counter()
    g.actor = None
    form_key.set(None)
    words.speak(request.cookies.get("lang") or house().config.locale)


def _forget_form_key(_: BaseException | None) -> None:
    form_key.set(None)


def _admit(told: House, csrf: CSRFProtect) -> Any:
    endpoint = request.endpoint
    if endpoint is None:
        return None  # Flask answers 404 or 405
    upload = told.uploads.get(endpoint)
    if upload is not None and request.mimetype == "multipart/form-data":  # files go to the disk, all else to the memory
        request.max_content_length = upload()
    if endpoint == "static":
        return None
    db.connect(reuse_if_open=True)
    g.actor = told.identify()
    if g.actor is not None:
        words.speak(g.actor.locale)
        words.speak(request.cookies.get("lang", ""))  # what this browser was switched to counts before one's own
    if (chosen := request.args.get("lang")) in words.LOCALES:
        words.speak(str(chosen))
    refusal = _refusal(told, told.permissions[endpoint])
    if refusal is None and request.method not in {"GET", "HEAD", "OPTIONS"}:
        _check_origin()
        _check_names()
        csrf.protect()
        if key := request.form.get("form_key", "")[:64]:
            form_key.set(f"{g.actor.id if g.actor else 'guest'} {key}")
    return refusal


def _refusal(told: House, permission: Permission) -> Any:
    if permission == Permission.PUBLIC:
        return None
    if g.actor is None:
        if request.method == "GET":
            here = request.full_path if request.query_string else request.path
            return redirect(url_for(told.sign_in_endpoint, next=here), 303)
        return error_page(_Unsigned())
    if g.actor.has(permission):
        return None
    return error_page(_Refused(404 if request.view_args else 403))


class _Refused(DomainError):
    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class _Unsigned(DomainError):
    status = 401


def _check_names() -> None:
    """Refuse a part of a form without a name, which no browser sends (attack 45)."""
    if None in request.form or None in request.files:
        raise BadRequest()


def _check_origin() -> None:
    """Refuse a form that another site sent, whatever token it carries (attack 26)."""
    origin = request.headers.get("Origin")
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:
        raise CSRFError("cross-site")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise CSRFError("origin")


def _finish(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if house().config.behind_tls:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and response.status_code == 200:
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
        _keep_language(response)
        once.remember_answer(response)
    response.headers["X-Request-Id"] = g.get("request_id", "")
    _log(response)
    return response


def _keep_language(response: Response) -> None:
    if (chosen := request.args.get("lang")) in words.LOCALES:
        response.set_cookie(
            "lang", str(chosen), max_age=31536000, samesite="Lax", httponly=True, secure=house().config.behind_tls
        )


def _log(response: Response) -> None:
    rule = request.url_rule.rule if request.url_rule else None
    log.info(
        "request",
        id=g.get("request_id"),
        method=request.method,
        path=rule if rule and "token" in rule else request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
        actor=g.actor.id if g.get("actor") else None,
    )


def read_secret(data: Path) -> bytes:
    """Give the installation's signing key, made once with mode 0600 in the data folder."""
    path = data / "secret.key"
    try:
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_hex(32))
    except FileExistsError:
        pass
    text = path.read_text().strip()
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ValueError(f"{path} is damaged: remove it, everyone signs in again")
    return bytes.fromhex(text)


room = Room("core", __name__)


@room.route("/", permission=Permission.SIGNED_IN)
def home() -> Answer:
    """Lead to the first page of the person's own menu."""
    return redirect(nav_items(house().nav)[0]["href"])


@room.route("/health", permission=Permission.PUBLIC)
def health() -> Answer:
    """Tell a watchdog that the app and its database answer."""
    db.execute_sql("SELECT 1")
    return Response("ok\n", mimetype="text/plain")
