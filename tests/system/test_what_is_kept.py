"""What a server writes down: no secret that was ever sent (attack 56), one line of JSON for whatever was sent (58)."""

import json
import os
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from config import ROOT
from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.people import accounts
from tests.engines import opened
from tests.factories import PASSWORD, TOTP_SECRET, person
from tests.system.conftest import COMMAND, Server, StartServer
from tests.web.test_signing_in import code

CANARY = "canary{}of-attack-56"
WRONG = "かなりやの合言葉 四つの石"
SPLITS = [
    "a\r\nevent: forged",
    "\x1b[31mred\x1b[0m",
    "a\u2028b\u2029c",
    "a\x85b",
    "a\x00b",
    '"}\n{"event":"forged"}',
    "\u202egpj",
]


def isms(server: Server, *arguments: str) -> bytes:
    """Run a command on the server's installation; gives what it says."""
    told = {**os.environ, "ISMS_DATA": str(server.config.data), "DATABASE_URL": server.config.database_url}
    done = subprocess.run([*COMMAND, *arguments], cwd=ROOT, env=told, capture_output=True, check=True)
    return done.stdout + done.stderr


def written(server: Server, folder: Path) -> dict[str, bytes]:
    """Give everything that the server and its commands write: logs, the trail as it leaves, a backup, the data."""
    backup = folder / "backup.zip"
    isms(server, "backup", str(backup))
    unpacked = folder / "unpacked"
    unpacked.mkdir()
    subprocess.run(["python3", "-m", "zipfile", "-e", backup, unpacked], check=True)
    kept = {"trail": isms(server, "trail", "export")}
    kept |= {"log": server.log.read_bytes(), "said": server.log.with_suffix(".out").read_bytes()}
    for path in [*unpacked.rglob("*"), *server.config.data.rglob("*")]:
        if path.is_file():
            kept[str(path)] = path.read_bytes()
    return kept


def test_attack_56_no_secret_that_was_sent_is_kept(server: Server, tmp_path: Path) -> None:
    with opened("", server.config.data):
        who = person(totp=True)
        recovery = accounts.renew_recovery_codes(who.id, by=CONSOLE, now=clock.now())
    token, typed = server.token(who, "reset"), code()
    inside, guest = server.client(Role.OFFICER), server.client()
    inside.headers = {
        name: CANARY.format(name)
        for name in ("Authorization", "Proxy-Authorization", "X-Api-Key", "X-Access-Token", "Referer", "User-Agent-X")
    }
    inside.headers["Cookie"] = "; ".join([*(f"{k}={v}" for k, v in inside.cookies.items()), f"x={CANARY.format('c')}"])
    for path in ("/account", "/people", "/nowhere", "/static/nothing", "/accounts"):
        inside.ask("GET", f"{path}?token={CANARY.format('query')}&password={CANARY.format('query')}")
    page = guest.get("/sign-in")
    guest.post("/sign-in", page, name=who.number, password=WRONG)
    guest.post("/sign-in", page, name=WRONG, password="x")  # typed into the wrong field
    guest.post("/sign-in", page, name=who.number, password=PASSWORD)
    step = guest.get("/sign-in/code")
    guest.post("/sign-in/code", step, code=typed)
    linked = server.client()
    linked.ask("GET", f"/l/{token}")
    linked.post("/l", linked.get("/l"), password=CANARY.format("new") + " 紺の傘", again="ちがう")
    linked.ask("POST", "/l", f"password={CANARY.format('bare')}".encode(), "text/plain")
    secrets = [PASSWORD, WRONG, token, *recovery, CANARY.format("query")[:6]]
    secrets += [value for client in (inside, guest, linked) for value in client.cookies.values() if len(value) > 20]
    kept = written(server, tmp_path)
    assert b'"path": "/l/<token>"' in kept["log"]
    assert any(TOTP_SECRET.encode() in text for text in kept.values()), "what is looked for is found where it belongs"
    for secret in secrets:
        for form in {secret, json.dumps(secret).strip('"'), quote(secret)}:
            found = [name for name, text in kept.items() if form.encode() in text]
            assert found == [], form
    for secret in (TOTP_SECRET, typed):
        assert all(secret.encode() not in kept[name] for name in ("log", "said", "trail"))


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_attack_58_whatever_is_sent_makes_one_line_of_json(start_server: StartServer, level: str) -> None:
    server = start_server(environment={"ISMS_LOG_LEVEL": level})
    before = len(server.log.read_text("utf-8").splitlines())
    inside, asked = server.client(Role.ADMINISTRATOR), 0
    page = inside.get("/people/new")
    for number, text in enumerate(SPLITS):
        for path in (f"/{quote(text)}", f"/people?q={quote(text)}", f"/trail/{quote(text)}"):
            inside.ask("GET", path)
            asked += 1
        raw = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {text.replace(chr(10), ' ')}\r\n".encode()
        server.statuses(raw + b"Connection: close\r\n\r\n", 1)
        fields = {"number": f"L{number}", "name": text, "mail": f"{text}@a.example", "employment": "permanent"}
        inside.post("/people/new", page, from_day="2026-04-01", **fields)
        server.client().post("/sign-in", server.client().get("/sign-in"), name=text, password="x")
        asked += 1
    lines = server.log.read_bytes().split(b"\n")
    assert lines.pop() == b""
    told = [json.loads(line) for line in lines[before:]]
    assert all(
        line.isascii() and "forged" not in entry.get("event", "") for line, entry in zip(lines, told, strict=False)
    )
    assert sum(entry["event"] == "request" for entry in told) >= asked
