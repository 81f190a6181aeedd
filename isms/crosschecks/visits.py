"""What may happen to a visit: finished, which opens a finding for each 否; reopened; called off."""

from datetime import date, datetime, timedelta

from isms import trail
from isms.checklists.models import ChecklistItem
from isms.checklists.rules import controls_of, items_of
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Conflict, Invalid
from isms.core.permissions import Actor
from isms.core.text import UnusableText, clean_text
from isms.core.words import gettext, ngettext
from isms.crosschecks import photos, standing
from isms.crosschecks.answers import answers_of
from isms.crosschecks.models import Answer, AnswerFinding, Visit, VisitPhoto, VisitStep
from isms.crosschecks.standing import get_visit
from isms.evidence.files import Kept
from isms.findings.models import Finding
from isms.findings.rules import open_finding

REASON = 2000  # characters at most


def items(visit: Visit) -> list[ChecklistItem]:
    """Give the items of the visit's checklist in their order."""
    return items_of(visit.campaign.list_version_id)


def lacking(visit: Visit) -> list[ChecklistItem]:
    """Give the items that must be answered and are not yet."""
    answered = answers_of(visit.id)
    return [item for item in items(visit) if item.required and item.id not in answered]


def findings_of(visit_id: int) -> dict[int, AnswerFinding]:
    """Give the findings that the visit has opened, by item, each with its finding; one query."""
    query = AnswerFinding.select(AnswerFinding, Finding).join(Finding).where(AnswerFinding.visit == visit_id)
    return {row.item_id: row for row in query}


def finish(visit_id: int, *, by: Actor, now: datetime) -> list[Finding]:
    """Finish an open visit whose items are answered; gives the findings that it opened, one for each new 否."""
    with atomic():
        visit = standing.own_visit(visit_id, by=by)
        standing.must_be_open(visit)
        if missing := lacking(visit):
            number = len(missing)
            raise Conflict(
                ngettext("あと%(num)s項目に答えると終えられます。", "あと%(num)s項目に答えると終えられます。", number)
            )
        _step(visit, "finished", "", by, now)
        answered, taken, opened = answers_of(visit_id), photos.photos_of(visit_id), findings_of(visit_id)
        return [
            _open(visit, item, answered[item.id], taken.get(item.id, []), by, now)
            for item in items(visit)
            if is_ng(item, answered.get(item.id)) and item.id not in opened
        ]


def is_ng(item: ChecklistItem, answer: Answer | None) -> bool:
    """Tell whether the answer is a 否, which becomes a finding."""
    return answer is not None and item.answer_kind == "verdict" and answer.value == "ng"


def _open(
    visit: Visit, item: ChecklistItem, answer: Answer, taken: list[VisitPhoto], by: Actor, now: datetime
) -> Finding:
    """Open the finding of a 否: of the visited department, to be answered within the campaign's days."""
    today = settings.today(now)
    finding = open_finding(
        grade=item.grade,
        title=gettext("%(what)s（%(ref)s）", what=item.title, ref=visit.campaign.ref)[:200],
        description=answer.comment,
        controls=controls_of(item),
        source="crosscheck",
        department_id=visit.checked_id,
        opened_on=today,
        due=today + timedelta(days=visit.campaign.reply_days),
        files=[Kept(one.name, one.sha256, one.size, one.kind) for one in taken],
        by=by,
        now=now,
    )
    stamp = {"recorded_at": now, "recorded_by": by.id}
    row = AnswerFinding.create(visit=visit, item=item, finding=finding, **stamp)
    trail.record(by, "visit.finding_opened", row, now, before=None, after=row.plain())
    return finding


def reopen(visit_id: int, *, text: str, by: Actor, now: datetime) -> VisitStep:
    """Open a finished visit again while its campaign runs, saying why; findings that it opened stay."""
    said = _reason(text)
    with atomic():
        visit = get_visit(visit_id)
        if standing.state_of(visit) != "finished" or standing.campaign_is_over(visit):
            raise Conflict(gettext("再開できるのは、終えた訪問だけです。締め切ったクロスチェックでは再開できません。"))
        return _step(visit, "reopened", said, by, now)


def call_off(visit_id: int, *, text: str, by: Actor, now: datetime) -> VisitStep:
    """Call a visit off that is not finished, saying why; what was answered is kept."""
    said = _reason(text)
    with atomic():
        visit = get_visit(visit_id)
        if standing.state_of(visit) not in {"planned", "open"}:
            raise Conflict(gettext("この訪問は、取りやめられる状態ではありません。"))
        return _step(visit, "called_off", said, by, now)


def _step(visit: Visit, kind: str, text: str, by: Actor, now: datetime) -> VisitStep:
    day: date = settings.today(now)
    step = VisitStep.create(visit=visit, kind=kind, day=day, text=text, recorded_at=now, recorded_by=by.id)
    trail.record(by, f"visit.{kind}", step, now, before=None, after=step.plain())
    return step


def _reason(text: str) -> str:
    try:
        said = clean_text(text, REASON, lines=True)
    except UnusableText as error:
        raise Invalid({"text": str(error)}) from error
    if not said:
        raise Invalid({"text": gettext("理由を入力してください。")})
    return said
