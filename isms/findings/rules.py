"""What may happen to findings 指摘事項: opened, closed, reopened; open or not on any day, as known at any time."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.days import fiscal_year
from isms.core.errors import Conflict, Invalid, NotFound
from isms.core.permissions import Actor
from isms.core.words import gettext, lazy_gettext
from isms.findings.models import Finding, FindingControl, FindingStep
from isms.trail import verb

GRADES: dict[str, Any] = {
    "major": lazy_gettext("重大な不適合"),
    "minor": lazy_gettext("軽微な不適合"),
    "observation": lazy_gettext("観察事項"),
    "improvement": lazy_gettext("改善の機会"),
}
NONCONFORMITIES = ("major", "minor")
SOURCES: dict[str, Any] = {
    "own": lazy_gettext("自らの気づき"),
    "internal_audit": lazy_gettext("内部監査"),
    "external_audit": lazy_gettext("外部審査"),
    "crosscheck": lazy_gettext("クロスチェック"),
    "daily_check": lazy_gettext("日常点検"),
    "drill": lazy_gettext("訓練"),
    "incident": lazy_gettext("事故"),
}
ENDS = {"closed": False, "reopened": True}  # kind of step -> whether the finding is open after it

verb("finding.opened", lazy_gettext("指摘事項を登録"))
verb("finding.linked", lazy_gettext("指摘事項に管理策を結び付けた"))
verb("finding.closed", lazy_gettext("指摘事項を完了"))
verb("finding.reopened", lazy_gettext("指摘事項を再開"))


def next_ref(model: Any, prefix: str, now: datetime) -> str:
    """Give the next reference of the fiscal year of the moment: `F-2026-0007`. Call it inside atomic()."""
    year = fiscal_year(settings.today(now), settings.get("fiscal_year_start_month"))
    begin = f"{prefix}-{year}-"
    last = model.select(model.ref).where(model.ref.startswith(begin)).order_by(model.id.desc()).tuples().first()
    return f"{begin}{int(last[0].removeprefix(begin)) + 1 if last else 1:04d}"


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
) -> Finding:
    """Open a finding on requirements given as (edition, key)."""
    wrong: dict[str, str] = {}
    if grade not in GRADES:
        wrong["grade"] = gettext("区分を選んでください。")
    if source not in SOURCES:
        wrong["source"] = gettext("どこで見つかったかを選んでください。")
    if not title:
        wrong["title"] = gettext("件名を入力してください。")
    if opened_on > settings.today(now):
        wrong["opened_on"] = gettext("先の日付です。見つかった日を入力してください。")
    if wrong:
        raise Invalid(wrong)
    with atomic():
        finding = Finding.create(
            ref=next_ref(Finding, "F", now),
            grade=grade,
            title=title,
            description=description,
            source=source,
            department=department_id,
            opened_on=opened_on,
            recorded_at=now,
            recorded_by=by.id,
        )
        trail.record(by, "finding.opened", finding, now, before=None, after=finding.plain())
        for edition, key in controls:
            link_finding(finding.id, edition, key, from_day=opened_on, by=by, now=now)
        return finding


def link_finding(finding_id: int, edition: str, key: str, *, from_day: date, by: Actor, now: datetime) -> None:
    """Say that the finding concerns a requirement, from a day on; saying it twice adds nothing."""
    with atomic():
        get_finding(finding_id)
        same = (FindingControl.finding == finding_id) & (FindingControl.edition == edition)
        if FindingControl.select().where(same, FindingControl.key == key).exists():
            return
        link = FindingControl.create(
            finding=finding_id, edition=edition, key=key, from_day=from_day, recorded_at=now, recorded_by=by.id
        )
        trail.record(by, "finding.linked", link, now, before=None, after=link.plain())


def get_finding(finding_id: int) -> Finding:
    """Give the finding; raises NotFound."""
    finding = Finding.get_or_none(Finding.id == finding_id)
    if finding is None:
        raise NotFound()
    return finding


def close_finding(finding_id: int, *, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    """Close an open finding on a day, saying what was done."""
    return _step(finding_id, "closed", day, text, by, now)


def reopen_finding(finding_id: int, *, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    """Open a closed finding again, saying why."""
    return _step(finding_id, "reopened", day, text, by, now)


def _step(finding_id: int, kind: str, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    if not text:
        raise Invalid({"text": gettext("内容を入力してください。")})
    with atomic():
        finding = get_finding(finding_id)
        steps = [s for s in finding.steps if s.kind in ENDS]
        newest = max(steps, key=lambda s: (s.day, s.id), default=None)
        is_open = newest is None or ENDS[newest.kind]
        if is_open == ENDS[kind]:
            raise Conflict(gettext("この指摘事項はすでにその状態です。"))
        if day < (newest.day if newest else finding.opened_on) or day > settings.today(now):
            raise Invalid({"day": gettext("前の出来事から今日までの日付を入力してください。")})
        step = FindingStep.create(finding=finding, kind=kind, day=day, text=text, recorded_at=now, recorded_by=by.id)
        trail.record(by, f"finding.{kind}", step, now, before=None, after=step.plain())
        return step


def open_on(edition_id: str, day: date, known_at: datetime | None) -> dict[str, list[Finding]]:
    """Give the findings open on the day by requirement key, from rows known at the moment (None: all). Two queries."""

    def known(model: Any, query: Any) -> Any:
        return query if known_at is None else query.where(model.recorded_at <= known_at)

    links = (
        FindingControl.select(FindingControl, Finding)
        .join(Finding)
        .where(FindingControl.edition == edition_id, FindingControl.from_day <= day, Finding.opened_on <= day)
        .order_by(Finding.id)
    )
    found = list(known(Finding, known(FindingControl, links)))
    if not found:
        return {}
    steps = FindingStep.select().where(FindingStep.kind.in_(list(ENDS)), FindingStep.day <= day)
    newest: dict[int, str] = {}
    for step in known(FindingStep, steps).order_by(FindingStep.day, FindingStep.id):
        newest[step.finding_id] = step.kind
    open_now: dict[str, list[Finding]] = {}
    for link in found:
        if ENDS.get(newest.get(link.finding_id, "reopened"), True):
            open_now.setdefault(link.key, []).append(link.finding)
    return open_now


def _refs(ids: list[int]) -> dict[int, str]:
    return dict(Finding.select(Finding.id, Finding.ref).where(Finding.id.in_(ids)).tuples())


trail.describe("finding", _refs, model=Finding)
trail.describe("finding_control", lambda ids: {}, model=FindingControl)
trail.describe("finding_step", lambda ids: {}, model=FindingStep)
