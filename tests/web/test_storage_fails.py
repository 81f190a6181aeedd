"""The storage fails under a running house: a writer that does not end, a file without rights, a full disk, a cut upload."""

import gc
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
import pytest
from flask import Flask

from config import Config
from isms import create_app
from isms.core import database, words
from isms.core.database import SQLITE_FILE, WRITE_LOCK
from isms.core.permissions import Role
from isms.people.models import Department
from isms.trail import verify
from isms.trail.models import TrailEntry
from isms.trail.rules import head_number
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.engines import NewInstallation

# a body that is cut off, or finds no room, leaves the parser's own file to the collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
SQLITE = pytest.mark.parametrize("engine", ["sqlite"])
READ = ("/people", "/departments", "/board", "/trail", "/evidence", "/account", "/sign-in")


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Let such a file go where its warning is expected."""
    yield
    gc.collect()


@pytest.fixture
def house(config: Config, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Give a house whose writers wait for one another for one second."""
    monkeypatch.setattr(database, "PATIENCE", 1)
    with words.speaking("ja"):
        yield create_app(config)
    database.db.close()


@contextmanager
def another_writer(config: Config) -> Iterator[None]:
    """Hold the write lock as another process would."""
    if config.database_url:
        held: Any = psycopg.connect(config.database_url)
        held.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))
    else:
        held = sqlite3.connect(config.data / SQLITE_FILE, isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        held.rollback()
        held.close()


def add(browser: Browserlike, name: str, status: int) -> Page:
    return browser.get("/departments/new").submit("name", name=name, from_day="2026-04-01", status=status)


@pytest.mark.parametrize(("language", "told"), [("ja", "混み合っています"), ("en", "busy")])
def test_a_writer_that_does_not_end_is_told_in_ones_language(
    house: Flask, config: Config, language: str, told: str
) -> None:
    browser = factories.signed_in(house, factories.with_role(Role.OFFICER, locale=language))
    with another_writer(config):
        began = monotonic()
        page = add(browser, "架空第一課", 503)
        assert 0.9 < monotonic() - began < 5
        assert told in page.text
        for path in READ:
            assert browser.get(path, status=None).status in (200, 303)
    add(browser, "架空第一課", 303)
    assert [one.name for one in Department.select()] == ["架空第一課"]


@SQLITE
def test_a_database_that_may_not_be_written_is_still_read(house: Flask, config: Config) -> None:
    browser = factories.signed_in(house, Role.OFFICER)
    add(browser, "架空第一課", 303)
    database.db.execute_sql("PRAGMA query_only = 1")
    page = add(browser, "架空第二課", 503)
    assert "書き込めません" in page.text
    database.db.close()
    assert "架空第一課" in browser.get("/departments").text
    assert Department.select().count() == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of a few megabytes; root only."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root alone")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill(path: Path) -> None:
    """Write until there is no room."""
    with suppress(OSError), path.open("wb", buffering=0) as full:
        while full.write(b"0" * 4096):
            continue


def test_a_full_disk_is_told_and_nothing_is_half_done(small_disk: Path, new_installation: NewInstallation) -> None:
    config = new_installation("sqlite", data=small_disk / "data")
    with words.speaking("ja"):
        house = create_app(config)
        browser = factories.signed_in(house, Role.OFFICER)
        add(browser, "架空第一課", 303)
        pages = {path: browser.get(path).status for path in READ[:-1]}
        filler = small_disk / "filler"
        fill(filler)
        told, before = "", head_number()
        for number in range(400):  # what is left in the pages of the log is used up first
            page = browser.get("/departments/new")
            sent = page.form("name").filled({"name": f"架空{number}" + "課" * 90, "from_day": "2026-04-01"})
            page = browser.open("POST", page.address, data=sent)
            if page.status != 303:
                told = page.text
                break
            before = head_number()
        assert page.status == 503
        assert "ディスクがいっぱいです" in told
        assert {path: browser.get(path).status for path in pages} == pages
        assert head_number() == before
        assert Department.select().count() == TrailEntry.select().where(TrailEntry.verb == "department.added").count()
        sheet: dict[str, Any] = {"file": ("架空.csv", ("職員番号,氏名\n" + "1,架空\n" * 100_000).encode())}
        page = browser.get("/people/import").submit("file", sheet, status=503)
        assert "ディスクがいっぱいです" in page.text
        filler.unlink()
        add(browser, "架空第三課", 303)
        assert list(verify.verify()) == []
        database.db.close()


@SQLITE
@pytest.mark.parametrize("address", ["/people/import", "/evidence/new", "/decisions/import"])
def test_an_upload_that_is_cut_off_leaves_nothing(house: Flask, config: Config, address: str) -> None:
    browser = factories.signed_in(house, Role.OFFICER)
    page, before = browser.get(address), head_number()
    field = "files" if address == "/evidence/new" else "file"
    body = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}\r\n'
        for name, value, more in [("csrf_token", page.token, ""), (field, "架空" * 5000, '; filename="架空.csv"')]
    ).encode()
    kept = sorted(path.name for path in config.data.rglob("*") if path.is_file())
    for part in (0.3, 0.9, 1.0):  # the last one lacks nothing but its end
        cut = body[: int(len(body) * part)]
        answer = browser.open("POST", address, data=cut, content_type="multipart/form-data; boundary=x")
        assert 400 <= answer.status < 500
    assert head_number() == before
    assert sorted(path.name for path in config.data.rglob("*") if path.is_file()) == kept


@SQLITE
def test_what_is_too_large_is_refused_in_words(house: Flask) -> None:
    browser = factories.signed_in(house, Role.OFFICER)
    page = browser.get("/departments/new")
    fields = {"csrf_token": page.token, "name": "課" * 400_000, "from_day": "2026-04-01"}
    answer = browser.open("POST", "/departments/new", data=fields)
    assert answer.status == 413
    assert "大き" in answer.text
    many = {f"x{number}": "1" for number in range(2000)} | {"csrf_token": page.token}
    answer = browser.open("POST", "/departments/new", data=many, content_type="multipart/form-data")
    assert answer.status == 413
    long = {"csrf_token": page.token, "name": "課" * 101, "code": "x" * 21, "from_day": "2026-04-01"}
    answer = browser.open("POST", "/departments/new", data=long, status=422)
    assert "100文字まで" in answer.text
    assert "課" * 101 in answer.html
