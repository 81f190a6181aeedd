"""The review queue: what waits, the file beside it, one decision. And the destruction of a file, by two people."""

from typing import Any

from flask import flash, g, redirect, url_for

from isms.catalogue import rules as catalogue
from isms.core import clock, settings
from isms.core.blobs import Damaged
from isms.core.errors import Conflict, NotFound
from isms.core.permissions import Permission as P
from isms.core.permissions import demand
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext
from isms.evidence import file_views, list_views, redactions, reviews, rules
from isms.evidence import files as file_rules
from isms.evidence.forms import ConfirmForm, ReasonForm
from isms.evidence.models import Evidence, EvidenceFile
from isms.evidence.views import room
from isms.people.models import Department, Person
from isms.trail import kinds

room.in_nav(
    lazy_gettext("ファイルの消去"),
    "redaction_list",
    P.EVIDENCE_REDACT_CONFIRM,
    930,
    count=lambda: redactions.open_proposals().count(),
    aside=True,
)

SHOWN = 50  # of those that wait, the oldest; the others come up as these are done


@room.route("/evidence/review", permission=P.EVIDENCE_REVIEW)
def queue() -> Answer:
    """Show the first evidence that waits, or that none does."""
    first = reviews.waiting_for(g.actor).first()
    if first is not None:
        return redirect(url_for("evidence.review", evidence_id=first.id), 303)
    return {"others": reviews.waiting(g.actor).count()}


@room.route("/evidence/review/<int:evidence_id>", methods=["GET", "POST"], permission=P.EVIDENCE_REVIEW)
def review(evidence_id: int) -> Answer:
    """Return an evidence with a reason; or look at it, its files and what waits beside it."""
    found = _reviewable(evidence_id)
    form = ReasonForm()
    if form.run(
        lambda: reviews.review(evidence_id, accepted=False, reason=form.reason.data, by=g.actor, now=clock.now())
    ):
        flash(gettext("%(ref)s を差し戻しました。", ref=found.ref))
        return redirect(url_for("evidence.queue"), 303)
    waiting = list(reviews.waiting_for(g.actor).limit(SHOWN))
    list_views.load(waiting)
    keys = {row.id: row.numbers for row in waiting}.get(found.id) or []
    files = rules.files_of(found.id)
    return {
        "form": form,
        "evidence": found,
        "waiting": waiting,
        "total": reviews.count_waiting(g.actor),
        "names": kinds.names({found.recorded_by, *(row.recorded_by for row in waiting)}),
        "department": Department.get_or_none(Department.id == found.department_id),
        "owner": Person.get_or_none(Person.id == found.owner_id),
        "requirements": _requirements(found.id, keys),
        "files": [(file, _seen(file)) for file in files],
        "outlook": reviews.outlook(found, clock.now()),
    }


def _reviewable(evidence_id: int) -> Evidence:
    """Give an evidence that the person may review; raises NotFound, or Conflict for one that was reviewed."""
    found = rules.get_evidence(evidence_id)
    demand(g.actor, P.EVIDENCE_REVIEW, found)
    if reviews.reviews_of(evidence_id):
        raise Conflict(gettext("この証跡はすでに確認されています。"))
    if not reviews.may_review(found, g.actor):
        raise NotFound()
    rules.guard_standing(found)
    return found


def _requirements(evidence_id: int, keys: list[str]) -> list[Any]:
    edition = catalogue.edition_on(settings.today(clock.now()))
    keys = keys or [row.key for row in rules.links_of(evidence_id) if row.edition == edition.id]
    return [found for key in keys if (found := edition.find(key))]


def _seen(file: EvidenceFile) -> dict[str, Any] | None:
    """Give what there is to see; None for a file that is damaged or destroyed."""
    try:
        return file_views.shown(file)
    except (Damaged, file_rules.Gone):
        return None


@room.route("/evidence/review/<int:evidence_id>/accept", methods=["POST"], permission=P.EVIDENCE_REVIEW)
def accept(evidence_id: int) -> Answer:
    """Accept an evidence and go on with the next."""
    found = _reviewable(evidence_id)
    reviews.review(evidence_id, accepted=True, by=g.actor, now=clock.now())
    flash(gettext("%(ref)s を承認しました。", ref=found.ref))
    return redirect(url_for("evidence.queue"), 303)


@room.route(
    "/evidence/<int:evidence_id>/files/<int:file_id>/redact", methods=["GET", "POST"], permission=P.EVIDENCE_REDACT
)
def redact(evidence_id: int, file_id: int) -> Answer:
    """Propose that a file's bytes be destroyed."""
    file = file_rules.seen_file(evidence_id, file_id, by=g.actor)
    demand(g.actor, P.EVIDENCE_REDACT, file.evidence)
    form = ReasonForm()
    if form.run(
        lambda: redactions.propose_redaction(evidence_id, file_id, reason=form.reason.data, by=g.actor, now=clock.now())
    ):
        flash(gettext("「%(name)s」の消去を申し出ました。承認者が確かめると消えます。", name=file.name))
        return redirect(url_for("evidence.one", evidence_id=evidence_id), 303)
    return {"form": form, "file": file, "evidence": file.evidence}


@room.route("/evidence/redactions", permission=P.EVIDENCE_REDACT_CONFIRM)
def redaction_list() -> Answer:
    """List the files whose destruction waits for a second person."""
    rows = list(redactions.open_proposals())
    return {"rows": rows, "names": kinds.names({row.recorded_by for row in rows})}


@room.route("/evidence/redactions/<int:proposal_id>", methods=["GET", "POST"], permission=P.EVIDENCE_REDACT_CONFIRM)
def confirm_redaction(proposal_id: int) -> Answer:
    """Destroy a file's bytes, as somebody else proposed."""
    proposal = redactions.get_proposal(proposal_id)
    demand(g.actor, P.EVIDENCE_REDACT_CONFIRM, proposal.file.evidence)
    form = ConfirmForm()
    if form.run(lambda: redactions.confirm_redaction(proposal_id, by=g.actor, now=clock.now())):
        flash(gettext("「%(name)s」を消去しました。", name=proposal.file.name))
        return redirect(url_for("evidence.redaction_list"), 303)
    return {
        "form": form,
        "proposal": proposal,
        "others": redactions.also_destroyed(proposal),
        "elsewhere": redactions.also_elsewhere(proposal),
        "names": kinds.names({proposal.recorded_by}),
        "own": proposal.recorded_by == g.actor.id,
    }
