"""Files leave as attachments that no browser opens, each time asked and hashed anew (attacks 1, 2, 4, 30, 33, 43, 44, 47)."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from isms.audits import rules as audits
from isms.core import blobs, clock, settings
from isms.core.blobs import BLOCK, Damaged
from isms.core.permissions import CONSOLE, Role
from isms.core.sending import disposition
from isms.evidence import redactions, rules
from isms.evidence.files import damaged_now
from isms.evidence.models import Evidence, FileCheck
from tests import factories
from tests.browserlike import Browserlike, Page
from tests.documents import SAMPLES
from tests.evidence.proofs import A51, approver, harm, officer, path_of, recorded, upload
from tests.factories import signed_in

LONG = b"0123456789abcde\n" * (BLOCK // 16 * 2) + b"the end\n"


def at(evidence: Evidence, what: str = "") -> str:
    (file, *_) = rules.files_of(evidence.id)
    return f"/evidence/{evidence.id}/files/{file.id}{what}"


def recorded_now(content: bytes | None = None, **more: Any) -> Evidence:
    now = clock.now()
    return recorded(officer(), content, now=now, collected_on=settings.today(now), **more)


def ranged(browser: Browserlike, address: str, text: str, *, status: int, **headers: str) -> Page:
    return browser.get(address, status=status, headers={"Range": text, **headers})


def bare(page: Page) -> bytes:
    """Give the body without its own address, its number and its signed moment."""
    body = page.body.replace(page.address.encode(), b"").replace(quote(page.address, safe="").encode(), b"")
    return re.sub(rb'name="csrf_token"[^>]*|\b[0-9a-f]{16}\b', b"", body)


def test_a_file_is_an_attachment_that_nothing_opens(house: Flask) -> None:
    made = recorded_now(files=[upload(SAMPLES["pdf"](), "点検 記録.pdf")])
    page = signed_in(house, Role.OFFICER).get(at(made))
    assert page.body == SAMPLES["pdf"]()
    headers = page.response.headers
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E7%82%B9%E6%A4%9C%20%E8%A8%98%E9%8C%B2.pdf"
    )
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Length"] == str(len(page.body))
    assert signed_in(house, Role.OFFICER).open("HEAD", at(made)).response.headers["Content-Length"] == str(
        len(page.body)
    )


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ('a"\r\nSet-Cookie: x=1.pdf', "a_Set-Cookie_x_1.pdf"),
        ("../../etc/passwd.txt", "etc_passwd.txt"),
        ("-rf.txt", "rf.txt"),
        ("議事録.pdf", "file.pdf"),
        ("a%0d%0ab.txt", "a_0d_0ab.txt"),
        ("a.p\r\nx", "a.px"),
        ("x", "x"),
    ],
)
def test_a_name_cannot_leave_its_header(name: str, plain: str) -> None:
    header = disposition(name)
    assert header.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
    assert header.isascii() and header.isprintable() and header.count('"') == 2 and "/" not in header


def test_what_is_under_another_evidence_is_not_there(house: Flask) -> None:
    """Attack 4: for every route with both ids."""
    one, other = recorded_now(), recorded_now()
    browser = signed_in(house, Role.OFFICER)
    browser.get("/account")  # takes what is to be said after signing in
    for what in ("", "/preview", "/pages/1"):
        there = browser.get(at(one, what).replace(f"/evidence/{one.id}/", f"/evidence/{other.id}/"), status=404)
        never = browser.get(at(one, what).replace(f"/evidence/{one.id}/", "/evidence/999999/"), status=404)
        assert bare(there) == bare(never)


@pytest.mark.parametrize("role", [Role.STAFF, Role.ADMINISTRATOR, Role.AUDITOR, Role.HEAD])
@pytest.mark.parametrize("what", ["", "/preview", "/pages/1"])
def test_who_may_not_read_it_learns_nothing(house: Flask, role: Role, what: str) -> None:
    made = recorded_now(department_id=factories.department().id)
    browser = signed_in(house, role)
    browser.get("/account")  # takes what is to be said after signing in
    for headers in ({}, {"Range": "bytes=0-0"}):
        refused = browser.get(at(made, what), status=404, headers=dict(headers))
        never = browser.get(at(made, what).replace(f"/{made.id}/", "/999999/"), status=404, headers=dict(headers))
        assert bare(refused) == bare(never)


def test_a_head_reads_the_files_of_their_department(house: Flask) -> None:
    head = factories.with_role(Role.HEAD)
    (department_id,) = factories.actor(head).heads
    made = recorded_now(department_id=department_id)
    assert signed_in(house, head).get(at(made)).status == 200


def test_an_auditor_reads_what_the_engagement_covers_while_it_lasts(house: Flask) -> None:
    """Attack 2, for files."""
    auditor = factories.with_role(Role.AUDITOR)
    inside, outside = recorded_now(controls=[A51]), recorded_now(controls=[(A51[0], "A.5.2")])
    today = settings.today(clock.now())
    engagement = audits.engage(
        auditor_id=auditor.id, title="架空の監査", scope=["A.5.1"], from_day=today, to_day=today, by=CONSOLE, now=clock.now()
    )  # fmt: skip
    browser = signed_in(house, auditor)
    assert browser.get(at(inside)).status == 200
    browser.get(at(outside), status=404)
    audits.revoke(engagement.id, by=CONSOLE, now=clock.now())
    browser.get(at(inside), status=404)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-", 0, None),
        ("bytes=5-9", 5, 9),
        (f"bytes={BLOCK - 2}-{BLOCK + 2}", BLOCK - 2, BLOCK + 2),
        ("bytes=-1", len(LONG) - 1, None),
        ("bytes=-99999999999", 0, None),
        (f"bytes=10-{10**17}", 10, None),
    ],
)
def test_a_range_gives_the_right_bytes(house: Flask, asked: str, first: int, last: int | None) -> None:
    made = recorded_now(LONG)
    wanted = LONG[first : None if last is None else last + 1]
    page = ranged(signed_in(house, Role.OFFICER), at(made), asked, status=206)
    assert page.body == wanted
    end = first + len(wanted) - 1
    assert page.response.headers["Content-Range"] == f"bytes {first}-{end}/{len(LONG)}"
    assert page.response.headers["Content-Length"] == str(len(wanted))
    assert page.response.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={len(LONG)}-",
        "bytes=9-5",
        "bytes=-0",
        "bytes=-",
        "bytes=a-b",
        "items=0-1",
        "bytes=0-0,-1",
        "bytes=" + ",".join("0-0" for _ in range(1000)),
        "bytes=٣-٤",
        "bytes=0-" + "9" * 400,
    ],
)
def test_a_range_that_cannot_be_given_is_refused(house: Flask, asked: str) -> None:
    made = recorded_now(LONG)
    page = signed_in(house, Role.OFFICER).get(at(made), status=416, headers={"Range": asked.encode().decode("latin-1")})
    assert page.response.headers["Content-Range"] == f"bytes */{len(LONG)}"
    assert page.body == b""


def test_a_range_of_an_older_file_gives_the_whole(house: Flask) -> None:
    made = recorded_now(LONG)
    browser = signed_in(house, Role.OFFICER)
    etag = browser.get(at(made)).response.headers["ETag"]
    assert ranged(browser, at(made), "bytes=0-0", status=206, **{"If-Range": etag}).body == LONG[:1]
    assert ranged(browser, at(made), "bytes=0-0", status=200, **{"If-Range": '"old"'}).body == LONG


def test_a_damaged_file_is_refused_told_and_told_once(house: Flask) -> None:
    made = recorded_now(LONG)
    harm(made)
    browser = signed_in(house, Role.OFFICER)
    for headers in ({}, {"Range": "bytes=0-0"}, {"Range": f"bytes={BLOCK + 1}-"}):
        page = browser.get(at(made), status=503, headers=dict(headers))
        assert b"0123456789" not in page.body and "壊れて" in page.text
    for what in ("/preview", "/pages/1"):
        browser.get(at(made, what), status=503)
    (row,) = FileCheck.select()
    assert (row.sound, row.found, row.recorded_by) == (False, "changed", "system")
    assert damaged_now() == {row.sha256: "changed"}


def test_a_file_that_changes_while_it_is_sent_is_cut_short(house: Flask) -> None:
    made = recorded_now(LONG)
    browser = signed_in(house, Role.OFFICER)
    response = browser.client.get(at(made), buffered=False)
    chunks = response.iter_encoded()
    assert next(chunks) == LONG[:BLOCK]
    with path_of(made).open("r+b") as file:
        file.seek(len(LONG) - 3)
        file.write(b"X")
    assert next(chunks) == LONG[BLOCK : 2 * BLOCK]
    with pytest.raises(Damaged):
        next(chunks)
    response.close()
    assert 2 * BLOCK < int(response.headers["Content-Length"])
    assert FileCheck.select().count() == 1


def test_destroyed_bytes_are_said_to_be_destroyed(house: Flask) -> None:
    made = recorded_now()
    (file,) = rules.files_of(made.id)
    proposal = redactions.propose_redaction(made.id, file.id, reason="病名", by=officer(), now=clock.now())
    redactions.confirm_redaction(proposal.id, by=approver(), now=clock.now())
    for what in ("", "/preview", "/pages/1"):
        assert "消去" in signed_in(house, Role.OFFICER).get(at(made, what), status=410).text
    assert not FileCheck.select().exists()


HOSTILE_TEXT = "架空の記録 {{7*7}} %(x)s\n<script>document.title='owned'</script>"


def test_a_text_is_seen_as_text(house: Flask) -> None:
    made = recorded_now(HOSTILE_TEXT.encode())
    page = signed_in(house, Role.OFFICER).get(at(made, "/preview"))
    assert HOSTILE_TEXT.splitlines()[0] in page.text
    assert "<script>document" not in page.html and "&lt;script&gt;document" in page.html


@pytest.mark.parametrize(("ending", "pages"), [("pdf", 2), ("png", 1), ("docx", 0)])
def test_pages_are_seen_as_pictures(house: Flask, ending: str, pages: int) -> None:
    content = SAMPLES[ending]()
    made = recorded_now(files=[upload(content, f"記録.{ending}")])
    browser = signed_in(house, Role.OFFICER)
    page = browser.get(at(made, "/preview"))
    assert page.html.count("<img") == pages
    assert ("表示できません" in page.text) == (pages == 0)
    for number in range(1, pages + 1):
        picture = browser.get(at(made, f"/pages/{number}"))
        assert picture.body.startswith(b"\x89PNG") and picture.response.mimetype == "image/png"
    browser.get(at(made, f"/pages/{pages + 1}"), status=404)
    assert browser.get(at(made)).body == content


def test_nothing_else_lies_beside_the_files(house: Flask, config: Any) -> None:
    made = recorded_now(files=[upload(SAMPLES["pdf"](), "記録.pdf")])
    signed_in(house, Role.OFFICER).get(at(made, "/pages/1"))
    assert [path.name for path in Path(config.data, blobs.FOLDER).iterdir()] == [path_of(made).name]


def test_the_same_bytes_elsewhere_are_told_to_who_may_see_them(house: Flask) -> None:
    """Attack 5: nobody else sees a difference between a first and a second upload."""
    head = factories.with_role(Role.HEAD)
    (department_id,) = factories.actor(head).heads
    secret = recorded_now(b"secret plan")
    own, alone = (recorded_now(content, department_id=department_id) for content in (b"secret plan", b"other"))
    assert secret.ref in signed_in(house, Role.OFFICER).get(f"/evidence/{own.id}").text
    browser = signed_in(house, head)
    seen, plain = (browser.get(f"/evidence/{one.id}").text for one in (own, alone))
    assert secret.ref not in seen and "同じ内容" not in seen + plain
