"""Invitations and reset links, which are also mailed when there is a mail server and the person has an address."""

from datetime import datetime
from typing import Any

from isms.core import settings, words
from isms.core.look import moment
from isms.core.words import gettext, lazy_gettext
from isms.mail import rules, transport
from isms.mail.models import Mail
from isms.people import links
from isms.people.models import Link

SUBJECTS: dict[str, Any] = {
    "invite": lazy_gettext("招待の案内"),
    "reset": lazy_gettext("パスワード再設定の案内"),
}


def mail_link(link: Link, token: str, now: datetime) -> None:
    """Mail the link to its person, in the rule's transaction; the one before, which is dead by now, goes nowhere."""
    if not transport.is_set() or link.purpose not in SUBJECTS:
        return
    earlier = (Mail.person == link.person) & (Mail.kind == "link")
    rules.end(earlier & (Mail.state == "waiting"), "given_up", "replaced", now)
    Mail.update(body="").where(earlier).execute()
    with words.speaking(link.person.locale):
        rules.put(
            kind="link",
            key=f"link {link.id} {link.token_hash[:8]}",
            person_id=link.person_id,
            subject=gettext("%(what)s（%(organisation)s）", what=SUBJECTS[link.purpose], organisation=organisation()),
            body=body_of(link, token),
            now=now,
            secret=True,
            until=link.expires_at,
        )


def organisation() -> str:
    """Give the organisation's name for a mail."""
    return settings.get("organisation_name") or "ISMS"


def body_of(link: Link, token: str) -> str:
    """Write what the person reads; the address comes from the setting, never from a request."""
    lines = [
        gettext("%(name)s様", name=link.person.name),
        "",
        gettext(
            "次の番地を開いて、パスワードを決めてください。%(moment)s まで、一度だけ使えます。",
            moment=moment(link.expires_at),
        ),
        "",
        f"{transport.config().base_url}/l/{token}",
        "",
        gettext("心当たりがないときは、開かずに管理者にお知らせください。"),
        organisation(),
    ]
    return "\n".join(lines) + "\n"


links.CARRIERS.append(mail_link)
