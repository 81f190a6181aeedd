"""The house: form keys, settings, the trail, people and their sign-in. A frozen copy of the models of its day."""

from peewee import BlobField, BooleanField, DateField, ForeignKeyField, IntegerField, Model, TextField

from isms.core.database import UtcDateTimeField, append_only


def up(migrator, db):
    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class FormKey(Base):
        key = TextField(primary_key=True)
        used_at = UtcDateTimeField(index=True)

    class Setting(Base):
        version = IntegerField(default=1)
        name = TextField(unique=True)
        value = TextField()

    class TrailEntry(Base):
        no = IntegerField(primary_key=True)
        at = UtcDateTimeField(index=True)
        actor = TextField(index=True)
        verb = TextField(index=True)
        subject = TextField(index=True)
        details_hash = TextField()
        prev = TextField()
        hash = TextField()
        salt = TextField(null=True)
        details = TextField(null=True)

    class Department(Base):
        version = IntegerField(default=1)
        code = TextField(null=True)
        name = TextField()
        name_en = TextField(default="")
        from_day = DateField()
        to_day = DateField(null=True)

    class Person(Base):
        version = IntegerField(default=1)
        number = TextField(unique=True)
        name = TextField()
        kana = TextField(default="")
        mail = TextField(null=True, unique=True)
        employment = TextField(default="permanent")
        from_day = DateField()
        to_day = DateField(null=True)
        locale = TextField(default="ja")

    class Membership(Base):
        version = IntegerField(default=1)
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        department = ForeignKeyField(Department, on_delete="RESTRICT")
        position = TextField(default="")
        from_day = DateField()
        to_day = DateField(null=True)

    class Headship(Base):
        version = IntegerField(default=1)
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        department = ForeignKeyField(Department, on_delete="RESTRICT")
        from_day = DateField()
        to_day = DateField(null=True)

    class RoleGrant(Base):
        version = IntegerField(default=1)
        person = ForeignKeyField(Person, on_delete="RESTRICT")
        role = TextField()
        from_at = UtcDateTimeField()
        to_at = UtcDateTimeField(null=True)

    class Account(Base):
        person = ForeignKeyField(Person, primary_key=True, on_delete="RESTRICT")
        password_hash = TextField(null=True)
        totp_secret = TextField(null=True)
        totp_step = IntegerField(default=0)
        recovery_hashes = TextField(default="[]")
        changed_at = UtcDateTimeField(null=True)

    class SignInSession(Base):
        token_hash = TextField(unique=True)
        person = ForeignKeyField(Person, on_delete="CASCADE")
        whole = BooleanField(default=False)
        means = TextField(default="password")
        began_at = UtcDateTimeField()
        seen_at = UtcDateTimeField()
        ended_at = UtcDateTimeField(null=True)
        wrong_codes = IntegerField(default=0)
        address = TextField(default="")
        agent = TextField(default="")

    class Link(Base):
        token_hash = TextField(unique=True)
        person = ForeignKeyField(Person, on_delete="CASCADE")
        purpose = TextField()
        made_at = UtcDateTimeField()
        made_by = TextField()
        expires_at = UtcDateTimeField()
        used_at = UtcDateTimeField(null=True)
        ended_at = UtcDateTimeField(null=True)

    class Failure(Base):
        at = UtcDateTimeField(index=True)
        account_key = TextField(index=True)
        address_key = TextField(index=True)
        device_hash = TextField(default="")

    class Device(Base):
        token_hash = TextField()
        person = ForeignKeyField(Person, on_delete="CASCADE")
        made_at = UtcDateTimeField()

        class Meta:
            indexes = ((("token_hash", "person"), True),)

    class ImportPreview(Base):
        kind = TextField()
        person = ForeignKeyField(Person, on_delete="CASCADE")
        made_at = UtcDateTimeField()
        filename = TextField()
        content = BlobField()

    registers = [Department, Person, Membership, Headship, RoleGrant]
    sign_in = [Account, SignInSession, Link, Failure, Device, ImportPreview]
    db.create_tables([FormKey, Setting, TrailEntry, *registers, *sign_in])
    append_only(db, "trail_entry", redactable=("salt", "details"))
