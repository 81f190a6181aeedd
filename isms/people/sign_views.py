"""Pages of signing in: password, second step, one-time links, sign-out. Whoever is half in reaches nothing else."""

from contextlib import suppress

from flask import Response, flash, g, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as WerkzeugResponse

from isms.core import clock, look, settings
from isms.core.errors import NotFound
from isms.core.nexturl import safe_next
from isms.core.permissions import Permission
from isms.core.web import Answer, Room
from isms.core.words import gettext
from isms.people import cookies, links, signin, totp
from isms.people.cookies import half_open, visitor
from isms.people.models import Person
from isms.people.sign_forms import CodeForm, EnrolForm, LinkForm, NewPasswordForm, RecoveryForm, SignInForm

room = Room("signin", __name__)

NEXT_STEP = {"code": "signin.code", "enrol": "signin.enrol"}


def destination() -> str:
    """Give where the sign-in leads: an own path out of `next`, else the first page."""
    return safe_next(request.args.get("next"), look.home())


def entered(result: signin.Entered) -> WerkzeugResponse:
    """Let the browser in and lead it on: to the missing step, or to where it wanted."""
    to = url_for(NEXT_STEP[result.missing], next=destination()) if result.missing else destination()
    return cookies.enter(redirect(to, 303), result.token, result.device)


@room.route("/sign-in", methods=["GET", "POST"], permission=Permission.PUBLIC)
def sign_in() -> Answer:
    """Ask for name and password."""
    if g.actor is not None:
        return redirect(destination(), 303)
    form = SignInForm()
    result = form.run(lambda: signin.sign_in(form.name.data, form.password.data, visitor(), now=clock.now()))
    if isinstance(result, signin.Entered):
        _leave()
        return entered(result)
    return {"form": form, "tries": settings.get("sign_in_tries")}


@room.route("/sign-in/code", methods=["GET", "POST"], permission=Permission.PUBLIC)
def code() -> Answer:
    """Ask for a code of the app."""
    half, form = half_open(), CodeForm()
    result = form.run(lambda: signin.give_code(half, form.code.data, visitor(), now=clock.now()))
    return entered(result) if isinstance(result, signin.Entered) else {"form": form, "next": destination()}


@room.route("/sign-in/recovery", methods=["GET", "POST"], permission=Permission.PUBLIC)
def recovery() -> Answer:
    """Ask for a recovery code in place of one of the app."""
    half, form = half_open(), RecoveryForm()
    result = form.run(lambda: signin.give_recovery_code(half, form.code.data, visitor(), now=clock.now()))
    return entered(result) if isinstance(result, signin.Entered) else {"form": form, "next": destination()}


@room.route("/sign-in/enrol", methods=["GET", "POST"], permission=Permission.PUBLIC)
def enrol() -> Answer:
    """Set the second step up, before anything else, for a role that asks for it."""
    half, form = half_open(), EnrolForm()
    secret = proposed_secret()
    done = form.run(lambda: signin.enrol(half, secret, form.code.data, visitor(), now=clock.now()))
    if isinstance(done, tuple):
        result, codes = done
        return cookies.enter(codes_shown(codes, destination()), result.token, result.device)
    return {"form": form, **proposal(half.person, secret)}


def proposed_secret() -> str:
    """Give the secret that is being proposed to this browser; it stands in its signed form cookie until confirmed."""
    secret: str = session.setdefault("totp", totp.new_secret())
    return secret


def proposal(person: Person, secret: str) -> dict[str, str]:
    """Give what the page of a proposed secret shows."""
    account = person.mail or person.number
    uri = totp.provisioning_uri(secret, account=account, issuer=settings.get("organisation_name") or "ISMS")
    return {"qr": totp.qr_image(uri), "secret": totp.spaced(secret)}


def codes_shown(codes: list[str], following: str) -> Response:
    """Show the recovery codes, this once."""
    session.pop("totp", None)
    return make_response(render_template("signin/codes.html", codes=codes, following=following))


def _leave() -> None:
    """End the sign-in that this browser still has, whole or half."""
    if g.sign_in is not None:
        with suppress(NotFound):  # somebody has ended it meanwhile
            signin.sign_out(g.sign_in, now=clock.now())


@room.route("/sign-out", methods=["POST"], permission=Permission.PUBLIC)
def sign_out() -> Answer:
    """End the sign-in of this browser."""
    _leave()
    session.clear()
    response = redirect(url_for("signin.signed_out"), 303)
    cookies.take(response, cookies.SIGN_IN)
    return response


@room.route("/signed-out", permission=Permission.PUBLIC)
def signed_out() -> Answer:
    """Say that the browser is signed out."""
    return redirect(look.home(), 303) if g.actor is not None else {}


# one-time links: the token is swapped for a short cookie, so that no address, history or log keeps it


@room.route("/l/<token>", permission=Permission.PUBLIC)
def link(token: str) -> Answer:
    """Take the token out of the address; nothing is used up."""
    response = redirect(url_for("signin.open_link"), 303)
    response.headers["Referrer-Policy"] = "no-referrer"
    cookies.give(response, cookies.LINK, token, cookies.LINK_SECONDS)
    return response


@room.route("/l", methods=["GET", "POST"], permission=Permission.PUBLIC)
def open_link() -> Answer:
    """Show whom the link is for; only the button uses it up."""
    token, now = cookies.read(cookies.LINK), clock.now()
    found = links.look(token, now)
    form: LinkForm | NewPasswordForm
    if found.purpose == "signin":
        form = LinkForm()
        result = form.run(lambda: signin.enter_by_link(token, visitor(), now=now))
    else:
        form = NewPasswordForm()
        result = form.run(lambda: signin.choose_password(token, form.password.data, visitor(), now=now))
    if not isinstance(result, signin.Entered):
        page = render_template("signin/open_link.html", form=form, link=found)
        return page, 422 if form.errors else 200
    _leave()
    response = entered(result)
    cookies.take(response, cookies.LINK)
    if found.purpose == "signin" and signin.missing_step(found.person, now) == "enrol":
        flash(gettext("あなたの役割には二段階認証が必要です。「自分の設定」で設定してください。"), "act")
    return response
