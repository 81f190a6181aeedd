"""What the organisation decides about sign-in; docs/decisions/sign-in.md gives the reasons for the defaults."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from isms.core import settings
from isms.core.permissions import Role
from isms.core.words import lazy_gettext
from isms.people import throttle
from isms.people.throttle import Limit

settings.declare(
    "totp_required_roles",
    sorted(set(Role) - {Role.STAFF}),
    lazy_gettext("二段階認証を求める役割"),
    lazy_gettext("この役割の人は、ログインのときに認証アプリの番号も入力します。次のログインから効きます。"),
    settings.role_list,
    write=" ".join,
    choices=tuple((role.value, role.label) for role in Role),
)
settings.declare(
    "session_idle_minutes",
    60,
    lazy_gettext("操作がないときにログアウトするまでの時間（分）"),
    lazy_gettext("5分から480分まで。"),
    settings.whole_number(5, 480),
)
settings.declare(
    "session_absolute_hours",
    12,
    lazy_gettext("ログインし直すまでの時間（時間）"),
    lazy_gettext("操作を続けていても、この時間がたつとログインし直します。1時間から24時間まで。"),
    settings.whole_number(1, 24),
)
settings.declare(
    "invite_link_hours",
    168,
    lazy_gettext("招待の案内の期限（時間）"),
    lazy_gettext("招待の案内は、この時間のうちに使います。1時間から720時間（30日）まで。"),
    settings.whole_number(1, 720),
)
settings.declare(
    "reset_link_hours",
    24,
    lazy_gettext("パスワード再設定の案内の期限（時間）"),
    lazy_gettext("再設定の案内は、この時間のうちに使います。1時間から72時間まで。"),
    settings.whole_number(1, 72),
)
settings.declare(
    "password_min_length",
    12,
    lazy_gettext("パスワードの最小の文字数"),
    lazy_gettext("10文字から64文字まで。次にパスワードを決めるときから効きます。"),
    settings.whole_number(10, 64),
)
settings.declare(
    "sign_in_tries",
    throttle.ACCOUNT.free,
    lazy_gettext("続けて間違えてよい回数"),
    lazy_gettext("これを超えると、次に試せるまでの時間が30秒、1分、2分と延びます。3回から20回まで。"),
    settings.whole_number(3, 20),
)
settings.declare(
    "sign_in_longest_wait_minutes",
    int(throttle.ACCOUNT.cap.total_seconds()) // 60,
    lazy_gettext("間違えたあとに待つ時間の上限（分）"),
    lazy_gettext("待つ時間は、この時間より長くはなりません。1分から60分まで。"),
    settings.whole_number(1, 60),
)

SIGN_IN_LINK = timedelta(hours=1)  # made at the console and used at once
HALF_OPEN = timedelta(minutes=10)  # from the password to the second step
WRONG_CODES = 5  # in one half-open sign-in
SEEN_EVERY = timedelta(minutes=1)


def totp_required(roles: Iterable[Role]) -> bool:
    """Tell whether one of the roles asks for the second step."""
    return bool(set(roles) & set(settings.get("totp_required_roles")))


def idle() -> timedelta:
    """Give the time without a request after which a sign-in ends."""
    return timedelta(minutes=settings.get("session_idle_minutes"))


def absolute() -> timedelta:
    """Give the time after which a sign-in ends however busy it is."""
    return timedelta(hours=settings.get("session_absolute_hours"))


def link_life(purpose: str) -> timedelta:
    """Give how long a link of the purpose can be used."""
    if purpose == "signin":
        return SIGN_IN_LINK
    return timedelta(hours=settings.get(f"{purpose}_link_hours"))


def of_account(limit: Limit) -> Limit:
    """Give the limit with the numbers that the organisation has decided."""
    cap = timedelta(minutes=settings.get("sign_in_longest_wait_minutes"))
    return replace(limit, free=settings.get("sign_in_tries"), cap=cap)
