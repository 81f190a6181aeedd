"""Rows of the rooms that prove controls: decisions, statements, evidence, findings, engagements."""

from datetime import date, timedelta
from io import BytesIO
from typing import Any

from PIL import Image

from isms.audits import rules as audits
from isms.audits.models import Engagement
from isms.catalogue import rules as catalogue
from isms.catalogue import statements, wording
from isms.catalogue.editions import Kind
from isms.core import blobs, clock
from isms.core.permissions import Actor, Role
from isms.evidence import redactions, reviews
from isms.evidence import rules as evidence
from isms.evidence.files import Kept
from isms.evidence.models import Evidence
from isms.findings import measures, steps
from isms.findings import rules as findings
from isms.findings.models import Finding, FindingFile, FindingStep
from isms.people import previews
from tests import factories

EDITION, KEY = "iso27001-2022", "A.5.1"
LEDGER = b"[]\n" + "件名,管理策,収集日\n架空の記録,5.1,R8.4.1\n架空の記録,5.99,R8.4.1\n".encode()
SHEET = "管理策番号,採否,理由\n5.1,採用,架空の理由\nA.5.1.1,採用,架空の理由\n".encode()


def ids(by: Actor) -> dict[str, Any]:
    """Make one of everything and give the values of the names in addresses."""
    now = clock.now()
    keys = [one.key for one in catalogue.edition_on(now.date()).requirements if one.kind is Kind.CONTROL]
    decided = catalogue.decide_many(EDITION, [_said(key) for key in keys], by=by, now=now)
    kept = prove(by)
    file = kept.files[0]
    return {
        "edition_id": EDITION,
        "key": KEY,
        "decision_id": decided[0].id,
        "number": (issued := statements.issue(by=by, now=now)).number,
        "statement_id": issued.id,
        "catalogue.preview_import preview_id": previews.keep("decisions", "架空.csv", SHEET, by=by, now=now).id,
        "kind": "xlsx",
        "evidence.preview_import preview_id": previews.keep("evidence", "架空.csv", LEDGER, by=by, now=now).id,
        "evidence.review evidence_id": prove(_another(), waiting=True).id,
        "evidence_id": kept.id,
        "file_id": file.id,
        "page": 1,
        "link_id": kept.links[0].id,
        "proposal_id": redactions.propose_redaction(kept.id, file.id, reason="架空の理由", by=by, now=now).id,
        **_answered(by),
        "engagement_id": engage(by).id,
    }


def more(number: int, by: Actor, ids: dict[str, Any]) -> None:
    """Make so many of everything."""
    now, other = clock.now(), factories.actor(factories.with_role(Role.APPROVER))
    for turn in range(number):
        catalogue.decide_many(EDITION, [_said(KEY)], by=by, now=now)
        wording.correct_title(EDITION, KEY, title_ja=f"架空の題 {turn}", by=by, now=now)
        wording.add_own_control(EDITION, f"X.{turn + 1}", title_ja=f"架空の管理策 {turn}", by=by, now=now)
        prove(_another(), waiting=True)
        kept = prove(by)
        redactions.propose_redaction(kept.id, kept.files[0].id, reason="架空の理由", by=by, now=now)
        find(by)
        _told(ids["finding_id"], by)
        measures.review_measure(ids["measure_id"], outcome="keep", text="架空の見直し", by=by, now=now)
        measures.add_measure(hazard="架空の事故", measure="架空の策", from_day=now.date(), by=by, now=now)
        engage(by)
    catalogue.decide_many(EDITION, [_said(key) for key in wording.own_controls(EDITION)], by=by, now=now)
    for _ in range(number):
        if (waiting := statements.waiting()) is not None:
            statements.return_to_issuer(waiting.number, note="架空の理由", by=other, now=now)
        statements.issue(by=by, now=now)


def _said(key: str) -> catalogue.Said:
    return catalogue.Said(key, True, "架空の理由", "implemented")


def _another() -> Actor:
    return factories.actor(factories.with_role(Role.OFFICER))


def prove(by: Actor, *, waiting: bool = False) -> Evidence:
    """Lay down evidence with a file, reviewed or still waiting."""
    now = clock.now()
    stored = blobs.put(BytesIO("架空の記録".encode()), most=1000)
    files = [Kept("架空.txt", stored.sha256, stored.size, "txt")]
    day = now.date() - timedelta(days=1)
    kept = evidence.record_evidence(
        title="架空の点検記録", controls=[(EDITION, KEY)], collected_on=day, files=files, by=by, now=now
    )
    if not waiting:
        reviews.review(kept.id, accepted=True, by=_another(), now=now)
    return kept


def find(by: Actor) -> Finding:
    """Open a finding."""
    now = clock.now()
    day, controls = now.date() - timedelta(days=1), [(EDITION, KEY)]
    return findings.open_finding(
        grade="minor", title="架空の指摘", controls=controls, source="own", opened_on=day, by=by, now=now
    )


def _told(finding_id: int, by: Actor) -> FindingStep:
    """Say the cause of a finding, with a photo, and plan an action."""
    now, photo = clock.now(), BytesIO()
    Image.new("RGB", (8, 6), "white").save(photo, "PNG")
    stored = blobs.put(BytesIO(photo.getvalue()), most=10_000)
    files = [Kept("架空.png", stored.sha256, stored.size, "png")]
    steps.say_cause(finding_id, text="なぜ：架空の理由", by=by, now=now)
    due = now.date() + timedelta(days=30)
    action = steps.plan_action(finding_id, text="架空の処置", owner_id=by.person_id, due=due, by=by, now=now)
    done = steps.plan_action(finding_id, text="架空の処置", owner_id=by.person_id, due=due, by=by, now=now)
    steps.finish_action(done.id, text="した", files=files, by=by, now=now)
    return action


def _answered(by: Actor) -> dict[str, Any]:
    """Make a finding with a photo, what was said of it, and a measure that follows from it."""
    found, now = find(by), clock.now()
    action = _told(found.id, by)
    done = FindingStep.get(FindingStep.kind == "action_done")
    file = FindingFile.get(FindingFile.step == done)
    kept = measures.add_measure(
        hazard="架空の事故", measure="架空の策", from_day=now.date(), finding_id=found.id, by=by, now=now
    )
    return {
        "finding_id": found.id,
        "step_id": action.id,
        "findings.take_step kind": "cause",
        "findings.download file_id": file.id,
        "findings.picture file_id": file.id,
        "findings.action_download file_id": file.id,
        "findings.action_download step_id": done.about_id,
        "findings.action_picture file_id": file.id,
        "findings.action_picture step_id": done.about_id,
        "measure_id": kept.id,
    }


def engage(by: Actor) -> Engagement:
    """Engage an auditor for all controls."""
    auditor, now = factories.with_role(Role.AUDITOR), clock.now()
    first, last = date(2026, 4, 1), date(2036, 3, 31)
    return audits.engage(
        auditor_id=auditor.id, title="架空の内部監査", scope=[], from_day=first, to_day=last, by=by, now=now
    )
