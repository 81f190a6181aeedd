"""One's own account: password, second step, language, and the browsers that are signed in."""

from typing import Any

from flask import flash, g, redirect, url_for

from isms.core import clock
from isms.core.permissions import Permission
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.people import accounts, cookies, limits, rules, sessions, signin
from isms.people.cookies import visitor
from isms.people.sign_forms import ChangePasswordForm, CurrentPasswordForm, LanguageForm, OwnEnrolForm
from isms.people.sign_views import codes_shown, proposal, proposed_secret

room = Room("account", __name__)
room.in_nav(
    lazy_gettext("自分の設定"),
    "own",
    Permission.ACCOUNT_OWN,
    900,
    aside=True,
    shown=lambda: not g.actor.has(Permission.CONTROLS_READ),  # a full menu has no room; the name above it leads there
)

OWN = Permission.ACCOUNT_OWN


def _back(message: str) -> Any:
    flash(message)
    return redirect(url_for("account.own"), 303)


@room.route("/account", permission=OWN)
def own() -> Answer:
    """Show how one signs in and where one is signed in."""
    person_id, now = g.actor.person_id, clock.now()
    account = accounts.find_account(person_id)
    return {
        "person": g.sign_in.person,
        "has_password": account is not None and account.password_hash is not None,
        "has_totp": account is not None and account.totp_secret is not None,
        "must_totp": limits.totp_required(g.actor.roles),
        "codes_left": accounts.recovery_codes_left(person_id),
        "sessions": sessions.living(person_id, now),
        "this": g.sign_in.id,
        "language": LanguageForm(locale=g.actor.locale),
    }


@room.route("/account/password", methods=["GET", "POST"], permission=OWN)
def password() -> Answer:
    """Change the password; other browsers are signed out."""
    form = ChangePasswordForm()
    done = form.run(
        lambda: signin.change_password(g.sign_in, form.current.data, form.password.data, visitor(), now=clock.now())
    )
    if not done:
        return {"form": form, "person": g.sign_in.person}
    response = _back(gettext("パスワードを変更しました。ほかのブラウザーはログアウトしました。"))
    if isinstance(done, str):
        cookies.give(response, cookies.DEVICE, done, cookies.DEVICE_SECONDS)
    return response


@room.route("/account/totp", methods=["GET", "POST"], permission=OWN)
def totp() -> Answer:
    """Set the second step up."""
    form, secret, person = OwnEnrolForm(), proposed_secret(), g.sign_in.person
    if signin.missing_step(person, clock.now()) == "code":
        return redirect(url_for("account.own"), 303)  # it stands already

    def enrol() -> list[str]:
        now = clock.now()
        signin.prove(person, form.current.data, visitor(), now=now)
        return accounts.enrol_totp(person.id, secret, form.code.data, by=g.actor, now=now, session_id=g.sign_in.id)

    codes = form.run(enrol)
    if isinstance(codes, list):
        return codes_shown(codes, url_for("account.own"))
    return {"form": form, **proposal(person, secret)}


@room.route("/account/totp/remove", methods=["GET", "POST"], permission=OWN)
def remove_totp() -> Answer:
    """Switch the second step off, when no role asks for it."""
    form, person = CurrentPasswordForm(), g.sign_in.person

    def remove() -> None:
        now = clock.now()
        signin.prove(person, form.current.data, visitor(), now=now)
        accounts.remove_totp(person.id, by=g.actor, now=now, session_id=g.sign_in.id)

    if form.run(remove):
        return _back(gettext("二段階認証を外しました。ほかのブラウザーはログアウトしました。"))
    return {"form": form}


@room.route("/account/recovery", methods=["GET", "POST"], permission=OWN)
def recovery() -> Answer:
    """Make new recovery codes; the old ones are void."""
    form, person = CurrentPasswordForm(), g.sign_in.person

    def renew() -> list[str]:
        now = clock.now()
        signin.prove(person, form.current.data, visitor(), now=now)
        return accounts.renew_recovery_codes(person.id, by=g.actor, now=now)

    codes = form.run(renew)
    return codes_shown(codes, url_for("account.own")) if isinstance(codes, list) else {"form": form}


@room.route("/account/language", methods=["POST"], permission=OWN)
def language() -> Answer:
    """Choose the language of one's pages."""
    form = LanguageForm()
    if form.run(lambda: rules.change_person(g.actor.person_id, locale=form.locale.data, by=g.actor, now=clock.now())):
        answer = _back(gettext("画面の言語を変更しました。"))
        answer.delete_cookie("lang")  # what this browser was switched to no longer counts
        return answer
    return redirect(url_for("account.own"), 303)


@room.route("/account/sessions/<int:session_id>/end", methods=["POST"], permission=OWN)
def end_session(session_id: int) -> Answer:
    """Sign one of one's browsers out."""
    sessions.end(session_id, person_id=g.actor.person_id, by=g.actor, now=clock.now())
    return _back(gettext("そのブラウザーをログアウトしました。"))


@room.route("/account/sessions/end", methods=["POST"], permission=OWN)
def end_others() -> Answer:
    """Sign all of one's other browsers out."""
    sessions.end_all(g.actor.person_id, by=g.actor, now=clock.now(), keep=g.sign_in.id)
    return _back(gettext("ほかのブラウザーをすべてログアウトしました。"))
