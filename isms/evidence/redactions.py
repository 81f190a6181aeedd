"""A file's bytes are destroyed by two people: a wrong file, personal or medical data. Hash, metadata and trail remain."""

from datetime import datetime

from peewee import JOIN, ModelSelect

from isms import trail
from isms.core import blobs
from isms.core.database import atomic, db
from isms.core.errors import Conflict, NotFound
from isms.core.holders import HOLDERS
from isms.core.permissions import Actor, Permission, demand
from isms.core.words import gettext
from isms.evidence import files as file_rules
from isms.evidence.models import Evidence, EvidenceFile, Redaction, RedactionProposal
from isms.evidence.rules import said


def propose_redaction(evidence_id: int, file_id: int, *, reason: str, by: Actor, now: datetime) -> RedactionProposal:
    """Propose that the bytes of a file be destroyed, saying why."""
    kept = said(reason, "reason")
    with atomic():
        file = file_rules.get_file(evidence_id, file_id)
        demand(by, Permission.EVIDENCE_REDACT, file.evidence)
        if file_rules.redacted({file.sha256}):
            raise Conflict(gettext("このファイルはすでに消去されています。"))
        if open_proposals().where(RedactionProposal.file == file.id).exists():
            raise Conflict(gettext("このファイルの消去はすでに申し出られています。"))
        row = RedactionProposal.create(file=file.id, reason=kept, recorded_at=now, recorded_by=by.id)
        trail.record(by, "file.redaction_proposed", row, now, before=None, after=row.plain())
        return row


def open_proposals() -> ModelSelect:
    """Give the query of the proposals that wait for a second person, oldest first, each with file and evidence."""
    return (
        RedactionProposal.select(RedactionProposal, EvidenceFile, Evidence)
        .join(EvidenceFile)
        .join(Evidence)
        .join(Redaction, JOIN.LEFT_OUTER, on=Redaction.proposal == RedactionProposal.id)
        .where(Redaction.id.is_null())
        .order_by(RedactionProposal.id)
    )


def get_proposal(proposal_id: int) -> RedactionProposal:
    """Give a proposal that waits; raises NotFound."""
    row = open_proposals().where(RedactionProposal.id == proposal_id).first()
    if row is None:
        raise NotFound()
    return row


def also_destroyed(proposal: RedactionProposal) -> list[EvidenceFile]:
    """Give the other files with the same bytes, which go with them; each with its evidence."""
    same = (EvidenceFile.sha256 == proposal.file.sha256) & (EvidenceFile.id != proposal.file_id)
    return list(EvidenceFile.select(EvidenceFile, Evidence).join(Evidence).where(same).order_by(EvidenceFile.id))


def also_elsewhere(proposal: RedactionProposal) -> list[tuple[str, str]]:
    """Give whose the same bytes are outside evidence, and under which name; they go with them."""
    others = (one for one in HOLDERS.values() if one.column is not EvidenceFile.sha256)
    return [(whose, name) for one in others for whose, name, _ in one.owners([proposal.file.sha256])]


def confirm_redaction(proposal_id: int, *, by: Actor, now: datetime) -> Redaction:
    """Destroy the bytes, as somebody else proposed; every evidence that has them counts as withdrawn from today."""
    with atomic():
        proposal = get_proposal(proposal_id)
        demand(by, Permission.EVIDENCE_REDACT_CONFIRM, proposal.file.evidence)
        if proposal.recorded_by == by.id:
            raise Conflict(gettext("消去は、申し出た人とは別の人が確認します。"))
        row = Redaction.create(proposal=proposal.id, recorded_at=now, recorded_by=by.id)
        others = [file.id for file in also_destroyed(proposal)]
        trail.record(
            by,
            "file.redacted",
            row,
            now,
            before=None,
            after=row.plain(),
            sha256=proposal.file.sha256,
            files=[proposal.file_id, *others],
        )
        # After the commit: bytes that are gone cannot come back with a rollback. The sweep finishes what a crash leaves.
        db.after_commit(lambda: blobs.destroy(proposal.file.sha256))
        return row
