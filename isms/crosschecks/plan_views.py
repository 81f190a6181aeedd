"""Pages of decisions on a campaign: pairs by hand, rules of pairing, begin, visitors, let off, close, cancel."""

from datetime import date
from typing import Any

from flask import flash, g, redirect, url_for
from wtforms.fields import SelectChoice

from isms.core import clock, settings
from isms.core.errors import Conflict, NotFound
from isms.core.permissions import Permission as P
from isms.core.tables import Column, Filter, Table
from isms.core.web import Answer
from isms.core.words import gettext, lazy_gettext
from isms.crosschecks import campaigns, closing, members, plans, report, results, rules
from isms.crosschecks.campaign_forms import CloseForm, MembersForm, PairRuleForm, SwapForm, TextForm
from isms.crosschecks.campaign_views import room
from isms.crosschecks.models import PairRule
from isms.crosschecks.words import RULES, Checked, Checker, arc_words
from isms.evidence.models import Evidence
from isms.people.departments import get_department
from isms.people.models import Person
from isms.people.roster import on_day


def _back(campaign_id: int) -> Answer:
    return redirect(url_for("crosschecks.campaign", campaign_id=campaign_id), 303)


@room.route("/crosschecks/<int:campaign_id>/swap", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def swap(campaign_id: int) -> Answer:
    """Let two departments exchange whom they check."""
    one = campaigns.planned(campaign_id)
    rows = results.results_of(one)
    pairs = [(row.visit.id, arc_words(row.visit.checker.name, row.visit.checked.name)) for row in rows]
    form = SwapForm().offer(pairs)
    if form.run(lambda: plans.swap(campaign_id, **form.values(), by=g.actor, now=clock.now())):
        flash(gettext("点検する相手を入れ替えました。"))
        return _back(campaign_id)
    return {"form": form, "campaign": one}


@room.route("/crosschecks/<int:campaign_id>/begin", methods=["POST"], permission=P.CROSSCHECKS_EDIT)
def begin(campaign_id: int) -> Answer:
    """Begin a campaign."""
    campaigns.begin(campaign_id, by=g.actor, now=clock.now())
    flash(gettext("クロスチェックを開始しました。部門責任者に、訪問する人を決めるよう知らせます。"))
    return _back(campaign_id)


@room.route("/crosschecks/<int:campaign_id>/cancel", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def cancel(campaign_id: int) -> Answer:
    """Cancel a campaign."""
    one, form = campaigns.get_campaign(campaign_id), TextForm()
    if form.run(lambda: campaigns.cancel(campaign_id, text=form.text.data, by=g.actor, now=clock.now())):
        flash(gettext("クロスチェックを中止しました。"))
        return _back(campaign_id)
    return {"form": form, "campaign": one}


@room.route("/crosschecks/<int:campaign_id>/close", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def close(campaign_id: int) -> Answer:
    """Close a campaign: its report becomes evidence."""
    one, form = campaigns.running(campaign_id), CloseForm()
    made = form.run(lambda: closing.close(campaign_id, text=form.text.data, by=g.actor, now=clock.now()))
    if isinstance(made, Evidence):
        flash(gettext("クロスチェックを終了しました。報告書を証跡 %(ref)s にしました。", ref=made.ref))
        return _back(campaign_id)
    rows = results.results_of(one)
    return {"form": form, "campaign": one, "left": closing.left_to_do(rows), "tally": report.tally(rows)}


@room.route(
    "/crosschecks/<int:campaign_id>/let-off/<int:department_id>",
    methods=["GET", "POST"],
    permission=P.CROSSCHECKS_EDIT,
)
def let_off(campaign_id: int, department_id: int) -> Answer:
    """Let a department off that was dissolved meanwhile."""
    one, place = campaigns.running(campaign_id), get_department(department_id)
    if department_id not in {row.department_id for row in campaigns.departments_of(campaign_id)}:
        raise NotFound()
    form = TextForm()

    def let() -> bool:
        made = plans.let_off(campaign_id, department_id, text=form.text.data, by=g.actor, now=clock.now())
        flash(_let_off_words(place.name, bool(made)))
        return True

    return _back(campaign_id) if form.run(let) else {"form": form, "campaign": one, "department": place}


def _let_off_words(name: str, mended: bool) -> str:
    if mended:
        return gettext(
            "%(name)sを外しました。点検するはずだった部署と、点検されるはずだった部署を組ませました。", name=name
        )
    return gettext("%(name)sを外しました。終わっていない訪問は取りやめました。", name=name)


@room.route("/crosschecks/visits/<int:visit_id>/members", methods=["GET", "POST"], permission=P.CROSSCHECKS_SEND)
def name_visitors(visit_id: int) -> Answer:
    """Say who goes on a visit, and when."""
    visit, now = members.sending_visit(visit_id, by=g.actor), clock.now()
    form = MembersForm(obj=visit, data={"person_ids": members.named(visit_id)})
    form.person_ids.choices = [
        SelectChoice(str(person.id), _called(person)) for person in members.eligible(visit, settings.today(now))
    ]
    if form.run(lambda: members.name_visitors(visit_id, **form.values(), by=g.actor, now=now)):
        flash(gettext("訪問する人を決めました。"))
        return _back(visit.campaign_id)
    return {"form": form, "visit": visit}


def _called(person: Person) -> str:
    return gettext("%(name)s（%(number)s）", name=person.name, number=person.number)


def _in_force(query: Any, value: str) -> Any:
    now_on = on_day(PairRule, _today())
    return query.where(now_on) if value == "now" else query.where(~now_on)


def _today() -> date:
    return settings.today(clock.now())


PAIR_RULES = Table(
    "pair-rules",
    lazy_gettext("組み合わせの決まり"),
    [
        Column("kind", lazy_gettext("決まり"), lambda row: str(RULES[row.kind]), expr=PairRule.kind),
        Column("checker", lazy_gettext("点検する部署"), lambda row: row.checker.name, expr=Checker.name),
        Column("checked", lazy_gettext("点検される部署"), lambda row: row.checked.name, expr=Checked.name),
        Column("reason", lazy_gettext("理由"), expr=PairRule.reason),
        Column("from_day", lazy_gettext("始まりの日"), expr=PairRule.from_day, nowrap=True),
        Column("to_day", lazy_gettext("終わりの日"), expr=PairRule.to_day, nowrap=True),
    ],
    default_sort="-from_day",
    filters=[
        Filter(
            "state",
            lazy_gettext("状態"),
            _in_force,
            kind="select",
            choices=[("now", lazy_gettext("有効")), ("past", lazy_gettext("有効でない"))],
        )
    ],
    row_href=lambda row: url_for("crosschecks.pair_rule", pair_rule_id=row.id),
    empty=(
        lazy_gettext("決まりはありません"),
        lazy_gettext("組ませたくない部署や、必ず組ませたい部署があるときに加えます。"),
    ),
)


@room.get("/crosschecks/pair-rules", permission=P.CROSSCHECKS_EDIT)
def pair_rules() -> Answer:
    """List the rules of pairing."""
    return PAIR_RULES.answer(rules.pair_rules())


@room.route("/crosschecks/pair-rules/new", methods=["GET", "POST"], permission=P.CROSSCHECKS_EDIT)
def new_pair_rule() -> Answer:
    """Exclude or fix a pair."""
    form = PairRuleForm(kind="exclude", from_day=_today())
    if form.run(lambda: rules.add_pair_rule(**form.values(), by=g.actor, now=clock.now())):
        flash(gettext("決まりを加えました。計画中のクロスチェックは、組み直すと従います。"))
        return redirect(url_for("crosschecks.pair_rules"), 303)
    return {"form": form}


@room.get("/crosschecks/pair-rules/<int:pair_rule_id>", permission=P.CROSSCHECKS_EDIT)
def pair_rule(pair_rule_id: int) -> Answer:
    """Show a rule of pairing, which can be ended."""
    one = rules.get_pair_rule(pair_rule_id)
    return {"rule": one, "kinds": RULES, "standing": one.to_day is None or one.to_day >= _today()}


@room.route("/crosschecks/pair-rules/<int:pair_rule_id>/end", methods=["POST"], permission=P.CROSSCHECKS_EDIT)
def end_pair_rule(pair_rule_id: int) -> Answer:
    """End a rule of pairing."""
    try:
        rules.end_pair_rule(pair_rule_id, by=g.actor, now=clock.now())
    except Conflict as error:
        flash(str(error), "error")
    else:
        flash(gettext("決まりを終わらせました。"))
    return redirect(url_for("crosschecks.pair_rules"), 303)
