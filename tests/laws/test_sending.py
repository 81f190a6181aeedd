"""One module alone sends files, and so every file is an attachment, sandboxed, under a name that cannot lie (attack 30)."""

import re
from collections.abc import Iterable

import pytest

from tests.laws import sources
from tests.laws.sources import Source

SENDER = "isms/core/sending.py"
SENDS = re.compile(r"send_file|send_from_directory|(?i:content-disposition)|as_attachment|direct_passthrough|wrap_file")
READS = re.compile(r"blobs\.path_of\(|blobs import .*\bpath_of\b")
STORE = "isms/core/blobs.py"


def senders(code: Iterable[Source]) -> list[str]:
    """Name the places that send files by themselves, or go to a stored file past its hash."""
    found = []
    for one in code:
        for number, line in enumerate(one.text.splitlines(), 1):
            if (one.path != SENDER and SENDS.search(line)) or (one.path != STORE and READS.search(line)):
                found.append(f"{one.path}:{number}")
    return found


def test_one_module_sends_files() -> None:
    assert senders(sources.house()) == []
    assert SENDER in {one.path for one in sources.house()}


@pytest.mark.parametrize(
    "line",
    [
        "return send_file(path)",
        'headers["Content-Disposition"] = name',
        "response.headers.set('content-disposition', 'attachment')",
        "open(blobs.path_of(sha256))",
    ],
)
def test_another_sender_is_found(line: str) -> None:
    assert senders([Source("isms/exports/views.py", line)]) == ["isms/exports/views.py:1"]
    assert [SENDS.search(SENDER), READS.search(STORE)] == [None, None]
