"""A finding and its steps; all of it is appended."""

from collections.abc import Iterable
from typing import Any

from peewee import BooleanField, DateField, ForeignKeyField, IntegerField, TextField

from isms.core.database import Fact, Register
from isms.core.permissions import Actor
from isms.people.models import Department, Person


class Finding(Fact):
    """What was found: grade, where, since when."""

    ref = TextField(unique=True)  # F-2026-0007, numbered per fiscal year
    grade = TextField()  # major, minor, observation, improvement
    title = TextField()
    description = TextField(default="")
    source = TextField(default="own")  # own, internal_audit, external_audit, crosscheck, daily_check, drill, incident
    department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
    opened_on = DateField(index=True)
    due = DateField(null=True)  # by which the department answers

    def engagement_covers(self, actor: Actor) -> bool:
        """Tell whether the auditor's engagement covers a requirement that the finding concerns."""
        return Finding.select().where(Finding.id == self.id, Finding.engaged(actor)).exists()

    @classmethod
    def engaged(cls, actor: Actor) -> Any:
        """Give the condition that the auditor's engagement covers the finding; nothing without one."""
        if actor.coverage is None:
            return cls.id.in_([])
        if actor.coverage.keys is None:
            return cls.id.is_null(False)
        return cls.id.in_(FindingControl.select(FindingControl.finding).where(_any_of(actor.coverage.keys)))


def _any_of(pairs: Iterable[tuple[str, str]]) -> Any:
    """Give the condition that a link is to one of the (edition, key) pairs."""
    keys: dict[str, list[str]] = {}
    for edition, key in sorted(pairs):
        keys.setdefault(edition, []).append(key)
    condition: Any = FindingControl.id.in_([])
    for edition, wanted in keys.items():
        condition |= (FindingControl.edition == edition) & FindingControl.key.in_(wanted)
    return condition


class FindingControl(Fact):
    """A requirement that the finding concerns, from a day on."""

    finding = ForeignKeyField(Finding, backref="controls", on_delete="RESTRICT")
    edition = TextField()
    key = TextField()
    from_day = DateField()

    class Meta:
        indexes = ((("edition", "key"), False),)


class FindingStep(Fact):
    """What happened to a finding; `closed` and `reopened` decide whether it is open on a day.

    Kinds: reply, correction, cause, action (owner, due), action_done (about the action), effectiveness (about the
    action; good or not), closed, reopened.
    """

    finding = ForeignKeyField(Finding, backref="steps", on_delete="RESTRICT")
    kind = TextField()
    day = DateField()
    text = TextField(default="")
    owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    due = DateField(null=True)
    about = ForeignKeyField("self", null=True, on_delete="RESTRICT")
    good = BooleanField(null=True)

    @property
    def owner_person_id(self) -> int | None:
        """Whose it is: the person who has to act."""
        return None if self.owner_id is None else int(self.owner_id)

    @property
    def department_id(self) -> int | None:
        """Where it is done: the finding's department."""
        return None if self.finding.department_id is None else int(self.finding.department_id)

    @classmethod
    def engaged(cls, actor: Actor) -> Any:
        """Give the condition that the step is of a finding that the engagement covers."""
        return cls.finding.in_(Finding.select(Finding.id).where(Finding.engaged(actor)))


class FindingFile(Fact):
    """A photo or document of a finding or of one of its steps; the bytes lie in the blob store under their hash."""

    finding = ForeignKeyField(Finding, backref="files", on_delete="RESTRICT")
    step = ForeignKeyField(FindingStep, null=True, backref="files", on_delete="RESTRICT")
    position = IntegerField()
    name = TextField()
    sha256 = TextField(index=True)
    size = IntegerField()
    kind = TextField()

    @property
    def is_picture(self) -> bool:
        """Tell whether it can be shown small."""
        return self.kind in {"jpg", "png", "gif", "tif"}


class Measure(Register):
    """An accident-prevention measure 事故防止策: the hazard, what is done against it, and who looks after it."""

    ref = TextField(unique=True)  # M-2026-0003, numbered per fiscal year
    hazard = TextField()
    measure = TextField()
    department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
    owner = ForeignKeyField(Person, null=True, on_delete="RESTRICT")
    review_months = IntegerField(default=12)
    from_day = DateField()
    to_day = DateField(null=True)
    finding = ForeignKeyField(Finding, null=True, backref="measures", on_delete="RESTRICT")

    @property
    def owner_person_id(self) -> int | None:
        """Whose it is: the person who looks after it."""
        return None if self.owner_id is None else int(self.owner_id)


class MeasureReview(Fact):
    """Somebody looked at a measure again: keep, revise, end."""

    measure = ForeignKeyField(Measure, backref="reviews", on_delete="RESTRICT")
    day = DateField()
    outcome = TextField()
    text = TextField(default="")
