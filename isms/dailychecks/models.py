"""Daily checks 日常点検: what each department looks at on every working day, and what it saw."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.calendar.models import Schedule
from isms.checklists.models import ChecklistItem, ChecklistVersion
from isms.core.database import Fact, Register
from isms.evidence.models import Evidence
from isms.findings.models import Finding
from isms.people.models import Department, Person


class DailyCheck(Register):
    """A daily check; on which days it is due says its schedule."""

    title = TextField()
    list_version = ForeignKeyField(ChecklistVersion, on_delete="RESTRICT")
    schedule = ForeignKeyField(Schedule, unique=True, on_delete="RESTRICT")
    due_hour = IntegerField(default=10)  # of the organisation's day
    from_day = DateField()
    to_day = DateField(null=True)


class DailyDuty(Register):
    """A department that does a daily check, and who does it there; without names, anybody of it."""

    daily = ForeignKeyField(DailyCheck, backref="duties", on_delete="RESTRICT")
    department = ForeignKeyField(Department, on_delete="RESTRICT")
    person = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    deputy = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    from_day = DateField()
    to_day = DateField(null=True)


class DailyRecord(Fact):
    """A department's check of a day. The first says when it was done, the newest what was seen."""

    daily = ForeignKeyField(DailyCheck, backref="records", on_delete="RESTRICT")
    department = ForeignKeyField(Department, on_delete="RESTRICT")
    day = DateField()
    normal = BooleanField()
    note = TextField(default="")
    person = ForeignKeyField(Person, on_delete="RESTRICT")
    deputy = BooleanField(default=False)  # done by another than the named person
    late = BooleanField(default=False)  # recorded after the day's due hour
    backfilled = BooleanField(default=False)  # recorded after the day

    class Meta:
        indexes = ((("daily", "department", "day"), False),)


class DailyAnswer(Fact):
    """An item that was not as it should be, and the finding that it became."""

    record = ForeignKeyField(DailyRecord, backref="answers", on_delete="RESTRICT")
    item = ForeignKeyField(ChecklistItem, on_delete="RESTRICT")
    value = TextField()
    comment = TextField(default="")
    finding = ForeignKeyField(Finding, null=True, on_delete="RESTRICT")


class DailyMonth(Fact):
    """A month that was closed into evidence, with its count of done and expected checks."""

    daily = ForeignKeyField(DailyCheck, backref="months", on_delete="RESTRICT")
    month = TextField()  # 2026-10
    done = IntegerField()
    expected = IntegerField()
    evidence = ForeignKeyField(Evidence, on_delete="RESTRICT")

    class Meta:
        indexes = ((("daily", "month"), True),)
