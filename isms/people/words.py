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
    "外部（監査員など）": "external",  # as the register itself says it
    "監査員": "external",
    **{name: name for name in EMPLOYMENT},
}

verb("organisation.founded", lazy_gettext("台帳を始めた"))
verb("department.added", lazy_gettext("部署を登録した"))
verb("department.changed", lazy_gettext("部署を変更した"))
verb("person.added", lazy_gettext("職員を登録した"), personal=True)
verb("person.changed", lazy_gettext("職員を変更した"), personal=True)
verb("membership.added", lazy_gettext("所属を登録した"), personal=True)
verb("membership.changed", lazy_gettext("所属を変更した"), personal=True)
verb("headship.added", lazy_gettext("部門責任者を登録した"), personal=True)
verb("headship.changed", lazy_gettext("部門責任者を変更した"), personal=True)
verb("people.imported", lazy_gettext("職員名簿を取り込んだ"))
verb("setting.changed", lazy_gettext("設定を変更した"))
verb("role.granted", lazy_gettext("役割を与えた"))
verb("role.ended", lazy_gettext("役割を外した"))
verb("signin.succeeded", lazy_gettext("ログイン"), personal=True)
verb("signin.failed", lazy_gettext("ログインの失敗"), personal=True)
verb("signin.code_failed", lazy_gettext("二段階認証の失敗"), personal=True)
verb("signout", lazy_gettext("ログアウト"), personal=True)
verb("session.ended", lazy_gettext("ログインを終わらせた"), personal=True)
verb("link.made", lazy_gettext("一度だけ使える案内を作った"), personal=True)
verb("link.used", lazy_gettext("一度だけ使える案内を使った"), personal=True)
verb("password.changed", lazy_gettext("パスワードを決めた"), personal=True)
verb("totp.enrolled", lazy_gettext("二段階認証を設定"), personal=True)
verb("totp.removed", lazy_gettext("二段階認証を外した"), personal=True)
verb("recovery.used", lazy_gettext("回復コードを使った"), personal=True)
verb("recovery.renewed", lazy_gettext("回復コードを作り直した"), personal=True)

# column -> word, for whoever reads a change in the trail
_SPAN = {"from_day": lazy_gettext("始まりの日"), "to_day": lazy_gettext("終わりの日")}
_PERSON = {"person": lazy_gettext("職員")}
FIELDS: dict[str, dict[str, Any]] = {
    "person": {
        "number": lazy_gettext("職員番号"),
        "name": lazy_gettext("氏名"),
        "kana": lazy_gettext("カナ"),
        "mail": lazy_gettext("メールアドレス"),
        "employment": lazy_gettext("雇用の区分"),
        "from_day": lazy_gettext("着任日"),
        "to_day": lazy_gettext("退職日"),
        "locale": lazy_gettext("表示の言語"),
    },
    "department": {
        "code": lazy_gettext("部署番号"),
        "name": lazy_gettext("部署名"),
        "name_en": lazy_gettext("英語の名前"),
        **_SPAN,
    },
    "membership": {
        **_PERSON,
        "department": lazy_gettext("部署"),
        "position": lazy_gettext("役職"),
        **_SPAN,
    },
    "headship": {**_PERSON, "department": lazy_gettext("部署"), **_SPAN},
    "role_grant": {
        **_PERSON,
        "role": lazy_gettext("役割"),
        "from_at": lazy_gettext("始まりの日時"),
        "to_at": lazy_gettext("終わりの日時"),
    },
    "setting": {"name": lazy_gettext("設定の名前"), "value": lazy_gettext("値")},
}
