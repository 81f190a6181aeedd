"""What an auditor may see, and when."""

from peewee import DateField, ForeignKeyField, TextField

from isms.core.database import Register, UtcDateTimeField
from isms.people.models import Person


class Engagement(Register):
    """An auditor's engagement: the requirements it covers (JSON list of `edition key`, empty for all) and its days."""

    auditor = ForeignKeyField(Person, on_delete="RESTRICT")
    title = TextField()
    scope = TextField(default="[]")
    from_day = DateField()
    to_day = DateField()
    revoked_at = UtcDateTimeField(null=True)
