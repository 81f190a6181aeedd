"""The photos and documents of findings: handed out as attachments, pictures drawn small."""

from flask import Response, abort, g

from isms.core import clock
from isms.core.errors import NotFound
from isms.core.permissions import Permission as P
from isms.core.sending import send_stored
from isms.core.web import Answer
from isms.findings import files as file_rules
from isms.findings import rules, steps
from isms.findings.models import FindingFile
from isms.findings.views import room


@room.route("/findings/<int:finding_id>/files/<int:file_id>", permission=P.FINDINGS_READ)
def download(finding_id: int, file_id: int) -> Answer:
    """Send a file, whose hash is confirmed as it opens."""
    rules.seen_finding(finding_id, by=g.actor)
    return _send(file_rules.get_file(finding_id, file_id))


@room.route("/findings/<int:finding_id>/files/<int:file_id>/picture", permission=P.FINDINGS_READ)
def picture(finding_id: int, file_id: int) -> Answer:
    """Draw a picture small."""
    rules.seen_finding(finding_id, by=g.actor)
    return _draw(file_rules.get_file(finding_id, file_id))


@room.route("/findings/<int:finding_id>/actions/<int:step_id>/files/<int:file_id>", permission=P.FINDINGS_ANSWER)
def action_download(finding_id: int, step_id: int, file_id: int) -> Answer:
    """Send a file of the finding or of the action to whoever sees the action."""
    return _send(_of_action(finding_id, step_id, file_id))


@room.route(
    "/findings/<int:finding_id>/actions/<int:step_id>/files/<int:file_id>/picture", permission=P.FINDINGS_ANSWER
)
def action_picture(finding_id: int, step_id: int, file_id: int) -> Answer:
    """Draw a picture of the finding or of the action small."""
    return _draw(_of_action(finding_id, step_id, file_id))


def _of_action(finding_id: int, step_id: int, file_id: int) -> FindingFile:
    """Give a file of the finding itself or of what was said of the action (attack 4)."""
    steps.seen_action(step_id, by=g.actor, finding_id=finding_id)
    file = file_rules.get_file(finding_id, file_id)
    if file.step_id is not None and file.step.about_id != step_id:
        raise NotFound()
    return file


def _send(file: FindingFile) -> Response:
    file_rules.guard_bytes(file)
    return send_stored(file.name, file.sha256, clock.now())


def _draw(file: FindingFile) -> Response:
    drawn = file_rules.thumbnail(file, clock.now())
    if drawn is None:
        abort(404)
    return Response(drawn, mimetype="image/png", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})
