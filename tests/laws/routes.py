"""The table of route × role, made of the routes and the policy. `python -m tests.laws.routes` writes docs/permissions.md."""

from collections.abc import Iterable, Iterator

from flask import Flask
from werkzeug.routing import Rule

import isms
from config import ROOT
from isms.core import words
from isms.core.permissions import POLICY, Permission, Role, Scope

PAGE = ROOT / "docs/permissions.md"
SCOPES = {
    Scope.ALL: "all",
    Scope.DEPARTMENT: "department",
    Scope.MEMBER: "one's department",
    Scope.OWN: "own",
    Scope.ENGAGEMENT: "engagement",
}
HEAD = f"""# Who may do what

Made of the routes and the policy in `isms/core/permissions.py`; not written by hand: `python -m tests.laws.routes`.
`tests/laws/test_routes.py` asks every route as every role and compares.

A word says for which objects: **all**; those of the **department** that one heads; one's **own**; those of the auditor's
**engagement**, within its days. Nothing is no: 403, or 404 where the address names a thing, as if the thing did not exist.
Whoever is not signed in is led to the sign-in, or gets 401 for a form. Who has several roles may what any of them may;
everybody of the house is staff.

| Route | Method | {" | ".join(role.value for role in Role)} | guest |
|---|---|{"---|" * len(Role)}---|
"""


def known_routes() -> tuple[list[Rule], dict[str, Permission]]:
    """Give the routes of all rooms and their permissions, without a database."""
    app = Flask("isms", static_folder=None)
    permissions: dict[str, Permission] = {}
    for room in isms.rooms():
        app.register_blueprint(room)
        permissions |= room.permissions
    return list(app.url_map.iter_rules()), permissions


def scope_word(permission: Permission, role: Role) -> str:
    """Say for which objects the role has the permission; empty is not at all."""
    scope = POLICY.get(permission, {}).get(role)
    return SCOPES[scope] if scope else ""


def lines(rules: Iterable[Rule], permissions: dict[str, Permission]) -> Iterator[str]:
    """Give the rows of the table, by address."""
    for rule in sorted(rules, key=lambda rule: (rule.rule, rule.endpoint)):
        permission = permissions[rule.endpoint]
        methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        cells = [scope_word(permission, role) for role in Role]
        guest = "all" if permission == Permission.PUBLIC else ""
        yield f"| `{rule.rule}` | {methods} | {' | '.join([*cells, guest])} |"


def written() -> str:
    """Give the whole page."""
    with words.speaking("en"):
        return HEAD + "\n".join(lines(*known_routes())) + "\n"


if __name__ == "__main__":
    PAGE.write_text(written(), "utf-8")
