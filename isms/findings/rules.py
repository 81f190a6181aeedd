"""What may happen to findings 指摘事項: opened, closed, reopened; open or not on any day, as known at any time."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from peewee import ModelSelect, fn

from isms import trail
from isms.catalogue.editions import Kind
from isms.catalogue.wording import adapted
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor, Permission, Scope, demand, scopes_of
from isms.core.references import next_ref
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.evidence.files import Kept, Upload
from isms.findings import files as file_rules
from isms.findings.models import Finding, FindingControl, FindingStep
from isms.findings.words import ENDS, GRADES, NONCONFORMITIES, SOURCES
from isms.people.models import Department

__all__ = ["GRADES", "NONCONFORMITIES", "SOURCES", "close_finding", "open_finding", "open_on", "reopen_finding"]

TITLE, TEXT = 200, 5000  # characters at most


def get_finding(finding_id: int) -> Finding:
    """Give the finding; raises NotFound."""
    finding = Finding.get_or_none(Finding.id == finding_id)
    if finding is None:
        raise NotFound()
    return finding


def seen_finding(finding_id: int, *, by: Actor) -> Finding:
    """Give the finding to an actor who may read it; raises NotFound for anyone else."""
    finding = get_finding(finding_id)
    demand(by, Permission.FINDINGS_READ, finding)
    return finding


def readable(by: Actor) -> ModelSelect:
    """Give the query of the findings that the actor may read."""
    scopes = scopes_of(by, Permission.FINDINGS_READ)
    query = Finding.select()
    if Scope.ALL in scopes:
        return query
    allowed: Any = Finding.id.in_([])
    if Scope.DEPARTMENT in scopes and by.heads:
        allowed |= Finding.department.in_(sorted(by.heads))
    if Scope.ENGAGEMENT in scopes:
        allowed |= Finding.engaged(by)
    return query.where(allowed)


def open_finding(
    *,
    grade: str,
    title: str,
    controls: Iterable[tuple[str, str]],
    opened_on: date,
    by: Actor,
    now: datetime,
    description: str = "",
    source: str = "own",
    department_id: int | None = None,
    due: date | None = None,
    files: Iterable[Upload | Kept] = (),
    ref: str = "",
) -> Finding:
    """Open a finding on requirements given as (edition, key), with photos and documents.

    `due` is the day by which the department answers; `ref` is a reference that a ledger gave it.
    """
    texts = checked(grade, source, opened_on, settings.today(now), title=title, description=description)
    if due is not None and due < opened_on:
        raise Invalid({"due": gettext("期限が、見つかった日より前です。")})
    kept = file_rules.keep(files)
    with atomic():
        if department_id is not None and not Department.select().where(Department.id == department_id).exists():
            raise Invalid({"department_id": gettext("部署を選んでください。")})
        finding = Finding.create(
            ref=ref or next_ref(Finding, "F", now),
            grade=grade,
            source=source,
            department=department_id,
            opened_on=opened_on,
            due=due,
            recorded_at=now,
            recorded_by=by.id,
            **texts,
        )
        trail.record(by, "finding.opened", finding, now, before=None, after=finding.plain())
        file_rules.attach(finding, None, kept, by=by, now=now)
        for edition, key in controls:
            link_finding(finding.id, edition, key, from_day=opened_on, by=by, now=now)
        return finding


def checked(grade: str, source: str, opened_on: date, today: date, *, title: str, description: str) -> dict[str, str]:
    """Give the texts as they are kept; Invalid with a message per field."""
    wrong: dict[str, str] = {}
    if grade not in GRADES:
        wrong["grade"] = gettext("区分を選んでください。")
    if source not in SOURCES:
        wrong["source"] = gettext("どこで見つかったかを選んでください。")
    if opened_on > today:
        wrong["opened_on"] = gettext("先の日付です。見つかった日を入力してください。")
    texts = {"title": "", "description": ""}
    for name, text, most in (("title", title, TITLE), ("description", description, TEXT)):
        try:
            texts[name] = clean_text(text, most, lines=name == "description")
        except UnusableText as error:
            wrong[name] = str(error)
    if not texts["title"]:
        wrong.setdefault("title", gettext("件名を入力してください。"))
    if wrong:
        raise Invalid(wrong)
    return texts


def link_finding(finding_id: int, edition: str, key: str, *, from_day: date, by: Actor, now: datetime) -> None:
    """Say that the finding concerns a requirement, from a day on; saying it twice adds nothing."""
    with atomic():
        get_finding(finding_id)
        requirement = adapted(edition).find(key)
        if requirement is None or requirement.kind is Kind.HEADING:
            raise Invalid({"controls": gettext("%(edition)s に %(key)s はありません。", edition=edition, key=key)})
        same = (FindingControl.finding == finding_id) & (FindingControl.edition == edition)
        if FindingControl.select().where(same, FindingControl.key == key).exists():
            return
        link = FindingControl.create(
            finding=finding_id, edition=edition, key=key, from_day=from_day, recorded_at=now, recorded_by=by.id
        )
        trail.record(by, "finding.linked", link, now, before=None, after=link.plain())


def close_finding(finding_id: int, *, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    """Record that an open finding was closed on a day, as a ledger tells it; by hand it is `steps.conclude`."""
    return _step(finding_id, "closed", day, text, by, now)


def reopen_finding(finding_id: int, *, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    """Open a closed finding again, saying why."""
    return _step(finding_id, "reopened", day, text, by, now)


def _step(finding_id: int, kind: str, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    try:
        said = clean_text(text, TEXT, lines=True)
    except UnusableText as error:
        raise Invalid({"text": str(error)}) from error
    if not said:
        raise Invalid({"text": gettext("内容を入力してください。")})
    with atomic():
        finding = get_finding(finding_id)
        steps = steps_of(finding_id)
        is_open = not steps or ENDS[steps[-1].kind]
        if is_open == ENDS[kind]:
            raise Conflict(gettext("この指摘事項はすでにその状態です。"))
        if day < (steps[-1].day if steps else finding.opened_on) or day > settings.today(now):
            raise Invalid({"day": gettext("前の出来事から今日までの日付を入力してください。")})
        step = FindingStep.create(finding=finding, kind=kind, day=day, text=said, recorded_at=now, recorded_by=by.id)
        trail.record(by, f"finding.{kind}", step, now, before=None, after=step.plain())
        return step


def steps_of(finding_id: int) -> list[FindingStep]:
    """Give the steps that close and reopen the finding, in their order."""
    ends = FindingStep.select().where(FindingStep.finding == finding_id, FindingStep.kind.in_(list(ENDS)))
    return list(ends.order_by(FindingStep.day, FindingStep.id))


def controls_of(finding_id: int) -> list[FindingControl]:
    """Give what the finding concerns, in order of recording."""
    return list(FindingControl.select().where(FindingControl.finding == finding_id).order_by(FindingControl.id))


def newest_step() -> Any:
    """Give, for a query of findings, the kind of the step that decides today; NULL where there is none."""
    steps = FindingStep.select(FindingStep.kind).where(
        FindingStep.finding == Finding.id, FindingStep.kind.in_(list(ENDS))
    )
    return fn.COALESCE(steps.order_by(FindingStep.day.desc(), FindingStep.id.desc()).limit(1), "opened")


def closed_days(ids: Iterable[int], day: date | None = None, known_at: datetime | None = None) -> dict[int, date]:
    """Give the day on which each finding was closed that is not open on the day (None: today); one query."""
    steps = FindingStep.select().where(FindingStep.kind.in_(list(ENDS)), FindingStep.finding.in_(list(ids)))
    steps = steps if day is None else steps.where(FindingStep.day <= day)
    closed: dict[int, date] = {}
    for step in _known(FindingStep, steps, known_at).order_by(FindingStep.day, FindingStep.id):
        closed.pop(step.finding_id, None)
        if not ENDS[step.kind]:
            closed[step.finding_id] = step.day
    return closed


def on_requirement(edition_id: str, key: str, day: date, known_at: datetime | None) -> list[Finding]:
    """Give the findings that concern a requirement on the day, open or not, the newest first."""
    query = _linked(edition_id, day, known_at).where(FindingControl.key == key)
    return [link.finding for link in query.order_by(Finding.opened_on.desc(), Finding.id.desc())]


def open_on(edition_id: str, day: date, known_at: datetime | None) -> dict[str, list[Finding]]:
    """Give the findings open on the day by requirement key, from rows known at the moment (None: all). Two queries."""
    links = list(_linked(edition_id, day, known_at).order_by(Finding.id))
    closed = closed_days({link.finding_id for link in links}, day, known_at)
    open_now: dict[str, list[Finding]] = {}
    for link in links:
        if link.finding_id not in closed:
            open_now.setdefault(link.key, []).append(link.finding)
    return open_now


def _linked(edition_id: str, day: date, known_at: datetime | None) -> Any:
    query = (
        FindingControl.select(FindingControl, Finding)
        .join(Finding)
        .where(FindingControl.edition == edition_id, FindingControl.from_day <= day, Finding.opened_on <= day)
    )
    return _known(Finding, _known(FindingControl, query, known_at), known_at)


def _known(model: Any, query: Any, known_at: datetime | None) -> Any:
    return query if known_at is None else query.where(model.recorded_at <= known_at)
