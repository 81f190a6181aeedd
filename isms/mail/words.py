"""The words of the room: kinds and states of mails, why one stands as it does, and the verbs of its trail."""

from typing import Any

from isms import trail
from isms.core.words import gettext, lazy_gettext
from isms.mail.models import Mail

KINDS: dict[str, Any] = {
    "digest": lazy_gettext("まとめ"),
    "urgent": lazy_gettext("至急"),
    "link": lazy_gettext("招待・再設定の案内"),
    "test": lazy_gettext("試し"),
}
STATES: dict[str, Any] = {
    "waiting": lazy_gettext("送信待ち"),
    "claimed": lazy_gettext("送信中"),
    "sent": lazy_gettext("送信済み"),
    "refused": lazy_gettext("受け取り拒否"),
    "unknown": lazy_gettext("不明"),
    "bounced": lazy_gettext("宛先不明で戻り"),
    "given_up": lazy_gettext("取りやめ"),
}
REASONS: dict[str, Any] = {
    "server": lazy_gettext("メールサーバーにつながりませんでした。時間をおいて送り直します。"),
    "later": lazy_gettext("メールサーバーがいまは受け取りませんでした。時間をおいて送り直します。"),
    "again": lazy_gettext("もう一度送ります。"),
    "no_address": lazy_gettext("宛先がメールアドレスの形ではありません。職員名簿で直してください。"),
    "unwritable": lazy_gettext("この内容はメールにできませんでした。"),
    "no_answer": lazy_gettext(
        "本文を渡したあと、サーバーの返事がありませんでした。届いたかどうか、受け取る人に確かめてください。"
    ),
    "broken_off": lazy_gettext("送信の途中で処理が止まりました。届いたかどうか、受け取る人に確かめてください。"),
    "left": lazy_gettext("この人は在籍していないため、送りませんでした。"),
    "stale": lazy_gettext("送れないうちに古くなったため、送りませんでした。"),
    "tries": lazy_gettext("何度か送りましたが、期限までに届けられませんでした。"),
    "replaced": lazy_gettext("新しい案内を作ったため、送りませんでした。"),
    "by_hand": lazy_gettext("管理者が取りやめました。"),
}
HINTS: dict[str, Any] = {  # what to do, where there is no other reason than what the server said
    "refused": lazy_gettext("サーバーの返事と宛先を確かめ、直したらもう一度送ってください。"),
    "bounced": lazy_gettext("いったん送られたあと、戻ってきました。宛先を確かめ、直したらもう一度送ってください。"),
    "unknown": REASONS["no_answer"],
}

trail.verb("mail.resent", lazy_gettext("メールをもう一度送ることにした"))
trail.verb("mail.given_up", lazy_gettext("メールを取りやめた"))
trail.verb("mail.bounced", lazy_gettext("メールが戻ってきた"))
trail.verb("mail.tested", lazy_gettext("試しのメールを作った"))


def names_of(ids: list[int]) -> dict[int, str]:
    """Give kind and number of mails by id; not the subject, which may name people."""
    rows = Mail.select(Mail.id, Mail.kind).where(Mail.id.in_(ids)).tuples()
    return {i: gettext("メール %(number)s（%(kind)s）", number=i, kind=KINDS[kind]) for i, kind in rows}


trail.describe("mail", names_of, label=lazy_gettext("メール"))
