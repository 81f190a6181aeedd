"""Controls, evidence, findings, engagements and exports. A frozen copy of the models of their day."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, Model, TextField

from isms.core.database import UtcDateTimeField, append_only

FACTS = (
    "title_correction",
    "own_control",
    "edition_in_force",
    "decision",
    "statement",
    "statement_approval",
    "evidence",
    "evidence_file",
    "evidence_link",
    "evidence_link_end",
    "review",
    "withdrawal",
    "file_check",
    "redaction_proposal",
    "redaction",
    "finding",
    "finding_control",
    "finding_step",
)


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Person(Base):
        class Meta:
            table_name = "person"

    class Department(Base):
        class Meta:
            table_name = "department"

    class TitleCorrection(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        edition = TextField()
        key = TextField()
        title_ja = TextField()
        title_en = TextField()

        class Meta:
            indexes = ((("edition", "key"), False),)

    class OwnControl(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        edition = TextField()
        key = TextField()
        title_ja = TextField()
        title_en = TextField()
        theme = TextField(default="")
        in_use = BooleanField(default=True)

        class Meta:
            indexes = ((("edition", "key"), False),)

    class EditionInForce(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        edition = TextField()
        from_day = DateField()

    class Decision(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        edition = TextField()
        key = TextField()
        applicable = BooleanField()
        justification = TextField()
        implementation = TextField()
        owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        note = TextField(default="")
        from_day = DateField()

        class Meta:
            indexes = ((("edition", "key", "from_day"), False),)

    class Statement(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        number = IntegerField(unique=True)
        edition = TextField()
        issued_on = DateField()
        changes = TextField()
        content = TextField()

    class StatementApproval(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        statement = ForeignKeyField(Statement, on_delete="RESTRICT")
        approved = BooleanField()
        note = TextField(default="")
        xlsx_sha256 = TextField(null=True)
        pdf_sha256 = TextField(null=True)

    class Evidence(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        ref = TextField(unique=True)
        title = TextField()
        kind = TextField()
        url = TextField(default="")
        collected_on = DateField(index=True)
        period_from = DateField(null=True)
        period_to = DateField(null=True)
        valid_until = DateField(index=True)
        department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
        owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        note = TextField(default="")
        predecessor = ForeignKeyField("self", null=True, on_delete="RESTRICT")
        origin = TextField(default="person")
        import_key = TextField(null=True, unique=True)

    class EvidenceFile(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        evidence = ForeignKeyField(Evidence, on_delete="RESTRICT")
        position = IntegerField()
        name = TextField()
        sha256 = TextField(index=True)
        size = IntegerField()
        kind = TextField()

    class EvidenceLink(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        evidence = ForeignKeyField(Evidence, on_delete="RESTRICT")
        edition = TextField()
        key = TextField()
        from_day = DateField()

        class Meta:
            indexes = ((("edition", "key"), False),)

    class EvidenceLinkEnd(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        link = ForeignKeyField(EvidenceLink, on_delete="RESTRICT")
        to_day = DateField()
        reason = TextField(default="")

    class Review(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        evidence = ForeignKeyField(Evidence, on_delete="RESTRICT")
        accepted = BooleanField()
        reason = TextField(default="")
        reviewed_on = DateField()
        reviewer = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        imported = BooleanField(default=False)

    class Withdrawal(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        evidence = ForeignKeyField(Evidence, unique=True, on_delete="RESTRICT")
        reason = TextField()

    class FileCheck(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        sha256 = TextField(index=True)
        sound = BooleanField()
        found = TextField(default="")

    class RedactionProposal(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        file = ForeignKeyField(EvidenceFile, on_delete="RESTRICT")
        reason = TextField()

    class Redaction(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        proposal = ForeignKeyField(RedactionProposal, unique=True, on_delete="RESTRICT")

    class Finding(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        ref = TextField(unique=True)
        grade = TextField()
        title = TextField()
        description = TextField(default="")
        source = TextField(default="own")
        department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
        opened_on = DateField(index=True)

    class FindingControl(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        finding = ForeignKeyField(Finding, on_delete="RESTRICT")
        edition = TextField()
        key = TextField()
        from_day = DateField()

        class Meta:
            indexes = ((("edition", "key"), False),)

    class FindingStep(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        finding = ForeignKeyField(Finding, on_delete="RESTRICT")
        kind = TextField()
        day = DateField()
        text = TextField(default="")

    class Engagement(Base):
        version = IntegerField(default=1)
        auditor = ForeignKeyField(Person, on_delete="RESTRICT")
        title = TextField()
        scope = TextField(default="[]")
        from_day = DateField()
        to_day = DateField()
        revoked_at = UtcDateTimeField(null=True)

    class ExportJob(Base):
        person = ForeignKeyField(Person, on_delete="CASCADE")
        kind = TextField()
        arguments = TextField()
        state = TextField(default="waiting")
        message = TextField(default="")
        filename = TextField(default="")
        sha256 = TextField(default="")
        made_at = UtcDateTimeField(index=True)
        ended_at = UtcDateTimeField(null=True)

    db.create_tables(
        [
            TitleCorrection,
            OwnControl,
            EditionInForce,
            Decision,
            Statement,
            StatementApproval,
            Evidence,
            EvidenceFile,
            EvidenceLink,
            EvidenceLinkEnd,
            Review,
            Withdrawal,
            FileCheck,
            RedactionProposal,
            Redaction,
            Finding,
            FindingControl,
            FindingStep,
            Engagement,
            ExportJob,
        ]
    )
    for table in FACTS:
        append_only(db, table)
