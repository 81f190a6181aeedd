"""What is said and done about an open finding, step by step; appended. `progress` says what comes next.

Officers and the head of the finding's department answer; an action's owner says that it is done; its effect is checked
by somebody else, `effect_days` later. A nonconformity is closed by hand only after that: docs/decisions/closing-findings.md.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Forbidden, Invalid, NotFound
from isms.core.look import short_day
from isms.core.permissions import Actor, Permission, demand
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext
from isms.evidence.files import Kept, Upload
from isms.findings import files as file_rules
from isms.findings.models import Finding, FindingStep
from isms.findings.progress import Action, Progress, progress_of
from isms.findings.rules import TEXT, get_finding
from isms.findings.words import FOLLOWING, NONCONFORMITIES
from isms.people.models import Person
from isms.people.roster import on_day

Files = Iterable[Upload | Kept]


def reply(
    finding_id: int, *, text: str, by: Actor, now: datetime, day: date | None = None, files: Files = ()
) -> FindingStep:
    """Give the department's answer 回答."""
    return _say("reply", finding_id, text, by, now, day, files)


def correct(
    finding_id: int, *, text: str, by: Actor, now: datetime, day: date | None = None, files: Files = ()
) -> FindingStep:
    """Say what was put right at once 修正."""
    return _say("correction", finding_id, text, by, now, day, files)


def say_cause(
    finding_id: int, *, text: str, by: Actor, now: datetime, day: date | None = None, files: Files = ()
) -> FindingStep:
    """Say why it came about 原因: one why a line, the last is the cause."""
    return _say("cause", finding_id, text, by, now, day, files)


def plan_action(
    finding_id: int,
    *,
    text: str,
    owner_id: int | None,
    due: date | None,
    by: Actor,
    now: datetime,
    day: date | None = None,
    replaces: int | None = None,
) -> FindingStep:
    """Plan a corrective action 是正処置 with who does it by when; it may take the place of one that is not done."""
    said = _said(text)
    with atomic():
        progress = answerable(finding_id, by)
        _guard_open(progress)
        when = _day(progress, day, now)
        wrong = _wrong_plan(owner_id, due, when)
        if progress.finding.grade in NONCONFORMITIES and not any(step.kind == "cause" for step in progress.round):
            wrong[""] = gettext("是正処置の前に、原因を書いてください。")
        if replaces is not None and replaces not in {one.plan.id for one in progress.of("planned")}:
            wrong["replaces"] = gettext("差し替えられるのは、終わっていない処置です。")
        if wrong:
            raise Invalid(wrong)
        values = {"owner": owner_id, "due": due, "about": replaces}
        return append(progress.finding, "action", when, said, by, now, **values)


def _wrong_plan(owner_id: int | None, due: date | None, day: date) -> dict[str, str]:
    wrong = {}
    people = Person.select().where(Person.id == owner_id, Person.employment != "external", on_day(Person, day))
    if not people.exists():
        wrong["owner_id"] = gettext("担当を職員から選んでください。")
    if due is None or due < day:
        wrong["due"] = gettext("期限は、処置を決めた日から先の日付です。")
    return wrong


def finish_action(
    step_id: int, *, text: str, by: Actor, now: datetime, day: date | None = None, files: Files = ()
) -> FindingStep:
    """Say that an action is done: by its owner, the head of the department or an officer."""
    said, kept = _said(text), file_rules.keep(files)
    with atomic():
        progress, action = seen_action(step_id, by=by)
        _guard_open(progress)
        if action.state != "planned":
            raise Conflict(gettext("この処置は、すでに終わっているか、差し替えられています。"))
        when = _day(progress, day, now, not_before=action.plan.day)
        step = append(progress.finding, "action_done", when, said, by, now, about=action.plan)
        file_rules.attach(progress.finding, step, kept, by=by, now=now)
        return step


def check_effect(
    step_id: int,
    *,
    good: bool | None,
    text: str,
    by: Actor,
    now: datetime,
    day: date | None = None,
    files: Files = (),
) -> FindingStep:
    """Say whether an action that is done had its effect 有効性の確認; raises Forbidden for whoever had a hand in it."""
    said, kept = _said(text), file_rules.keep(files)
    with atomic():
        progress, action = seen_action(step_id, by=by)
        demand(by, Permission.FINDINGS_ANSWER, progress.finding)
        _guard_open(progress)
        if action.state != "done":
            raise Conflict(gettext("有効性を確かめられるのは、終わって、まだ確かめていない処置です。"))
        if by.person_id is None or by.id in action.had_a_hand:
            raise Forbidden(gettext("有効性は、処置の担当や、完了を報告した人とは別の人が確かめます。"))
        if good is None:
            raise Invalid({"good": gettext("効果があったかどうかを選んでください。")})
        when = _day(progress, day, now)
        if action.check_from is not None and when < action.check_from:
            first = short_day(action.check_from)
            raise Invalid({"day": gettext("有効性は、%(day)s から確かめられます。", day=first)})
        step = append(progress.finding, "effectiveness", when, said, by, now, about=action.plan, good=good)
        file_rules.attach(progress.finding, step, kept, by=by, now=now)
        return step


def conclude(finding_id: int, *, day: date, text: str, by: Actor, now: datetime) -> FindingStep:
    """Close a finding by hand: a nonconformity only when every action is checked and found effective."""
    said = _said(text)
    with atomic():
        finding = get_finding(finding_id)
        demand(by, Permission.FINDINGS_EDIT, finding)
        progress = progress_of([finding])[finding.id]
        _guard_open(progress)
        if finding.grade in NONCONFORMITIES and progress.next != "close":
            missing = FOLLOWING[str(progress.next)]
            raise Conflict(
                gettext("不適合は、是正処置の有効性を確かめてから完了にします。次は%(next)sです。", next=missing)
            )
        when = _day(progress, day, now, not_before=progress.last_day)
        return append(finding, "closed", when, said, by, now)


def answerable(finding_id: int, by: Actor) -> Progress:
    """Give the finding with its steps to whoever may answer it; raises NotFound for anyone else."""
    finding = get_finding(finding_id)
    demand(by, Permission.FINDINGS_ANSWER, finding)
    return progress_of([finding])[finding.id]


def seen_action(step_id: int, *, by: Actor, finding_id: int | None = None) -> tuple[Progress, Action]:
    """Give an action (of this very finding) to its owner and to whoever may answer; raises NotFound for anyone else.

    One that was planned before the finding was closed or reopened belongs to what is over: Conflict.
    """
    step = FindingStep.get_or_none((FindingStep.id == step_id) & (FindingStep.kind == "action"))
    if step is None or finding_id not in (None, step.finding_id):
        raise NotFound()
    demand(by, Permission.FINDINGS_ANSWER, step)
    progress = progress_of([step.finding])[step.finding_id]
    for action in progress.actions:
        if action.plan.id == step_id:
            return progress, action
    raise Conflict(gettext("この処置の指摘事項は、完了しているか、再開されています。"))


def _say(
    kind: str, finding_id: int, text: str, by: Actor, now: datetime, day: date | None, files: Files
) -> FindingStep:
    said, kept = _said(text), file_rules.keep(files)
    with atomic():
        progress = answerable(finding_id, by)
        _guard_open(progress)
        step = append(progress.finding, kind, _day(progress, day, now), said, by, now)
        file_rules.attach(progress.finding, step, kept, by=by, now=now)
        return step


def _said(text: str) -> str:
    try:
        said = clean_text(text, TEXT, lines=True)
    except UnusableText as error:
        raise Invalid({"text": str(error)}) from error
    if not said:
        raise Invalid({"text": gettext("内容を入力してください。")})
    return said


def _guard_open(progress: Progress) -> None:
    if not progress.is_open:
        raise Conflict(gettext("この指摘事項は完了しています。続けるときは、先に再開してください。"))


def _day(progress: Progress, day: date | None, now: datetime, *, not_before: date | None = None) -> date:
    """Give the day of a step (None: today): not before the finding, its reopening or `not_before`, and not to come."""
    today = settings.today(now)
    first = max(progress.end.day if progress.end else progress.finding.opened_on, not_before or date.min)
    when = day or today
    if not first <= when <= today:
        raise Invalid({"day": gettext("%(day)s から今日までの日付を入力してください。", day=short_day(first))})
    return when


def append(finding: Finding, kind: str, day: date, text: str, by: Actor, now: datetime, **values: Any) -> FindingStep:
    """Record a step as it is said, in the rule's transaction."""
    stamp = {"recorded_at": now, "recorded_by": by.id}
    step = FindingStep.create(finding=finding, kind=kind, day=day, text=text, **values, **stamp)
    trail.record(by, f"finding.{VERBS[kind]}", step, now, before=None, after=step.plain())
    return step


VERBS = {
    "reply": "replied",
    "correction": "corrected",
    "cause": "cause_said",
    "action": "action_planned",
    "action_done": "action_done",
    "effectiveness": "effect_checked",
    "closed": "closed",
    "reopened": "reopened",
}
