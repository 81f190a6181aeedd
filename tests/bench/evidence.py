"""10,000 evidences on 123 requirements: what an officer, an auditor and the disk have to wait for."""

import hashlib
import io
import os
import re
import sqlite3
import statistics
import subprocess
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from flask import Flask

from config import Config
from isms import create_app
from isms.core import clock
from isms.core.database import SQLITE_FILE, db
from isms.people.roster import get_person_by_role
from tests.bench import many
from tests.bench.measure import (
    ISMS,
    Client,
    Figure,
    fresh,
    link_for,
    median_ms,
    memory_mb,
    rate,
    seconds,
    served,
    wait_for,
)
from tests.factories import signed_in
from tests.laws.test_queries import counting

CREATIONS, DAYS = 200, ("2026-03-31", "2025-07-07", "2024-12-24")
LIST_SQL = (
    "SELECT COUNT(*) FROM evidence",
    "SELECT * FROM evidence ORDER BY id DESC LIMIT 50",
    "SELECT * FROM review WHERE evidence_id IN (SELECT id FROM evidence ORDER BY id DESC LIMIT 50)",
    "SELECT * FROM evidence_link WHERE evidence_id IN (SELECT id FROM evidence ORDER BY id DESC LIMIT 50)",
)
STATUS_SQL = (
    "SELECT * FROM evidence e JOIN evidence_link l ON l.evidence_id = e.id JOIN review r ON r.evidence_id = e.id",
    "SELECT * FROM decision",
)


def measure(build: Path) -> Iterator[Figure]:
    """Measure an empty start, then an installation with 10,000 evidences."""
    yield first_start(build)
    data = fresh(build / "evidence")
    officer, _ = many.build(data)
    db.close()
    yield from pages(build, data)
    out = build / "pack.zip"
    small = seconds(lambda: pack(data, out))
    yield Figure("pack_10k_s", small, "s", bare_pack(data))
    many.open_again(data)
    files = many.add_files(64, 16_000_000, officer)
    db.close()
    took = seconds(lambda: pack(data, out)) - small
    bare = seconds(lambda: hash_and_copy(files, build / "copy.bin"))
    size = sum(path.stat().st_size for path in files) / 1_000_000
    yield Figure("pack_1gb_speed_ratio", bare / took, "of bare", None, bare / took)
    yield Figure("pack_1gb_mb_s", size / took, "MB/s", size / bare)
    out.unlink()


def first_start(build: Path) -> Figure:
    """Serve an empty folder until it answers."""
    data = fresh(build / "empty")
    environment = {**os.environ, "ISMS_DATA": str(data), "ISMS_LOG_LEVEL": "ERROR"}
    port = 20_000 + os.getpid() % 20_000
    bare = seconds(lambda: subprocess.run([ISMS, "--help"], capture_output=True, check=True))
    began = time.perf_counter()
    with (build / "empty.log").open("wb") as out:
        process = subprocess.Popen([ISMS, "serve", "--port", str(port)], env=environment, stdout=out, stderr=out)
    wait_for(f"http://127.0.0.1:{port}", process)
    took = time.perf_counter() - began
    process.terminate()
    process.wait(timeout=30)
    return Figure("first_start_s", took, "s", bare)


def pages(build: Path, data: Path) -> Iterator[Figure]:
    """Measure the pages of a served installation."""
    queries = list_queries(data)
    with served(data, log=build / "evidence.log") as (origin, pid):
        client = Client(origin)
        client.enter(link_for(data, origin, "officer"))
        trivial = median_ms(lambda: client.get("/health"), 100)
        yield Figure("trivial_ms", trivial, "ms")
        created = [create(client, number) for number in range(CREATIONS)]
        yield Figure("create_evidence_p50_ms", statistics.median(created), "ms", bare_create(build) + trivial)
        listed = median_ms(lambda: client.get("/evidence"), 100)
        yield Figure("list_50_p50_ms", listed, "ms", trivial + sql_ms(data, LIST_SQL))
        yield Figure("list_50_queries", queries, "queries")
        answers = rate(origin, lambda: link_for(data, origin, "officer"), "/evidence", 8, 5)
        yield Figure("list_50_rps_8_clients", answers, "1/s", bare_rate(data, origin))
        status = statistics.median(status_ms(client, day) for day in DAYS)
        yield Figure("status_json_ms", status, "ms", trivial + sql_ms(data, STATUS_SQL))
        board = median_ms(lambda: client.get("/board"), 20)
        yield Figure("board_ms", board, "ms", trivial)
        soa = median_ms(lambda: client.get(f"/exports/statement?day={DAYS[0]}&format=xlsx"), 20)
        yield Figure("soa_xlsx_ms", soa, "ms", trivial)
        yield Figure("server_rss_mb", memory_mb(pid), "MB")


def status_ms(client: Client, day: str) -> float:
    """Ask for the state of all requirements on a past day."""
    return median_ms(lambda: client.get(f"/exports/status?day={day}&known=then&format=json"), 20)


def create(client: Client, number: int) -> float:
    """Record one evidence as a form does; gives the milliseconds of the post alone."""
    page = client.get("/evidence/new")
    key = re.search(rb'name="form_key"[^>]*value="([^"]+)"', page)
    today = date.today().isoformat()
    given = {
        "title": f"架空の証跡 {number}",
        "kind": "link",
        "url": "https://kakuu.example/",
        "controls": "A.5.1",
        "collected_on": today,
        "form_key": key[1].decode() if key else "",
    }
    status = 0

    def post() -> None:
        nonlocal status
        status = client.post("/evidence/new", page, **given)

    took = seconds(post) * 1000
    if status != 303:
        raise RuntimeError(f"the form answered {status}")
    return took


def bare_create(build: Path) -> float:
    """Commit three small rows durably, as SQLite alone does it, in milliseconds."""
    path = fresh(build / "bare") / "bare.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=wal; PRAGMA synchronous=2; CREATE TABLE t (a, b, c)")

    def commit() -> None:
        connection.execute("BEGIN IMMEDIATE")
        for _ in range(6):
            connection.execute("INSERT INTO t VALUES ('x', 'y', ?)", ("z" * 400,))
        connection.execute("COMMIT")

    took = median_ms(commit, 100)
    connection.close()
    return took


def sql_ms(data: Path, queries: tuple[str, ...]) -> float:
    """Run the bare SQL on the installation's file."""
    connection = sqlite3.connect(data / SQLITE_FILE)
    took = median_ms(lambda: [connection.execute(query).fetchall() for query in queries])
    connection.close()
    return took


def bare_rate(data: Path, origin: str) -> float:
    """Ask for the trivial view as fast as the list was asked for."""
    return rate(origin, lambda: link_for(data, origin, "officer"), "/health", 8, 3)


def list_queries(data: Path) -> float:
    """Count the queries of one list page."""
    app: Flask = create_app(Config(data=data))
    browser = signed_in(app, get_person_by_role("officer", clock.now()))
    browser.get("/evidence")
    queries: list[str] = []
    with counting(queries):
        browser.get("/evidence")
    db.close()
    return float(len(queries))


def pack(data: Path, out: Path) -> None:
    """Make the audit pack by the command."""
    command = [
        str(ISMS),
        "export",
        "pack",
        "--from",
        "2023-04-01",
        "--to",
        (clock.now() + timedelta(hours=9)).date().isoformat(),
        "--out",
        str(out),
    ]
    subprocess.run(command, env={**os.environ, "ISMS_DATA": str(data)}, check=True, capture_output=True)


def bare_pack(data: Path) -> float:
    """Read all rows that a pack tells of, in seconds."""
    queries = ("SELECT * FROM trail_entry", "SELECT * FROM evidence", "SELECT * FROM review")
    return sql_ms(data, queries) / 1000


def hash_and_copy(files: list[Path], to: Path) -> None:
    """Read each file once, hash it and write it behind the others."""
    with to.open("wb") as out:
        for path in files:
            digest = hashlib.sha256()
            with path.open("rb") as file:
                while chunk := file.read(io.DEFAULT_BUFFER_SIZE * 128):
                    digest.update(chunk)
                    out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    to.unlink()
