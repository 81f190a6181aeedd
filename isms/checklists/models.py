"""Checklists 点検表 and their versions; a version that was used is frozen, the next one is a copy."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Register, UtcDateTimeField


class Checklist(Register):
    """A checklist, for visits between departments (crosscheck) or for every working day (daily)."""

    title = TextField()
    purpose = TextField()  # crosscheck, daily
    to_day = DateField(null=True)


class ChecklistVersion(Register):
    """A version of a checklist; frozen from its first use on."""

    checklist = ForeignKeyField(Checklist, backref="versions", on_delete="RESTRICT")
    number = IntegerField()
    note = TextField(default="")  # what changed
    frozen_at = UtcDateTimeField(null=True)

    class Meta:
        indexes = ((("checklist", "number"), True),)


class ChecklistItem(Register):
    """One item: what is asked, what to look at, how to judge."""

    list_version = ForeignKeyField(ChecklistVersion, backref="items", on_delete="RESTRICT")
    position = IntegerField()
    title = TextField()
    look_at = TextField(default="")
    judge = TextField(default="")
    controls = TextField(default="[]")  # JSON list of [edition, key]
    answer_kind = TextField(default="verdict")  # verdict, number, text, photo
    unit = TextField(default="")
    required = BooleanField(default=True)
    grade = TextField(default="minor")  # of the finding that a 否 becomes
    beside = TextField(default="")  # what to show beside it: daily_rate
    in_use = BooleanField(default=True)
