"""Set one document in a process of its own; started by `pdf.py`, never imported. JSON in, PDF out.

It runs in an empty folder as typst's root, so a document can read no file.
"""

import json
import resource
import sys
import tempfile
from pathlib import Path

import typst


def main() -> None:
    """Read the order on standard input, write the PDF on standard output."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as empty:
        fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=order["fonts"])
        done = typst.compile(
            order["source"].encode(),
            root=Path(empty),
            font_paths=fonts,
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"data": order["data"]},
            pdf_standards="ua-1",
            timestamp=order["timestamp"],
            package_path=empty,
        )
    sys.stdout.buffer.write(done)


main()
