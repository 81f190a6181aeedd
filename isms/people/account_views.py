"""The administrator's pages: who can sign in and how, invitations, roles."""

from typing import Any

from flask import flash, g, redirect, render_template, url_for
from peewee import JOIN

from isms.core import clock, settings
from isms.core.errors import NotFound
from isms.core.permissions import Permission, Role
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains
from isms.core.web import Answer, Room, house
from isms.core.words import gettext, lazy_gettext
from isms.people import accounts, limits, links, rules, sessions
from isms.people.account_forms import RoleForm
from isms.people.models import Account, Person
from isms.people.roster import on_day

room = Room("accounts", __name__)
room.in_nav(
    lazy_gettext("アカウント"),
    "index",
    Permission.ACCOUNTS_EDIT,
    810,
    aside=lambda: g.actor.has(Permission.CONTROLS_READ),  # the daily work of whoever only administers
)

EDIT = Permission.ACCOUNTS_EDIT
STATES = {
    "none": (lazy_gettext("未招待"), Account.password_hash.is_null()),
    "password": (lazy_gettext("パスワードだけ"), Account.password_hash.is_null(False) & Account.totp_secret.is_null()),
    "totp": (lazy_gettext("二段階認証あり"), Account.totp_secret.is_null(False)),
}


def _state(person: Any) -> Any:
    account = getattr(person, "account", None)
    if account is None or account.password_hash is None:
        return STATES["none"][0]
    return STATES["totp" if account.totp_secret else "password"][0]


def _add_roles(people: list[Any]) -> None:
    given = accounts.roles_of([person.id for person in people], clock.now())
    for person in people:
        person.given = "・".join(str(role.label) for role in given.get(person.id, []))


ACCOUNTS = Table(
    "accounts",
    lazy_gettext("アカウント"),
    [
        Column("number", lazy_gettext("職員番号"), expr=Person.number, nowrap=True),
        Column("name", lazy_gettext("氏名"), expr=Person.name, nowrap=True),
        Column("given", lazy_gettext("与えられた役割")),
        Column("state", lazy_gettext("ログインの方法"), _state),
        Column("mail", lazy_gettext("メールアドレス"), expr=Person.mail),
    ],
    default_sort="number",
    filters=[
        Filter(
            "q",
            lazy_gettext("番号・氏名"),
            lambda q, text: q.where(
                contains(Person.number, text) | contains(Person.name, text) | contains(Person.kana, text)
            ),
        ),
        Filter(
            "state",
            lazy_gettext("ログインの方法"),
            lambda q, value: q.where(STATES[value][1]),
            kind="select",
            choices=lambda: [(key, label) for key, (label, _) in STATES.items()],
        ),
    ],
    row_href=lambda person: url_for("accounts.person", person_id=person.id),
    prefetch=_add_roles,
    empty=(lazy_gettext("まだ職員がいません"), lazy_gettext("職員を登録すると、ここから招待できます。")),
)


@room.route("/accounts", permission=EDIT)
def index() -> Answer:
    """List the people of today and how they sign in."""
    today = settings.today(clock.now())
    query = Person.select(Person, Account).join(Account, JOIN.LEFT_OUTER, attr="account").where(on_day(Person, today))
    return ACCOUNTS.answer(query)


@room.route("/accounts/<int:person_id>", permission=EDIT)
def person(person_id: int) -> Answer:
    """Show a person's account."""
    return _page(person_id, RoleForm())


def _page(person_id: int, form: RoleForm) -> dict[str, Any]:
    now = clock.now()
    seen, account = rules.get_person(person_id), accounts.find_account(person_id)
    return {
        "person": seen,
        "present": sessions.is_present(seen, now),
        "has_password": account is not None and account.password_hash is not None,
        "has_totp": account is not None and account.totp_secret is not None,
        "roles": accounts.roles_of([person_id], now).get(person_id, []),
        "sessions": sessions.living(person_id, now),
        "form": form,
    }


def _back(person_id: int, message: str) -> Any:
    flash(message)
    return redirect(url_for("accounts.person", person_id=person_id), 303)


@room.route("/accounts/<int:person_id>/link", methods=["POST"], permission=EDIT)
def make_link(person_id: int) -> Answer:
    """Make an invitation, or a reset for somebody who has a password, and show it this once."""
    seen, account, now = rules.get_person(person_id), accounts.find_account(person_id), clock.now()
    purpose = "reset" if account is not None and account.password_hash else "invite"
    token = links.make_link(seen, purpose, by=g.actor, now=now)
    # from the setting, never from the request: a Host header must not lead anybody elsewhere
    address = house().config.base_url + url_for("signin.link", token=token)
    return render_template(
        "accounts/link.html", person=seen, purpose=purpose, address=address, until=now + limits.link_life(purpose)
    )


@room.route("/accounts/<int:person_id>/totp/remove", methods=["POST"], permission=EDIT)
def remove_totp(person_id: int) -> Answer:
    """Switch a person's second step off: the telephone was lost."""
    seen = rules.get_person(person_id)
    accounts.remove_totp(person_id, by=g.actor, now=clock.now())
    return _back(person_id, gettext("%(name)sさんの二段階認証を外しました。", name=seen.name))


@room.route("/accounts/<int:person_id>/sessions/end", methods=["POST"], permission=EDIT)
def end_sessions(person_id: int) -> Answer:
    """Sign a person out everywhere."""
    seen = rules.get_person(person_id)
    sessions.end_all(person_id, by=g.actor, now=clock.now())
    return _back(person_id, gettext("%(name)sさんをすべてのブラウザーからログアウトしました。", name=seen.name))


@room.route("/accounts/<int:person_id>/roles", methods=["POST"], permission=EDIT)
def grant_role(person_id: int) -> Answer:
    """Give a person a role."""
    seen, form = rules.get_person(person_id), RoleForm()
    if form.run(lambda: accounts.grant_role(person_id, form.role.data, by=g.actor, now=clock.now())):
        return _back(person_id, gettext("%(name)sさんに役割を与えました。", name=seen.name))
    return render_template("accounts/person.html", **_page(person_id, form)), 422


@room.route("/accounts/<int:person_id>/roles/<role>/end", methods=["POST"], permission=EDIT)
def end_role(person_id: int, role: str) -> Answer:
    """Take a role from a person."""
    if role not in set(Role):
        raise NotFound()
    seen = rules.get_person(person_id)
    accounts.end_role(person_id, Role(role), by=g.actor, now=clock.now())
    return _back(person_id, gettext("%(name)sさんの役割を外しました。", name=seen.name))
