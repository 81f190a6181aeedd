"""The registers of people, and what sign-in keeps. Registers carry from/to days, so any past day's roster can be asked."""

from datetime import date

from peewee import BlobField, BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Record, Register, UtcDateTimeField
from isms.people.agents import browser_name


class Department(Register):
    """A department 部署, from its first to its last day."""

    code = TextField(null=True)
    name = TextField()
    name_en = TextField(default="")
    from_day = DateField()
    to_day = DateField(null=True)


class Person(Register):
    """A person with a stable id; the number is text, since leading zeros count."""

    number = TextField(unique=True)
    name = TextField()
    kana = TextField(default="")
    mail = TextField(null=True, unique=True)  # NFKC, lower case
    employment = TextField(default="permanent")
    from_day = DateField()
    to_day = DateField(null=True)
    locale = TextField(default="ja")

    @property
    def owner_person_id(self) -> int:
        return self.id

    def is_here(self, day: date) -> bool:
        """Tell whether the person is of the organisation on the day."""
        return self.from_day <= day and (self.to_day is None or self.to_day >= day)

    @property
    def has_place(self) -> bool:
        """Tell whether the roster's query found a place."""
        return getattr(self, "place", None) is not None and self.place.id is not None


class Membership(Register):
    """A person's place: department and position, from a day to a day. One at a time."""

    person = ForeignKeyField(Person, backref="memberships", on_delete="RESTRICT")
    department = ForeignKeyField(Department, backref="memberships", on_delete="RESTRICT")
    position = TextField(default="")
    from_day = DateField()
    to_day = DateField(null=True)


class Headship(Register):
    """A department that a person heads, from a day to a day; a person may head several."""

    person = ForeignKeyField(Person, backref="headships", on_delete="RESTRICT")
    department = ForeignKeyField(Department, backref="headships", on_delete="RESTRICT")
    from_day = DateField()
    to_day = DateField(null=True)


class RoleGrant(Register):
    """A role that somebody gave a person; it counts from and until the second."""

    person = ForeignKeyField(Person, backref="grants", on_delete="RESTRICT")
    role = TextField()
    from_at = UtcDateTimeField()
    to_at = UtcDateTimeField(null=True)


class Account(Record):
    """How a person signs in. Nothing of it ever leaves the table but whether it is set."""

    person = ForeignKeyField(Person, primary_key=True, on_delete="RESTRICT")
    password_hash = TextField(null=True)
    totp_secret = TextField(null=True)
    totp_step = IntegerField(default=0)  # the newest time step used: a code works once
    recovery_hashes = TextField(default="[]")  # JSON list of Argon2id, those not used yet
    changed_at = UtcDateTimeField(null=True)


class SignInSession(Record):
    """A signed-in browser; the cookie's token is kept as its SHA-256 only."""

    token_hash = TextField(unique=True)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    whole = BooleanField(default=False)  # false: password given, second step still open
    means = TextField(default="password")  # what began it: password, link
    began_at = UtcDateTimeField()
    seen_at = UtcDateTimeField()
    ended_at = UtcDateTimeField(null=True)
    wrong_codes = IntegerField(default=0)
    address = TextField(default="")
    agent = TextField(default="")

    @property
    def browser(self) -> str:
        """Name the browser in words that its owner recognises."""
        return browser_name(self.agent)


class Link(Record):
    """A one-time link (invitation, reset, sign-in from the console); only its hash is kept."""

    token_hash = TextField(unique=True)
    person = ForeignKeyField(Person, on_delete="CASCADE")
    purpose = TextField()  # invite, reset, signin
    made_at = UtcDateTimeField()
    made_by = TextField()
    expires_at = UtcDateTimeField()
    used_at = UtcDateTimeField(null=True)
    ended_at = UtcDateTimeField(null=True)  # a newer link took its place


class Failure(Record):
    """A failed sign-in, for throttling by account and by address; swept after a day."""

    at = UtcDateTimeField(index=True)
    account_key = TextField(index=True)
    address_key = TextField(index=True)
    device_hash = TextField(default="")


class Device(Record):
    """A browser in which a person has signed in before: its failures are counted apart (attack 14).

    Several people may share a browser, so the pair is unique.
    """

    token_hash = TextField()
    person = ForeignKeyField(Person, on_delete="CASCADE")
    made_at = UtcDateTimeField()

    class Meta:
        indexes = ((("token_hash", "person"), True),)


class ImportPreview(Record):
    """An uploaded sheet between its preview and the decision to take it; swept after a day."""

    kind = TextField()
    person = ForeignKeyField(Person, on_delete="CASCADE")
    made_at = UtcDateTimeField()
    filename = TextField()
    content = BlobField()
