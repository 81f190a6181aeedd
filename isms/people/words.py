"""The words of the room: kinds of employment as offices know them, and the verbs of its trail."""

from typing import Any

from isms.core.words import lazy_gettext
from isms.trail import verb

EMPLOYMENT: dict[str, Any] = {
    "permanent": lazy_gettext("正規職員"),
    "fixed_term": lazy_gettext("会計年度任用職員"),
    "temporary": lazy_gettext("派遣職員"),
    "contractor": lazy_gettext("委託先"),
    "external": lazy_gettext("外部（監査員など）"),
}

# how a sheet may say it -> our word
EMPLOYMENT_READ = {
    "正規": "permanent",
    "正規職員": "permanent",
    "正職員": "permanent",
    "職員": "permanent",
    "会計年度任用職員": "fixed_term",
    "会計年度任用": "fixed_term",
    "嘱託": "fixed_term",
    "非常勤": "fixed_term",
    "臨時": "fixed_term",
    "派遣": "temporary",
    "派遣職員": "temporary",
    "委託": "contractor",
    "委託先": "contractor",
    "外部": "external",
    "監査員": "external",
    **{name: name for name in EMPLOYMENT},
}

verb("organisation.founded", lazy_gettext("台帳を始めた"))
verb("department.added", lazy_gettext("部署を登録"))
verb("department.changed", lazy_gettext("部署を変更"))
verb("person.added", lazy_gettext("職員を登録"), personal=True)
verb("person.changed", lazy_gettext("職員を変更"), personal=True)
verb("membership.added", lazy_gettext("所属を登録"), personal=True)
verb("membership.changed", lazy_gettext("所属を変更"), personal=True)
verb("headship.added", lazy_gettext("部門責任者を登録"), personal=True)
verb("headship.changed", lazy_gettext("部門責任者を変更"), personal=True)
verb("people.imported", lazy_gettext("職員名簿を取り込んだ"))
verb("setting.changed", lazy_gettext("設定を変更"))
