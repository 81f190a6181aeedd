"""What the outbox asks of people: mails that did not arrive, or of which nobody knows, until somebody decides."""

from datetime import date

from isms.core import settings
from isms.core.days import local_day
from isms.core.permissions import Role
from isms.core.words import gettext, ngettext
from isms.mail.models import Mail
from isms.people.duties import Duty, response_due

LOOKED_AFTER = ("refused", "unknown", "bounced")


def duties(today: date) -> list[Duty]:
    """Give the mails that an administrator sends again or gives up; two queries."""
    zone = settings.zone()
    rows = Mail.select().where(Mail.state.in_(LOOKED_AFTER), Mail.ended_at.is_null(False)).order_by(Mail.id)
    return [
        Duty(
            key=f"mail:{mail.id}",
            title=gettext("届かなかったメールを確かめる"),
            due=response_due(local_day(mail.ended_at, zone)),
            endpoint="mail.mail",
            values={"mail_id": mail.id},
            note=mail.address,
            roles=frozenset({Role.ADMINISTRATOR}),
            several=lambda num: ngettext(
                "届かなかったメール%(num)s件を確かめる", "届かなかったメール%(num)s件を確かめる", num
            ),
        )
        for mail in rows
    ]
