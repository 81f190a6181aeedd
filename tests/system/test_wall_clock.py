"""The clock of the machine is set back under a running server (attack 50)."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config import ROOT
from isms.core.permissions import Role
from isms.trail import verify
from isms.trail.models import TrailEntry
from tests.engines import opened
from tests.system.conftest import COMMAND, Server, StartServer

SOURCE = Path(__file__).with_name("wallclock.c")
DAY = 24 * 3600


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Compile what shifts the clock of a process."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler, so the clock of a running server is not set back here: sudo apt-get install gcc")
    made = tmp_path / "wallclock.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, SOURCE], check=True)
    return made


def entries(server: Server) -> list[TrailEntry]:
    with opened("", server.config.data):
        assert list(verify.verify()) == []
        return list(TrailEntry.select().order_by(TrailEntry.no))


def test_attack_50_a_clock_set_back_under_a_running_server(
    start_server: StartServer, library: Path, tmp_path: Path
) -> None:
    shift = tmp_path / "shift"
    shift.write_text("0")
    server = start_server(environment={"LD_PRELOAD": str(library), "WALLCLOCK": str(shift)})
    sleeping, ended = server.client(Role.APPROVER), server.client(Role.STAFF)
    kept = dict(ended.cookies)
    ended.post("/sign-out", ended.get("/account"))
    ended.cookies = kept
    forgotten, used = server.token(server.people[Role.AUDITOR], "reset"), server.token(server.people[Role.HEAD])
    server.client().enter(f"{server.origin}/l/{used}")
    shift.write_text(str(3 * DAY))  # whoever slept and what was forgotten is over now
    person = server.client()
    person.enter(f"{server.origin}/l/{later_token(server, library, shift)}")
    before = entries(server)

    shift.write_text(str(-27 * DAY))
    assert datetime_of(server) < datetime.now(UTC) - timedelta(days=26), "the clock of the server was not set back"
    for client in server.clients:  # the server has let them go: to it they were silent for days
        client.connection.close()
    assert sleeping.ask("GET", "/account")[0] == 303
    late = server.client()
    late.ask("GET", f"/l/{forgotten}")
    assert late.ask("GET", "/l")[0] == 410
    assert ended.ask("GET", "/account")[0] == 303
    again = server.client()
    again.ask("GET", f"/l/{used}")
    assert again.ask("GET", "/l")[0] == 410
    assert person.ask("GET", "/account")[0] == 200
    assert person.post("/account/language", person.get("/account"), locale="en") == 303

    after = entries(server)
    added = after[len(before) :]
    assert [entry.verb for entry in added][:1] == ["clock.stepped_back"]
    assert [entry.no for entry in after] == list(range(1, len(after) + 1))
    assert [entry.at for entry in after] == sorted(entry.at for entry in after)
    assert "person.changed" in [entry.verb for entry in added]


def later_token(server: Server, library: Path, shift: Path) -> str:
    """Have a console whose clock is the server's make a link for the officer; gives the token."""
    told = {**os.environ, "ISMS_DATA": str(server.config.data), "LD_PRELOAD": str(library), "WALLCLOCK": str(shift)}
    command = [*COMMAND, "signin-link", "--role", "officer"]
    done = subprocess.run(command, cwd=ROOT, env=told, capture_output=True, check=True)
    return done.stdout.decode().split()[-1].rpartition("/")[2]


def datetime_of(server: Server) -> datetime:
    """Give what the server's clock shows, by the Date that it sends."""
    answer = server.raw(b"GET /health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
    line = next(line for line in answer.decode().splitlines() if line.startswith("Date: "))
    return datetime.strptime(line[6:], "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
