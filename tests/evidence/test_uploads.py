"""Uploads that are too many, too large, broken off, or made to fill the memory (attacks 34, 45)."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import ROOT
from isms.core import blobs
from isms.core.permissions import CONSOLE, Role
from isms.evidence.models import Evidence, EvidenceFile
from isms.people import rules as people
from tests.browser.chromium import serving
from tests.browserlike import Page
from tests.documents import archive, office
from tests.factories import NOW, signed_in

MB = 1_000_000
# What a refused body leaves open is closed when it is forgotten, which a test run would complain of.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def form_page(house: Flask) -> Page:
    return signed_in(house, Role.OFFICER).get("/evidence/new")


def sent(page: Page, files: list[tuple[str, bytes]], *, status: int | None) -> Page:
    values: dict[str, Any] = {
        "title": "架空の点検記録",
        "controls": "5.1",
        "collected_on": "2026-11-01",
        "kind": "record",
    }
    return page.submit("title", {**values, "files": [*files]}, button="done", status=status)  # type: ignore[arg-type]


def test_ten_thousand_files_at_once_are_refused_clearly(house: Flask) -> None:
    page = form_page(house)
    answer = sent(page, [(f"{number}.txt", b"x") for number in range(10_000)], status=413)
    assert "大き" in answer.text or "多" in answer.text
    assert not Evidence.select().exists() and blobs.stored() == []


def test_a_million_fields_are_refused(house: Flask) -> None:
    page = form_page(house)
    boundary = "架".encode().hex()
    part = f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.encode()
    for body, kind in [
        (part * 60_000 + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"),
        (b"&".join([b"a=1"] * 400_000), "application/x-www-form-urlencoded"),
    ]:
        answer = page.browser.open("POST", "/evidence/new", data=body, content_type=kind)
        assert answer.status == 413, answer.text
    assert not Evidence.select().exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x\r\n",
        b"--x\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nhalf',
        b"--x--\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a\x00.txt"\r\n\r\nx\r\n--x--\r\n',
        b"--y\r\n" * 1000,
    ],
)
def test_a_body_with_tricks_is_no_error_of_ours(house: Flask, body: bytes) -> None:
    page = form_page(house)
    answer = page.browser.open("POST", "/evidence/new", data=body, content_type="multipart/form-data; boundary=x")
    assert 400 <= answer.status < 500
    assert not Evidence.select().exists() and blobs.stored() == []


def test_what_is_larger_than_the_setting_is_refused_on_its_field(house: Flask) -> None:
    people.change_setting("largest_file_mb", "1", by=CONSOLE, now=NOW)
    page = form_page(house)
    answer = sent(page, [("a.txt", b"x" * (MB + 1))], status=422)
    assert "1 MB" in answer.text
    assert blobs.stored() == []
    assert sent(page, [("b.txt", b"x" * 6 * MB)], status=413).status == 413
    assert sent(page, [("c.txt", b"x" * MB)], status=303).status == 303
    assert [file.size for file in EvidenceFile.select()] == [MB]


@pytest.fixture
def server(house: Flask) -> Iterator[int]:
    """Serve the house by waitress; gives the port."""
    with socket.create_server(("127.0.0.1", 0)) as listening, serving(house, listening):
        yield listening.getsockname()[1]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_upload_that_breaks_off_leaves_no_row_and_no_file(house: Flask, server: int, config: Any) -> None:
    browser = signed_in(house, Role.OFFICER)
    page = browser.get("/evidence/new")
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in browser.client._cookies.values())  # type: ignore[union-attr]
    head = (
        f"POST /evidence/new HTTP/1.1\r\nHost: 127.0.0.1:{server}\r\nCookie: {cookies}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000000\r\n\r\n"
    )
    begin = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"csrf_token": page.token, "title": "架空", "controls": "5.1", "kind": "record"}.items()
    )
    begin += '--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    before = _files_below(config.data)
    with socket.create_connection(("127.0.0.1", server)) as client:
        client.sendall(head.encode() + begin.encode())
        for _ in range(50):
            client.sendall(b"x" * MB)
    time.sleep(0.5)
    with socket.create_connection(("127.0.0.1", server)) as client:
        client.sendall(f"GET /health HTTP/1.0\r\nHost: 127.0.0.1:{server}\r\n\r\n".encode())
        assert b"200 OK" in client.recv(1000)
    assert not Evidence.select().exists()
    assert _files_below(config.data) == before


def _files_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


JUDGE = """
import json, resource, sys, time
from isms.core.kinds import Unfit, agree
resource.setrlimit(resource.RLIMIT_AS, (400_000_000, 400_000_000))
for path in sys.argv[1:]:
    began = time.monotonic()
    with open(path, "rb") as file:
        try:
            verdict = agree(path, file)
        except Unfit:
            verdict = "refused"
    print(json.dumps([verdict, time.monotonic() - began]))
"""


def test_bombs_are_judged_in_little_memory_and_time(tmp_path: Path) -> None:
    flat = office("word/document.xml", word__media__bomb_bin=bytes(300 * MB))
    types = archive({"[Content_Types].xml": bytes(300 * MB), "word/document.xml": b""})
    many = archive({f"{number:06}": b"" for number in range(70_000)})
    whole = archive({"[Content_Types].xml": "<Types/>", "word/document.xml": b"x" * 1000})
    place, name = whole.rfind(b"PK\5\6"), b"word/document.xml"
    overlapping = whole[:place] + whole[place:]
    claimed = bytearray(whole)
    entry = whole.rfind(name) - 46
    claimed[entry + 24 : entry + 28] = (0xFFFFFFFE).to_bytes(4, "little")
    paths = []
    bombs = {"flat": flat, "types": types, "many": many, "claimed": bytes(claimed), "sound": overlapping}
    for title, content in bombs.items():
        paths.append(tmp_path / f"{title}.docx")
        paths[-1].write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, *map(str, paths)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )  # fmt: skip
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert dict(zip(bombs, [verdict for verdict, _ in told], strict=True)) == {
        "flat": "docx",  # never unpacked here, so it harms nobody
        "types": "refused",
        "many": "refused",
        "claimed": "refused",
        "sound": "docx",
    }
    assert max(seconds for _, seconds in told) < 2
