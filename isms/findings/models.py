"""A finding and its steps; all of it is appended."""

from peewee import DateField, ForeignKeyField, TextField

from isms.core.database import Fact
from isms.people.models import Department


class Finding(Fact):
    """What was found: grade, where, since when."""

    ref = TextField(unique=True)  # F-2026-0007, numbered per fiscal year
    grade = TextField()  # major, minor, observation, improvement
    title = TextField()
    description = TextField(default="")
    source = TextField(default="own")  # own, internal_audit, external_audit, crosscheck, daily_check, drill, incident
    department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
    opened_on = DateField(index=True)


class FindingControl(Fact):
    """A requirement that the finding concerns, from a day on."""

    finding = ForeignKeyField(Finding, backref="controls", on_delete="RESTRICT")
    edition = TextField()
    key = TextField()
    from_day = DateField()

    class Meta:
        indexes = ((("edition", "key"), False),)


class FindingStep(Fact):
    """What happened to a finding; `closed` and `reopened` decide whether it is open on a day."""

    finding = ForeignKeyField(Finding, backref="steps", on_delete="RESTRICT")
    kind = TextField()
    day = DateField()
    text = TextField(default="")
