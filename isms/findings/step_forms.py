"""Which form takes the next step of a finding, and where it is sent."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import g, url_for

from isms.core import settings
from isms.core.permissions import Permission
from isms.core.words import gettext, lazy_gettext
from isms.findings.forms import ActionForm, ClosingForm, StepForm
from isms.findings.progress import Action, Progress

# what to write, by kind of step
HELP: dict[str, Any] = {
    "reply": lazy_gettext("指摘をどう受け止め、いつまでに何をするかを書きます。"),
    "correction": lazy_gettext("見つかったことそのものを、すぐに直した内容を書きます。"),
    "cause": lazy_gettext(
        "一行に一つずつ「なぜ」を書き、次の行でその理由を問います。人の名前ではなく、しくみを書きます。"
    ),
    "action_done": lazy_gettext("何をしたか、どこを見れば分かるかを書きます。"),
}
DONE: dict[str, Any] = {
    "reply": lazy_gettext("回答を記録しました。"),
    "correction": lazy_gettext("修正を記録しました。"),
    "cause": lazy_gettext("原因を記録しました。"),
}
BUTTONS: dict[str, Any] = {
    "reply": lazy_gettext("回答する"),
    "correction": lazy_gettext("修正を記録する"),
    "cause": lazy_gettext("原因を記録する"),
}


@dataclass
class Offered:
    """The next step: a form with its address and button, or the actions that wait, each with the page for it."""

    kind: str
    href: str = ""
    button: str = ""
    form: Any = None
    help: Any = ""
    actions: tuple[tuple[Action, str], ...] = ()


def offered(progress: Progress, today: date) -> Offered | None:
    """Give the next step to somebody who may answer the finding; None when it is somebody else's turn, or closed."""
    kind, number = progress.next, progress.finding.id
    if kind in DONE:
        href = url_for("findings.take_step", finding_id=number, kind=kind)
        return Offered(kind, href, BUTTONS[kind], StepForm(formdata=None, day=today), HELP[kind])
    if kind == "action":
        href = url_for("findings.plan_action", finding_id=number)
        return Offered(kind, href, gettext("処置を決める"), action_form(progress, today))
    if kind == "close":
        if not g.actor.has(Permission.FINDINGS_EDIT):
            return None
        href = url_for("findings.close_finding", finding_id=number)
        form = ClosingForm(formdata=None, day=today)
        return Offered(kind, href, gettext("完了にする"), form, gettext("何をして直し、どう確かめたかを書きます。"))
    if kind is None:
        return None
    state, page = ("planned", "findings.action") if kind == "action_done" else ("done", "findings.check_effect")
    waiting = tuple((one, url_for(page, finding_id=number, step_id=one.plan.id)) for one in progress.of(state))
    return Offered(kind, actions=waiting)


def action_form(progress: Progress, today: date, **more: Any) -> ActionForm:
    """Give the form of an action; its due day is proposed."""
    form = ActionForm(due=today + timedelta(days=settings.get("answer_days")), **more)
    form.offer(action.plan for action in progress.of("planned"))
    return form
