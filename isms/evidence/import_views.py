"""The import of a ledger in the browser: the sheet with its files, a look at every row, then all or nothing."""

import json
from typing import Any

from flask import flash, g, redirect, url_for

from isms.core import clock
from isms.core.errors import Invalid
from isms.core.imports import Verdict
from isms.core.permissions import Permission as P
from isms.core.web import Answer
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence import imports
from isms.evidence.files import Kept, Upload
from isms.evidence.forms import ImportForm
from isms.evidence.import_files import Sent, plain
from isms.evidence.import_rows import HEADERS, REQUIRED, called
from isms.evidence.views import room
from isms.people import previews
from isms.people.models import ImportPreview

LARGEST_SHEET = 20_000_000
SHOWN = ("title", "controls", "collected_on", "valid_until", "department", "owner", "files", "reviewer")


@room.route(
    "/evidence/import", methods=["GET", "POST"], permission=P.EVIDENCE_RECORD, upload=file_rules.largest_request
)
def import_ledger() -> Answer:
    """Take a ledger and its files in for their preview; nothing is recorded."""
    form = ImportForm()
    kept = form.run(lambda: _keep(form))
    if isinstance(kept, ImportPreview):
        return redirect(url_for("evidence.preview_import", preview_id=kept.id), 303)
    return {
        "form": form,
        "headers": HEADERS,
        "called": called,
        "required": REQUIRED,
        "largest": file_rules.largest_request(),
    }


def _keep(form: ImportForm) -> ImportPreview:
    """Keep sheet and files until the person decides; the files lie in the store, swept when nothing comes of them."""
    sheet = form.file.data.read(LARGEST_SHEET + 1)
    if len(sheet) > LARGEST_SHEET:
        raise Invalid({"file": gettext("台帳が大きすぎます（%(mb)s MBまで）。", mb=LARGEST_SHEET // file_rules.MB)})
    if not sheet:
        raise Invalid({"file": gettext("ファイルが空です。")})
    files: list[Kept] = []
    for sent in form.files.data or []:
        if getattr(sent, "filename", ""):
            files += file_rules.keep([Upload(sent.filename, sent.stream)])
    names = [plain(one.name) for one in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        text = gettext(
            "同じ名前のファイルがあります: %(names)s。名前を変えてください。", names=gettext("、").join(twice)
        )
        raise Invalid({"files": text})
    head = json.dumps(files, ensure_ascii=False).encode()
    name = form.file.data.filename or ""
    return previews.keep("evidence", name, head + b"\n" + sheet, by=g.actor, now=clock.now())


def _parted(kept: ImportPreview) -> tuple[bytes, Sent]:
    """Give the sheet and the files that came with it."""
    head, _, sheet = kept.content.partition(b"\n")
    return sheet, Sent(Kept(*one) for one in json.loads(head))


@room.route("/evidence/import/<int:preview_id>", permission=P.EVIDENCE_RECORD)
def preview_import(preview_id: int) -> Answer:
    """Show what the import would do, row by row."""
    kept = previews.get(preview_id, "evidence", by=g.actor)
    sheet, files = _parted(kept)
    plan = imports.plan(sheet, kept.filename, files=files, by=g.actor, now=clock.now())
    labels: dict[str, Any] = {field: called(field) for field in SHOWN}
    unused = len(files.files) - len({one.name for row in plan.rows for one in row.values.get("kept", ())})
    answer = previews.answer(plan, kept=kept, labels=labels)
    if isinstance(answer, dict):
        answer["counts"] = {v: n for v, n in answer["counts"].items() if v is not Verdict.LEFT}
        answer["unused"] = unused
    return answer


@room.route("/evidence/import/<int:preview_id>", methods=["POST"], endpoint="take_import", permission=P.EVIDENCE_RECORD)
def take_import(preview_id: int) -> Answer:
    """Import the ledger that was previewed: all of it or nothing."""
    kept = previews.get(preview_id, "evidence", by=g.actor)
    sheet, files = _parted(kept)
    done = imports.take(sheet, kept.filename, files=files, by=g.actor, now=clock.now())
    counts = done.counts()
    flash(
        gettext(
            "台帳を取り込みました（新規%(new)s件、確認を加えたもの%(changed)s件、すでにあるもの%(same)s件）。",
            new=counts[Verdict.NEW],
            changed=counts[Verdict.CHANGED],
            same=counts[Verdict.SAME],
        )
    )
    return redirect(url_for("evidence.index"), 303)
