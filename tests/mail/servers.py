"""Real mail servers on 127.0.0.1 that fail when told to, and keep what they took.

    with serving(at={"RCPT": ["451 4.3.0 later"]}) as server: ...

A stage's list is used up from the front, one entry a mail; then all goes well. Besides a reply an entry may be DROP
(the connection is cut) or HANG (no answer until the test ends). Whatever was taken and not expected fails the test.
"""

import asyncio
import ssl
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword

from config import Config

DROP, HANG = "drop", "hang"
HERE = Path(__file__).resolve().parent / "certificates"
CA = HERE / "ca.pem"
USER, PASSWORD = "isms", "kakuu no aikotoba: 1"
HOST = "127.0.0.1"


class Server:
    """What a server was told to do, and what it took."""

    def __init__(self, at: dict[str, list[str]]) -> None:
        self.at = {stage: list(entries) for stage, entries in at.items()}
        self.took: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.raw: list[bytes] = []
        self.tries: Counter[str] = Counter()
        self.signed_in: list[bool] = []
        self.expected: list[str] = []
        self.reached = {stage: Event() for stage in ("CONNECT", "MAIL", "RCPT", "DATA", "TOOK")}
        self.over: asyncio.Event | None = None
        self.port = 0

    def expect(self, *message_ids: str) -> None:
        """Say which mails may be here, each as often as it is named."""
        self.expected += message_ids

    def ids(self) -> list[str]:
        """Give the Message-IDs of what was taken, in order."""
        return [str(one["Message-ID"]) for one in self.took]

    def check(self) -> None:
        """Fail on any mail too many or too few."""
        took, expected = Counter(self.ids()), Counter(self.expected)
        assert took == expected, f"too many: {took - expected}, too few: {expected - took}"
        assert all(len(one) == 1 for one in self.recipients), self.recipients

    async def answer(self, stage: str, protocol: Any, good: str) -> str:
        """Give the reply that the test wants at this stage."""
        self.tries[stage] += 1
        self.reached[stage].set()
        entry = self.at[stage].pop(0) if self.at.get(stage) else good
        if entry == HANG:
            assert self.over is not None
            await self.over.wait()
            return "451 over"
        if entry == DROP:
            protocol.transport.abort()
            return "451 dropped"
        return entry

    async def handle_MAIL(self, protocol: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        reply = await self.answer("MAIL", protocol, "250 OK")
        if reply.startswith("250"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(self, protocol: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        reply = await self.answer("RCPT", protocol, "250 OK")
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, protocol: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        reply = await self.answer("DATA", protocol, "250 2.0.0 taken")
        if not reply.startswith("250"):
            return reply
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.took.append(message)
        self.raw.append(content)
        self.recipients.append(list(envelope.rcpt_tos))
        self.signed_in.append(bool(session.authenticated))
        # taken for good: what goes wrong now is only the reply
        self.reached["TOOK"].set()
        return await self.answer("TOOK", protocol, reply)


def config_for(server: Server, base: Config, **more: Any) -> Config:
    """Give the settings with this server in them."""
    from dataclasses import replace

    told = {"smtp_host": HOST, "smtp_port": server.port, "smtp_security": "none", "smtp_timeout": 1, **more}
    return replace(base, smtp_from="isms@kakuu.example", **told)


@contextmanager
def serving(at: dict[str, list[str]] | None = None, *, tls: str = "none", auth: bool = False) -> Iterator[Server]:
    """Serve on a free port until the block ends; then everything that was taken must have been expected."""
    server, ready, loop = Server(at or {}), Event(), asyncio.new_event_loop()
    thread = Thread(target=_run, args=(loop, server, ready, tls, auth), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield server
    finally:
        assert server.over is not None
        loop.call_soon_threadsafe(server.over.set)
        thread.join(5)
    assert not thread.is_alive()
    server.check()


def _run(loop: asyncio.AbstractEventLoop, server: Server, ready: Event, tls: str, auth: bool) -> None:
    asyncio.set_event_loop(loop)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # AUTH without TLS is what closed networks have
            loop.run_until_complete(_serve(server, ready, tls, auth))
    finally:
        loop.close()


async def _serve(server: Server, ready: Event, tls: str, auth: bool) -> None:
    server.over = asyncio.Event()
    context = _context() if tls != "none" else None
    options: dict[str, Any] = {"hostname": "mail.kakuu.example", "timeout": 10}
    if auth:
        options |= {"authenticator": _authenticate, "auth_required": True, "auth_require_tls": tls == "starttls"}
    if tls == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    listening = await asyncio.get_running_loop().create_server(
        lambda: _Protocol(server, **options), HOST, 0, ssl=context if tls == "tls" else None
    )
    server.port = listening.sockets[0].getsockname()[1]
    ready.set()
    await server.over.wait()
    listening.close()
    await asyncio.sleep(0.05)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)


class _Protocol(SMTP):
    """aiosmtpd's server, which can fail before its greeting and at the word DATA too."""

    def connection_made(self, transport: Any) -> None:
        server: Server = self.event_handler
        server.tries["CONNECT"] += 1
        server.reached["CONNECT"].set()
        entry = server.at["CONNECT"].pop(0) if server.at.get("CONNECT") else ""
        if entry == DROP:
            transport.abort()
        elif entry and entry != HANG:
            transport.write(f"{entry}\r\n".encode())
            transport.close()
        elif not entry:
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self.transport is not None:
            super().connection_lost(error)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        server: Server = self.event_handler
        if server.at.get("BEFORE_DATA"):
            entry = server.at["BEFORE_DATA"].pop(0)
            if entry == DROP:
                self.transport.abort()  # type: ignore[union-attr]
            else:
                await self.push(entry)
            return
        await super().smtp_DATA(arg)


def _authenticate(protocol: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / "server.pem")
    return context
