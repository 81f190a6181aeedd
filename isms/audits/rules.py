"""Engagements: which auditor may see what, and until when. Without one, an auditor sees nothing."""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime

from peewee import ModelSelect

from isms import trail
from isms.audits.models import Engagement
from isms.catalogue import rules as catalogue
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Coverage, Role
from isms.core.words import gettext, lazy_gettext
from isms.people.models import Person, RoleGrant
from isms.people.roster import held, on_day
from isms.trail import verb

verb("engagement.added", lazy_gettext("監査員の委嘱を登録した"))
verb("engagement.changed", lazy_gettext("監査員の委嘱を変更した"))
verb("engagement.revoked", lazy_gettext("監査員の委嘱を取り消した"))


def engagements() -> ModelSelect:
    """Give all engagements with their auditors."""
    return Engagement.select(Engagement, Person).join(Person)


def get_engagement(engagement_id: int) -> Engagement:
    """Give the engagement; raises NotFound."""
    found = engagements().where(Engagement.id == engagement_id).first()
    if found is None:
        raise NotFound()
    return found


def auditors(now: datetime) -> list[Person]:
    """Give the people who may be engaged: those with the role of auditor."""
    having = RoleGrant.select(RoleGrant.person).where(held(now), RoleGrant.role == Role.AUDITOR)
    day = settings.today(now)
    return list(Person.select().where(Person.id.in_(having), on_day(Person, day)).order_by(Person.number))


def engage(
    *, auditor_id: int, title: str, scope: Collection[str], from_day: date, to_day: date, by: Actor, now: datetime
) -> Engagement:
    """Engage an auditor for some days; `scope` holds keys of the edition in force on the first day, none for all."""
    with atomic():
        values = _checked(auditor_id, title, scope, from_day, to_day, now)
        made = Engagement.create(auditor=auditor_id, **values)
        trail.record(by, "engagement.added", made, now, before=None, after=made.plain())
        return made


def change_engagement(
    engagement_id: int,
    *,
    title: str,
    scope: Collection[str],
    from_day: date,
    to_day: date,
    version: int | None = None,
    by: Actor,
    now: datetime,
) -> Engagement:
    """Change what an engagement covers, or its days; a revoked one stays as it is."""
    with atomic():
        found = get_engagement(engagement_id)
        found.must_be_version(version)
        if found.revoked_at is not None:
            raise Conflict(gettext("この委嘱は取り消されています。"))
        before = found.plain()
        found.change(**_checked(found.auditor_id, title, scope, from_day, to_day, now))
        trail.record(by, "engagement.changed", found, now, before=before, after=found.plain())
        return found


def revoke(engagement_id: int, *, by: Actor, now: datetime) -> Engagement:
    """End an engagement at once."""
    with atomic():
        found = get_engagement(engagement_id)
        if found.revoked_at is not None:
            raise Conflict(gettext("この委嘱は取り消されています。"))
        before = found.plain()
        found.change(revoked_at=now)
        trail.record(by, "engagement.revoked", found, now, before=before, after=found.plain())
        return found


def _checked(
    auditor_id: int, title: str, scope: Collection[str], from_day: date, to_day: date, now: datetime
) -> dict[str, object]:
    wrong = {}
    if auditor_id not in {person.id for person in auditors(now)}:
        wrong["auditor_id"] = gettext("監査員の役割を持つ人を選んでください。")
    if not title:
        wrong["title"] = gettext("名前を入力してください。")
    if to_day < from_day:
        wrong["to_day"] = gettext("終わりの日が始まりの日より前です。")
    edition = catalogue.edition_on(from_day)
    known = {requirement.key for requirement in edition.requirements}
    if unknown := sorted(set(scope) - known):
        wrong["scope"] = gettext("%(keys)s はこの版にありません。", keys="、".join(unknown))
    if wrong:
        raise Invalid(wrong)
    kept = json.dumps([f"{edition.id} {key}" for key in sorted(set(scope))], ensure_ascii=False)
    return {"title": title, "scope": kept, "from_day": from_day, "to_day": to_day}


def with_coverage(actor: Actor | None, now: datetime) -> Actor | None:
    """Give an auditor what today's engagements cover; anybody else stays as they are."""
    if actor is None or Role.AUDITOR not in actor.roles:
        return actor
    day = settings.today(now)
    standing = list(
        Engagement.select().where(
            Engagement.auditor == actor.person_id, on_day(Engagement, day), Engagement.revoked_at.is_null()
        )
    )
    return replace(actor, coverage=coverage_of(standing)) if standing else actor


def coverage_of(standing: Iterable[Engagement]) -> Coverage:
    """Give what engagements cover together, in every edition that the mappings lead to."""
    rows = list(standing)
    keys: frozenset[tuple[str, str]] | None = frozenset()
    for row in rows:
        scope = json.loads(row.scope)
        if not scope:
            keys = None
            break
        keys = (keys or frozenset()) | _through_editions(tuple(entry.split(" ", 1)) for entry in scope)
    return Coverage("、".join(row.title for row in rows), max(row.to_day for row in rows), keys)


def _through_editions(entries: Iterable[tuple[str, ...]]) -> frozenset[tuple[str, str]]:
    standards = catalogue.standards()
    found = set()
    for edition, key in entries:
        found.add((edition, key))
        requirement = standards.edition(edition).find(key)
        if requirement is not None:
            others = (*standards.successors(requirement), *standards.predecessors(requirement))
            found.update((other.edition, other.key) for other in others)
    return frozenset(found)


def _titles(ids: list[int]) -> dict[int, str]:
    return dict(Engagement.select(Engagement.id, Engagement.title).where(Engagement.id.in_(ids)).tuples())


trail.describe("engagement", _titles, label=lazy_gettext("監査員の委嘱"), model=Engagement)
