"""Accounts: the roles that people were given, their passwords, their second step."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import ModelSelect

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Forbidden, Invalid, NotFound
from isms.core.permissions import ROLE_LABELS, Actor, Role
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.people import limits, links, passwords, sessions, totp
from isms.people.models import Account, Device, Person, RoleGrant
from isms.people.sessions import is_present
from isms.people.words import FIELDS

WRONG_CODE = lazy_gettext("番号が違います。いま出ている6桁の番号を入力してください。")

# roles


def grants(now: datetime) -> ModelSelect:
    """Give the query of the roles that count at the moment."""
    return RoleGrant.select().where(RoleGrant.from_at <= now, RoleGrant.to_at.is_null() | (RoleGrant.to_at > now))


def grant_role(person_id: int, role: Role, *, by: Actor, now: datetime) -> RoleGrant:
    """Give a person a role from now on; whatever they have open is signed out."""
    with atomic():
        _must_administer(by, now)
        person = _person(person_id)
        if not is_present(person, now):
            raise Conflict(gettext("在籍していない人に役割は与えられません。"))
        if _grant(person_id, role, now) is not None:
            raise Conflict(gettext("この役割はすでに与えられています。"))
        grant = RoleGrant.create(person=person, role=Role(role).value, from_at=now)
        trail.record(by, "role.granted", grant, now, before=None, after=grant.plain())
        sessions.end_all(person_id, by=by, now=now)
        return grant


def end_role(person_id: int, role: Role, *, by: Actor, now: datetime) -> None:
    """Take a role from a person from now on; whatever they have open is signed out."""
    with atomic():
        _must_administer(by, now)
        grant = _grant(person_id, role, now)
        if grant is None:
            raise NotFound()
        if role == Role.ADMINISTRATOR:
            guard_last_administrator(person_id, now=now)
        before = grant.plain()
        grant.change(to_at=now)
        trail.record(by, "role.ended", grant, now, before=before, after=grant.plain())
        sessions.end_all(person_id, by=by, now=now)


def guard_last_administrator(person_id: int, *, now: datetime) -> None:
    """Refuse, in the rule's transaction, that the person stops being administrator when nobody else is one for good."""
    people = {grant.person for grant in administrators(now)}
    others = [person for person in people if person.id != person_id and person.to_day is None]
    if any(person.id == person_id for person in people) and not others:
        raise Conflict(gettext("システム管理者がいなくなってしまいます。先に別の人をシステム管理者にしてください。"))


def administrators(now: datetime) -> list[RoleGrant]:
    """List the grants of the administrators who are here today, with their people."""
    rows = grants(now).select(RoleGrant, Person).join(Person).where(RoleGrant.role == Role.ADMINISTRATOR.value)
    return [grant for grant in rows if is_present(grant.person, now)]


def _must_administer(by: Actor, now: datetime) -> None:
    """Refuse a person who is no longer administrator: two who demote each other at once are told apart (attack 11)."""
    if by.person_id is not None and _grant(by.person_id, Role.ADMINISTRATOR, now) is None:
        raise Forbidden(gettext("この操作をする権限がありません。"))


def _grant(person_id: int, role: Role, now: datetime) -> RoleGrant | None:
    found: RoleGrant | None = (
        grants(now).where(RoleGrant.person == person_id, RoleGrant.role == Role(role).value).first()
    )
    return found


def _person(person_id: int) -> Person:
    person = Person.get_or_none(Person.id == person_id)
    if person is None:
        raise NotFound()
    return person


# passwords


def hashed(person: Person, password: str) -> str:
    """Judge a new password and hash it, outside a transaction since that takes a moment; raises Invalid."""
    own = (person.number, person.name, person.kana, person.mail or "", settings.get("organisation_name"))
    if why := passwords.weakness(password, words=own, minimum=settings.get("password_min_length")):
        raise Invalid({"password": why})
    return passwords.hash_password(password)


def keep_password(person_id: int, kept: str, *, by: Actor, now: datetime, session_id: int | None = None) -> None:
    """Keep a new password; other sign-ins, open links and known browsers end with the old one."""
    with atomic():
        change_account(person_id, password_hash=kept, changed_at=now)
        trail.record(by, "password.changed", f"person:{person_id}", now)
        sessions.end_all(person_id, by=by, now=now, keep=session_id)
        Device.delete().where(Device.person == person_id).execute()
        links.end_links(person_id, now)


# second step


def find_account(person_id: int) -> Account | None:
    """Find how the person signs in; None when that was never set up."""
    found: Account | None = Account.get_or_none(Account.person == person_id)
    return found


def change_account(person_id: int, **values: Any) -> None:
    """Write the account's columns in the rule's transaction, making the row when there is none."""
    if not Account.update(**values).where(Account.person == person_id).execute():
        Account.create(person=person_id, **values)


def enrol_totp(
    person_id: int, secret: str, code: str, *, by: Actor, now: datetime, session_id: int | None = None
) -> list[str]:
    """Switch the second step on, as a first code confirms; gives the recovery codes, to be shown once."""
    step = totp.check_code(secret, code, now=now, last_step=None)
    if step is None:
        raise Invalid({"code": WRONG_CODE})
    codes, kept = totp.new_recovery_codes()
    with atomic():
        account = find_account(person_id)
        if account is not None and account.totp_secret:
            raise Conflict(gettext("二段階認証はすでに設定されています。"))
        change_account(person_id, totp_secret=secret, totp_step=step, recovery_hashes=json.dumps(kept))
        trail.record(by, "totp.enrolled", f"person:{person_id}", now)
        sessions.end_all(person_id, by=by, now=now, keep=session_id)
    return codes


def remove_totp(person_id: int, *, by: Actor, now: datetime, session_id: int | None = None) -> None:
    """Switch the second step off: the administrator for anybody, others for themselves when no role asks for it."""
    if by.person_id == person_id and limits.totp_required(by.roles):
        raise Conflict(gettext("役割により、二段階認証は外せません。"))
    with atomic():
        account = find_account(person_id)
        if account is None or not account.totp_secret:
            raise NotFound()
        change_account(person_id, totp_secret=None, totp_step=0, recovery_hashes="[]")
        trail.record(by, "totp.removed", f"person:{person_id}", now)
        sessions.end_all(person_id, by=by, now=now, keep=session_id)


def use_code(person_id: int, code: str, *, now: datetime) -> bool:
    """Use a code up, so that of two clicks one wins (attack 15); tells whether it was right and new."""
    with atomic():
        account = find_account(person_id)
        if account is None or not account.totp_secret:
            return False
        step = totp.check_code(account.totp_secret, code, now=now, last_step=account.totp_step)
        if step is not None:
            change_account(person_id, totp_step=step)
        return step is not None


def use_recovery_code(person_id: int, code: str, *, now: datetime) -> bool:
    """Strike a recovery code out; tells whether it was there. The slow comparing is done before the transaction."""
    account = find_account(person_id)
    kept = totp.match_recovery(code, json.loads(account.recovery_hashes)) if account is not None else None
    with atomic():
        account = find_account(person_id)
        left = json.loads(account.recovery_hashes) if account is not None else []
        if kept is None or kept not in left:
            return False
        left.remove(kept)
        change_account(person_id, recovery_hashes=json.dumps(left))
        trail.record(Actor(f"person:{person_id}"), "recovery.used", f"person:{person_id}", now, left=len(left))
        return True


def renew_recovery_codes(person_id: int, *, by: Actor, now: datetime) -> list[str]:
    """Make ten new recovery codes, to be shown once; the old ones are void."""
    codes, kept = totp.new_recovery_codes()
    with atomic():
        account = find_account(person_id)
        if account is None or not account.totp_secret:
            raise NotFound()
        change_account(person_id, recovery_hashes=json.dumps(kept))
        trail.record(by, "recovery.renewed", f"person:{person_id}", now)
    return codes


def recovery_codes_left(person_id: int) -> int:
    """Count the recovery codes that were not used yet."""
    account = find_account(person_id)
    return len(json.loads(account.recovery_hashes)) if account is not None else 0


# asking


def roles_of(person_ids: Iterable[int], now: datetime) -> dict[int, list[Role]]:
    """Give the granted roles of people, in the order of the roles; one query."""
    given: dict[int, list[Role]] = {}
    for person_id, role in (
        grants(now).where(RoleGrant.person.in_(list(person_ids))).select(RoleGrant.person, RoleGrant.role).tuples()
    ):
        given.setdefault(person_id, []).append(Role(role))
    return {person_id: sorted(set(roles), key=list(Role).index) for person_id, roles in given.items()}


def grants_named(ids: list[int]) -> dict[int, str]:
    """Name grants by id: the person and the role."""
    rows = (
        RoleGrant.select(RoleGrant.id, Person.name, RoleGrant.role).join(Person).where(RoleGrant.id.in_(ids)).tuples()
    )
    return {i: gettext("%(name)s（%(role)s）", name=name, role=Role(role).label) for i, name, role in rows}


trail.describe(
    "role_grant",
    grants_named,
    label=lazy_gettext("役割"),
    model=RoleGrant,
    find=lambda words: RoleGrant.person.in_(Person.select(Person.id).where(contains(Person.name, words))),
    fields=FIELDS["role_grant"],
    values={"role": ROLE_LABELS},
)
