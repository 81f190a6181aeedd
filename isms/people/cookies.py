"""The browser's side of a sign-in: which cookies it holds, and what it says about itself.

Behind TLS every cookie is Secure and `__Host-`, so that no other host of the domain can set or read it.
"""

from flask import g, request, session
from werkzeug.wrappers import Response

from isms.core import clock
from isms.core.permissions import Actor
from isms.core.web import house
from isms.people import sessions
from isms.people.actors import actor_of
from isms.people.models import SignInSession
from isms.people.sessions import SignInAgain, Visitor

SIGN_IN = "isms"
DEVICE = "isms_device"
LINK = "isms_link"
LINK_SECONDS = 600
DEVICE_SECONDS = 365 * 86400


def identify() -> Actor | None:
    """Give the actor of the request's sign-in, or None; a half-open one stands in `g.sign_in` but is nobody yet."""
    g.sign_in = None
    token = read(SIGN_IN)
    if not token:
        return None
    now = clock.now()
    g.sign_in = found = sessions.identify(token, now)
    if found is None or not found.whole:
        return None
    sessions.touch(found, now)
    return actor_of(found.person, now)


def half_open() -> SignInSession:
    """Give the sign-in whose second step is missing; raises SignInAgain."""
    found: SignInSession | None = g.sign_in
    if found is None or found.whole:
        raise SignInAgain()
    return found


def visitor() -> Visitor:
    """Describe the browser that asks. The address is that of the connection; waitress sets it from a trusted proxy."""
    agent = "".join(letter for letter in request.user_agent.string if letter.isprintable())
    return Visitor(request.remote_addr or "", agent, read(DEVICE))


def read(name: str) -> str:
    """Give a cookie of ours, or an empty text."""
    return request.cookies.get(_full(name), "")[:200]


def give(response: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie of ours; without seconds it goes with the browser's window."""
    secure = house().config.behind_tls
    response.set_cookie(_full(name), value, max_age=seconds, path="/", secure=secure, httponly=True, samesite="Lax")


def take(response: Response, name: str) -> None:
    """Remove a cookie of ours."""
    secure = house().config.behind_tls
    response.delete_cookie(_full(name), path="/", secure=secure, httponly=True, samesite="Lax")


def enter(response: Response, token: str, device: str | None) -> Response:
    """Let the browser in: the token of its sign-in, and a new form session, so that older form tokens are void."""
    session.clear()
    give(response, SIGN_IN, token)
    if device:
        give(response, DEVICE, device, DEVICE_SECONDS)
    return response


def _full(name: str) -> str:
    return f"__Host-{name}" if house().config.behind_tls else name
