"""Safe previews: PDF pages and pictures are drawn by a limited child process, text is shown as text. Nothing is cached.

What comes out is a new picture: no script, no link, no place where a photograph was taken goes through.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from isms.core.kinds import decoded

CHILD = Path(__file__).with_name("previewing_child.py")
DRAWN = frozenset({"pdf", "png", "jpg", "gif", "webp", "tif"})
WRITTEN = frozenset({"txt", "csv", "tsv", "log", "md", "json", "eml"})
LARGEST = 50_000_000  # bytes; a larger file is downloaded
LONGEST_TEXT = 200_000  # bytes of a text that are shown
MOST_PAGES = 20
LIMITS = {"memory": 700_000_000, "seconds": 5, "width": 1400, "pixels": 60_000_000, "pages": MOST_PAGES}
TOO_MANY_PIXELS = 3  # how the child ends at them
PATIENCE = 10.0  # seconds for one picture, waiting included

# A picture costs a process: more of them at once would leave nothing for the others.
_turns = BoundedSemaphore(2)


class NoPreview(Exception):
    """The file cannot be shown here; it can still be downloaded."""


def count_pages(kind: str, chunks: Iterable[bytes]) -> int:
    """Count the pages that can be shown, at most MOST_PAGES; raises NoPreview. A picture is drawn to know."""
    if kind not in DRAWN:
        raise NoPreview(kind)
    return int(_ask(kind, 0, chunks))


def draw(kind: str, page: int, chunks: Iterable[bytes], *, width: int = LIMITS["width"]) -> bytes:
    """Give a page, counted from 1, as PNG of at most so many pixels across; raises NoPreview."""
    if kind not in DRAWN or not 1 <= page <= (MOST_PAGES if kind == "pdf" else 1):
        raise NoPreview(kind)
    picture = ask({**LIMITS, "kind": kind, "page": page, "width": width}, chunks)
    if not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        raise NoPreview(kind)
    return picture


def text(kind: str, chunks: Iterable[bytes]) -> str:
    """Give the beginning of a text, not escaped; raises NoPreview."""
    if kind not in WRITTEN:
        raise NoPreview(kind)
    begin = b""
    for chunk in chunks:
        begin += chunk
        if len(begin) > LONGEST_TEXT:
            break
    shown = decoded(begin[:LONGEST_TEXT])
    if shown is None:
        raise NoPreview(kind)
    return shown


def _ask(kind: str, page: int, chunks: Iterable[bytes]) -> bytes:
    return ask({**LIMITS, "kind": kind, "page": page}, chunks)


def ask(wanted: dict[str, Any], chunks: Iterable[bytes]) -> bytes:
    """Let the child do what is wanted; raises NoPreview with busy, time, pixels (too many) or refused."""
    if not _turns.acquire(timeout=PATIENCE):
        raise NoPreview("busy")
    try:
        content = b"".join(chunks)
        command = [sys.executable, "-I", str(CHILD), json.dumps(wanted)]
        answer = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, env={}, check=False)
    except subprocess.TimeoutExpired:
        raise NoPreview("time") from None
    finally:
        _turns.release()
    if answer.returncode != 0:
        raise NoPreview("pixels" if answer.returncode == TOO_MANY_PIXELS else "refused")
    return answer.stdout
