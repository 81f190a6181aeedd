"""The main job, by four people without a mouse: evidence is recorded and reviewed, the statement approved, a pack taken.

Once with the scripts of the pages and once without; in Japanese.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from isms import runner
from isms.audits import rules as audits
from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Kind
from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.evidence.models import Evidence
from isms.people import links
from isms.people.models import Person
from tests.browser.conftest import NewContext
from tests.browser.keyboard import Keyboard
from tests.factories import actor, person, with_role

EDITION = "iso27001-2022"


@pytest.fixture
def ticking(house: Flask) -> Iterator[None]:
    """Let the runner tick, as it does beside a server."""
    scheduler = runner.start()
    yield
    scheduler.shutdown(wait=True)


def entered(page: Page, who: Person) -> Keyboard:
    """Sign in by a one-time link; gives the keys of the page."""
    keys = Keyboard(page)
    page.goto(f"/l/{links.make_link(who, 'signin', by=CONSOLE, now=clock.now())}")
    keys.press("main button.go")
    return keys


def decided(by: Person) -> None:
    """Decide all controls of the edition in force."""
    now = clock.now()
    keys = [one.key for one in catalogue.edition_on(now.date()).requirements if one.kind is Kind.CONTROL]
    said = [catalogue.Said(key, True, "架空の理由", "implemented") for key in keys]
    catalogue.decide_many(EDITION, said, by=actor(by), now=now)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_evidence_becomes_a_pack(new_context: NewContext, ticking: None, tmp_path: Path, scripts: bool) -> None:
    officer, colleague = person("架空 一子", roles=[Role.OFFICER]), person("架空 二郎", roles=[Role.OFFICER])
    approver, auditor = with_role(Role.APPROVER), with_role(Role.AUDITOR)
    decided(officer)
    today = clock.now().date()
    span = {"from_day": today - timedelta(days=30), "to_day": today + timedelta(days=30)}
    audits.engage(auditor_id=auditor.id, title="架空の内部監査", scope=[], by=actor(officer), now=clock.now(), **span)

    def seat(who: Person) -> Keyboard:
        return entered(new_context(scripts=scripts).new_page(), who)

    keys = seat(officer)
    evidence_is_recorded(keys, tmp_path, scripts)
    the_statement_is_issued(keys)
    the_evidence_is_reviewed(seat(colleague))
    the_statement_is_approved(seat(approver))
    keys = seat(auditor)
    the_auditor_sees_the_day(keys)
    pack = the_auditor_takes_the_pack(keys)
    the_pack_holds(pack, tmp_path)


def evidence_is_recorded(keys: Keyboard, folder: Path, scripts: bool) -> None:
    """A control that is not there is refused, and the file need not be chosen again."""
    page, file = keys.page, folder / "架空の方針.txt"
    file.write_text("架空連合会 情報セキュリティ方針", "utf-8")
    keys.follow("/evidence/new")
    keys.write("#title", "情報セキュリティ方針の見直し記録（架空）")
    keys.write("#controls", "5.1、5.99")
    if scripts:
        page.keyboard.press("Escape")
    keys.attach("#files", [file])
    keys.press("main button[value='done']")
    expect(page.locator("main")).to_contain_text("5.99")
    expect(page.locator("main .kept")).to_contain_text("架空の方針.txt")
    assert Evidence.select().count() == 0
    write_controls(keys, scripts)
    keys.press("main button[value='done']")
    made = Evidence.get()
    assert [link.key for link in made.links] == ["A.5.1"]
    assert [one.name for one in made.files] == ["架空の方針.txt"]


def write_controls(keys: Keyboard, scripts: bool) -> None:
    """Write the number anew; with scripts what was written stands as chips, each with a button that takes it away."""
    if scripts:
        keys.reach("main .chips button | 5.99")
        keys.page.keyboard.press("Enter")
    else:
        keys.write("#controls", "5.1")


def the_statement_is_issued(keys: Keyboard) -> None:
    page = keys.page
    page.goto("/statement")
    keys.press("main a[href='/statement/issue']")
    keys.write("#changes", "架空の初版です。")
    keys.press("main button.go")
    expect(page.locator("body")).to_contain_text("承認を待っています")


def the_evidence_is_reviewed(keys: Keyboard) -> None:
    page = keys.page
    keys.follow("/evidence/review")
    expect(page.locator("main")).to_contain_text("架空の方針.txt")
    expect(page.locator("main")).to_contain_text("情報セキュリティ方針の見直し記録")
    keys.press("main form[action$='/accept'] button")
    expect(page.locator("body")).to_contain_text("を承認しました")


def the_statement_is_approved(keys: Keyboard) -> None:
    page = keys.page
    keys.follow("/statement")
    keys.press("main a[href='/statement/1']")
    keys.press("main a[href='/statement/1/word']")
    keys.write("#note", "よいと認めます。")
    keys.press("main button[value='approve']")
    expect(page.locator("main")).to_contain_text("SHA-256 xlsx")


def the_auditor_sees_the_day(keys: Keyboard) -> None:
    """Today the control is proven; yesterday nothing was known."""
    page = keys.page
    row = page.locator("main tbody tr", has_text="情報セキュリティのための方針群").first
    page.goto("/status")
    expect(row).to_contain_text("有効")
    keys.write("#day", (clock.now() - timedelta(days=1)).date().isoformat())
    keys.press(".asof button")
    expect(row).to_contain_text("未決定")
    page.goto("/evidence")
    expect(page.locator("main table")).to_contain_text("情報セキュリティ方針の見直し記録")


def the_auditor_takes_the_pack(keys: Keyboard) -> Path:
    page = keys.page
    keys.follow("/exports")
    keys.press("main form[action='/exports/pack'] button.go")
    # the page asks again by itself until the runner has made the pack
    expect(page.locator("main")).to_contain_text("できました", timeout=30_000)
    return keys.download("main a[href$='/file']")


def the_pack_holds(pack: Path, folder: Path) -> None:
    """Its own program says yes where nothing is installed, its sums hold, and the file lies in it."""
    unpacked = folder / "pack"
    with zipfile.ZipFile(pack) as opened:
        opened.extractall(unpacked)
    (root,) = {path.parent for path in unpacked.rglob("verify.py")}
    said = subprocess.run([sys.executable, "-I", "-S", "verify.py"], cwd=root, capture_output=True, text=True)
    assert said.returncode == 0, said.stdout + said.stderr
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=root, check=True)
    assert any(
        path.read_bytes() == "架空連合会 情報セキュリティ方針".encode()
        for path in root.glob("files/**/*")
        if path.is_file()
    )
