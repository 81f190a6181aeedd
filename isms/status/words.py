"""The words of the room: what a state means, said in one sentence with its figures."""

from collections.abc import Callable
from datetime import date
from typing import Any

from isms.catalogue.words import IMPLEMENTATION
from isms.core.look import day_with_weekday
from isms.core.words import gettext, lazy_gettext, ngettext
from isms.evidence.standing import Standing
from isms.status.compute import State
from isms.status.rules import RequirementState

REASONS: dict[str, Any] = {
    "waiting": lazy_gettext("確認待ち"),
    "expired": lazy_gettext("期限切れ"),
    "damaged": lazy_gettext("ファイルの破損"),
    "missing": lazy_gettext("登録なし"),
}
KNOWN: dict[str, tuple[Any, Any]] = {
    "then": (
        lazy_gettext("その日までに記録されたこと"),
        lazy_gettext("その日の終わりまでに記録されたことだけで見ます。後からの記録では変わりません。"),
    ),
    "now": (
        lazy_gettext("その日の事実（いま分かる限り）"),
        lazy_gettext("いままでに記録されたことを、その日の日付で見ます。後から分かったことも入ります。"),
    ),
}


def reasons(one: RequirementState) -> str:
    """Name the reasons of an unproven requirement."""
    return gettext("・").join(str(REASONS[reason]) for reason in one.reasons)


def counting(one: RequirementState, day: date) -> list[Standing]:
    """Give the evidence that proves the requirement on the day."""
    return one.proven_by


def sentence(one: RequirementState, day: date) -> str:
    """Say why the requirement is in its state."""
    return SENTENCES[one.state](one, day)


def _nonconforming(one: RequirementState, day: date) -> str:
    number = sum(found.grade in ("major", "minor") for found in one.findings)
    return ngettext("完了していない不適合が%(num)s件あります。", "完了していない不適合が%(num)s件あります。", number)


def _not_implemented(one: RequirementState, day: date) -> str:
    word = IMPLEMENTATION[one.decision.implementation] if one.decision else ""
    return gettext("実施状況は「%(word)s」です。", word=word)


def _unproven(one: RequirementState, day: date) -> str:
    if one.reasons == ["missing"]:
        return gettext("この日に有効な証跡が登録されていません。")
    return gettext("数えられる証跡がありません（%(reasons)s）。", reasons=reasons(one))


def _expiring(one: RequirementState, day: date) -> str:
    last = max(laid.valid_until for laid in counting(one, day))
    left = (last - day).days
    return gettext("有効な証跡はすべて %(day)s までに期限を迎えます。", day=day_with_weekday(last)) + ngettext(
        "あと%(num)s日。", "あと%(num)s日。", left
    )


def _proven(one: RequirementState, day: date) -> str:
    there = counting(one, day)
    last = day_with_weekday(max(laid.valid_until for laid in there))
    return ngettext(
        "有効な証跡が%(num)s件あり、%(day)s まで続きます。",
        "有効な証跡が%(num)s件あり、%(day)s まで続きます。",
        len(there),
        day=last,
    )


SENTENCES: dict[State, Callable[[RequirementState, date], str]] = {
    State.NOT_APPLICABLE: lambda one, day: gettext("適用しないと決めています。"),
    State.UNDECIDED: lambda one, day: gettext("適用するかどうかが、まだ決まっていません。"),
    State.NONCONFORMING: _nonconforming,
    State.NOT_IMPLEMENTED: _not_implemented,
    State.UNPROVEN: _unproven,
    State.EXPIRING: _expiring,
    State.PROVEN: _proven,
}
