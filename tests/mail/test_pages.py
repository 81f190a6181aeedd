"""The outbox as people see it, and what stands about mails on other pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from config import Config
from isms import trail
from isms.core import clock
from isms.core.permissions import CONSOLE, Role
from isms.mail import delivery, jobs, rules, transport
from isms.mail.models import Mail
from isms.people import rules as people
from isms.people.models import Link, Person
from tests import factories
from tests.mail.servers import config_for, serving
from tests.mail.test_rules import put

OFFICER, ADMINISTRATOR = Role.OFFICER, Role.ADMINISTRATOR
WITH_SERVER = Config(smtp_host="mail.kakuu.example", smtp_from="isms@kakuu.example")


@pytest.fixture(autouse=True)
def _no_server_after() -> Iterator[None]:
    yield
    transport.use(Config())


def laid(**more: Any) -> Mail:
    """Lay a mail now."""
    mail = put(more.pop("to", None) or factories.person(), now=clock.now(), **more)
    assert mail is not None
    return mail


def ended(mail: Mail, state: str, **more: Any) -> Mail:
    """Let the mail have ended so."""
    Mail.update(state=state, ended_at=clock.now(), tries=1, **more).where(Mail.id == mail.id).execute()
    return mail


def test_the_outbox_lists_and_filters(house: Flask) -> None:
    mails = [laid(key=str(n), subject=f"架空の件 {n}") for n in range(3)]
    ended(mails[1], "refused")
    page = factories.signed_in(house, OFFICER).get("/mail")
    assert all(f"架空の件 {n}" in page.text for n in range(3))
    assert "メールサーバーが設定されていません" in page.text
    only = factories.signed_in(house, OFFICER).get("/mail?state=refused")
    assert ["架空の件 1" in only.text, "架空の件 0" in only.text] == [True, False]
    found = factories.signed_in(house, OFFICER).get(f"/mail?q={mails[2].address}")
    assert ["架空の件 2" in found.text, "架空の件 0" in found.text] == [True, False]


def test_a_server_that_does_not_answer_is_told(house: Flask) -> None:
    mail = laid()
    with serving() as server:
        pass
    transport.use(config_for(server, Config()))
    jobs.deliver(clock.now())
    for address in ("/mail", f"/mail/{mail.id}"):
        page = factories.signed_in(house, OFFICER).get(address)
        assert "メールサーバーがメールを受け取りません" in page.text and "Connection refused" in page.text


def test_an_administrator_sends_again_and_gives_up(house: Flask) -> None:
    mail = ended(laid(), "unknown", reason="no_answer")
    page = factories.signed_in(house, ADMINISTRATOR).get(f"/mail/{mail.id}")
    assert "受け取る人に確かめてください" in page.text
    done = page.submit("/resend").follow()
    assert rules.get_mail(mail.id).state == "waiting"
    done.submit("/give-up")
    assert rules.get_mail(mail.id).state == "given_up"
    verbs = [entry.verb for entry in trail.entries().where(trail.rules.TrailEntry.subject == f"mail:{mail.id}")]
    assert verbs == ["mail.resent", "mail.given_up"]


def test_an_officer_looks_only(house: Flask) -> None:
    mail = ended(laid(), "unknown")
    page = factories.signed_in(house, OFFICER).get(f"/mail/{mail.id}")
    assert "もう一度送る" not in page.text and "一件あります。" in page.text


def test_a_link_is_read_by_administrators_alone_and_only_until_it_has_gone(house: Flask) -> None:
    mail = laid(kind="link", secret=True, body="https://isms.kakuu.example/l/canary")
    seen = [factories.signed_in(house, role).get(f"/mail/{mail.id}").text for role in (ADMINISTRATOR, OFFICER)]
    assert ["canary" in text for text in seen] == [True, False]
    transport.use(WITH_SERVER)
    claimed = delivery.claim(clock.now())
    assert claimed is not None
    delivery.settle(claimed, transport.Outcome("sent"), clock.now())
    assert "canary" not in factories.signed_in(house, ADMINISTRATOR).get(f"/mail/{mail.id}").text
    assert "canary" not in str(Mail.get_by_id(mail.id).__data__)


def test_attack_7_a_digest_is_read_by_officers_and_its_person_and_by_no_other_administrator(house: Flask) -> None:
    who = factories.with_role(ADMINISTRATOR)
    own, other = laid(to=who, key="1", body="canary 1"), laid(key="2", body="canary 2")
    for reader, read in ((who, [True, False]), (factories.with_role(OFFICER), [True, True])):
        browser = factories.signed_in(house, reader)
        assert ["canary" in browser.get(f"/mail/{mail.id}").html for mail in (own, other)] == read
    assert "受け取る人と事務局だけ" in factories.signed_in(house, who).get(f"/mail/{other.id}").text


def invited(house: Flask, who: Person) -> Any:
    """Let an administrator make a link for the person; gives the page that shows it."""
    return factories.signed_in(house, ADMINISTRATOR).get(f"/accounts/{who.id}").submit("/link", status=200)


def test_an_invitation_is_mailed_in_the_language_of_the_person(house: Flask, capfd: Any) -> None:
    transport.use(WITH_SERVER)
    people.change_setting("organisation_name", "架空連合会", by=CONSOLE, now=clock.now())
    who = factories.person(password=None, locale="en")
    page = invited(house, who)
    mail = Mail.get(Mail.kind == "link")
    assert f"{mail.address} あてにメールでも送ります" in page.text
    assert mail.subject == "Invitation (架空連合会)" and mail.secret
    address = next(line for line in mail.body.splitlines() if "/l/" in line)
    assert address in page.text and "It works once, until" in mail.body
    token = address.rpartition("/")[2]
    assert mail.until_at == Link.get(Link.person == who.id).expires_at
    told = "".join(capfd.readouterr()) + "".join(str(entry.__data__) for entry in trail.entries())
    assert token not in told and who.mail not in "".join(capfd.readouterr())


def test_a_newer_link_takes_the_place_of_one_that_still_waits(house: Flask) -> None:
    transport.use(WITH_SERVER)
    who = factories.person()
    invited(house, who)
    invited(house, who)
    first, second = Mail.select().order_by(Mail.id)
    assert [(one.state, one.reason, bool(one.body)) for one in (first, second)] == [
        ("given_up", "replaced", False),
        ("waiting", "", True),
    ]


def test_without_a_server_or_an_address_the_link_is_shown_alone(house: Flask) -> None:
    assert "メールサーバーが設定されていないため" in invited(house, factories.person()).text
    transport.use(WITH_SERVER)
    assert "メールアドレスがないため" in invited(house, factories.person(mail=None)).text
    assert Mail.select().count() == 0


def test_a_person_s_page_tells_what_did_not_reach_them(house: Flask) -> None:
    who, browser = factories.person(), factories.signed_in(house, OFFICER)
    page = f"/people/{who.id}"
    assert "届いていません" not in browser.get(page).text
    mail = ended(laid(to=who, key="1"), "bounced", answer="550 5.1.1 no such user")
    told = browser.get(page)
    assert "メールが届いていません（宛先不明で戻り）" in told.text and "no such user" in told.text
    assert told.click("このメールを見る").address == f"/mail/{mail.id}"
    ended(laid(to=who, key="2"), "sent")
    assert "届いていません" not in browser.get(page).text
    Person.update(mail="架空@kakuu.example").where(Person.id == who.id).execute()
    assert "メールを送れない宛先です" in browser.get(page).text
    people.change_person(who.id, mail=None, by=CONSOLE, now=clock.now())
    assert "メールアドレスがないため" in browser.get(page).text
