"""An export that takes its time: asked for, made by the runner or a thread, fetched, swept."""

from peewee import ForeignKeyField, TextField

from isms.core.database import Record, UtcDateTimeField
from isms.people.models import Person


class ExportJob(Record):
    """A long export: its arguments (JSON), and when it is done the name and the hash of its file in the data folder."""

    person = ForeignKeyField(Person, on_delete="CASCADE")
    kind = TextField()
    arguments = TextField()
    state = TextField(default="waiting")  # waiting, working, done, failed
    message = TextField(default="")
    filename = TextField(default="")
    sha256 = TextField(default="")
    made_at = UtcDateTimeField(index=True)
    ended_at = UtcDateTimeField(null=True)
