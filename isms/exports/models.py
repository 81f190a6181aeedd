"""An export that takes its time: asked for, made by the runner or a thread, fetched, swept."""

from peewee import ForeignKeyField, IntegerField, TextField

from isms.core.database import Record, UtcDateTimeField
from isms.people.models import Person


class ExportJob(Record):
    """A long export: its arguments (JSON), how far it is, and the file in the data folder when it is done."""

    person = ForeignKeyField(Person, on_delete="CASCADE")
    kind = TextField()
    arguments = TextField()
    state = TextField(default="waiting")  # waiting, working, done, failed
    done = IntegerField(default=0)
    total = IntegerField(default=0)
    message = TextField(default="")
    filename = TextField(default="")
    made_at = UtcDateTimeField(index=True)
    ended_at = UtcDateTimeField(null=True)
