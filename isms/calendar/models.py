"""What comes round: schedules, their occurrences, the days on which nobody works, and each person's feed."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Fact, Record, Register, UtcDateTimeField
from isms.evidence.models import Evidence
from isms.people.models import Department, Person


class ClosedDays(Register):
    """Days on which the organisation is closed, beside weekends and public holidays; `yearly` ones come back."""

    name = TextField()
    from_day = DateField()
    to_day = DateField()
    yearly = BooleanField(default=False)
    last_day = DateField(null=True)  # it closes no day after it


class Schedule(Register):
    """What has to happen again and again, whose it is, and what it proves."""

    kind = TextField()  # declared by a room: task, collect, register_review, crosscheck, daily_check
    title = TextField()
    note = TextField(default="")
    words = TextField()  # the recurrence as it was entered: 毎月末営業日
    rrule = TextField()  # the same as RFC 5545
    from_day = DateField()  # nothing occurs before it
    to_day = DateField(null=True)
    since = DateField()  # its rule as it stands counts from here; what was due before has its rows
    whole_month = BooleanField(default=False)  # planned to a month, due on its last day
    day_rule = TextField(default="as_is")  # on a closed day: before, after, as_is, skip
    lead_days = IntegerField(default=14)  # it opens so many days before it is due
    pdca = TextField(default="D")
    owner_kind = TextField()  # person, head, role
    person = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
    role = TextField(default="")
    controls = TextField(default="[]")  # JSON list of [edition, key]
    about = TextField(default="")  # what the kind wants to know: a register's name, a row's number


class Occurrence(Fact):
    """One time of a schedule. `nominal` is the day that the rule gave and names it for ever; `due` minds closed days."""

    schedule = ForeignKeyField(Schedule, backref="occurrences", on_delete="RESTRICT")
    nominal = DateField()
    due = DateField(index=True)

    class Meta:
        indexes = ((("schedule", "nominal"), True),)


class Opening(Fact):
    """An occurrence opened, once, whichever process did it."""

    occurrence = ForeignKeyField(Occurrence, unique=True, backref="openings", on_delete="RESTRICT")
    day = DateField()


class OccurrenceStep(Fact):
    """What became of an occurrence: done, postponed (to a day), skipped, substituted, reopened; with a reason."""

    occurrence = ForeignKeyField(Occurrence, backref="steps", on_delete="RESTRICT")
    kind = TextField()
    day = DateField()
    to_day = DateField(null=True)
    text = TextField(default="")
    evidence = ForeignKeyField(Evidence, null=True, on_delete="RESTRICT")


class Feed(Record):
    """A person's calendar feed; of its secret address only the hash is kept."""

    token_hash = TextField(unique=True)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    made_at = UtcDateTimeField()
    ended_at = UtcDateTimeField(null=True)
    read_at = UtcDateTimeField(null=True)
