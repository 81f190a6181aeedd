"""The words of visits: what an answer says, and the verbs and kinds of the trail."""

from collections.abc import Iterable, Sequence
from typing import Any

from isms import trail
from isms.checklists.models import ChecklistItem
from isms.core.holders import Owner, hold
from isms.core.words import gettext, lazy_gettext
from isms.crosschecks.models import (
    Answer,
    AnswerFinding,
    Campaign,
    Visit,
    VisitPhoto,
    VisitPhotoRemoval,
    VisitStep,
)
from isms.findings.models import Finding
from isms.people.models import Department

VALUES: dict[str, Any] = {
    "ok": lazy_gettext("できている"),
    "remark": lazy_gettext("気づきあり"),
    "ng": lazy_gettext("できていない"),
    "na": lazy_gettext("対象がない"),
}
NOTES: dict[str, Any] = {
    "remark": lazy_gettext("よくするための助言。是正は求めない"),
    "ng": lazy_gettext("指摘事項になり、課に回答を求める"),
}
VISIT_STATES: dict[str, Any] = {
    "planned": lazy_gettext("開始前"),
    "open": lazy_gettext("訪問中"),
    "finished": lazy_gettext("訪問を終えた"),
    "called_off": lazy_gettext("取りやめ"),
    "replaced": lazy_gettext("組み合わせ変更"),
    "closed": lazy_gettext("締め切り"),
    "cancelled": lazy_gettext("取りやめ"),
}
STEPS: dict[str, Any] = {
    "finished": lazy_gettext("訪問を終えた"),
    "reopened": lazy_gettext("訪問を再開した"),
    "called_off": lazy_gettext("訪問を取りやめた"),
}

trail.verb("visit.answered", lazy_gettext("クロスチェックの項目に答えた"))
trail.verb("visit.photo_added", lazy_gettext("クロスチェックの写真を付けた"))
trail.verb("visit.photo_removed", lazy_gettext("クロスチェックの写真を外した"))
trail.verb("visit.finished", lazy_gettext("クロスチェックの訪問を終えた"))
trail.verb("visit.reopened", lazy_gettext("クロスチェックの訪問を再開した"))
trail.verb("visit.called_off", lazy_gettext("クロスチェックの訪問を取りやめた"))
trail.verb("visit.finding_opened", lazy_gettext("クロスチェックから指摘事項を登録"))


def said(value: str, item: ChecklistItem) -> str:
    """Say what an answer says: the word of a verdict, a number with its unit, a text, that a photo was taken."""
    if value in VALUES and (item.answer_kind == "verdict" or value == "na"):
        return str(VALUES[value])
    if item.answer_kind == "photo":
        return gettext("写真あり")
    return f"{value} {item.unit}".strip() if item.answer_kind == "number" else value


def _of(model: Any, more: Any) -> Any:
    """Make what names rows by the visited department and one word more."""

    def names(ids: list[int]) -> dict[int, str]:
        query = model.select(model.id, Campaign.ref, Department.name, more).join(Visit).join(Campaign).switch(Visit)
        query = query.join(Department, on=(Visit.checked == Department.id)).switch(model)
        query = query if more.model is model else query.join(more.model)
        rows = query.where(model.id.in_(ids)).tuples()
        return {i: gettext("%(ref)s %(place)s「%(what)s」", ref=ref, place=place, what=w) for i, ref, place, w in rows}

    return names


def _steps(ids: list[int]) -> dict[int, str]:
    query = VisitStep.select(VisitStep.id, Campaign.ref, Department.name).join(Visit).join(Campaign).switch(Visit)
    rows = query.join(Department, on=(Visit.checked == Department.id)).where(VisitStep.id.in_(ids)).tuples()
    return {i: gettext("%(ref)s %(place)s への訪問", ref=ref, place=place) for i, ref, place in rows}


def _removals(ids: list[int]) -> dict[int, str]:
    query = VisitPhotoRemoval.select(VisitPhotoRemoval.id, VisitPhoto.name).join(VisitPhoto)
    return dict(query.where(VisitPhotoRemoval.id.in_(ids)).tuples())


def _owners(hashes: Sequence[str]) -> Iterable[Owner]:
    """Name photos by their campaign."""
    rows = VisitPhoto.select(Campaign.ref, VisitPhoto.name, VisitPhoto.sha256).join(Visit).join(Campaign)
    found: Iterable[Owner] = rows.where(VisitPhoto.sha256.in_(hashes)).order_by(VisitPhoto.id).tuples()
    return found


ANSWER_FIELDS: dict[str, Any] = {"value": lazy_gettext("結果"), "comment": lazy_gettext("見たこと")}
PHOTO_FIELDS: dict[str, Any] = {"name": lazy_gettext("名前"), "size": lazy_gettext("大きさ")}
STEP_FIELDS: dict[str, Any] = {"kind": lazy_gettext("経過"), "day": lazy_gettext("日付"), "text": lazy_gettext("内容")}

trail.describe(
    "answer",
    _of(Answer, ChecklistItem.title),
    label=lazy_gettext("クロスチェックの回答"),
    model=Answer,
    fields=ANSWER_FIELDS,
    values={"value": VALUES},
)
trail.describe(
    "visit_photo",
    _of(VisitPhoto, VisitPhoto.name),
    label=lazy_gettext("クロスチェックの写真"),
    model=VisitPhoto,
    fields=PHOTO_FIELDS,
)
trail.describe(
    "visit_photo_removal", _removals, label=lazy_gettext("外したクロスチェックの写真"), model=VisitPhotoRemoval
)
trail.describe(
    "visit_step",
    _steps,
    label=lazy_gettext("クロスチェックの訪問の経過"),
    model=VisitStep,
    fields=STEP_FIELDS,
    values={"kind": STEPS},
)
trail.describe(
    "answer_finding",
    _of(AnswerFinding, Finding.ref),
    label=lazy_gettext("クロスチェックからの指摘事項"),
    model=AnswerFinding,
)
hold(VisitPhoto.sha256, _owners)
