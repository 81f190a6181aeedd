"""Evidence and everything that is said of it later; all of it is appended."""

from collections.abc import Iterable
from typing import Any

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Fact
from isms.core.permissions import Actor
from isms.people.models import Department, Person


class Evidence(Fact):
    """What somebody laid down as proof: when it was collected and what period it covers, apart from when it was recorded."""

    ref = TextField(unique=True)  # EV-2026-0042, numbered per fiscal year
    title = TextField()
    kind = TextField()  # record, document, screen, log, link, other
    url = TextField(default="")
    collected_on = DateField(index=True)
    period_from = DateField(null=True)
    period_to = DateField(null=True)
    valid_until = DateField(index=True)
    department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
    owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    note = TextField(default="")
    predecessor = ForeignKeyField("self", null=True, on_delete="RESTRICT", backref="successors")
    origin = TextField(default="person")  # person, import, or the kind of work that left it
    import_key = TextField(null=True, unique=True)  # of the ledger's row, so that an import twice adds nothing

    def engagement_covers(self, actor: Actor) -> bool:
        """Tell whether the auditor's engagement covers a requirement that the evidence is linked to."""
        return Evidence.select().where(Evidence.id == self.id, Evidence.engaged(actor)).exists()

    @classmethod
    def engaged(cls, actor: Actor) -> Any:
        """Give the condition that the auditor's engagement covers the evidence; nothing without one."""
        if actor.coverage is None:
            return cls.id.in_([])
        keys = actor.coverage.keys
        return cls.id.is_null(False) if keys is None else cls.id.in_(_linked_to(keys))


def _linked_to(pairs: Iterable[tuple[str, str]]) -> Any:
    """Give the query of the ids of evidence linked to any of the (edition, key) pairs."""
    keys: dict[str, list[str]] = {}
    for edition, key in sorted(pairs):
        keys.setdefault(edition, []).append(key)
    condition: Any = EvidenceLink.id.in_([])
    for edition, wanted in keys.items():
        condition |= (EvidenceLink.edition == edition) & EvidenceLink.key.in_(wanted)
    return EvidenceLink.select(EvidenceLink.evidence).where(condition)


class EvidenceFile(Fact):
    """A file of an evidence; the bytes lie in the blob store under their hash."""

    evidence = ForeignKeyField(Evidence, backref="files", on_delete="RESTRICT")
    position = IntegerField()
    name = TextField()
    sha256 = TextField(index=True)
    size = IntegerField()
    kind = TextField()  # the extension that content and name agree on: pdf, xlsx, png …


class EvidenceLink(Fact):
    """Evidence stands for a requirement of an edition, from a day on."""

    evidence = ForeignKeyField(Evidence, backref="links", on_delete="RESTRICT")
    edition = TextField()
    key = TextField()
    from_day = DateField()

    class Meta:
        indexes = ((("edition", "key"), False),)


class EvidenceLinkEnd(Fact):
    """A link's last day."""

    link = ForeignKeyField(EvidenceLink, backref="ends", on_delete="RESTRICT")
    to_day = DateField()
    reason = TextField(default="")


class Review(Fact):
    """Another person's word on an evidence: accepted, or returned with a reason."""

    evidence = ForeignKeyField(Evidence, backref="reviews", on_delete="RESTRICT")
    accepted = BooleanField()
    reason = TextField(default="")
    reviewed_on = DateField()
    reviewer = ForeignKeyField(Person, null=True, on_delete="RESTRICT")  # an imported review's own reviewer
    imported = BooleanField(default=False)


class Withdrawal(Fact):
    """An evidence is withdrawn, with a reason."""

    evidence = ForeignKeyField(Evidence, unique=True, backref="withdrawals", on_delete="RESTRICT")
    reason = TextField()


class FileCheck(Fact):
    """A stored file was found damaged, or sound again; without a row it has always been sound."""

    sha256 = TextField(index=True)
    sound = BooleanField()
    found = TextField(default="")  # what was seen: missing, changed, not a file

    @classmethod
    def engaged(cls, actor: Actor) -> Any:
        """Give the condition that the auditor's engagement covers an evidence with these bytes."""
        return cls.sha256.in_(_bytes_of(actor))


class RedactionProposal(Fact):
    """Somebody asks that a file's bytes be destroyed: a wrong file, personal or medical data."""

    file = ForeignKeyField(EvidenceFile, backref="proposals", on_delete="RESTRICT")
    reason = TextField()


class Redaction(Fact):
    """Another person confirmed: the bytes are gone; hash, metadata and trail remain."""

    proposal = ForeignKeyField(RedactionProposal, unique=True, backref="redactions", on_delete="RESTRICT")

    @classmethod
    def engaged(cls, actor: Actor) -> Any:
        """Give the condition that the auditor's engagement covers an evidence with these bytes."""
        same = EvidenceFile.select(EvidenceFile.id).where(EvidenceFile.sha256.in_(_bytes_of(actor)))
        return cls.proposal.in_(RedactionProposal.select(RedactionProposal.id).where(RedactionProposal.file.in_(same)))


def _bytes_of(actor: Actor) -> Any:
    """Give the query of the hashes of the files of covered evidence."""
    covered = Evidence.select(Evidence.id).where(Evidence.engaged(actor))
    return EvidenceFile.select(EvidenceFile.sha256).where(EvidenceFile.evidence.in_(covered))
