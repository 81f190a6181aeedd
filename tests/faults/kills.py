"""Twenty times: the server is killed at a random moment under eight writing clients, and starts again."""

import http.client
import random
import re
import subprocess
import time
from pathlib import Path
from threading import Thread

from config import Config
from isms import load_rooms, open_house
from isms.core import clock, schema
from isms.core.database import db
from isms.core.permissions import CONSOLE
from isms.people import rules
from isms.people.models import Person
from tests.bench.measure import ISMS, Client, link_for, wait_for
from tests.faults.check import unsound

KILLS, CLIENTS = 20, 8


def kills(folder: Path) -> list[str]:
    """Kill, restart, check; give what did not hold."""
    data = _begin(folder)
    wrong: list[str] = []
    acknowledged: list[str] = []
    for number in range(KILLS):
        acknowledged += _one(folder, data, number)
        wrong += [f"kill {number + 1}: {one}" for one in _problems(data, acknowledged)]
    if len(acknowledged) < KILLS:
        wrong.append(f"only {len(acknowledged)} writes were acknowledged: nothing was tried")
    print(f"kills: {KILLS}, {len(acknowledged)} acknowledged writes, {len(wrong)} problems")
    return wrong


def _begin(folder: Path) -> Path:
    data = folder / "data"
    open_house(Config(data=data))
    load_rooms()
    schema.migrate()
    rules.found(organisation="架空連合会", name="見本 花子", mail="h@kakuu.example", by=CONSOLE, now=clock.now())
    db.close()
    return data


def _one(folder: Path, data: Path, number: int) -> list[str]:
    """Serve, write with eight clients, kill; gives the numbers of the people that were acknowledged."""
    port = 20_000 + random.randrange(20_000)
    environment = {"PATH": "/usr/bin:/bin", "ISMS_DATA": str(data), "ISMS_LOG_LEVEL": "ERROR"}
    with (folder / f"server-{number}.log").open("wb") as out:
        server = subprocess.Popen([ISMS, "serve", "--port", str(port)], env=environment, stdout=out, stderr=out)
    origin = f"http://127.0.0.1:{port}"
    wait_for(origin, server)
    acknowledged: list[str] = []
    clients = []
    for _ in range(CLIENTS):
        client = Client(origin)
        client.enter(link_for(data, origin, "officer"))
        clients.append(client)
    threads = [Thread(target=_write, args=(c, f"{number:02}{i}", acknowledged)) for i, c in enumerate(clients)]
    for thread in threads:
        thread.start()
    time.sleep(random.uniform(0.3, 1.5))
    server.kill()
    server.wait()
    for thread in threads:
        thread.join()
    return acknowledged


def _write(client: Client, mark: str, acknowledged: list[str]) -> None:
    """Add people until the server is gone."""
    for number in range(10_000):
        name = f"K{mark}{number:04}"
        try:
            page = client.get("/people/new")
            key = re.search(rb'name="form_key"[^>]*value="([^"]+)"', page)
            given = {"number": name, "name": "架空 太郎", "employment": "permanent", "from_day": "2026-04-01"}
            if key is not None:
                given["form_key"] = key[1].decode()
            if client.post("/people/new", page, **given) == 303:
                acknowledged.append(name)
        except (OSError, http.client.HTTPException):
            return


def _problems(data: Path, acknowledged: list[str]) -> list[str]:
    """Check as a restart finds it."""
    open_house(Config(data=data))
    load_rooms()
    try:
        found = unsound()
        kept = {number for (number,) in Person.select(Person.number).tuples()}
        return found + [f"lost: {number}" for number in acknowledged if number not in kept]
    finally:
        db.close()
