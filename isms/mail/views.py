"""Pages of the outbox: what is to be sent, what went, what did not; and what stands about it on other pages."""

from typing import Any

from flask import flash, g, redirect, url_for

from isms import trail
from isms.core import clock
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.text import contains
from isms.core.web import Answer, Room
from isms.core.words import gettext, lazy_gettext
from isms.mail import links, rules, transport
from isms.mail.models import Mail
from isms.mail.words import HINTS, KINDS, REASONS, STATES
from isms.people.models import Person

room = Room("mail", __name__)
room.in_nav(lazy_gettext("送信箱"), "index", P.MAIL_READ, 830, aside=True)

trail.show("mail", lambda i: url_for("mail.mail", mail_id=i) if g.actor.has(P.MAIL_READ) else None)

TROUBLED = ("refused", "unknown", "bounced")  # somebody has to look
links_are_carried = links.mail_link  # loading the pages is what makes links travel by mail

MAILS = Table(
    "mails",
    lazy_gettext("送信箱"),
    [
        Column("made_at", lazy_gettext("作った日時"), expr=Mail.made_at, nowrap=True),
        Column("state", lazy_gettext("状態"), lambda m: STATES[m.state], expr=Mail.state, nowrap=True),
        Column("kind", lazy_gettext("種類"), lambda m: KINDS[m.kind], expr=Mail.kind, nowrap=True),
        Column("name", lazy_gettext("氏名"), lambda m: m.person.name if m.person else "", nowrap=True),
        Column("address", lazy_gettext("宛先"), expr=Mail.address),
        Column("subject", lazy_gettext("件名"), expr=Mail.subject),
        Column("tries", lazy_gettext("送った回数"), expr=Mail.tries, numeric=True),
        Column("ended_at", lazy_gettext("終わった日時"), expr=Mail.ended_at, hidden=True),
        Column("answer", lazy_gettext("サーバーの返事"), hidden=True),
    ],
    default_sort="-made_at",
    filters=[
        Filter(
            "q",
            lazy_gettext("氏名・宛先・件名"),
            lambda q, text: q.where(
                contains(Person.name, text) | contains(Mail.address, text) | contains(Mail.subject, text)
            ),
        ),
        Filter(
            "state",
            lazy_gettext("状態"),
            lambda q, value: q.where(Mail.state == value),
            kind="select",
            choices=list(STATES.items()),
        ),
        Filter(
            "kind",
            lazy_gettext("種類"),
            lambda q, value: q.where(Mail.kind == value),
            kind="select",
            choices=list(KINDS.items()),
        ),
    ],
    row_href=lambda m: url_for("mail.mail", mail_id=m.id),
    row_class=lambda m: "bad" if m.state in TROUBLED else "",
    empty=(
        lazy_gettext("メールはまだありません"),
        lazy_gettext("毎日のまとめや至急のお知らせが、ここから送られます。"),
    ),
)


@room.route("/mail", permission=P.MAIL_READ)
def index() -> Answer:
    """List all mails, the newest first."""
    return MAILS.answer(rules.outbox(), **_server())


def _server() -> dict[str, Any]:
    """Tell how it stands with the mail server: whether there is one, and what it last refused all mails with."""
    held = Mail.select().where(Mail.state == "waiting", Mail.reason == "server").order_by(Mail.id).first()
    return {"has_server": transport.is_set(), "held": held}


@room.route("/mail/<int:mail_id>", permission=P.MAIL_READ)
def mail(mail_id: int) -> Answer:
    """Show one mail: to whom, what it says, what became of it."""
    seen = rules.get_mail(mail_id)
    may_edit = g.actor.has(P.MAIL_EDIT)
    waits = seen.state == "waiting" and transport.is_set() and seen.next_at > clock.now()
    return {
        "mail": seen,
        "sender": transport.config().smtp_from,
        "states": STATES,
        "kinds": KINDS,
        "reasons": REASONS,
        "hints": HINTS,
        "troubled": seen.state in TROUBLED,
        "may_read": rules.may_read_body(g.actor, seen),
        "may_resend": may_edit and (seen.state in rules.RESENDABLE or waits) and (seen.body or not seen.secret),
        "may_give_up": may_edit and seen.state in rules.STOPPABLE,
        "sees_person": g.actor.has(P.PEOPLE_READ),
        **_server(),
    }


def _back(mail_id: int, message: str) -> Any:
    flash(message)
    return redirect(url_for("mail.mail", mail_id=mail_id), 303)


@room.route("/mail/<int:mail_id>/resend", methods=["POST"], permission=P.MAIL_EDIT)
def resend(mail_id: int) -> Answer:
    """Send a mail once more, because a person decided so."""
    rules.resend(mail_id, by=g.actor, now=clock.now())
    return _back(mail_id, gettext("もう一度送ります。"))


@room.route("/mail/<int:mail_id>/give-up", methods=["POST"], permission=P.MAIL_EDIT)
def give_up(mail_id: int) -> Answer:
    """Send a mail no more."""
    rules.give_up(mail_id, by=g.actor, now=clock.now())
    return _back(mail_id, gettext("このメールを取りやめました。"))


@room.panel("person", P.MAIL_READ)
def of_person(person: Any) -> dict[str, Any] | None:
    """Show on a person's page that mails do not reach them."""
    if not person.mail:
        return {"missing": True}
    if not rules.is_address(person.mail):
        return {"wrong": True}
    newest = Mail.select().where(Mail.person == person.id, Mail.state.in_((*TROUBLED, "sent")))
    last = newest.order_by(Mail.ended_at.desc(), Mail.id.desc()).first()
    return None if last is None or last.state == "sent" else {"mail": last, "states": STATES, "reasons": REASONS}


@room.panel("link", P.MAIL_READ)
def of_link(person: Any) -> dict[str, Any] | None:
    """Show beside a link that was just made whether it also goes by mail."""
    if not transport.is_set():
        return {"mail": None, "has_server": False}
    query = Mail.select().where(Mail.person == person.id, Mail.kind == "link", Mail.until_at > clock.now())
    return {"mail": query.where(Mail.reason != "replaced").order_by(Mail.id.desc()).first(), "has_server": True}
