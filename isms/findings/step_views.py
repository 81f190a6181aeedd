"""Pages on which a finding goes on: what is said of it, its actions, the check of their effect, its end."""

from collections.abc import Callable
from typing import Any

from flask import flash, g, redirect, url_for

from isms.core import clock, settings
from isms.core.permissions import Permission as P
from isms.core.permissions import demand, may
from isms.core.web import Answer
from isms.core.words import gettext
from isms.findings import files as file_rules
from isms.findings import rules, step_forms, steps
from isms.findings.forms import ClosingForm, EffectForm, StepForm
from isms.findings.models import Finding
from isms.findings.progress import Action, Progress
from isms.findings.views import room
from isms.findings.words import GRADES, STEPS
from isms.people.models import Person

SAYING = {"reply": steps.reply, "correction": steps.correct, "cause": steps.say_cause}


@room.route(
    "/findings/<int:finding_id>/steps/<any(reply, correction, cause):kind>",
    methods=["GET", "POST"],
    permission=P.FINDINGS_ANSWER,
    upload=file_rules.largest_request,
)
def take_step(finding_id: int, kind: str) -> Answer:
    """Reply, say what was put right, or say the cause."""
    progress, now = steps.answerable(finding_id, g.actor), clock.now()
    form = StepForm(day=settings.today(now))
    form.take_in()
    if form.run(lambda: SAYING[kind](finding_id, **form.arguments(), by=g.actor, now=now)):
        return _back(progress.finding, step_forms.DONE[kind])
    return {
        "form": form,
        "finding": progress.finding,
        "title": STEPS[kind],
        "help": step_forms.HELP[kind],
        "button": step_forms.BUTTONS[kind],
    }


@room.route("/findings/<int:finding_id>/actions/new", methods=["GET", "POST"], permission=P.FINDINGS_ANSWER)
def plan_action(finding_id: int) -> Answer:
    """Plan a corrective action."""
    progress, now = steps.answerable(finding_id, g.actor), clock.now()
    form = step_forms.action_form(progress, settings.today(now))
    if form.run(lambda: steps.plan_action(finding_id, **form.values(), by=g.actor, now=now)):
        return _back(progress.finding, gettext("是正処置を決めました。"))
    return {"form": form, "finding": progress.finding}


@room.route(
    "/findings/<int:finding_id>/actions/<int:step_id>",
    methods=["GET", "POST"],
    permission=P.FINDINGS_ANSWER,
    upload=file_rules.largest_request,
)
def action(finding_id: int, step_id: int) -> Answer:
    """Show an action to its owner, with what was found and why, and let them say that it is done."""
    progress, found = steps.seen_action(step_id, by=g.actor, finding_id=finding_id)
    now = clock.now()
    form = StepForm(day=settings.today(now))
    form.take_in()
    if form.run(lambda: steps.finish_action(step_id, **form.arguments(), by=g.actor, now=now)):
        flash(gettext("処置が終わったことを記録しました。"))
        return redirect(url_for("findings.action", finding_id=finding_id, step_id=step_id), 303)
    return {**_shown(progress, found), "form": form, "help": step_forms.HELP["action_done"]}


@room.route(
    "/findings/<int:finding_id>/actions/<int:step_id>/effect",
    methods=["GET", "POST"],
    permission=P.FINDINGS_ANSWER,
    upload=file_rules.largest_request,
)
def check_effect(finding_id: int, step_id: int) -> Answer:
    """Say whether an action had its effect."""
    progress, found = steps.seen_action(step_id, by=g.actor, finding_id=finding_id)
    demand(g.actor, P.FINDINGS_ANSWER, progress.finding)
    now = clock.now()
    form = EffectForm(day=settings.today(now))
    form.take_in()
    if form.run(lambda: steps.check_effect(step_id, **form.arguments(), by=g.actor, now=now)):
        return _back(progress.finding, gettext("有効性の確認を記録しました。"))
    return {**_shown(progress, found), "form": form, "had_a_hand": g.actor.id in found.had_a_hand}


def _shown(progress: Progress, found: Action) -> dict[str, Any]:
    """Give what the pages of an action say of it."""
    finding = progress.finding
    return {
        "finding": finding,
        "action": found,
        "owner": Person.get_by_id(found.plan.owner_id),
        "causes": [step for step in progress.steps if step.kind == "cause"],
        "files": file_rules.files_of(finding.id),
        "grades": GRADES,
        "today": settings.today(clock.now()),
        "may_read": may(g.actor, P.FINDINGS_READ, finding),
        "may_check": may(g.actor, P.FINDINGS_ANSWER, finding),
    }


@room.route("/findings/<int:finding_id>/close", methods=["GET", "POST"], permission=P.FINDINGS_EDIT)
def close_finding(finding_id: int) -> Answer:
    """Close a finding."""
    return _end(finding_id, steps.conclude, gettext("指摘事項を完了にしました。"))


@room.route("/findings/<int:finding_id>/reopen", methods=["GET", "POST"], permission=P.FINDINGS_EDIT)
def reopen_finding(finding_id: int) -> Answer:
    """Open a closed finding again."""
    return _end(finding_id, rules.reopen_finding, gettext("指摘事項を再開しました。"))


def _end(finding_id: int, rule: Callable[..., Any], said: str) -> Answer:
    seen = rules.seen_finding(finding_id, by=g.actor)
    now = clock.now()
    form = ClosingForm(day=settings.today(now))
    if form.run(lambda: rule(finding_id, **form.values(), by=g.actor, now=now)):
        return _back(seen, said)
    return {"form": form, "finding": seen}


def _back(finding: Finding, said: Any) -> Answer:
    """Go back to the finding with what was done."""
    flash(str(said))
    return redirect(url_for("findings.finding", finding_id=finding.id), 303)
