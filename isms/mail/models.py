"""The outbox: what is to be sent, written with what caused it, and what became of it."""

from peewee import BooleanField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Record, UtcDateTimeField
from isms.people.models import Person


class Mail(Record):
    """A mail to one person. State: waiting, claimed, sent, refused, unknown, bounced, given_up."""

    kind = TextField()  # digest, link, urgent, test
    key = TextField(unique=True)  # what it is about, so that nothing is told twice: digest 12 2026-11-21
    message_id = TextField(unique=True)  # the same at every try
    person = ForeignKeyField(Person, null=True, on_delete="CASCADE", backref="mails")
    address = TextField()
    subject = TextField()
    body = TextField()  # empty once a secret one has gone
    secret = BooleanField(default=False)  # holds a link: only administrators read it, and only while it waits
    made_at = UtcDateTimeField(index=True)
    state = TextField(default="waiting")
    tries = IntegerField(default=0)
    next_at = UtcDateTimeField()  # not before
    until_at = UtcDateTimeField()  # after it nobody needs it any more: it is given up, and a secret body is emptied
    claimed_at = UtcDateTimeField(null=True)
    claimed_by = TextField(default="")  # of the process's try, so that only it may say how it ended
    ended_at = UtcDateTimeField(null=True)
    reason = TextField(default="")  # why it is in this state, where the state does not say all: words.REASONS
    answer = TextField(default="")  # what the server said last

    class Meta:
        indexes = ((("state", "next_at"), False),)
