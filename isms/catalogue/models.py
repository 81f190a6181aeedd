"""What an organisation says of the standards: corrected titles, own controls, editions in force, decisions, statements."""

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Fact
from isms.people.models import Person


class TitleCorrection(Fact):
    """A title as the organisation words it; the newest counts."""

    edition = TextField()
    key = TextField()
    title_ja = TextField()
    title_en = TextField()

    class Meta:
        indexes = ((("edition", "key"), False),)


class OwnControl(Fact):
    """A control that the organisation adds to an edition; the newest row of a key counts, `in_use` false ends it."""

    edition = TextField()
    key = TextField()
    title_ja = TextField()
    title_en = TextField()
    theme = TextField(default="")
    in_use = BooleanField(default=True)

    class Meta:
        indexes = ((("edition", "key"), False),)


class EditionInForce(Fact):
    """The edition that counts from a day on."""

    edition = TextField()
    from_day = DateField()


class Decision(Fact):
    """A decision on a control: applicable or not and why, how far it is implemented, from a day on."""

    edition = TextField()
    key = TextField()
    applicable = BooleanField()
    justification = TextField()
    implementation = TextField()  # not_started, planned, partial, implemented
    owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    note = TextField(default="")
    from_day = DateField()

    class Meta:
        indexes = ((("edition", "key", "from_day"), False),)


class Statement(Fact):
    """A version of the statement of applicability 適用宣言書 as issued: `content` is the frozen JSON of its rows."""

    number = IntegerField(unique=True)
    edition = TextField()
    issued_on = DateField()
    changes = TextField()
    content = TextField()


class StatementApproval(Fact):
    """The approver's word on a statement; approved, it is frozen as files of the blob store."""

    statement = ForeignKeyField(Statement, on_delete="RESTRICT")
    approved = BooleanField()
    note = TextField(default="")
    xlsx_sha256 = TextField(null=True)
    pdf_sha256 = TextField(null=True)
