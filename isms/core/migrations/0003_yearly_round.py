"""The yearly round: calendar, outbox, checklists, cross-checks, daily checks, the steps of findings. A frozen copy."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, Model, TextField

from isms.core.database import UtcDateTimeField, append_only

FACTS = (
    "finding_file",
    "measure_review",
    "occurrence",
    "opening",
    "occurrence_step",
    "campaign_step",
    "visit_step",
    "answer",
    "visit_photo",
    "visit_photo_removal",
    "answer_finding",
    "daily_record",
    "daily_answer",
    "daily_month",
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

    class Evidence(Base):
        class Meta:
            table_name = "evidence"

    class Finding(Base):
        class Meta:
            table_name = "finding"

    class FindingStep(Base):
        class Meta:
            table_name = "finding_step"

    migrator.migrate(
        migrator.add_column("finding", "due", DateField(null=True)),
        migrator.add_column(
            "finding_step", "owner_id", ForeignKeyField(Person, Person.id, null=True, on_delete="RESTRICT")
        ),
        migrator.add_column("finding_step", "due", DateField(null=True)),
        migrator.add_column(
            "finding_step", "about_id", ForeignKeyField(FindingStep, FindingStep.id, null=True, on_delete="RESTRICT")
        ),
        migrator.add_column("finding_step", "good", BooleanField(null=True)),
    )

    class FindingFile(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        finding = ForeignKeyField(Finding, on_delete="RESTRICT")
        step = ForeignKeyField(FindingStep, null=True, on_delete="RESTRICT")
        position = IntegerField()
        name = TextField()
        sha256 = TextField(index=True)
        size = IntegerField()
        kind = TextField()

    class Measure(Base):
        version = IntegerField(default=1)
        ref = TextField(unique=True)
        hazard = TextField()
        measure = TextField()
        department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
        owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        review_months = IntegerField(default=12)
        from_day = DateField()
        to_day = DateField(null=True)
        finding = ForeignKeyField(Finding, null=True, on_delete="RESTRICT")

    class MeasureReview(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        measure = ForeignKeyField(Measure, on_delete="RESTRICT")
        day = DateField()
        outcome = TextField()
        text = TextField(default="")

    class ClosedDays(Base):
        version = IntegerField(default=1)
        name = TextField()
        from_day = DateField()
        to_day = DateField()
        yearly = BooleanField(default=False)
        last_day = DateField(null=True)

    class Schedule(Base):
        version = IntegerField(default=1)
        kind = TextField()
        title = TextField()
        note = TextField(default="")
        words = TextField()
        rrule = TextField()
        from_day = DateField()
        to_day = DateField(null=True)
        since = DateField()
        whole_month = BooleanField(default=False)
        day_rule = TextField(default="as_is")
        lead_days = IntegerField(default=14)
        pdca = TextField(default="D")
        owner_kind = TextField()
        person = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
        role = TextField(default="")
        controls = TextField(default="[]")
        about = TextField(default="")

    class Occurrence(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        schedule = ForeignKeyField(Schedule, on_delete="RESTRICT")
        nominal = DateField()
        due = DateField(index=True)

        class Meta:
            indexes = ((("schedule", "nominal"), True),)

    class Opening(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        occurrence = ForeignKeyField(Occurrence, unique=True, on_delete="RESTRICT")
        day = DateField()

    class OccurrenceStep(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        occurrence = ForeignKeyField(Occurrence, on_delete="RESTRICT")
        kind = TextField()
        day = DateField()
        to_day = DateField(null=True)
        text = TextField(default="")
        evidence = ForeignKeyField(Evidence, null=True, on_delete="RESTRICT")

    class Feed(Base):
        token_hash = TextField(unique=True)
        person = ForeignKeyField(Person, on_delete="CASCADE")
        made_at = UtcDateTimeField()
        ended_at = UtcDateTimeField(null=True)
        read_at = UtcDateTimeField(null=True)

    class Mail(Base):
        kind = TextField()
        key = TextField(unique=True)
        message_id = TextField(unique=True)
        person = ForeignKeyField(Person, null=True, on_delete="CASCADE")
        address = TextField()
        subject = TextField()
        body = TextField()
        secret = BooleanField(default=False)
        made_at = UtcDateTimeField(index=True)
        state = TextField(default="waiting")
        tries = IntegerField(default=0)
        next_at = UtcDateTimeField()
        until_at = UtcDateTimeField()
        claimed_at = UtcDateTimeField(null=True)
        claimed_by = TextField(default="")
        ended_at = UtcDateTimeField(null=True)
        reason = TextField(default="")
        answer = TextField(default="")

        class Meta:
            indexes = ((("state", "next_at"), False),)

    class Checklist(Base):
        version = IntegerField(default=1)
        title = TextField()
        purpose = TextField()
        to_day = DateField(null=True)

    class ChecklistVersion(Base):
        version = IntegerField(default=1)
        checklist = ForeignKeyField(Checklist, on_delete="RESTRICT")
        number = IntegerField()
        note = TextField(default="")
        frozen_at = UtcDateTimeField(null=True)

        class Meta:
            indexes = ((("checklist", "number"), True),)

    class ChecklistItem(Base):
        version = IntegerField(default=1)
        list_version = ForeignKeyField(ChecklistVersion, on_delete="RESTRICT")
        position = IntegerField()
        title = TextField()
        look_at = TextField(default="")
        judge = TextField(default="")
        controls = TextField(default="[]")
        answer_kind = TextField(default="verdict")
        unit = TextField(default="")
        required = BooleanField(default=True)
        grade = TextField(default="minor")
        beside = TextField(default="")
        in_use = BooleanField(default=True)

    class PairRule(Base):
        version = IntegerField(default=1)
        kind = TextField()
        checker = ForeignKeyField(Department, on_delete="RESTRICT")
        checked = ForeignKeyField(Department, on_delete="RESTRICT")
        reason = TextField()
        from_day = DateField()
        to_day = DateField(null=True)

    class Campaign(Base):
        version = IntegerField(default=1)
        ref = TextField(unique=True)
        title = TextField()
        fiscal_year = IntegerField()
        from_day = DateField()
        to_day = DateField()
        list_version = ForeignKeyField(ChecklistVersion, on_delete="RESTRICT")
        controls = TextField(default="[]")
        memory_years = IntegerField(default=3)
        reply_days = IntegerField(default=14)
        seed = IntegerField(default=0)
        occurrence = ForeignKeyField(Occurrence, null=True, unique=True, on_delete="RESTRICT")

    class CampaignDepartment(Base):
        version = IntegerField(default=1)
        campaign = ForeignKeyField(Campaign, on_delete="RESTRICT")
        department = ForeignKeyField(Department, on_delete="RESTRICT")
        size = IntegerField(default=0)
        left_on = DateField(null=True)
        reason = TextField(default="")

        class Meta:
            indexes = ((("campaign", "department"), True),)

    class CampaignStep(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        campaign = ForeignKeyField(Campaign, on_delete="RESTRICT")
        kind = TextField()
        day = DateField()
        text = TextField(default="")
        evidence = ForeignKeyField(Evidence, null=True, on_delete="RESTRICT")

    class Visit(Base):
        version = IntegerField(default=1)
        campaign = ForeignKeyField(Campaign, on_delete="RESTRICT")
        checker = ForeignKeyField(Department, on_delete="RESTRICT")
        checked = ForeignKeyField(Department, on_delete="RESTRICT")
        planned_on = DateField(null=True)
        by_hand = BooleanField(default=False)
        reasons = TextField(default="[]")
        in_use = BooleanField(default=True)

    class VisitMember(Base):
        version = IntegerField(default=1)
        visit = ForeignKeyField(Visit, on_delete="RESTRICT")
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        in_use = BooleanField(default=True)

        class Meta:
            indexes = ((("visit", "person"), True),)

    class VisitStep(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        visit = ForeignKeyField(Visit, on_delete="RESTRICT")
        kind = TextField()
        day = DateField()
        text = TextField(default="")

    class Answer(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        visit = ForeignKeyField(Visit, on_delete="RESTRICT")
        item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
        value = TextField()
        comment = TextField(default="")
        after = ForeignKeyField("self", null=True, on_delete="RESTRICT")

        class Meta:
            indexes = ((("visit", "item"), False),)

    class VisitPhoto(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        visit = ForeignKeyField(Visit, on_delete="RESTRICT")
        item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
        name = TextField()
        sha256 = TextField(index=True)
        size = IntegerField()
        kind = TextField()

    class VisitPhotoRemoval(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        photo = ForeignKeyField(VisitPhoto, unique=True, on_delete="RESTRICT")

    class AnswerFinding(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        visit = ForeignKeyField(Visit, on_delete="RESTRICT")
        item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
        finding = ForeignKeyField(Finding, unique=True, on_delete="RESTRICT")

        class Meta:
            indexes = ((("visit", "item"), True),)

    class DailyCheck(Base):
        version = IntegerField(default=1)
        title = TextField()
        list_version = ForeignKeyField(ChecklistVersion, on_delete="RESTRICT")
        schedule = ForeignKeyField(Schedule, unique=True, on_delete="RESTRICT")
        due_hour = IntegerField(default=10)
        from_day = DateField()
        to_day = DateField(null=True)

    class DailyDuty(Base):
        version = IntegerField(default=1)
        daily = ForeignKeyField(DailyCheck, on_delete="RESTRICT")
        department = ForeignKeyField(Department, on_delete="RESTRICT")
        person = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        deputy = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
        from_day = DateField()
        to_day = DateField(null=True)

    class DailyRecord(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        daily = ForeignKeyField(DailyCheck, on_delete="RESTRICT")
        department = ForeignKeyField(Department, on_delete="RESTRICT")
        day = DateField()
        normal = BooleanField()
        note = TextField(default="")
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        deputy = BooleanField(default=False)
        late = BooleanField(default=False)
        backfilled = BooleanField(default=False)

        class Meta:
            indexes = ((("daily", "department", "day"), False),)

    class DailyAnswer(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        record = ForeignKeyField(DailyRecord, on_delete="RESTRICT")
        item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
        value = TextField()
        comment = TextField(default="")
        finding = ForeignKeyField(Finding, null=True, on_delete="RESTRICT")

    class DailyMonth(Base):
        recorded_at = UtcDateTimeField(index=True)
        recorded_by = TextField()
        daily = ForeignKeyField(DailyCheck, on_delete="RESTRICT")
        month = TextField()
        done = IntegerField()
        expected = IntegerField()
        evidence = ForeignKeyField(Evidence, on_delete="RESTRICT")

        class Meta:
            indexes = ((("daily", "month"), True),)

    db.create_tables(
        [
            FindingFile,
            Measure,
            MeasureReview,
            ClosedDays,
            Schedule,
            Occurrence,
            Opening,
            OccurrenceStep,
            Feed,
            Mail,
            Checklist,
            ChecklistVersion,
            ChecklistItem,
            PairRule,
            Campaign,
            CampaignDepartment,
            CampaignStep,
            Visit,
            VisitMember,
            VisitStep,
            Answer,
            VisitPhoto,
            VisitPhotoRemoval,
            AnswerFinding,
            DailyCheck,
            DailyDuty,
            DailyRecord,
            DailyAnswer,
            DailyMonth,
        ]
    )
    for table in FACTS:
        append_only(db, table)
