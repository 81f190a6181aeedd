"""The policy keeps apart what must be apart, whoever edits it."""

from collections.abc import Iterator, Mapping

import pytest

from isms.core.permissions import POLICY, Permission, Role, Scope
from tests.laws.routes import known_routes

P, R = Permission, Role
FOR_EVERYBODY = {P.PUBLIC, P.SIGNED_IN, P.ACCOUNT_OWN}
OF_ADMINISTRATORS = (
    "people.",
    "accounts.",
    "settings.",
    "mail.",
)  # accounts and settings, never evidence or trail (attack 7)
OF_AUDITORS = (".read", "exports.take")  # looking, and taking along what one may look at
HASHES = {"hash", "sha256", "digest", "blob"}  # an address that takes one tells who has which file (attack 5)
Policy = Mapping[Permission, Mapping[Role, Scope]]


def mixed(policy: Policy) -> Iterator[str]:
    """Name the cells of the policy that give a role what it must not have."""
    for permission, cells in policy.items():
        if permission in FOR_EVERYBODY:
            continue
        if R.ADMINISTRATOR in cells and not permission.startswith(OF_ADMINISTRATORS):
            yield f"administrator: {permission}"
        if R.AUDITOR in cells and not permission.endswith(OF_AUDITORS):
            yield f"auditor: {permission}"
        if cells.get(R.AUDITOR) not in {None, Scope.ENGAGEMENT}:
            yield f"auditor beyond the engagement: {permission}"
        other = policy.get(P(f"{permission}_confirm"), {}) if f"{permission}_confirm" in set(P) else {}
        yield from (f"{role} confirms itself: {permission}" for role in cells if role in other)


def test_the_policy_keeps_apart_what_must_be_apart() -> None:
    assert list(mixed(POLICY)) == []


def test_every_permission_has_a_role() -> None:
    assert [permission for permission in Permission if not POLICY.get(permission)] == []


def test_no_address_takes_a_bare_hash() -> None:
    routes, _ = known_routes()
    assert [rule.rule for rule in routes if rule.arguments & HASHES] == []


@pytest.mark.parametrize(
    ("permission", "role", "scope"),
    [
        (P.EVIDENCE_READ, R.ADMINISTRATOR, Scope.ALL),
        (P.TRAIL_READ, R.ADMINISTRATOR, Scope.ALL),
        (P.EVIDENCE_RECORD, R.AUDITOR, Scope.ENGAGEMENT),
        (P.EVIDENCE_READ, R.AUDITOR, Scope.ALL),
        (P.TRAIL_REDACT_CONFIRM, R.OFFICER, Scope.ALL),
    ],
)
def test_a_cell_that_mixes_is_found(permission: Permission, role: Role, scope: Scope) -> None:
    policy = {**POLICY, permission: {**POLICY[permission], role: scope}}
    assert len(list(mixed(policy))) == 1
