"""The words of campaigns: states, why two departments were paired, and the verbs and kinds of the trail."""

from collections.abc import Iterable, Mapping
from typing import Any

from isms import trail
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.crosschecks.models import Campaign, CampaignDepartment, CampaignStep, PairRule, Visit, VisitMember
from isms.people.models import Department, Person

STATES: dict[str, Any] = {
    "planned": lazy_gettext("計画中"),
    "begun": lazy_gettext("実施中"),
    "closed": lazy_gettext("終了"),
    "cancelled": lazy_gettext("中止"),
}
STEPS: dict[str, Any] = {
    "planned": lazy_gettext("計画を作成"),
    "begun": lazy_gettext("開始"),
    "closed": lazy_gettext("終了"),
    "cancelled": lazy_gettext("中止"),
}
RULES: dict[str, Any] = {"exclude": lazy_gettext("組ませない"), "fix": lazy_gettext("必ず組ませる")}

trail.verb("campaign.planned", lazy_gettext("クロスチェックを計画した"))
trail.verb("campaign.changed", lazy_gettext("クロスチェックの計画を変更した"))
trail.verb("campaign.begun", lazy_gettext("クロスチェックを開始した"))
trail.verb("campaign.closed", lazy_gettext("クロスチェックを終了した"))
trail.verb("campaign.cancelled", lazy_gettext("クロスチェックを中止した"))
trail.verb("campaign.department_added", lazy_gettext("クロスチェックに部署を加えた"))
trail.verb("campaign.department_changed", lazy_gettext("クロスチェックの部署を変更した"))
trail.verb("visit.planned", lazy_gettext("クロスチェックの組み合わせを決めた"))
trail.verb("visit.changed", lazy_gettext("クロスチェックの組み合わせを変更した"))
trail.verb("visit.member_named", lazy_gettext("クロスチェックの訪問者を決めた"))
trail.verb("visit.member_changed", lazy_gettext("クロスチェックの訪問者を変更した"))
trail.verb("pair_rule.added", lazy_gettext("組み合わせの決まりを加えた"))
trail.verb("pair_rule.changed", lazy_gettext("組み合わせの決まりを変更した"))


def reason_words(code: str, data: Mapping[str, Any]) -> str:
    """Say why two departments were paired, or what their pair goes against."""
    return {
        "fixed": lambda: gettext("必ず組ませる決まり"),
        "first": lambda: gettext("初めての組"),
        "again": lambda: gettext("%(years)s年ぶり", years=data["years"]),
        "repeat": lambda: gettext("%(years)s年前と同じ組（ほかの組み方がない）", years=data["years"]),
        "alike": lambda: gettext("規模が近い（%(mine)s人と%(theirs)s人）", **data),
        "by_hand": lambda: gettext("手で変更：%(text)s", text=data["text"]),
        "let_off": lambda: gettext("%(name)sが外れたため", name=data["name"]),
    }[code]()


def breach_words(code: str, data: Mapping[str, Any]) -> str:
    """Say what a pair goes against."""
    return {
        "itself": lambda: gettext("自分の部署を点検することになる"),
        "mutual": lambda: gettext("互いに点検し合う"),
        "excluded": lambda: gettext("組ませない決まりに反する"),
        "not_fixed": lambda: gettext("必ず組ませる決まりに反する"),
        "repeat": lambda: gettext("%(years)s年前と同じ組", years=data["years"]),
    }[code]()


def reasons_said(reasons: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Say all reasons in one line."""
    return gettext("、").join(reason_words(code, data) for code, data in reasons)


def arc_words(checker: str, checked: str) -> str:
    """Call a pair by its departments."""
    return gettext("%(checker)s → %(checked)s", checker=checker, checked=checked)


Checker, Checked = Department.alias(), Department.alias()


def _arcs(model: Any) -> Any:
    """Make what names rows of pairs."""

    def names(ids: list[int]) -> dict[int, str]:
        query = model.select(model.id, Checker.name, Checked.name).join(Checker, on=model.checker == Checker.id)
        query = query.switch(model).join(Checked, on=model.checked == Checked.id).where(model.id.in_(ids))
        return {i: arc_words(one, other) for i, one, other in query.tuples()}

    return names


def _refs(ids: list[int]) -> dict[int, str]:
    return dict(Campaign.select(Campaign.id, Campaign.ref).where(Campaign.id.in_(ids)).tuples())


def _of_campaign(model: Any, other: Any) -> Any:
    def names(ids: list[int]) -> dict[int, str]:
        query = model.select(model.id, Campaign.ref, other).join(Campaign).switch(model)
        query = query if other.model is model else query.join(other.model)
        rows = query.where(model.id.in_(ids)).tuples()
        return {i: gettext("%(ref)s %(what)s", ref=ref, what=STEPS.get(what, what)) for i, ref, what in rows}

    return names


def _members(ids: list[int]) -> dict[int, str]:
    query = VisitMember.select(VisitMember.id, Person.name).join(Person)
    return dict(query.where(VisitMember.id.in_(ids)).tuples())


DAYS: dict[str, Any] = {"from_day": lazy_gettext("始まりの日"), "to_day": lazy_gettext("終わりの日")}
ARC: dict[str, Any] = {"checker": lazy_gettext("点検する部署"), "checked": lazy_gettext("点検される部署")}

trail.describe(
    "campaign",
    _refs,
    label=lazy_gettext("クロスチェック"),
    model=Campaign,
    find=lambda words: (Campaign.ref == words.upper()) | contains(Campaign.title, words),
    fields={
        "title": lazy_gettext("名前"),
        **DAYS,
        "list_version": lazy_gettext("点検表の版"),
        "controls": lazy_gettext("管理策"),
        "memory_years": lazy_gettext("同じ組を避ける年数"),
        "reply_days": lazy_gettext("回答の日数"),
        "seed": lazy_gettext("組み合わせの番号"),
    },
)
trail.describe(
    "campaign_department",
    _of_campaign(CampaignDepartment, Department.name),
    label=lazy_gettext("クロスチェックの参加部署"),
    model=CampaignDepartment,
    fields={
        "size": lazy_gettext("人数"),
        "left_on": lazy_gettext("外れた日"),
        "reason": lazy_gettext("理由"),
    },
)
trail.describe(
    "campaign_step",
    _of_campaign(CampaignStep, CampaignStep.kind),
    label=lazy_gettext("クロスチェックの経過"),
    model=CampaignStep,
    values={"kind": STEPS},
)
trail.describe(
    "pair_rule",
    _arcs(PairRule),
    label=lazy_gettext("組み合わせの決まり"),
    model=PairRule,
    fields={"kind": lazy_gettext("決まり"), **ARC, "reason": lazy_gettext("理由"), **DAYS},
    values={"kind": RULES},
)
trail.describe(
    "visit",
    _arcs(Visit),
    label=lazy_gettext("クロスチェックの組み合わせ"),
    model=Visit,
    fields={
        **ARC,
        "planned_on": lazy_gettext("訪問の予定日"),
        "by_hand": lazy_gettext("手で変更"),
        "in_use": lazy_gettext("使う"),
    },
)
trail.describe(
    "visit_member",
    _members,
    label=lazy_gettext("クロスチェックの訪問者"),
    model=VisitMember,
    fields={"person": lazy_gettext("職員"), "in_use": lazy_gettext("使う")},
)
