"""Slow clients and costly requests (attacks 60 and 61): whoever works meanwhile hardly notices."""

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from waitress.server import create_server

from isms.core.permissions import Role
from isms.serving import waitress_options
from tests.system.conftest import Server, Visitor, timed

SLOW, VISITS = 300, 4
HEADERS = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
BODY = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 100000\r\n\r\n"


@contextmanager
def slow_clients(port: int, number: int, begun: bytes) -> Iterator[list[socket.socket]]:
    """Hold connections whose requests never become whole, a byte each from time to time; all end with the block."""
    held, done = [], threading.Event()
    for _ in range(number):
        one = socket.create_connection(("127.0.0.1", port), timeout=5)
        one.sendall(begun)
        held.append(one)

    def drip() -> None:
        while not done.wait(0.5):
            for one in held:
                try:
                    one.send(b"a")
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield held
    finally:
        done.set()
        thread.join()
        for one in held:
            one.close()


def visit(port: int, patience: float) -> bool:
    """Tell whether one visit is answered in time."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            return connection.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


@pytest.mark.parametrize("begun", [HEADERS, BODY], ids=["headers", "body"])
def test_attack_60_slow_clients_keep_nobody_out(server: Server, begun: bytes) -> None:
    with slow_clients(server.config.port, SLOW, begun):
        client = server.client(Role.OFFICER)
        for _ in range(VISITS):
            client.get("/people")
            assert visit(server.config.port, 10)
    client.get("/people")


@contextmanager
def waiting(**options: Any) -> Iterator[int]:
    """Serve a word by waitress with other options; gives the port."""

    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = create_server(app, sockets=[listener], **options)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.close()
            thread.join(10)
            server.task_dispatcher.shutdown()


def test_attack_60_the_default_of_the_server_would_shut_everyone_out() -> None:
    """What is tested above can fail: with waitress's own limit of 100 it does."""
    with waiting(threads=2) as port, slow_clients(port, 110, HEADERS):
        assert not visit(port, 2)
    with waiting(threads=2, connection_limit=1000, asyncore_use_poll=True) as port, slow_clients(port, 110, HEADERS):
        assert visit(port, 5)


def test_attack_60_who_falls_silent_is_let_go(server: Server) -> None:
    options = waitress_options(server.config)
    assert options["channel_timeout"] <= 60
    kept = {name: options[name] for name in ("connection_limit", "asyncore_use_poll")}
    with waiting(threads=2, channel_timeout=1, cleanup_interval=1, **kept) as port:
        one = socket.create_connection(("127.0.0.1", port), timeout=10)
        one.sendall(HEADERS)
        assert one.recv(10) == b""  # closed by the server
        one.close()


COSTLY = [
    "/exports/status?day=2026-11-01&known=then&format=pdf",
    "/exports/statement?day=2026-11-01&format=xlsx",
    "/people?q=(a%2B)%2B%24",
    "/people?download=xlsx",
    "/trail?q=%25&download=xlsx",
    "/evidence?q=" + "%E3%81%8B" * 128,
    "/status?day=1868-10-23",
]


def test_attack_61_the_board_answers_while_costly_things_are_asked(server: Server) -> None:
    person = server.client(Role.OFFICER)
    person.get("/board")
    idle = statistics.median(timed(lambda: person.get("/board")) for _ in range(7))
    until, statuses = time.monotonic() + 4, []

    def ask(client: Visitor, path: str) -> None:
        while time.monotonic() < until:
            statuses.append(client.ask("GET", path)[0])

    def guess(client: Visitor, page: bytes) -> None:
        while time.monotonic() < until:
            statuses.append(client.post("/sign-in", page, name="架空", password="か" * 128))

    guest = server.client()
    jobs: list[tuple[Any, Visitor, Any]] = [
        (guess, guest, guest.get("/sign-in")),
        *((ask, server.client(Role.OFFICER), path) for path in COSTLY),
    ]
    threads = [threading.Thread(target=job, args=(client, what)) for job, client, what in jobs]
    for thread in threads:
        thread.start()
    times = []
    while time.monotonic() < until:
        times.append(timed(lambda: person.get("/board")))
    for thread in threads:
        thread.join()
    assert len(statuses) > len(COSTLY)
    assert set(statuses) <= {200, 422, 429}
    # eight others share the processor fairly: some tens of turns of an idle board, and never a wait for one of them to end
    assert statistics.median(times) < max(1, 40 * idle), (idle, times)
    assert statuses.count(200) > len(COSTLY)
