"""What the measurements share: a figure, a clock, a served installation, a client that keeps its connection."""

import http.client
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlencode, urlsplit

from config import ROOT

ISMS = ROOT / ".venv" / "bin" / "isms"


@dataclass(frozen=True)
class Figure:
    """One row of the table; `bare` is the unavoidable part of the same work, in the same unit."""

    name: str
    value: float
    unit: str
    bare: float | None = None
    ratio: float | None = None

    def row(self) -> dict[str, Any]:
        """Give the figure as `build/bench.json` holds it."""
        ratio = self.ratio
        if ratio is None and self.bare:
            ratio = self.value / self.bare
        return {
            "name": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "bare": None if self.bare is None else round(self.bare, 3),
            "ratio": None if ratio is None else round(ratio, 2),
        }


def seconds(work: Callable[[], Any]) -> float:
    """Do the work once and give how long it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_ms(work: Callable[[], Any], times: int = 30) -> float:
    """Do the work several times, after two that do not count, and give the median in milliseconds."""
    for _ in range(2):
        work()
    return statistics.median(seconds(work) for _ in range(times)) * 1000


class Client:
    """One signed-in browser without a screen, on one kept connection."""

    def __init__(self, origin: str) -> None:
        self.host = urlsplit(origin).netloc
        self.connection = http.client.HTTPConnection(self.host, timeout=120)
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> tuple[int, bytes]:
        """Send a request; gives status and body."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), "Host": self.host}
        if kind:
            headers["Content-Type"] = kind
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        self.location = answer.getheader("Location") or ""
        return answer.status, content

    def get(self, path: str) -> bytes:
        """Open a page that must be there."""
        status, content = self.ask("GET", path)
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return content

    def post(self, path: str, page: bytes, **fields: str) -> int:
        """Post fields with the page's token; gives the status."""
        token = re.search(rb'name="csrf_token"[^>]*value="([^"]+)"', page)
        if token is None:
            raise RuntimeError(f"no form for {path}")
        body = urlencode({"csrf_token": token[1].decode(), **fields}).encode()
        return self.ask("POST", path, body, "application/x-www-form-urlencoded")[0]

    def enter(self, link: str) -> None:
        """Sign in by a one-time link."""
        self.ask("GET", urlsplit(link).path)
        status = self.post("/l", self.get("/l"))
        if status != 303:
            raise RuntimeError(f"the link answered {status}")


@contextmanager
def served(data: Path, *, log: Path) -> Iterator[tuple[str, int]]:
    """Serve the installation in a process of its own; gives its address and process id."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {**os.environ, "ISMS_DATA": str(data), "ISMS_LOG_LEVEL": "ERROR"}
    with log.open("wb") as out:
        process = subprocess.Popen([ISMS, "serve", "--port", str(port)], stdout=out, stderr=out, env=environment)
    try:
        origin = f"http://127.0.0.1:{port}"
        wait_for(origin, process)
        yield origin, process.pid
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(origin: str, process: "subprocess.Popen[bytes]", most: float = 60) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with {process.returncode}")
        try:
            if Client(origin).ask("GET", "/health")[0] == 200:
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the server does not answer")


def link_for(data: Path, origin: str, role: str) -> str:
    """Have the console make a one-time link."""
    environment = {**os.environ, "ISMS_DATA": str(data), "ISMS_BASE_URL": origin}
    done = subprocess.run([ISMS, "signin-link", "--role", role], env=environment, capture_output=True, check=True)
    return done.stdout.decode().split()[-1]


def rate(origin: str, link: Callable[[], str], path: str, clients: int, most: float) -> float:
    """Let several clients ask for a page for some seconds; gives answers a second."""
    ready = [Client(origin) for _ in range(clients)]
    for client in ready:
        client.enter(link())
        client.get(path)
    answered = [0] * clients
    until = time.monotonic() + most

    def work(number: int) -> None:
        while time.monotonic() < until:
            ready[number].get(path)
            answered[number] += 1

    threads = [Thread(target=work, args=(number,)) for number in range(clients)]

    def all_of_them() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    took = seconds(all_of_them)
    return sum(answered) / took


def memory_mb(pid: int) -> float:
    """Give the resident memory of a process, in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    return int(found[1]) / 1000 if found else 0.0


def fresh(folder: Path) -> Path:
    """Give an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def told(figure: Figure) -> Figure:
    """Say a figure as soon as it is there."""
    row = figure.row()
    bare = "" if row["bare"] is None else f"  bare {row['bare']}  ratio {row['ratio']}"
    print(f"{row['name']:28} {row['value']:>10} {row['unit']}{bare}", flush=True)
    return figure


def say(text: str) -> None:
    """Say what is being done."""
    print(text, file=sys.stderr, flush=True)
