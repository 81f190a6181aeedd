"""A mail as it goes over the wire. Headers come from `EmailMessage`, which refuses a line break in any of them."""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP

from isms.core import settings
from isms.mail.models import Mail

LINE_BREAK = re.compile(r"[\r\n\x00-\x1f\x7f\u0085\u2028\u2029]+")


def written(mail: Mail, sender: str) -> bytes:
    """Write the mail with CRLF and 7-bit lines; the same bytes at every try. Raises ValueError for what cannot be one."""
    made_at: datetime = mail.made_at
    name = LINE_BREAK.sub(" ", settings.get("organisation_name"))
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(display_name=name, addr_spec=sender)
    message["To"] = Address(addr_spec=mail.address)
    message["Subject"] = mail.subject
    message["Date"] = made_at.astimezone(settings.zone())
    message["Message-ID"] = mail.message_id
    message["Auto-Submitted"] = "auto-generated"  # so that no machine answers (RFC 3834)
    # base64: no server has to know 8-bit lines, no line is too long, none begins with a full stop
    message.set_content(mail.body, charset="utf-8", cte="base64")
    return message.as_bytes()
