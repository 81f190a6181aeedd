"""The first page of an empty installation: behind the one-time link of the console, it makes the first officer."""

import secrets
from typing import Any

from flask import Flask, current_app, flash, redirect, url_for

from isms.core import clock
from isms.core.errors import NotFound
from isms.core.fields import Empty, Required, TextField
from isms.core.forms import Form
from isms.core.permissions import CONSOLE, Permission
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.people import links, rules
from isms.people.models import Person

room = Room("start", __name__)


class StartForm(Form):
    """The organisation and its first officer."""

    organisation = TextField(lazy_gettext("組織の名前"), [Required()], longest=100)
    name = TextField(lazy_gettext("あなたの氏名"), [Required()], longest=100)
    mail = TextField(lazy_gettext("メールアドレス"), [Required()], longest=254)
    number = TextField(lazy_gettext("職員番号"), [Empty()], longest=30)


def offer(app: Any, token: str) -> None:
    """Let the holder of the token begin; it lives as long as this process and until somebody has begun."""
    app.extensions["start_token"] = token


def _check(app: Flask, token: str) -> None:
    offered = app.extensions.get("start_token")
    if offered is None or not secrets.compare_digest(offered.encode(), token.encode()) or Person.select().exists():
        raise NotFound()


@room.route("/start/<token>", methods=["GET", "POST"], permission=Permission.PUBLIC)
def index(token: str) -> Answer:
    """Make the first officer, who is administrator too, and lead them to choose a password."""
    _check(current_app, token)
    form = StartForm()
    now = clock.now()
    first = form.run(lambda: rules.found(**form.values(), by=CONSOLE, now=now))
    if isinstance(first, Person):
        current_app.extensions.pop("start_token", None)
        flash(gettext("台帳を始めました。パスワードを決めてください。"))
        invitation = links.make_link(first, "invite", by=CONSOLE, now=now)
        return redirect(url_for("signin.link", token=invitation), 303)
    return {"form": form}
