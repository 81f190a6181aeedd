"""What may happen to a mail: it is laid into the outbox, sent again, given up, comes back. `delivery.py` sends it.

A rule calls `put` in its own transaction, so the mail stands or falls with what caused it:

    put(kind="digest", key=f"digest {person.id} {day}", person_id=person.id, subject=…, body=…, now=now)
"""

import secrets
import unicodedata
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from peewee import JOIN, ModelSelect

from isms import trail
from isms.core.database import atomic, db
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Permission, Scope, scopes_of
from isms.core.text import UNUSABLE, showable
from isms.core.words import gettext
from isms.mail import transport
from isms.mail.models import Mail
from isms.mail.words import STATES
from isms.people.models import Person
from isms.people.rules import MAIL, mail_key

DAY = timedelta(days=1)
LIFE = {"digest": 2 * DAY, "urgent": 5 * DAY, "link": 7 * DAY, "test": timedelta(hours=1)}  # then nobody needs it
LONGEST_SUBJECT = 200
ENDED = ("sent", "refused", "unknown", "bounced", "given_up")
RESENDABLE = ("refused", "unknown", "bounced", "given_up")
STOPPABLE = ("waiting", "refused", "unknown", "bounced")


def put(
    *,
    kind: str,
    key: str,
    person_id: int,
    subject: str,
    body: str,
    now: datetime,
    secret: bool = False,
    not_before: datetime | None = None,
    until: datetime | None = None,
) -> Mail | None:
    """Lay a mail to a person into the outbox, in the rule's transaction; None: told already, or the person has no address.

    `key` says what is told to whom, so that nothing is told twice. `not_before` and `until` are moments between which
    it may go; without `until` the kind decides (LIFE). A `secret` body is read by administrators alone and emptied once
    it has gone. Subject and body are in the person's language. Raises Invalid for a subject of more than one line.
    """
    if not db.in_transaction():
        raise RuntimeError("a mail is written in the transaction of the rule")
    person = Person.get_by_id(person_id)
    if not person.mail or Mail.select().where(Mail.key == key).exists():
        return None
    first = not_before or now
    last = until or max(first, now) + LIFE[kind]
    return lay(kind, key, person.mail, subject, body, now, person=person, secret=secret, next_at=first, until_at=last)


def lay(kind: str, key: str, address: str, subject: str, body: str, now: datetime, **more: Any) -> Mail:
    """Write a mail in the rule's transaction; to what is no address it is refused at once, which harms no other."""
    if not is_one_line(subject):
        raise Invalid({"subject": gettext("メールの件名は1行で、使えない文字を入れられません。")})
    if not is_address(address):
        more |= {"state": "refused", "reason": "no_address", "ended_at": now}
    return Mail.create(
        kind=kind,
        key=key,
        message_id=new_message_id(),
        address=address,
        subject=subject[:LONGEST_SUBJECT],
        body=showable(body),
        made_at=now,
        **more,
    )


def new_message_id() -> str:
    """Make the name that a mail has at every try."""
    return f"<{secrets.token_hex(16)}@{urlsplit(transport.config().base_url).hostname}>"


def is_one_line(text: str) -> bool:
    """Tell whether the text can be a subject."""
    return len(text.splitlines()) == 1 and "\t" not in text and not UNUSABLE.search(text)


def is_address(text: str | None) -> bool:
    """Tell whether a mail can be sent there: one address in ASCII, as every mail server takes it."""
    return bool(text and text.isascii() and text.isprintable() and len(text) <= 254 and MAIL.fullmatch(text))


def outbox() -> ModelSelect:
    """Give the query of all mails with their people."""
    return Mail.select(Mail, Person).join(Person, JOIN.LEFT_OUTER)


def get_mail(mail_id: int) -> Mail:
    """Give the mail with its person; raises NotFound."""
    mail = outbox().where(Mail.id == mail_id).first()
    if mail is None:
        raise NotFound()
    return mail


def may_read_body(actor: Actor, mail: Mail) -> bool:
    """Tell whether the actor may read what it says: what holds a link, administrators alone; a digest, they not."""
    if mail.secret:
        return actor.has(Permission.MAIL_EDIT)
    if mail.kind == "digest":  # it names evidence and departments, of which an administrator knows nothing (attack 7)
        own = actor.person_id is not None and mail.person_id == actor.person_id
        return own or Scope.ALL in scopes_of(actor, Permission.TODO_OTHERS)
    return actor.has(Permission.MAIL_READ)


def resend(mail_id: int, *, by: Actor, now: datetime) -> Mail:
    """Let an ended mail be sent once more, under the same Message-ID, or a waiting one go at once."""
    with atomic():
        mail = get_mail(mail_id)
        if mail.state not in (*RESENDABLE, "waiting"):
            raise Conflict(gettext("このメールはいま送り直せません（%(state)s）。", state=STATES[mail.state]))
        if mail.secret and not mail.body:
            raise Conflict(gettext("案内の内容はもう消えています。新しい案内を作ってください。"))
        until: Any = mail.until_at if mail.secret else max(mail.until_at, now + LIFE[mail.kind])
        requeue(mail, now, until)
        trail.record(by, "mail.resent", mail, now, state=mail.state)
        return get_mail(mail_id)


def requeue(mail: Mail, now: datetime, until: datetime) -> None:
    """Put the mail among those that wait, in the rule's transaction; a late word of an earlier try does not count."""
    changed = {"state": "waiting", "reason": "again", "next_at": now, "until_at": until, "claimed_by": ""}
    Mail.update(ended_at=None, **changed).where(Mail.id == mail.id).execute()


def give_up(mail_id: int, *, by: Actor, now: datetime) -> Mail:
    """Send the mail no more."""
    with atomic():
        mail = get_mail(mail_id)
        if mail.state not in STOPPABLE:
            raise Conflict(gettext("このメールはいま取りやめられません（%(state)s）。", state=STATES[mail.state]))
        end(Mail.id == mail.id, "given_up", "by_hand", now)
        trail.record(by, "mail.given_up", mail, now, state=mail.state)
        return get_mail(mail_id)


def end(which: Any, state: str, reason: str, now: datetime) -> int:
    """End mails in the rule's transaction; what is secret is emptied where nobody will send it. Gives how many."""
    if state == "given_up":
        Mail.update(body="").where(which, Mail.secret).execute()
    return Mail.update(state=state, reason=reason, ended_at=now).where(which).execute()


def note_bounce(mail: Mail, answer: str, *, by: Actor, now: datetime) -> bool:
    """Note that the mail came back; False when that was known."""
    with atomic():
        fresh = get_mail(mail.id)
        if fresh.state not in ("sent", "unknown", "claimed"):
            return False
        end(Mail.id == fresh.id, "bounced", "", now)
        Mail.update(answer=showable(answer)[:500]).where(Mail.id == fresh.id).execute()
        trail.record(by, "mail.bounced", fresh, now, state=fresh.state)
        return True


def find_sent(message_id: str, address: str) -> Mail | None:
    """Find the mail that came back: by its Message-ID, else the newest that left for the address."""
    named = outbox().where(Mail.message_id == message_id).first() if message_id else None
    if named is not None or not address:
        return named
    gone = outbox().where(Mail.address == mail_key(unicodedata.normalize("NFKC", address)), Mail.state == "sent")
    return gone.order_by(Mail.ended_at.desc(), Mail.id.desc()).first()
