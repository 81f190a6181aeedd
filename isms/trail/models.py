"""The one table of the trail."""

from peewee import BigIntegerField, TextField

from isms.core.database import Record, UtcDateTimeField
from isms.trail import chain


class TrailEntry(Record):
    """An entry with its salt and details beside it; the triggers allow one change: both of these to NULL."""

    no = BigIntegerField(primary_key=True)
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
        at = self.__data__["at"]
        return chain.Entry(
            no=self.no,
            at=type(self).at.db_value(at),
            actor=self.actor,
            verb=self.verb,
            subject=self.subject,
            details=self.details_hash,
            prev=self.prev,
        )
