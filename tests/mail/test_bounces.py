"""What comes back: delivery status notifications as mail servers write them (RFC 3464), and what only looks like one."""

from typing import Any

import pytest

from isms.core.permissions import CONSOLE
from isms.mail import bounces, rules
from isms.mail.bounces import Bounce
from isms.mail.models import Mail
from tests import factories
from tests.factories import NOW
from tests.mail.test_rules import put

ID = "<0f1e2d3c@isms.kakuu.example>"
DSN = """From: MAILER-DAEMON@mail.kakuu.example
To: isms@kakuu.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I could not deliver it. Message-ID: <of-another@mail.kakuu.example>

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.kakuu.example

Original-Recipient: rfc822;P1@kakuu.example
Final-Recipient: rfc822; p1-new@kakuu.example
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1
    no such user

--b
Content-Type: {kind}

From: isms@kakuu.example
Message-ID: {id}
Subject: =?utf-8?b?5LuY?=

--b--
"""


def dsn(**more: str) -> bytes:
    """Write a notification."""
    given = {"action": "failed", "kind": "message/rfc822", "id": ID, **more}
    return DSN.format(**given).replace("\n", "\r\n").encode()


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers"])
def test_a_notification_names_the_mail_and_the_reason(kind: str) -> None:
    assert bounces.read(dsn(kind=kind)) == Bounce(ID, "P1@kakuu.example", "550 5.1.1 no such user")


def test_without_the_mail_itself_what_it_answers_names_it() -> None:
    headed = b"In-Reply-To: " + ID.encode() + b"\r\n" + dsn(kind="text/plain")
    assert bounces.read(headed) == Bounce(ID, "P1@kakuu.example", "550 5.1.1 no such user")


@pytest.mark.parametrize(
    "content",
    [
        dsn(action="delayed"),
        dsn(action="relayed"),
        b"",
        b"\x00\xff\xfe" * 1000,
        b"Subject: Out of office\r\nIn-Reply-To: " + ID.encode() + b"\r\n\r\nI am away.\r\n",
        b"Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nfailed",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(5000)),
    ],
    ids=["delayed", "relayed", "nothing", "bytes", "away", "damaged", "nested"],
)
def test_what_is_no_failure_is_none(content: bytes) -> None:
    assert bounces.read(content) is None


def sent(key: str = "1", **more: Any) -> Mail:
    """Lay a mail that was sent."""
    mail = put(more.get("to") or factories.person(), key)
    assert mail is not None
    Mail.update(state="sent", ended_at=NOW, tries=1).where(Mail.id == mail.id).execute()
    return rules.get_mail(mail.id)


def test_a_mail_is_found_by_its_message_id_before_the_address(db: Any) -> None:
    to = factories.person(mail="p1@kakuu.example")
    first, second = sent("1", to=to), sent("2", to=to)
    assert rules.find_sent(first.message_id, "P1@kakuu.example") == first
    assert rules.find_sent("<of-another@kakuu.example>", "P1@kakuu.example") == second
    assert rules.find_sent("", "") is None and rules.find_sent("<x@y>", "nobody@kakuu.example") is None


def test_a_bounce_is_noted_once(db: Any) -> None:
    mail = sent()
    assert rules.note_bounce(mail, "550 no such user", by=CONSOLE, now=NOW)
    assert not rules.note_bounce(mail, "550 no such user", by=CONSOLE, now=NOW)
    after = rules.get_mail(mail.id)
    assert (after.state, after.answer) == ("bounced", "550 no such user")


@pytest.mark.parametrize("state", ["waiting", "refused", "given_up"])
def test_what_never_left_does_not_come_back(db: Any, state: str) -> None:
    mail = sent()
    Mail.update(state=state).where(Mail.id == mail.id).execute()
    assert not rules.note_bounce(mail, "550", by=CONSOLE, now=NOW)
