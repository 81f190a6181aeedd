"""Who may do what: one enum of permissions, one table, one question (`scope_of`). Denied by default.

A role has a permission within a scope. The scope says for which objects; `may` answers for one object,
and list pages restrict their query by the same scope.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum, auto
from typing import Any

from isms.core.errors import Forbidden, NotFound
from isms.core.words import gettext, lazy_gettext


class Role(StrEnum):
    """The roles of the field; everyone who has an account is staff."""

    OFFICER = "officer"
    HEAD = "head"
    STAFF = "staff"
    APPROVER = "approver"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"

    @property
    def label(self) -> Any:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.OFFICER: lazy_gettext("事務局"),
    Role.HEAD: lazy_gettext("部門責任者"),
    Role.STAFF: lazy_gettext("職員"),
    Role.APPROVER: lazy_gettext("承認者"),
    Role.AUDITOR: lazy_gettext("監査員"),
    Role.ADMINISTRATOR: lazy_gettext("システム管理者"),
}


class Scope(Enum):
    """For which objects a role has a permission."""

    ALL = auto()
    DEPARTMENT = auto()  # objects of the departments that the person heads
    MEMBER = auto()  # objects of the person's own department
    OWN = auto()  # objects that are the person's own
    ENGAGEMENT = auto()  # what the auditor's engagement covers, within its days


class Permission(StrEnum):
    """What a route asks for. PUBLIC: anyone. SIGNED_IN: anyone with a whole sign-in."""

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    ACCOUNT_OWN = "account.own"
    PEOPLE_READ = "people.read"
    PEOPLE_EDIT = "people.edit"
    ACCOUNTS_EDIT = "accounts.edit"
    SETTINGS_EDIT = "settings.edit"
    TRAIL_READ = "trail.read"
    TRAIL_REDACT = "trail.redact"
    TRAIL_REDACT_CONFIRM = "trail.redact_confirm"
    CONTROLS_READ = "controls.read"
    CONTROLS_DECIDE = "controls.decide"
    STATEMENT_READ = "statement.read"
    STATEMENT_ISSUE = "statement.issue"
    STATEMENT_APPROVE = "statement.approve"
    EVIDENCE_READ = "evidence.read"
    EVIDENCE_RECORD = "evidence.record"
    EVIDENCE_REVIEW = "evidence.review"
    EVIDENCE_REDACT = "evidence.redact"
    EVIDENCE_REDACT_CONFIRM = "evidence.redact_confirm"
    FINDINGS_READ = "findings.read"
    FINDINGS_EDIT = "findings.edit"
    FINDINGS_ANSWER = "findings.answer"
    MEASURES_READ = "measures.read"
    MEASURES_EDIT = "measures.edit"
    MEASURES_REVIEW = "measures.review"
    CALENDAR_READ = "calendar.read"
    CALENDAR_EDIT = "calendar.edit"
    OCCURRENCES_DO = "occurrences.do"
    MAIL_READ = "mail.read"
    MAIL_EDIT = "mail.edit"
    CHECKLISTS_READ = "checklists.read"
    CHECKLISTS_EDIT = "checklists.edit"
    CROSSCHECKS_READ = "crosschecks.read"
    CROSSCHECKS_EDIT = "crosschecks.edit"
    CROSSCHECKS_SEND = "crosschecks.send"
    CROSSCHECKS_VISIT = "crosschecks.visit"
    DAILY_READ = "daily.read"
    DAILY_EDIT = "daily.edit"
    DAILY_RECORD = "daily.record"
    TODO_OTHERS = "todo.others"
    ENGAGEMENTS_EDIT = "engagements.edit"
    EXPORTS_TAKE = "exports.take"


P, R, S = Permission, Role, Scope
EVERYONE = dict.fromkeys(Role, S.ALL)

# permission -> role -> scope; what is not here is denied
POLICY: dict[Permission, dict[Role, Scope]] = {
    P.PUBLIC: EVERYONE,
    P.SIGNED_IN: EVERYONE,
    P.ACCOUNT_OWN: dict.fromkeys(Role, S.OWN),
    P.PEOPLE_READ: {R.OFFICER: S.ALL, R.ADMINISTRATOR: S.ALL, R.HEAD: S.DEPARTMENT},
    P.PEOPLE_EDIT: {R.OFFICER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.ACCOUNTS_EDIT: {R.ADMINISTRATOR: S.ALL},
    P.SETTINGS_EDIT: {R.ADMINISTRATOR: S.ALL},
    P.TRAIL_READ: {R.OFFICER: S.ALL, R.AUDITOR: S.ENGAGEMENT},
    P.TRAIL_REDACT: {R.OFFICER: S.ALL},
    P.TRAIL_REDACT_CONFIRM: {R.APPROVER: S.ALL},
    P.CONTROLS_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.ALL, R.AUDITOR: S.ENGAGEMENT},
    P.CONTROLS_DECIDE: {R.OFFICER: S.ALL},
    P.STATEMENT_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.AUDITOR: S.ENGAGEMENT},
    P.STATEMENT_ISSUE: {R.OFFICER: S.ALL},
    P.STATEMENT_APPROVE: {R.APPROVER: S.ALL},
    P.EVIDENCE_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.DEPARTMENT, R.AUDITOR: S.ENGAGEMENT},
    P.EVIDENCE_RECORD: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT},
    P.EVIDENCE_REVIEW: {R.OFFICER: S.ALL},
    P.EVIDENCE_REDACT: {R.OFFICER: S.ALL},
    P.EVIDENCE_REDACT_CONFIRM: {R.APPROVER: S.ALL},
    P.FINDINGS_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.DEPARTMENT, R.AUDITOR: S.ENGAGEMENT},
    P.FINDINGS_EDIT: {R.OFFICER: S.ALL},
    P.FINDINGS_ANSWER: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT, R.STAFF: S.OWN},
    P.MEASURES_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.ALL, R.STAFF: S.ALL},
    P.MEASURES_EDIT: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT},
    P.MEASURES_REVIEW: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT, R.STAFF: S.OWN},
    P.CALENDAR_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.ALL, R.STAFF: S.ALL},
    P.CALENDAR_EDIT: {R.OFFICER: S.ALL},
    P.OCCURRENCES_DO: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT, R.STAFF: S.OWN},
    P.MAIL_READ: {R.OFFICER: S.ALL, R.ADMINISTRATOR: S.ALL},
    P.MAIL_EDIT: {R.ADMINISTRATOR: S.ALL},
    P.CHECKLISTS_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.ALL},
    P.CHECKLISTS_EDIT: {R.OFFICER: S.ALL},
    P.CROSSCHECKS_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.DEPARTMENT, R.STAFF: S.MEMBER},
    P.CROSSCHECKS_EDIT: {R.OFFICER: S.ALL},
    P.CROSSCHECKS_SEND: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT},
    P.CROSSCHECKS_VISIT: {R.STAFF: S.MEMBER},
    P.DAILY_READ: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.HEAD: S.DEPARTMENT, R.STAFF: S.MEMBER},
    P.DAILY_EDIT: {R.OFFICER: S.ALL},
    P.DAILY_RECORD: {R.STAFF: S.MEMBER},
    P.TODO_OTHERS: {R.OFFICER: S.ALL, R.HEAD: S.DEPARTMENT},
    P.ENGAGEMENTS_EDIT: {R.OFFICER: S.ALL},
    P.EXPORTS_TAKE: {R.OFFICER: S.ALL, R.APPROVER: S.ALL, R.AUDITOR: S.ENGAGEMENT},
}


@dataclass(frozen=True)
class Coverage:
    """What an auditor's engagements cover today: requirements as (edition, key), or all of them; until when."""

    title: str
    to_day: date
    keys: frozenset[tuple[str, str]] | None = None

    def covers(self, edition: str, key: str) -> bool:
        """Tell whether a requirement is covered."""
        return self.keys is None or (edition, key) in self.keys


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with the roles of this moment, the system, or the console.

    `id` is what the trail keeps (`person:12`, `system`, `console`), never a name.
    """

    id: str
    name: str = ""
    person_id: int | None = None
    roles: frozenset[Role] = frozenset()
    department_id: int | None = None
    heads: frozenset[int] = frozenset()
    locale: str = "ja"
    coverage: Coverage | None = field(default=None, compare=False)  # of an auditor with an engagement today

    def has(self, permission: Permission) -> bool:
        """Tell whether any role of the actor has the permission, in whatever scope."""
        return bool(scopes_of(self, permission))


SYSTEM = Actor("system")
CONSOLE = Actor("console")  # the person at the machine's console, who could also read the files


def scopes_of(actor: Actor, permission: Permission) -> frozenset[Scope]:
    """Give the scopes in which the actor has the permission; empty is denied."""
    table = POLICY.get(permission, {})
    return frozenset(table[role] for role in actor.roles if role in table)


def may(actor: Actor, permission: Permission, thing: Any) -> bool:
    """Tell whether the actor has the permission for this object.

    An object says whose it is by `department_id`, `owner_person_id` or `engagement_covers(actor)`; what it does
    not say it does not grant.
    """
    scopes = scopes_of(actor, permission)
    if Scope.ALL in scopes:
        return True
    if Scope.DEPARTMENT in scopes and _department(thing) in actor.heads:
        return True
    if Scope.MEMBER in scopes and actor.department_id is not None and _department(thing) == actor.department_id:
        return True
    if Scope.OWN in scopes and actor.person_id is not None and _owner(thing) == actor.person_id:
        return True
    covers = getattr(thing, "engagement_covers", None)
    return Scope.ENGAGEMENT in scopes and covers is not None and bool(covers(actor))


def _department(thing: Any) -> Any:
    return getattr(thing, "department_id", None)


def _owner(thing: Any) -> Any:
    return getattr(thing, "owner_person_id", None)


def demand(actor: Actor, permission: Permission, thing: Any) -> None:
    """Refuse as if the object did not exist: who may not know of it learns nothing (attack 1)."""
    if not may(actor, permission, thing):
        raise NotFound()


def demand_permission(actor: Actor, permission: Permission) -> None:
    """Refuse an actor without the permission in any scope."""
    if not actor.has(permission):
        raise Forbidden(gettext("この操作をする権限がありません。"))
