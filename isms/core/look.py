"""The manner of a page: what base.html and the macros ask Python for."""

import secrets
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from flask import request, url_for
from markupsafe import Markup

from isms.core import days, settings
from isms.core.permissions import Actor, Role
from isms.core.words import LOCALES, lazy_gettext, locale

STATIC = Path(__file__).resolve().parents[2] / "static"

# state of a requirement -> class in the stylesheet, word; the sign in signs.svg has the state's name
STATES: dict[str, tuple[str, Any]] = {
    "proven": ("ok", lazy_gettext("有効")),
    "expiring": ("soon", lazy_gettext("期限間近")),
    "unproven": ("none", lazy_gettext("証跡なし")),
    "nonconforming": ("nc", lazy_gettext("不適合")),
    "not_implemented": ("plan", lazy_gettext("未実施")),
    "not_applicable": ("na", lazy_gettext("適用除外")),
    "undecided": ("und", lazy_gettext("未決定")),
}

# what happened to something planned -> class in the stylesheet, one kanji
SEALS: dict[str, tuple[str, Any]] = {
    "done": ("did", lazy_gettext("済")),
    "planned": ("", lazy_gettext("予")),
    "moved": ("", lazy_gettext("延")),
    "skipped": ("", lazy_gettext("見")),
    "instead": ("did", lazy_gettext("代")),
    "late": ("late", lazy_gettext("超")),
    "wrong": ("late", lazy_gettext("誤")),
    "act": ("late", lazy_gettext("要")),
}

# HTTP status -> heading, what to do
ERRORS: dict[int, tuple[Any, Any]] = {
    400: (
        lazy_gettext("この依頼は受け付けられません"),
        lazy_gettext("前の画面に戻り、読み込み直してからもう一度お試しください。"),
    ),
    401: (
        lazy_gettext("ログインが必要です"),
        lazy_gettext("ログインしてから、もう一度お試しください。入力した内容はまだ保存していません。"),
    ),
    403: (
        lazy_gettext("この画面を使う権限がありません"),
        lazy_gettext("必要なときは、事務局に権限を確かめてください。"),
    ),
    404: (lazy_gettext("見つかりません"), lazy_gettext("番地（URL）を確かめるか、最初のページからたどってください。")),
    405: (lazy_gettext("この方法では開けません"), lazy_gettext("前の画面に戻り、ボタンから操作してください。")),
    409: (lazy_gettext("ほかの操作と重なりました"), lazy_gettext("いまの内容を確かめてから、もう一度お試しください。")),
    410: (
        lazy_gettext("この案内はもう使えません"),
        lazy_gettext(
            "期限が過ぎたか、すでに使われたか、新しい案内に代わりました。システム管理者に新しい案内を頼んでください。"
        ),
    ),
    413: (lazy_gettext("大きすぎて受け取れません"), lazy_gettext("ファイルを分けるか、小さくしてから送ってください。")),
    422: (lazy_gettext("この内容は受け取れません"), lazy_gettext("前の画面に戻り、内容を直してから送ってください。")),
    429: (lazy_gettext("回数が多すぎます"), lazy_gettext("しばらく待ってから、もう一度お試しください。")),
    500: (
        lazy_gettext("うまくいきませんでした"),
        lazy_gettext("こちらの不具合です。入力した内容は保存されていないことがあります。もう一度お試しください。"),
    ),
    503: (lazy_gettext("いまは使えません"), lazy_gettext("少し待ってから、もう一度お試しください。")),
}


def static_url(name: str) -> str:
    """Give the address of a static file with its content's hash, so that it may be kept for ever."""
    # by hand: a request for a host that is not ours has no url map, and is answered with a page too
    return f"{request.script_root}/static/{name}?v={_content_hash(name)}"


@cache
def _content_hash(name: str) -> str:
    return sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def organisation_name() -> str:
    """Name the organisation as its setting says; empty before it is set."""
    return str(settings.get("organisation_name"))


def new_form_key() -> str:
    """Make the key that lets one rendering of a form be submitted once (attack 49)."""
    return secrets.token_urlsafe(16)


def manner(actor: Actor | None) -> str:
    """Give the class of the page's body: dense for officers and auditors, roomy for the thumb of everyone else."""
    if actor is None:
        return "guest roomy"
    if actor.roles & {Role.OFFICER, Role.ADMINISTRATOR, Role.APPROVER}:
        return "officer"
    return "auditor" if Role.AUDITOR in actor.roles else "staff roomy"


def role_words(actor: Actor) -> str:
    """Name the roles of the actor for the header; plain staff is what everyone is."""
    named = [role.label for role in Role if role in actor.roles and role is not Role.STAFF]
    return "・".join(str(label) for label in named or [Role.STAFF.label])


def address(changes: Mapping[str, Any]) -> str:
    """Give the address of this page with its query changed; None takes a name out."""
    pairs = [(name, value) for name, value in request.args.items(multi=True) if name not in changes]
    pairs += [(name, str(value)) for name, value in changes.items() if value is not None]
    # The query does not go through url_for, which would obey a `_scheme` or `_external` in it.
    path = url_for(request.endpoint or "", **(request.view_args or {}))
    return f"{path}?{urlencode(pairs)}" if pairs else path


def language_href(code: str) -> str:
    """Give the address of this page in the other language, or of the first page after a form was sent."""
    if request.method != "GET" or request.endpoint is None:
        return f"{home()}?lang={code}"
    return address({"lang": code})


def languages() -> list[tuple[str, str | None]]:
    """Give the languages, each by its own name."""
    return [(code, Locale(code).get_display_name(code)) for code in LOCALES]


def home() -> str:
    """Give the address of the first page; what it shows depends on the role."""
    return f"{request.script_root}/"


def error_words(status: int) -> tuple[Any, Any]:
    """Give the heading of an error page and what to do."""
    return ERRORS.get(status) or ERRORS[500 if status >= 500 else 400]


def short_day(day: date | None) -> str:
    """Write a day for a table: `2026年11月21日` in ja, `2026-11-21` in en; nothing for None."""
    return "" if day is None else days.short_day(day, locale())


def day_with_weekday(day: date | None) -> str:
    """Write a day for a sentence: `2026年11月21日（土）` in ja, `2026-11-21 (Sat)` in en."""
    return "" if day is None else days.long_day(day, locale())


def moment(at: datetime | None) -> str:
    """Write an aware moment in the organisation's time zone, to the minute."""
    if at is None:
        return ""
    zone = settings.zone()
    return f"{short_day(days.local_day(at, zone))} {at.astimezone(zone):%H:%M}"


def file_size(size: int) -> str:
    """Write a number of bytes for people: 640 KB, 1.2 MB."""
    if size < 1_000_000:
        return f"{max(1, round(size / 1000))} KB" if size else "0 KB"
    return f"{size / 1_000_000:.1f} MB" if size < 1_000_000_000 else f"{size / 1_000_000_000:.1f} GB"


def drawn(sign: str, word: Any, look: str = "na") -> Markup:
    """Draw what the macro `mark` draws, for the cell of a table."""
    begin = Markup('<span class="st {}"><svg class="sg" width="16" height="16" aria-hidden="true" focusable="false">')
    return begin.format(look) + Markup('<use href="{}#{}"/></svg>{}</span>').format(static_url("signs.svg"), sign, word)


def described(field: Any, help: Any, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """Give the attributes that tie an input to its help and its errors, and any more for it."""
    ids = [f"{field.id}-e"] if field.errors else []
    ids += [f"{field.id}-h"] if help else []
    given: dict[str, Any] = dict(more or {})
    if ids:
        given["aria_describedby"] = " ".join(ids)
    if field.errors:
        given["aria_invalid"] = "true"
    if kind := getattr(field, "kind", ""):
        given.setdefault("class_", kind)
        given.setdefault("autocomplete", "off")
    return given


FILTERS: dict[str, Any] = {"day": short_day, "long_day": day_with_weekday, "moment": moment, "file_size": file_size}
GLOBALS: dict[str, Any] = {
    "SEALS": SEALS,
    "STATES": STATES,
    "described": described,
    "error_words": error_words,
    "home": home,
    "languages": languages,
    "language_href": language_href,
    "manner": manner,
    "new_form_key": new_form_key,
    "organisation_name": organisation_name,
    "role_words": role_words,
    "static_url": static_url,
}
