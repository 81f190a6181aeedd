"""Documents for paper: tagged PDF/UA, A4, Japanese, by typst in a child process that knows nothing but its input.

A template of `templates/pdf/` follows `base.typ` and gets its data as JSON: what people typed is data, never markup
(attack 41). The same data and moment give the same bytes.
"""

import json
import subprocess
import sys
from datetime import datetime
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import segno

from config import ROOT
from isms.core.errors import Unavailable
from isms.core.words import gettext, locale

FOLDER = ROOT / "templates" / "pdf"
CHILD = Path(__file__).with_name("pdf_child.py")
FONTS = ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")
SECONDS = 120


def render(template: str, data: dict[str, Any], *, made_at: datetime) -> bytes:
    """Make the PDF of a template; `data` holds what JSON can, `data["head"]` the trail's head as `no hash`.

    `made_at` is aware and stands in the file's metadata. Raises Unavailable when the document cannot be set.
    """
    source = (FOLDER / "base.typ").read_text("utf-8") + (FOLDER / f"{template}.typ").read_text("utf-8")
    given = {**data, "locale": locale(), "qr": _qr(str(data.get("head") or "")), "words": _words()}
    order = {
        "source": source,
        "data": json.dumps(given, ensure_ascii=False),
        "fonts": [str(_folder_of(name)) for name in FONTS],
        "timestamp": int(made_at.timestamp()),
    }
    done = subprocess.run(
        [sys.executable, "-I", str(CHILD)],
        input=json.dumps(order).encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={},
    )
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        raise Unavailable(
            gettext("書類を作れませんでした（%(why)s）。", why=done.stderr.decode("utf-8", "replace")[-300:])
        )
    return done.stdout


def _words() -> dict[str, str]:
    """Give the words of base.typ in the language being spoken."""
    return {"head": gettext("操作記録の先頭"), "qr": gettext("操作記録の先頭を読み取るための二次元コード")}


def _qr(text: str) -> str:
    """Give a QR code as SVG text, or nothing for no text."""
    if not text:
        return ""
    out = BytesIO()
    segno.make(text, error="m").save(out, kind="svg", border=0, xmldecl=False, svgns=True)
    return out.getvalue().decode()


def font_file() -> Path:
    """Give the file of the regular font, for pictures with Japanese words in them."""
    return next(_folder_of(FONTS[0]).glob("*.otf"))


def _folder_of(package: str) -> Path:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise Unavailable(gettext("書体 %(name)s がありません。make setup を実行してください。", name=package))
    return Path(found.submodule_search_locations[0])
