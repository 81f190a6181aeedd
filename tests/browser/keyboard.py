"""A person without a mouse: goes everywhere by Tab, fills in and presses by keys alone.

keys = Keyboard(page)
keys.write("#name", "架空 花子")
keys.press("main button.go")          # Tab to it, Enter, and wait for the page that follows
"""

from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

FURTHEST = 400  # stops until one gives up


class Keyboard:
    """The keys of one page; nothing here points or clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.on("filechooser", lambda _: None)  # from the start: asked for at the last moment it comes too late

    def reach(self, target: str) -> None:
        """Press Tab until the focus is on what the selector names; the words after ` | ` must stand on it."""
        selector, _, words = target.partition(" | ")
        ask = """([selector, words]) => document.activeElement.matches(selector) &&
            (document.activeElement.textContent + document.activeElement.ariaLabel).includes(words)"""
        for _ in range(FURTHEST):
            if self.page.evaluate(ask, [selector, words]):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {target!r} at {self.page.url}:\n{self.page.locator('main').inner_text()}")

    def write(self, target: str, text: str) -> None:
        """Write into a field, in place of what stands there."""
        self.reach(target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, target: str) -> None:
        """Press a button or follow a link by Enter, and wait for what comes."""
        self.reach(target)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def follow(self, href: str) -> None:
        """Follow an entry of the menu; where it stands in the fold, open that first."""
        if self.page.locator(f".nav .fold.always a[href='{href}']").count():
            self.reach(".nav .fold summary")
            self.page.keyboard.press("Enter")
        self.press(f".nav a[href='{href}']")

    def tick(self, target: str) -> None:
        """Choose a box or the radio that has the focus."""
        self.reach(target)
        self.page.keyboard.press("Space")

    def choose(self, target: str, value: str) -> None:
        """Choose from a list by the arrow."""
        self.reach(target)
        self.page.keyboard.press("Home")
        for _ in range(FURTHEST):
            if self.page.evaluate("document.activeElement.value") == value:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{target} does not offer {value!r}")

    def attach(self, target: str, files: Sequence[Path]) -> None:
        """Open the machine's own window for files, and take files."""
        self.reach(target)
        with self.page.expect_file_chooser() as opened:
            self.page.keyboard.press("Space")
        opened.value.set_files(list(files))

    def download(self, target: str) -> Path:
        """Follow a link that gives a file; gives where it lies."""
        self.reach(target)
        with self.page.expect_download() as taken:
            self.page.keyboard.press("Enter")
        return taken.value.path()
