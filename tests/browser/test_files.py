"""What is sent as evidence cannot act in a browser: not as a download, not as a preview, not in a tab (attack 30)."""

from contextlib import suppress

import pytest
from flask import Flask
from playwright.sync_api import Dialog, FilePayload, Page
from playwright.sync_api import Error as TargetClosed

from isms.core import clock, settings
from isms.core.permissions import CONSOLE, Role
from isms.evidence import files, rules
from isms.evidence.models import Evidence, EvidenceFile
from isms.people import links
from tests import factories
from tests.browser.conftest import Visit
from tests.documents import HOSTILE, SAMPLES
from tests.evidence.proofs import officer, recorded, upload

SCRIPT = b"<script>document.title='owned';alert(1)</script>"
# Names and contents that agree, so they come in, and that some program would take for a page.
POLYGLOTS = {
    "a.gif": b"GIF89a/*" + SCRIPT + b"*/=1;document.title='owned'",
    "b.pdf": b"%PDF-1.7\n" + SCRIPT,
    "c.txt": b"x\n" + SCRIPT,
    "d.csv": b"=1,2\n" + SCRIPT,
    "e.eml": b"Subject: x\r\nContent-Type: text/html\r\n\r\n" + SCRIPT,
    "f.json": b'{"a":"' + SCRIPT + b'"}',
}


def enter(page: Page, role: Role) -> None:
    """Sign in by a one-time link."""
    token = links.make_link(factories.with_role(role), "signin", by=CONSOLE, now=clock.now())
    page.goto(f"/l/{token}")
    page.get_by_role("button").last.click()
    page.wait_for_load_state()


def laid(name: str, content: bytes) -> Evidence:
    """Record evidence with the file."""
    now = clock.now()
    return recorded(officer(), now=now, collected_on=settings.today(now), files=[upload(content, name)])


def test_nothing_that_came_in_acts(house: Flask, visit: Visit) -> None:
    page = visit("/sign-in")
    enter(page, Role.OFFICER)
    dialogs: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    for name, content in POLYGLOTS.items():
        made = laid(name, content)
        (file,) = rules.files_of(made.id)
        address = f"/evidence/{made.id}/files/{file.id}"
        page.goto(f"{address}/preview")
        page.wait_for_load_state("networkidle")
        assert "owned" not in page.title() and page.locator("main script").count() == 0
        with page.expect_download() as told:
            page.evaluate("address => { location.href = address }", address)
        assert told.value.suggested_filename == name
        with page.context.expect_page() as opened:
            page.evaluate("address => { window.open(address) }", address)
        with suppress(TargetClosed):  # a tab that only led to a download closes by itself
            assert "owned" not in opened.value.title()
    assert dialogs == []


@pytest.mark.parametrize("kind", ["html", "svg", "xhtml"])
def test_pages_do_not_come_in_at_all(house: Flask, visit: Visit, kind: str) -> None:
    page = visit("/sign-in")
    enter(page, Role.OFFICER)
    page.goto("/evidence/new")
    sent = [FilePayload(name=f"a.{ending}", mimeType="image/png", buffer=HOSTILE[kind]) for ending in (kind, "png")]
    page.locator("input[type=file]").set_input_files(sent)
    page.get_by_label("件名").fill("架空の点検記録")
    page.locator("button[name=then][value=done]").click()
    page.wait_for_load_state()
    assert page.locator("[aria-invalid=true]").count() > 0
    assert not EvidenceFile.select().exists()


def test_pages_of_a_pdf_are_seen(house: Flask, visit: Visit) -> None:
    page = visit("/sign-in")
    enter(page, Role.OFFICER)
    made = laid("記録.pdf", SAMPLES["pdf"]())
    (file,) = rules.files_of(made.id)
    page.goto(f"/evidence/{made.id}/files/{file.id}/preview")
    page.wait_for_load_state("networkidle")
    pictures = page.locator("main img")
    assert pictures.count() == 2
    for number in range(2):
        pictures.nth(number).scroll_into_view_if_needed()
        page.wait_for_function("i => document.querySelectorAll('main img')[i].naturalWidth > 1000", arg=number)
    assert files.damaged_now() == {}
