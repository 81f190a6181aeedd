"""A test mail, sent at once by whoever sits at the console."""

import secrets
from datetime import datetime

from isms import trail
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Actor
from isms.core.words import gettext
from isms.mail import delivery, rules, transport
from isms.mail.links import organisation
from isms.mail.models import Mail


def send_test(address: str, *, by: Actor, now: datetime) -> Mail:
    """Lay a test mail, send it now and give it as it ended; raises Conflict without a server, Invalid for no address."""
    if not transport.is_set():
        raise Conflict(gettext("メールサーバーが設定されていません（ISMS_SMTP_HOST）。"))
    if not rules.is_address(address):
        raise Invalid(gettext("メールアドレスの形ではありません。"))
    with atomic():
        subject = gettext("試しのメール（%(organisation)s）", organisation=organisation())
        body = gettext("このメールが読めれば、メールは正しく届いています。") + "\n"
        key, life = f"test {secrets.token_hex(8)}", now + rules.LIFE["test"]
        mail = rules.lay("test", key, address, subject, body, now, next_at=now, until_at=life)
        trail.record(by, "mail.tested", mail, now)
        claimed = delivery.claim(now, mail.id)  # in the same transaction, so that no runner is quicker
        assert claimed is not None
    delivery.settle(claimed, transport.send(claimed), now)
    return rules.get_mail(mail.id)
