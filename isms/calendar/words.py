"""The words of the room: phases and owners of schedules, and the verbs and kinds of its trail."""

from typing import Any

from isms import trail
from isms.calendar.models import ClosedDays, Occurrence, OccurrenceStep, Opening, Schedule
from isms.calendar.states import STEPS
from isms.calendar.working import DAY_RULES
from isms.core.text import contains
from isms.core.words import gettext, lazy_gettext, lazy_pgettext

PDCA: dict[str, Any] = {
    "P": lazy_pgettext("pdca", "計画"),
    "D": lazy_pgettext("pdca", "運用"),
    "C": lazy_pgettext("pdca", "点検"),
    "A": lazy_pgettext("pdca", "改善"),
}
OWNER_KINDS: dict[str, Any] = {
    "person": lazy_gettext("決まった職員"),
    "head": lazy_gettext("部門責任者"),
    "role": lazy_gettext("役割の人"),
}

trail.verb("schedule.added", lazy_gettext("予定を登録した"))
trail.verb("schedule.changed", lazy_gettext("予定を変更した"))
trail.verb("schedule.ended", lazy_gettext("予定を終えた"))
trail.verb("closed_days.added", lazy_gettext("休業日を登録した"))
trail.verb("closed_days.changed", lazy_gettext("休業日を変更した"))
trail.verb("closed_days.ended", lazy_gettext("休業日を終えた"))
trail.verb("occurrence.planned", lazy_gettext("予定の回を作った"))
trail.verb("occurrence.opened", lazy_gettext("予定の回を始めた"))
trail.verb("occurrence.done", lazy_gettext("予定の回を実施した"))
trail.verb("occurrence.postponed", lazy_gettext("予定の回を延期した"))
trail.verb("occurrence.skipped", lazy_gettext("予定の回を見送った"))
trail.verb("occurrence.substituted", lazy_gettext("予定の回を代わりの方法で実施した"))
trail.verb("occurrence.reopened", lazy_gettext("予定の回を実施待ちに戻した"))


def _titles(ids: list[int]) -> dict[int, str]:
    return dict(Schedule.select(Schedule.id, Schedule.title).where(Schedule.id.in_(ids)).tuples())


def _closings(ids: list[int]) -> dict[int, str]:
    return dict(ClosedDays.select(ClosedDays.id, ClosedDays.name).where(ClosedDays.id.in_(ids)).tuples())


def _times(ids: list[int]) -> dict[int, str]:
    query = Occurrence.select(Occurrence.id, Schedule.title, Occurrence.due).join(Schedule)
    return _named(query.where(Occurrence.id.in_(ids)))


def _of_time(model: Any) -> Any:
    def names(ids: list[int]) -> dict[int, str]:
        query = model.select(model.id, Schedule.title, Occurrence.due).join(Occurrence).join(Schedule)
        return _named(query.where(model.id.in_(ids)))

    return names


def _named(query: Any) -> dict[int, str]:
    return {i: gettext("%(title)s（%(day)s）", title=title, day=due) for i, title, due in query.tuples()}


FIELDS: dict[str, Any] = {
    "kind": lazy_gettext("種類"),
    "title": lazy_gettext("件名"),
    "note": lazy_gettext("説明"),
    "words": lazy_gettext("くり返し"),
    "rrule": lazy_gettext("くり返し（RFC 5545）"),
    "from_day": lazy_gettext("始まりの日"),
    "to_day": lazy_gettext("終わりの日"),
    "since": lazy_gettext("いまの決まりの始まり"),
    "whole_month": lazy_gettext("月で予定する"),
    "day_rule": lazy_gettext("休みの日に当たるとき"),
    "lead_days": lazy_gettext("何日前から始めるか"),
    "pdca": lazy_gettext("PDCA"),
    "owner_kind": lazy_gettext("担当の決め方"),
    "person": lazy_gettext("職員"),
    "department": lazy_gettext("部署"),
    "role": lazy_gettext("役割"),
    "controls": lazy_gettext("管理策・箇条"),
    "about": lazy_gettext("対象"),
}
OF_TIMES: dict[str, Any] = {
    "schedule": lazy_gettext("予定の決まり"),
    "nominal": lazy_gettext("決まりの日"),
    "due": lazy_gettext("期限"),
    "occurrence": lazy_gettext("予定の回"),
    "day": lazy_gettext("日付"),
    "to_day": lazy_gettext("延期した日"),
    "text": lazy_gettext("内容"),
    "evidence": lazy_gettext("証跡"),
    "kind": lazy_gettext("経過"),
}

trail.describe(
    "schedule",
    _titles,
    label=lazy_gettext("予定の決まり"),
    model=Schedule,
    find=lambda words: contains(Schedule.title, words),
    fields=FIELDS,
    values={"day_rule": DAY_RULES, "pdca": PDCA, "owner_kind": OWNER_KINDS},
)
trail.describe(
    "closed_days",
    _closings,
    label=lazy_gettext("休業日"),
    model=ClosedDays,
    find=lambda words: contains(ClosedDays.name, words),
    fields={
        "name": lazy_gettext("名前"),
        "from_day": lazy_gettext("始まりの日"),
        "to_day": lazy_gettext("終わりの日"),
        "yearly": lazy_gettext("毎年くり返す"),
        "last_day": lazy_gettext("この日まで数える"),
    },
)
trail.describe("occurrence", _times, label=lazy_gettext("予定の回"), model=Occurrence, fields=OF_TIMES)
trail.describe("opening", _of_time(Opening), label=lazy_gettext("予定の回の始まり"), model=Opening, fields=OF_TIMES)
trail.describe(
    "occurrence_step",
    _of_time(OccurrenceStep),
    label=lazy_gettext("予定の回の経過"),
    model=OccurrenceStep,
    fields=OF_TIMES,
    values={"kind": STEPS},
)
