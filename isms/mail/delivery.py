"""From waiting to the end: claim before the network is asked, write what came of it by the claim alone.

A claim and its result are each a transaction of their own, with nothing open between them. Who dies in between leaves a
claim that nobody answers for: it becomes unknown, and is not sent again by itself.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from isms.core import settings
from isms.core.database import atomic
from isms.core.words import lazy_gettext
from isms.mail import rules, transport
from isms.mail.models import Mail
from isms.mail.transport import Outcome
from isms.people.sessions import is_present

PAUSES = [timedelta(minutes=m) for m in (1, 5, 30, 120, 360)]  # after the first try, the second …; then the last again
LONGEST_OUTAGE_PAUSE = timedelta(minutes=10)  # between two looks whether the server is back

settings.declare(
    "mail_resend_unknown_hours",
    0,
    lazy_gettext("不明のメールを自動で送り直すまでの時間（時間）"),
    lazy_gettext("0 なら自動では送り直しません（二重に届くことがあるため）。48時間まで。"),
    settings.whole_number(0, 48),
)


def claim(now: datetime, mail_id: int | None = None) -> Mail | None:
    """Claim the mail that has been due longest, or the one; None when nothing is due. What must not go ends here."""
    with atomic():
        while (mail := _due(now, mail_id)) is not None:
            if not _end_hindered(mail, now) and _take(mail, now):
                return mail
    return None


def _due(now: datetime, mail_id: int | None) -> Mail | None:
    query = rules.outbox().where(Mail.state == "waiting", Mail.next_at <= now, Mail.until_at > now)
    if mail_id is not None:
        query = query.where(Mail.id == mail_id)
    return query.order_by(Mail.next_at, Mail.id).first()


def _end_hindered(mail: Mail, now: datetime) -> bool:
    """End a mail whose person has left or has no address by now; else it goes to the address of today."""
    if mail.person is None:
        return False
    if not is_present(mail.person, now):
        return bool(rules.end(Mail.id == mail.id, "given_up", "left", now))
    if not rules.is_address(mail.person.mail):
        return bool(rules.end(Mail.id == mail.id, "refused", "no_address", now))
    mail.address = mail.person.mail
    return False


def _take(mail: Mail, now: datetime) -> bool:
    """Write the claim, unless somebody else did."""
    mail.claimed_by, mail.tries = secrets.token_hex(8), mail.tries + 1
    query = Mail.update(
        state="claimed",
        reason="",
        address=mail.address,
        tries=mail.tries,
        claimed_at=now,
        claimed_by=mail.claimed_by,
    )
    return bool(query.where(Mail.id == mail.id, Mail.state == "waiting").execute())


def settle(mail: Mail, outcome: Outcome, now: datetime) -> bool:
    """Write what came of the try, if the claim still stands; True when it was written."""
    with atomic():
        changed: dict[str, Any] = {"state": outcome.state, "reason": outcome.reason, "answer": outcome.answer}
        if outcome.state == "waiting":
            changed["next_at"] = now + pause(mail.tries, outcome.reason)
        else:
            changed["ended_at"] = now
        if outcome.state == "sent" and mail.secret:
            changed["body"] = ""
        # a claim that was thought dead may still tell: unknown is what is not known yet
        mine = (Mail.id == mail.id) & (Mail.claimed_by == mail.claimed_by) & Mail.state.in_(("claimed", "unknown"))
        written = bool(Mail.update(**changed).where(mine).execute())
        if outcome.reason == "server":
            _hold_all(now + pause(mail.tries, "server"))
    return written


def pause(tries: int, reason: str) -> timedelta:
    """Give the time until the next try, after so many."""
    longest = PAUSES[min(max(tries, 1), len(PAUSES)) - 1]
    return min(longest, LONGEST_OUTAGE_PAUSE) if reason == "server" else longest


def _hold_all(until: datetime) -> None:
    """Let all that waits wait for the server too."""
    Mail.update(next_at=until).where(Mail.state == "waiting", Mail.next_at < until).execute()


def tidy(now: datetime) -> None:
    """End what nobody will: claims that died, mails that are too old."""
    dead = now - timedelta(seconds=2 * transport.longest())
    with atomic():
        rules.end((Mail.state == "claimed") & (Mail.claimed_at < dead), "unknown", "broken_off", now)
        if not transport.is_set():
            return  # what waits stays readable, and is sent when there is a server, as far as it is not too old
        old = (Mail.state == "waiting") & (Mail.until_at <= now)
        rules.end(old & (Mail.tries > 0), "given_up", "tries", now)
        rules.end(old, "given_up", "stale", now)
        hours = settings.get("mail_resend_unknown_hours")
        lost = (Mail.state == "unknown") & (Mail.ended_at <= now - timedelta(hours=hours)) & (Mail.until_at > now)
        if hours:
            for mail in Mail.select().where(lost):
                rules.requeue(mail, now, mail.until_at)
