"""Cross-checks クロスチェック: who visits whom, what was seen, what came of it."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.calendar.models import Occurrence
from isms.checklists.models import ChecklistItem, ChecklistVersion
from isms.core.database import Fact, Register
from isms.evidence.models import Evidence
from isms.findings.models import Finding
from isms.people.models import Department, Person


class PairRule(Register):
    """A pair that must not be (exclude) or has to be (fix), from a day to a day."""

    kind = TextField()
    checker = ForeignKeyField(Department, on_delete="RESTRICT")
    checked = ForeignKeyField(Department, on_delete="RESTRICT")
    reason = TextField()
    from_day = DateField()
    to_day = DateField(null=True)


class Campaign(Register):
    """A year's cross-check, in its security month."""

    ref = TextField(unique=True)  # CC-2026-01, numbered per fiscal year
    title = TextField()
    fiscal_year = IntegerField()
    from_day = DateField()
    to_day = DateField()
    list_version = ForeignKeyField(ChecklistVersion, on_delete="RESTRICT")
    controls = TextField(default="[]")  # JSON list of [edition, key], beside those of the items
    memory_years = IntegerField(default=3)  # no pair of so many years before
    reply_days = IntegerField(default=14)
    seed = IntegerField(default=0)  # the same seed and the same facts give the same plan
    occurrence = ForeignKeyField(Occurrence, null=True, unique=True, on_delete="RESTRICT")


class CampaignDepartment(Register):
    """A department that takes part, with its size at planning; `left_on` when it was dissolved or let off meanwhile."""

    campaign = ForeignKeyField(Campaign, backref="departments", on_delete="RESTRICT")
    department = ForeignKeyField(Department, on_delete="RESTRICT")
    size = IntegerField(default=0)
    left_on = DateField(null=True)
    reason = TextField(default="")

    class Meta:
        indexes = ((("campaign", "department"), True),)


class CampaignStep(Fact):
    """What happened to a campaign: planned, begun, closed, cancelled."""

    campaign = ForeignKeyField(Campaign, backref="steps", on_delete="RESTRICT")
    kind = TextField()
    day = DateField()
    text = TextField(default="")
    evidence = ForeignKeyField(Evidence, null=True, on_delete="RESTRICT")  # the report


class Visit(Register):
    """One department checks another; `reasons` say why this pair."""

    campaign = ForeignKeyField(Campaign, backref="visits", on_delete="RESTRICT")
    checker = ForeignKeyField(Department, on_delete="RESTRICT")
    checked = ForeignKeyField(Department, on_delete="RESTRICT")
    planned_on = DateField(null=True)
    by_hand = BooleanField(default=False)
    reasons = TextField(default="[]")  # JSON list of [code, {…}]
    in_use = BooleanField(default=True)  # false: an earlier plan's pair

    @property
    def department_id(self) -> int:
        """Whose it is: the department that visits."""
        return int(self.checker_id)


class VisitMember(Register):
    """A person whom the checking department sends."""

    visit = ForeignKeyField(Visit, backref="members", on_delete="RESTRICT")
    person = ForeignKeyField(Person, on_delete="RESTRICT")
    in_use = BooleanField(default=True)

    class Meta:
        indexes = ((("visit", "person"), True),)


class VisitStep(Fact):
    """What happened to a visit: finished, reopened, called_off."""

    visit = ForeignKeyField(Visit, backref="steps", on_delete="RESTRICT")
    kind = TextField()
    day = DateField()
    text = TextField(default="")


class Answer(Fact):
    """An answer to an item; the newest counts. `after` is the answer that its writer had seen."""

    visit = ForeignKeyField(Visit, backref="answers", on_delete="RESTRICT")
    item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
    value = TextField()  # ok, remark, ng, na; a number; a text
    comment = TextField(default="")
    after = ForeignKeyField("self", null=True, on_delete="RESTRICT")

    class Meta:
        indexes = ((("visit", "item"), False),)


class VisitPhoto(Fact):
    """A photo taken for an item; the bytes lie in the blob store under their hash."""

    visit = ForeignKeyField(Visit, backref="photos", on_delete="RESTRICT")
    item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
    name = TextField()
    sha256 = TextField(index=True)
    size = IntegerField()
    kind = TextField()


class VisitPhotoRemoval(Fact):
    """A photo is no longer part of the visit."""

    photo = ForeignKeyField(VisitPhoto, unique=True, backref="removals", on_delete="RESTRICT")


class AnswerFinding(Fact):
    """A 否 of a finished visit became a finding."""

    visit = ForeignKeyField(Visit, backref="findings", on_delete="RESTRICT")
    item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
    finding = ForeignKeyField(Finding, unique=True, on_delete="RESTRICT")

    class Meta:
        indexes = ((("visit", "item"), True),)
