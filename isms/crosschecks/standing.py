"""Where a visit stands, who may see it, and when an answer to it is still taken."""

from typing import Any

from peewee import JOIN, ModelSelect

from isms.core.errors import Conflict, NotFound
from isms.core.permissions import Actor, Permission, demand, may
from isms.core.words import gettext
from isms.crosschecks.models import Campaign, CampaignStep, Visit, VisitStep
from isms.people.models import Department

OVER = {"closed", "cancelled"}
Checker, Checked = Department.alias(), Department.alias()


def visits() -> ModelSelect:
    """Give the query of all visits with their campaign and both departments."""
    return (
        Visit.select(Visit, Campaign, Checker, Checked)
        .join(Campaign)
        .switch(Visit)
        .join(Checker, JOIN.INNER, on=(Visit.checker == Checker.id), attr="checker")
        .switch(Visit)
        .join(Checked, JOIN.INNER, on=(Visit.checked == Checked.id), attr="checked")
    )


def get_visit(visit_id: int) -> Visit:
    """Give the visit with its campaign and both departments; raises NotFound."""
    visit = visits().where(Visit.id == visit_id).first()
    if visit is None:
        raise NotFound()
    return visit


def state_of(visit: Visit) -> str:
    """Tell where it stands: planned, open, finished, called_off, replaced, closed or cancelled. Two queries."""
    if not visit.in_use:
        return "replaced"
    own = newest(VisitStep, VisitStep.visit, visit.id)
    if own == "called_off":
        return own
    whole = newest(CampaignStep, CampaignStep.campaign, visit.campaign_id)
    if whole in OVER:
        return "finished" if whole == "closed" and own == "finished" else whole
    if own == "finished":
        return own
    return "open" if whole == "begun" else "planned"


def campaign_is_over(visit: Visit) -> bool:
    """Tell whether its campaign is closed or cancelled."""
    return newest(CampaignStep, CampaignStep.campaign, visit.campaign_id) in OVER


def newest(model: Any, column: Any, owner_id: int) -> str:
    """Give the kind of the newest step of its owner; empty without one."""
    query = model.select(model.kind).where(column == owner_id).order_by(model.id.desc()).limit(1)
    return str(query.scalar() or "")


def must_be_open(visit: Visit) -> None:
    """Refuse what can no longer, or not yet, be said of the visit."""
    state = state_of(visit)
    if state == "open":
        return
    raise Conflict(
        {
            "planned": gettext("このクロスチェックはまだ始まっていません。"),
            "finished": gettext("この訪問は終えています。直すときは、事務局に再開を頼んでください。"),
            "called_off": gettext("この訪問は取りやめになりました。"),
            "replaced": gettext("組み合わせが変わり、この訪問はなくなりました。"),
            "closed": gettext("このクロスチェックは締め切られました。回答はもう受け付けません。"),
            "cancelled": gettext("このクロスチェックは取りやめになりました。"),
        }[state]
    )


def seen_visit(visit_id: int, *, by: Actor) -> Visit:
    """Give the visit to an actor who may read it; raises NotFound for anyone else.

    The head of the visited department reads it when it is finished.
    """
    visit = get_visit(visit_id)
    heads_checked = visit.checked_id in by.heads and by.has(Permission.CROSSCHECKS_READ)
    if heads_checked and state_of(visit) in {"finished", "closed"}:
        return visit
    demand(by, Permission.CROSSCHECKS_READ, visit)
    return visit


def own_visit(visit_id: int, *, by: Actor) -> Visit:
    """Give the visit to somebody of the department that visits; raises NotFound for anyone else."""
    visit = get_visit(visit_id)
    demand(by, Permission.CROSSCHECKS_VISIT, visit)
    return visit


def may_answer(visit: Visit, by: Actor) -> bool:
    """Tell whether the actor may answer it now."""
    return may(by, Permission.CROSSCHECKS_VISIT, visit) and state_of(visit) == "open"
