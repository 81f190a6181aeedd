"""Delivery against real mail servers that fail: each mail arrives once, or is shown as unknown, or says why not."""

from collections.abc import Iterator
from datetime import timedelta
from email.headerregistry import Address
from typing import Any

import pytest

from config import Config
from isms.core.permissions import CONSOLE
from isms.mail import delivery, jobs, rules, transport
from isms.mail.models import Mail
from isms.people import rules as people
from tests import factories
from tests.factories import NOW
from tests.mail.servers import DROP, HANG, Server, config_for, serving
from tests.mail.test_rules import put

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])
MINUTE = timedelta(minutes=1)
FOR_THIS_MAIL, FOR_ALL = "later", "server"


@pytest.fixture(autouse=True)
def _no_server_after(db: Any) -> Iterator[None]:
    yield
    transport.use(Config())


def deliver(server: Server, config: Config, now: Any = NOW, **more: Any) -> None:
    """Send by the server what is due."""
    transport.use(config_for(server, config, **more))
    jobs.deliver(now)


def states() -> list[tuple[str, str]]:
    """Give state and reason of all mails."""
    return list(Mail.select(Mail.state, Mail.reason).order_by(Mail.id).tuples())


def some(number: int = 2) -> list[Mail]:
    """Put mails to so many people."""
    return [mail for mail in (put(factories.person(), key=str(n)) for n in range(number)) if mail]


def test_all_that_is_due_is_sent_once(config: Config) -> None:
    mails = some(3)
    later = put(factories.person(), "later", not_before=NOW + MINUTE)
    with serving() as server:
        deliver(server, config)
        deliver(server, config)
        server.expect(*(mail.message_id for mail in mails))
        server.check()
        assert states() == [("sent", "")] * 3 + [("waiting", "")]
        assert later is not None
        deliver(server, config, NOW + MINUTE)
        server.expect(later.message_id)


def test_the_mail_says_who_what_and_that_a_machine_wrote_it(config: Config) -> None:
    people.change_setting("organisation_name", "架空県\u2028国民健康保険団体連合会", by=CONSOLE, now=NOW)
    subject = "【至急】" + "令和8年度の情報セキュリティ月間について、点検の結果をお知らせします。" * 4
    body = "見本様\n\n.\n..点検\nFrom here\n" + "長い行" * 2000
    mail = put(factories.person(mail="p1@example.org.example"), subject=subject, body=body)
    assert mail is not None
    with serving() as server:
        deliver(server, config, base_url="https://isms.kakuu.example")
        server.expect(mail.message_id)
        got = server.took[0]
    assert server.recipients == [["p1@example.org.example"]]
    assert got["Subject"] == subject
    assert got["To"].addresses == (Address(addr_spec="p1@example.org.example"),)
    assert got["From"].addresses == (
        Address(display_name="架空県 国民健康保険団体連合会", addr_spec="isms@kakuu.example"),
    )
    assert got["Date"].datetime == NOW and got["Auto-Submitted"] == "auto-generated"
    assert mail.message_id.endswith("@127.0.0.1>")  # of the moment at which it was put
    assert got.get_content().splitlines() == body.splitlines()
    assert all(len(line) <= 78 for line in server.raw[0].splitlines())
    assert set(server.raw[0]) <= {*range(32, 127), 9, 10, 13}


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        ({"CONNECT": ["421 4.3.2 not now"]}, FOR_ALL),
        ({"CONNECT": ["554 5.3.2 never"]}, FOR_ALL),
        ({"CONNECT": [DROP]}, FOR_ALL),
        ({"CONNECT": [HANG]}, FOR_ALL),
        ({"MAIL": ["421 4.3.2 closing"]}, FOR_ALL),
        ({"MAIL": ["451 4.3.0 later"]}, FOR_ALL),
        ({"MAIL": ["550 5.7.1 not this sender"]}, FOR_ALL),
        ({"MAIL": [DROP]}, FOR_ALL),
        ({"RCPT": ["421 4.3.2 closing"]}, FOR_THIS_MAIL),
        ({"RCPT": ["451 4.7.1 greylisted"]}, FOR_THIS_MAIL),
        ({"RCPT": [DROP]}, FOR_THIS_MAIL),
        ({"BEFORE_DATA": ["451 4.3.0 later"]}, FOR_THIS_MAIL),
        ({"BEFORE_DATA": [DROP]}, FOR_THIS_MAIL),
        ({"DATA": ["421 4.3.2 closing"]}, FOR_THIS_MAIL),
        ({"DATA": ["452 4.2.2 full"]}, FOR_THIS_MAIL),
    ],
    ids=str,
)
def test_what_did_not_arrive_is_sent_later(config: Config, at: dict[str, list[str]], reason: str) -> None:
    first, second = some()
    with serving(at) as server:
        deliver(server, config)
        # trouble with the server spares the others the try; trouble with one mail does not hold the others up
        assert states() == [("waiting", reason), ("waiting", "") if reason == FOR_ALL else ("sent", "")]
        reply = next(iter(at.values()))[0]
        answer = rules.get_mail(first.id).answer
        assert answer == reply if reply[0].isdigit() else answer
        deliver(server, config, NOW + MINUTE - timedelta(seconds=1))
        assert rules.get_mail(first.id).tries == 1
        deliver(server, config, NOW + 2 * MINUTE)
        assert states() == [("sent", ""), ("sent", "")]
        server.expect(first.message_id, second.message_id)


@pytest.mark.parametrize("stage", ["RCPT", "BEFORE_DATA", "DATA"])
def test_what_is_refused_for_ever_says_so(config: Config, stage: str) -> None:
    first, second = some()
    with serving({stage: ["550 5.1.1 no such user"]}) as server:
        deliver(server, config)
        deliver(server, config, NOW + timedelta(hours=9))
        server.expect(second.message_id)
    assert states() == [("refused", ""), ("sent", "")]
    assert rules.get_mail(first.id).answer == "550 5.1.1 no such user"


@pytest.mark.parametrize("entry", [DROP, HANG, "taken, I think", "354 go on"])
def test_silence_after_the_body_is_unknown_until_a_person_decides(config: Config, entry: str) -> None:
    first, second = some()
    with serving({"TOOK": [entry]}) as server:
        deliver(server, config)
        assert states() == [("unknown", "no_answer"), ("sent", "")]
        deliver(server, config, NOW + timedelta(hours=30))
        server.expect(first.message_id, second.message_id)
        server.check()
        rules.resend(first.id, by=CONSOLE, now=NOW + timedelta(hours=31))
        deliver(server, config, NOW + timedelta(hours=31))
        server.expect(first.message_id)  # the same once more: the mailbox can tell
    assert states() == [("sent", ""), ("sent", "")]


def test_the_organisation_may_have_unknown_mails_sent_again(config: Config) -> None:
    people.change_setting("mail_resend_unknown_hours", "2", by=CONSOLE, now=NOW)
    (mail,) = some(1)
    with serving({"TOOK": [DROP]}) as server:
        deliver(server, config)
        deliver(server, config, NOW + timedelta(hours=1))
        assert states() == [("unknown", "no_answer")]
        deliver(server, config, NOW + timedelta(hours=3))
        assert states() == [("sent", "")]
        server.expect(mail.message_id, mail.message_id)


def test_no_server_there_at_all(config: Config) -> None:
    with serving() as server:
        pass
    (mail,) = some(1)
    for hours in range(0, 49, 6):
        deliver(server, config, NOW + timedelta(hours=hours))
    assert states() == [("given_up", "tries")]
    tried = rules.get_mail(mail.id)
    assert (tried.tries, "refused" in tried.answer) == (8, True)


def test_pauses_grow() -> None:
    assert [int(delivery.pause(n, "later") / MINUTE) for n in range(1, 8)] == [1, 5, 30, 120, 360, 360, 360]
    assert [int(delivery.pause(n, "server") / MINUTE) for n in range(1, 8)] == [1, 5, 10, 10, 10, 10, 10]


def test_a_server_that_drips_is_left_in_time(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "longest", lambda: 0.4)
    (mail,) = some(1)
    with serving({"TOOK": [HANG]}) as server:
        deliver(server, config, smtp_timeout=30)
        server.expect(mail.message_id)
        assert states() == [("unknown", "no_answer")]


def test_without_a_server_all_waits_and_what_is_old_is_not_sent_in_a_flood(config: Config) -> None:
    old, link = put(factories.person(), "old"), put(factories.person(), "link", kind="link", secret=True)
    for day in range(5):
        jobs.deliver(NOW + timedelta(days=day))
    assert states() == [("waiting", ""), ("waiting", "")]
    fresh = put(factories.person(), "fresh", now=NOW + timedelta(days=4))
    assert old and link and fresh
    with serving() as server:
        deliver(server, config, NOW + timedelta(days=5))
        server.expect(fresh.message_id, link.message_id)
    assert states() == [("given_up", "stale"), ("sent", ""), ("sent", "")]
    assert [rules.get_mail(one.id).body for one in (old, link)] == ["一件あります。", ""]


def test_who_has_left_gets_nothing_and_the_address_is_that_of_today(config: Config) -> None:
    left, moved, lost = factories.person(), factories.person(), factories.person()
    mails = [put(one, str(one.id)) for one in (left, moved, lost)]
    people.change_person(left.id, to_day=NOW.date() - timedelta(days=1), by=CONSOLE, now=NOW)
    people.change_person(moved.id, mail="new@kakuu.example", by=CONSOLE, now=NOW)
    people.change_person(lost.id, mail=None, by=CONSOLE, now=NOW)
    with serving() as server:
        deliver(server, config)
        assert mails[1] is not None
        server.expect(mails[1].message_id)
    assert server.recipients == [["new@kakuu.example"]]
    assert states() == [("given_up", "left"), ("sent", ""), ("refused", "no_address")]


def test_a_claim_that_died_is_unknown_and_may_still_tell(config: Config) -> None:
    transport.use(Config(smtp_host="127.0.0.1", smtp_from="isms@kakuu.example", smtp_timeout=10))
    some(1)
    claimed = delivery.claim(NOW)
    assert claimed is not None and delivery.claim(NOW) is None
    delivery.tidy(NOW + timedelta(seconds=60))
    assert states() == [("claimed", "")]
    delivery.tidy(NOW + timedelta(seconds=61))
    assert states() == [("unknown", "broken_off")]
    assert delivery.settle(claimed, transport.Outcome("sent"), NOW + 2 * MINUTE)
    assert states() == [("sent", "")]


def test_a_late_word_does_not_count_once_it_was_sent_again(config: Config) -> None:
    some(1)
    claimed = delivery.claim(NOW)
    assert claimed is not None
    delivery.tidy(NOW + timedelta(hours=1))
    rules.resend(claimed.id, by=CONSOLE, now=NOW + timedelta(hours=1))
    again = delivery.claim(NOW + timedelta(hours=1))
    assert again is not None and again.tries == 2
    assert not delivery.settle(claimed, transport.Outcome("refused"), NOW + timedelta(hours=1))
    assert states() == [("claimed", "")]
    assert delivery.settle(again, transport.Outcome("sent"), NOW + timedelta(hours=1))


def test_what_is_long_over_goes_and_links_go_when_their_time_is_over(config: Config) -> None:
    put(factories.person(), "waits")
    link = put(factories.person(), "link", kind="link", secret=True, until=NOW + timedelta(hours=1))
    assert link is not None
    jobs.sweep(NOW + timedelta(hours=2))
    assert rules.get_mail(link.id).body == "" and Mail.select().count() == 2
    jobs.sweep(NOW + timedelta(days=399))
    assert Mail.select().count() == 2
    jobs.sweep(NOW + timedelta(days=403))
    assert Mail.select().count() == 0
