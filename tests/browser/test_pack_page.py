"""The page of an audit pack, opened from the disk as an auditor does: no network, no script, both languages."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.exports.stories import Story, packed
from tests.status.standings import at_noon

EVIL = '<img src="http://127.0.0.1:9/x" onerror="document.title=1">'


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("dark", [False, True])
def test_it_reads_offline(
    house: Flask, chrome: Browser, axe: Callable[[Page], None], tmp_path: Path, width: int, dark: bool
) -> None:
    with at_noon():
        story = Story()
        story.prove("A.5.9", title=EVIL, ago=3)
        folder = packed(tmp_path)
    context = chrome.new_context(viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "index.html").as_uri())
    axe(page)
    assert [url for url in asked if not url.startswith("file://")] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_text(EVIL).count() == 1
    for language, words in (("ja", "監査パック"), ("en", "Audit pack")):
        assert page.locator(f"#{language} h1").inner_text() == words
        assert page.locator(f"#{language} tbody tr").count() >= 123
    page.locator("#en").get_by_role("link", name=story.odd.ref).first.click()
    row = page.locator(f"tr[id={story.odd.ref}]")
    assert row.is_visible()
    with page.expect_navigation():
        row.get_by_role("link").first.evaluate("link => { link.removeAttribute('download'); link.click() }")
    assert "架空の記録" in page.inner_text("body")
    context.close()
