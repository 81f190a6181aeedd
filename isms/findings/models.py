"""A finding and its steps; all of it is appended."""

from collections.abc import Iterable
from typing import Any

from peewee import DateField, ForeignKeyField, TextField

from isms.core.database import Fact
from isms.core.permissions import Actor
from isms.people.models import Department


class Finding(Fact):
    """What was found: grade, where, since when."""

    ref = TextField(unique=True)  # F-2026-0007, numbered per fiscal year
    grade = TextField()  # major, minor, observation, improvement
    title = TextField()
    description = TextField(default="")
    source = TextField(default="own")  # own, internal_audit, external_audit, crosscheck, daily_check, drill, incident
    department = ForeignKeyField(Department, null=True, on_delete="RESTRICT")
    opened_on = DateField(index=True)

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
    """What happened to a finding; `closed` and `reopened` decide whether it is open on a day."""

    finding = ForeignKeyField(Finding, backref="steps", on_delete="RESTRICT")
    kind = TextField()
    day = DateField()
    text = TextField(default="")

    @classmethod
    def engaged(cls, actor: Actor) -> Any:
        """Give the condition that the step is of a finding that the engagement covers."""
        return cls.finding.in_(Finding.select(Finding.id).where(Finding.engaged(actor)))
