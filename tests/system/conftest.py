"""A real server in a process of its own, on an installation with some people; the tests are its clients."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config import ROOT, Config
from isms import load_rooms
from isms.catalogue import rules as catalogue_rules
from isms.core import blobs, clock
from isms.core.permissions import CONSOLE, Role
from isms.people import links
from isms.people.models import Person
from tests.bench.measure import Client
from tests.conftest import standards_of
from tests.engines import NewInstallation, opened
from tests.factories import with_role

COMMAND = [sys.executable, "-c", "import sys; from isms.cli import main; sys.exit(main())"]
ANSWER = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


class Visitor(Client):
    """A client that sends headers of its own."""

    def __init__(self, origin: str) -> None:
        super().__init__(origin)
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
        """Send a request with the further headers; gives status and body."""
        real = self.connection.request

        def request(method: str, path: str, body: bytes | None, headers: dict[str, str]) -> None:
            real(method, path, body, {**headers, **self.headers})

        self.connection.request = request  # type: ignore[assignment]
        try:
            return super().ask(method, path, body, kind)
        finally:
            self.connection.request = real  # type: ignore[method-assign]


@dataclass
class Server:
    """A running server and what it was started on."""

    config: Config
    process: "subprocess.Popen[bytes]"
    log: Path
    people: dict[Role, Person] = field(default_factory=dict)
    clients: list["Visitor"] = field(default_factory=list)

    @property
    def origin(self) -> str:
        """Give its address."""
        return f"http://127.0.0.1:{self.config.port}"

    @property
    def host(self) -> bytes:
        """Give its name as a Host header carries it."""
        return f"127.0.0.1:{self.config.port}".encode()

    def token(self, who: Person, purpose: str = "signin") -> str:
        """Make a one-time link at the console, in this process; gives the token."""
        with opened(self.config.database_url, self.config.data):
            return links.make_link(who, purpose, by=CONSOLE, now=clock.now())

    def client(self, role: Role | None = None) -> "Visitor":
        """Give a browser without a screen, signed in as the role."""
        one = Visitor(self.origin)
        self.clients.append(one)
        if role is not None:
            one.enter(f"{self.origin}/l/{self.token(self.people[role])}")
        return one

    def connect(self) -> socket.socket:
        """Open a bare connection."""
        return socket.create_connection(("127.0.0.1", self.config.port), timeout=5)

    def raw(self, sent: bytes, patience: float = 2) -> bytes:
        """Send bytes and give all that comes back until the server closes or falls silent for `patience` seconds."""
        with self.connect() as connection:
            connection.settimeout(patience)
            came = b""
            try:
                connection.sendall(sent)
                while part := connection.recv(65536):
                    came += part
            except (TimeoutError, ConnectionError):
                pass
            return came

    def statuses(self, sent: bytes, patience: float = 2) -> list[int]:
        """Send bytes and give the status of every answer that came back."""
        return [int(found) for found in ANSWER.findall(self.raw(sent, patience))]

    def wait(self) -> None:
        """Wait until it answers."""
        until = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < until:
            try:
                if self.statuses(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n", 10) == [200]:
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"no answer; it said: {self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Stop it, and close what its clients hold."""
        for client in self.clients:
            client.connection.close()
        self.process.terminate()
        self.process.wait(timeout=30)


StartServer = Callable[..., Server]


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def start_server(new_installation: NewInstallation, tmp_path: Path) -> Iterator[StartServer]:
    """Give a maker of servers: `start_server(engine="sqlite", environment={...})`."""
    started: list[Server] = []
    clock.forget()

    def start(engine: str = "sqlite", environment: dict[str, str] | None = None) -> Server:
        port = free_port()
        config = new_installation(engine, port=port)
        catalogue_rules.use(standards_of(config.controls))
        blobs.use(config.data)
        load_rooms()
        with opened(config.database_url, config.data):
            people = {role: with_role(role) for role in Role}
        log = tmp_path / f"server-{port}.log"
        told = {**os.environ, "ISMS_DATA": str(config.data), "DATABASE_URL": config.database_url, **(environment or {})}
        with log.open("wb") as errors, log.with_suffix(".out").open("wb") as out:
            command = [*COMMAND, "serve", "--port", str(port)]
            process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=errors, env=told)
        server = Server(config, process, log, people)
        started.append(server)
        server.wait()
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(start_server: StartServer) -> Server:
    """Give a running server on SQLite."""
    return start_server()


def timed(work: Callable[[], object]) -> float:
    """Give how many seconds the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
