"""The files of evidence: downloaded, and seen without being opened."""

from typing import Any

from flask import Response, abort, g

from isms.core import clock, previewing
from isms.core.permissions import Permission as P
from isms.core.previewing import NoPreview
from isms.core.sending import send_stored
from isms.core.web import Answer, Room
from isms.evidence import files as file_rules
from isms.evidence.models import EvidenceFile

room = Room("files", __name__)


@room.route("/evidence/<int:evidence_id>/files/<int:file_id>", permission=P.EVIDENCE_READ)
def download(evidence_id: int, file_id: int) -> Answer:
    """Send a file, whose hash is confirmed as it opens."""
    file = file_rules.seen_file(evidence_id, file_id, by=g.actor)
    file_rules.guard_bytes(file)
    return send_stored(file.name, file.sha256, clock.now())


@room.route("/evidence/<int:evidence_id>/files/<int:file_id>/preview", permission=P.EVIDENCE_READ)
def preview(evidence_id: int, file_id: int) -> Answer:
    """Show a file without opening it: its text, or pictures of its pages."""
    file = file_rules.seen_file(evidence_id, file_id, by=g.actor)
    return {"file": file, "evidence": file.evidence, "seen": shown(file)}


@room.route("/evidence/<int:evidence_id>/files/<int:file_id>/pages/<int:page>", permission=P.EVIDENCE_READ)
def picture(evidence_id: int, file_id: int, page: int) -> Answer:
    """Draw a page."""
    file = file_rules.seen_file(evidence_id, file_id, by=g.actor)
    with file_rules.opened(file, now=clock.now()) as content:
        if content.size > previewing.LARGEST:
            abort(404)
        try:
            drawn = previewing.draw(file.kind, page, content.chunks())
        except NoPreview:
            abort(404)
    return Response(drawn, mimetype="image/png", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})


def shown(file: EvidenceFile) -> dict[str, Any]:
    """Give what there is to see of a file: `text` (not escaped), or the numbers of its `pages`; neither for no preview."""
    with file_rules.opened(file, now=clock.now()) as content:
        try:
            if file.kind in previewing.WRITTEN:
                whole = content.size <= previewing.LONGEST_TEXT
                return {"text": previewing.text(file.kind, content.chunks()), "whole": whole, "pages": []}
            if content.size <= previewing.LARGEST:
                number = previewing.count_pages(file.kind, content.chunks())
                return {"text": None, "whole": True, "pages": list(range(1, number + 1))}
        except NoPreview:
            pass
    return {"text": None, "whole": True, "pages": []}
