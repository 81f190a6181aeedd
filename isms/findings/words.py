"""The words of the room: grades and sources of findings, and the verbs and kinds of its trail."""

from collections.abc import Iterable, Sequence
from typing import Any

from isms import trail
from isms.core import settings
from isms.core.holders import Owner, hold
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext
from isms.findings.models import Finding, FindingControl, FindingFile, FindingStep, Measure, MeasureReview

GRADES: dict[str, Any] = {
    "major": lazy_gettext("重大な不適合"),
    "minor": lazy_gettext("軽微な不適合"),
    "observation": lazy_gettext("観察事項"),
    "improvement": lazy_gettext("改善の機会"),
}
SOURCES: dict[str, Any] = {
    "own": lazy_gettext("自らの気づき"),
    "internal_audit": lazy_gettext("内部監査"),
    "external_audit": lazy_gettext("外部審査"),
    "crosscheck": lazy_gettext("クロスチェック"),
    "daily_check": lazy_gettext("日常点検"),
    "drill": lazy_gettext("訓練"),
    "incident": lazy_gettext("事故"),
}
NONCONFORMITIES = ("major", "minor")
ENDS = {"closed": False, "reopened": True}  # kind of step -> whether the finding is open after it
STEPS: dict[str, Any] = {
    "reply": lazy_gettext("回答"),
    "correction": lazy_gettext("修正"),
    "cause": lazy_gettext("原因"),
    "action": lazy_gettext("是正処置の計画"),
    "action_done": lazy_gettext("是正処置の実施"),
    "effectiveness": lazy_gettext("有効性の確認"),
    "closed": lazy_gettext("完了"),
    "reopened": lazy_gettext("再開"),
}
FOLLOWING: dict[str, Any] = {  # what comes next
    "reply": lazy_gettext("回答"),
    "correction": lazy_gettext("修正"),
    "cause": lazy_gettext("原因の記入"),
    "action": lazy_gettext("処置の計画"),
    "action_done": lazy_gettext("処置の実施"),
    "effectiveness": lazy_gettext("有効性の確認"),
    "close": lazy_gettext("完了の判断"),
}

OUTCOMES: dict[str, Any] = {  # of the review of a measure
    "keep": lazy_gettext("続ける"),
    "revise": lazy_gettext("内容を改める"),
    "end": lazy_gettext("終える"),
}

trail.verb("finding.opened", lazy_gettext("指摘事項を登録"))
trail.verb("finding.linked", lazy_gettext("指摘事項に管理策を結び付けた"))
trail.verb("finding.replied", lazy_gettext("指摘事項に回答した"))
trail.verb("finding.corrected", lazy_gettext("指摘事項の修正を記録"))
trail.verb("finding.cause_said", lazy_gettext("指摘事項の原因を記録"))
trail.verb("finding.action_planned", lazy_gettext("是正処置を計画"))
trail.verb("finding.action_done", lazy_gettext("是正処置の完了を報告"))
trail.verb("finding.effect_checked", lazy_gettext("是正処置の有効性を確認"))
trail.verb("finding.closed", lazy_gettext("指摘事項を完了"))
trail.verb("finding.reopened", lazy_gettext("指摘事項を再開"))
trail.verb("finding.file_added", lazy_gettext("指摘事項にファイルを添えた"))
trail.verb("findings.imported", lazy_gettext("指摘事項の台帳を取り込んだ"))
trail.verb("measure.added", lazy_gettext("事故防止策を定めた"))
trail.verb("measure.changed", lazy_gettext("事故防止策を改めた"))
trail.verb("measure.reviewed", lazy_gettext("事故防止策を見直した"))

settings.declare(
    "answer_days",
    30,
    lazy_gettext("指摘事項に回答するまでの日数"),
    lazy_gettext("期限を決めていない指摘事項は、見つかった日からこの日数で回答を求めます。"),
    settings.whole_number(1, 365),
)
settings.declare(
    "effect_days",
    30,
    lazy_gettext("有効性を確かめるまでの日数"),
    lazy_gettext("是正処置の有効性は、実施した日からこの日数がたってから確かめます。"),
    settings.whole_number(0, 365),
)


def _refs(ids: list[int]) -> dict[int, str]:
    return dict(Finding.select(Finding.id, Finding.ref).where(Finding.id.in_(ids)).tuples())


def _links(ids: list[int]) -> dict[int, str]:
    query = FindingControl.select(FindingControl.id, Finding.ref, FindingControl.key).join(Finding)
    rows = query.where(FindingControl.id.in_(ids)).tuples()
    return {i: gettext("%(ref)s と %(key)s", ref=ref, key=key) for i, ref, key in rows}


def _steps(ids: list[int]) -> dict[int, str]:
    query = FindingStep.select(FindingStep.id, Finding.ref).join(Finding)
    return dict(query.where(FindingStep.id.in_(ids)).tuples())


def _files(ids: list[int]) -> dict[int, str]:
    query = FindingFile.select(FindingFile.id, Finding.ref, FindingFile.name).join(Finding)
    rows = query.where(FindingFile.id.in_(ids)).tuples()
    return {i: gettext("%(ref)s「%(name)s」", ref=ref, name=name) for i, ref, name in rows}


def _measures(ids: list[int]) -> dict[int, str]:
    return dict(Measure.select(Measure.id, Measure.ref).where(Measure.id.in_(ids)).tuples())


def _reviews(ids: list[int]) -> dict[int, str]:
    query = MeasureReview.select(MeasureReview.id, Measure.ref).join(Measure)
    return dict(query.where(MeasureReview.id.in_(ids)).tuples())


def _owners(hashes: Sequence[str]) -> Iterable[Owner]:
    """Name the files by their finding."""
    files = FindingFile.select(Finding.ref, FindingFile.name, FindingFile.sha256).join(Finding)
    rows: Iterable[Owner] = files.where(FindingFile.sha256.in_(hashes)).order_by(FindingFile.id).tuples()
    return rows


def _found(words: str) -> Any:
    return (Finding.ref == words.upper()) | contains(Finding.title, words)


FIELDS: dict[str, Any] = {
    "ref": lazy_gettext("番号"),
    "grade": lazy_gettext("区分"),
    "title": lazy_gettext("件名"),
    "description": lazy_gettext("内容"),
    "source": lazy_gettext("見つかった場"),
    "department": lazy_gettext("部署"),
    "opened_on": lazy_gettext("見つかった日"),
    "due": lazy_gettext("期限"),
}
VALUES: dict[str, Any] = {"grade": GRADES, "source": SOURCES}
STEP_SHOWN: dict[str, Any] = {
    "fields": {
        "kind": lazy_gettext("経過"),
        "day": lazy_gettext("日付"),
        "text": lazy_gettext("内容"),
        "owner": lazy_gettext("担当"),
        "due": lazy_gettext("期限"),
        "good": lazy_gettext("効果"),
    },
    "values": {"kind": STEPS},
}

trail.describe(
    "finding", _refs, label=lazy_gettext("指摘事項"), model=Finding, find=_found, fields=FIELDS, values=VALUES
)
trail.describe("finding_control", _links, label=lazy_gettext("指摘事項と管理策の結び付き"), model=FindingControl)
trail.describe("finding_step", _steps, label=lazy_gettext("指摘事項の経過"), model=FindingStep, **STEP_SHOWN)
trail.describe("finding_file", _files, label=lazy_gettext("指摘事項のファイル"), model=FindingFile)
trail.describe(
    "measure",
    _measures,
    label=lazy_gettext("事故防止策"),
    model=Measure,
    find=lambda words: (Measure.ref == words.upper()) | contains(Measure.measure, words),
    fields={
        "hazard": lazy_gettext("起こりうること"),
        "measure": lazy_gettext("防止策"),
        "department": lazy_gettext("部署"),
        "owner": lazy_gettext("担当"),
        "review_months": lazy_gettext("見直しの間隔（月）"),
        "from_day": lazy_gettext("始めた日"),
        "to_day": lazy_gettext("終えた日"),
    },
)
trail.describe(
    "measure_review",
    _reviews,
    label=lazy_gettext("事故防止策の見直し"),
    model=MeasureReview,
    fields={"outcome": lazy_gettext("見直しの結果"), "text": lazy_gettext("確かめたこと")},
    values={"outcome": OUTCOMES},
)
hold(FindingFile.sha256, _owners)
