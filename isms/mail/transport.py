"""The only place that talks to a mail server: one mail, one connection, bounded in time, and what came of it.

What happens before the server has taken the sender concerns all mails (reason `server`); from then on this one alone.
From the first byte of the body on, silence is not failure: the mail may have arrived, so it is `unknown`.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from socket import SHUT_RDWR
from threading import Timer
from urllib.parse import urlsplit

from config import Config
from isms.core.text import showable
from isms.mail.message import written
from isms.mail.models import Mail

LONGEST_ANSWER = 500
_config = Config()


@dataclass(frozen=True)
class Outcome:
    """What came of a try: the state that follows, why, and what the server said."""

    state: str
    reason: str = ""
    answer: str = ""


class _ServerTrouble(Exception):
    """The server does not take any mail now; the text is what it said."""


def use(config: Config) -> None:
    """Send by the settings from now on."""
    global _config
    _config = config


def config() -> Config:
    """Give the settings in use."""
    return _config


def is_set() -> bool:
    """Tell whether there is a mail server."""
    return bool(_config.smtp_host)


def longest() -> float:
    """Give the seconds after which a try has ended, whatever the server does."""
    return 3.0 * _config.smtp_timeout


def send(mail: Mail) -> Outcome:
    """Send the mail now; gives what came of it and raises nothing that a server can cause."""
    try:
        content = written(mail, _config.smtp_from)
    except (ValueError, UnicodeError, IndexError) as error:
        return Outcome("refused", "unwritable", str(error)[:LONGEST_ANSWER])
    try:
        with _connected() as client:
            _expect(client.mail(_config.smtp_from), 250)
            return _hand_over(client, mail.address, content)
    except _ServerTrouble as error:
        return Outcome("waiting", "server", str(error))
    except (OSError, ValueError, smtplib.SMTPException) as error:  # ValueError: a password that SMTP cannot say
        return Outcome("waiting", "server", _told(error))


def _hand_over(client: smtplib.SMTP, address: str, content: bytes) -> Outcome:
    """Name the recipient and give the body; the server knows us by now."""
    try:
        for code, answer in (client.rcpt(address), client.docmd("DATA")):
            if code not in (250, 251, 354):
                return _no(code, answer)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("waiting", "later", _told(error))
    try:
        client.send(re.sub(rb"(?m)^\.", b"..", content) + b".\r\n")
        code, answer = client.getreply()
    except (OSError, smtplib.SMTPException) as error:
        return Outcome("unknown", "no_answer", _told(error))
    if 200 <= code < 300:
        return Outcome("sent", answer=_line(code, answer))
    # only 4xx and 5xx say that it was not taken; what is no reply at all says nothing
    return _no(code, answer) if 400 <= code < 600 else Outcome("unknown", "no_answer", _line(code, answer))


def _no(code: int, answer: bytes) -> Outcome:
    """Say what a refusal means: 5xx for ever, all else for now."""
    return (
        Outcome("refused", answer=_line(code, answer))
        if 500 <= code < 600
        else Outcome("waiting", "later", _line(code, answer))
    )


@contextmanager
def _connected() -> Iterator[smtplib.SMTP]:
    """Connect, in TLS and signed in as the settings say; however slowly the server drips, it ends after `longest()`."""
    began = time.monotonic()
    client = _open()
    try:
        left = longest() - (time.monotonic() - began)
        if left <= 0 or client.sock is None:
            raise _ServerTrouble("timed out")
        watch = Timer(left, _cut, [client])
        watch.daemon = True
        watch.start()
        try:
            _introduce(client)
            yield client
            with suppress(OSError, smtplib.SMTPException):
                client.quit()
        finally:
            watch.cancel()
    finally:
        with suppress(OSError):  # what came of the mail is known by now
            client.close()


def _open() -> smtplib.SMTP:
    host, port, own, patience = _config.smtp_host, _config.smtp_port, _own_name(), _config.smtp_timeout
    if _config.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, own, timeout=patience, context=_context())
    return smtplib.SMTP(host, port, own, timeout=patience)


def _introduce(client: smtplib.SMTP) -> None:
    client.ehlo_or_helo_if_needed()
    if _config.smtp_security == "starttls":
        client.starttls(context=_context())  # raises when the server offers none: never in the clear instead
        client.ehlo_or_helo_if_needed()
    if _config.smtp_user:
        client.login(_config.smtp_user, Path(_config.smtp_password_file).read_text("utf-8").strip("\r\n"))


def _context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=_config.smtp_ca or None)


def _own_name() -> str:
    """Give the name to greet with, without asking any name server."""
    host = urlsplit(_config.base_url).hostname or "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def _cut(client: smtplib.SMTP) -> None:
    with suppress(OSError):
        if client.sock is not None:
            client.sock.shutdown(SHUT_RDWR)


def _expect(reply: tuple[int, bytes], wanted: int) -> None:
    if reply[0] != wanted:
        raise _ServerTrouble(_line(*reply))


def _line(code: int, answer: bytes) -> str:
    text = " ".join(answer.decode("utf-8", "replace").split())
    return showable(f"{code} {text}")[:LONGEST_ANSWER]


def _told(error: Exception) -> str:
    """Say what went wrong in one line: the server's own words where there are any."""
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        return _line(error.smtp_code, answer if isinstance(answer, bytes) else answer.encode())
    return showable(" ".join(str(error).split()) or type(error).__name__)[:LONGEST_ANSWER]
