"""What the runner does for the room: send what is due, every few seconds; clear away what is long over."""

import time
from datetime import datetime, timedelta

from isms.core import settings
from isms.core.database import atomic
from isms.core.logs import log
from isms.core.words import lazy_gettext
from isms.mail import delivery, transport
from isms.mail.models import Mail
from isms.mail.rules import ENDED

BATCH = 50  # mails at one tick

settings.declare(
    "mail_keep_days",
    400,
    lazy_gettext("送信箱に残す日数"),
    lazy_gettext("終わったメールは、この日数がたつと送信箱から消えます。30日から3650日まで。"),
    settings.whole_number(30, 3650),
)


def deliver(now: datetime) -> None:
    """Send what is due, one after another; time goes on meanwhile."""
    began = time.monotonic()
    delivery.tidy(now)
    if not transport.is_set():
        return
    for _ in range(BATCH):
        moment = now + timedelta(seconds=time.monotonic() - began)
        mail = delivery.claim(moment)
        if mail is None:
            return
        outcome = transport.send(mail)
        delivery.settle(mail, outcome, now + timedelta(seconds=time.monotonic() - began))
        log.info("mail", id=mail.id, kind=mail.kind, state=outcome.state, reason=outcome.reason)
        if outcome.reason == "server":
            return


def sweep(now: datetime) -> None:
    """Empty what held links whose time is over; remove what ended long ago, and what never went for lack of a server."""
    before = now - timedelta(days=settings.get("mail_keep_days"))
    with atomic():
        Mail.update(body="").where(Mail.secret, Mail.body != "", Mail.until_at <= now).execute()
        Mail.delete().where(Mail.state.in_(ENDED), Mail.ended_at < before).execute()
        Mail.delete().where(Mail.state == "waiting", Mail.until_at < before).execute()
