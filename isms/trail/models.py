"""The one table of the trail."""

from peewee import IntegerField, TextField

from isms.core.database import Record, UtcDateTimeField, utc_text
from isms.trail import chain


class TrailEntry(Record):
    """An entry with its salt and details beside it; the triggers allow one change: both of these to NULL."""

    no = IntegerField(primary_key=True)  # on SQLite the row's own number, so it stands in one place of the file only
    at = UtcDateTimeField(index=True)
    actor = TextField(index=True)
    verb = TextField(index=True)
    subject = TextField(index=True)
    details_hash = TextField()
    prev = TextField()
    hash = TextField()
    salt = TextField(null=True)  # hex
    details = TextField(null=True)  # canonical JSON

    class Meta:
        table_name = "trail_entry"

    def hashed(self) -> chain.Entry:
        """Give the hashed part."""
        at = utc_text(self.at)
        return chain.Entry(self.no, at, self.actor, self.verb, self.subject, self.details_hash, self.prev)
