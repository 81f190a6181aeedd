"""The outbox: mails are laid with what caused them, told once, ended, sent again by a person."""

from datetime import timedelta
from typing import Any

import pytest

from isms import trail
from isms.core.database import atomic
from isms.core.errors import Conflict
from isms.core.permissions import CONSOLE, Role
from isms.mail import rules
from isms.mail.models import Mail
from isms.people import rules as people
from isms.people.models import Person
from tests import factories
from tests.factories import NOW

DAY = timedelta(days=1)


def put(to: Person, key: str = "digest 1", **more: Any) -> Mail | None:
    """Put a mail in a transaction of its own."""
    with atomic():
        return rules.put(
            **{
                "kind": "digest",
                "key": key,
                "person_id": to.id,
                "subject": "今日の予定",
                "body": "一件あります。",
                "now": NOW,
                **more,
            }
        )


def test_nothing_is_told_twice(db: Any) -> None:
    to = factories.person()
    assert put(to) is not None
    assert put(to) is None
    assert Mail.select().count() == 1


def test_a_mail_falls_with_what_caused_it(db: Any) -> None:
    to = factories.person()

    def cause() -> None:
        with atomic():
            assert put(to) is not None
            raise Conflict

    with pytest.raises(Conflict):
        cause()
    assert Mail.select().count() == 0
    with pytest.raises(RuntimeError):
        rules.put(kind="digest", key="k", person_id=to.id, subject="s", body="b", now=NOW)


def test_who_has_no_address_is_told_when_there_is_one(db: Any) -> None:
    to = factories.person(mail=None)
    assert put(to) is None
    people.change_person(to.id, mail="new@example.org.example", by=CONSOLE, now=NOW)
    assert put(to) is not None


@pytest.mark.parametrize(
    "address", ["架空@example.jp", "a b@example.jp", "a@b@example.jp", "a@example.jp\r\nBcc: x@y.jp"]
)
def test_what_is_no_address_is_refused_at_once(db: Any, address: str) -> None:
    to = factories.person()
    Person.update(mail=address).where(Person.id == to.id).execute()  # as an older version may have let it in
    mail = put(to)
    assert mail is not None
    assert (mail.state, mail.reason) == ("refused", "no_address")


def test_a_body_that_cannot_be_written_is_made_readable(db: Any) -> None:
    mail = put(factories.person(), body="一\ud800二\x00三\n四")
    assert mail is not None and mail.body == "一\ufffd二\ufffd三\n四"


def test_until_follows_the_kind_and_the_first_moment(db: Any) -> None:
    to = factories.person()
    monday = NOW + 5 * DAY
    assert [
        one.until_at for one in (put(to, "a"), put(to, "b", not_before=monday), put(to, "c", until=monday)) if one
    ] == [
        NOW + 2 * DAY,
        monday + 2 * DAY,
        monday,
    ]


def ended(state: str, **more: Any) -> Mail:
    """Lay a mail that ended in the state."""
    mail = put(factories.person(), key=state, **more)
    assert mail is not None
    Mail.update(state=state, ended_at=NOW, claimed_by="x", tries=1).where(Mail.id == mail.id).execute()
    return rules.get_mail(mail.id)


@pytest.mark.parametrize("state", rules.RESENDABLE)
def test_a_person_sends_again_under_the_same_message_id(db: Any, state: str) -> None:
    mail = ended(state)
    again = rules.resend(mail.id, by=CONSOLE, now=NOW + 9 * DAY)
    assert (again.state, again.message_id, again.next_at) == ("waiting", mail.message_id, NOW + 9 * DAY)
    assert again.until_at == NOW + 11 * DAY
    entry = trail.head()
    assert entry is not None and (entry.verb, entry.subject) == ("mail.resent", f"mail:{mail.id}")
    assert mail.subject not in entry.details and mail.body not in entry.details and mail.address not in entry.details


@pytest.mark.parametrize("state", ["sent", "claimed"])
def test_what_went_or_is_going_is_not_sent_again(db: Any, state: str) -> None:
    with pytest.raises(Conflict):
        rules.resend(ended(state).id, by=CONSOLE, now=NOW)


def test_giving_up_empties_what_is_secret(db: Any) -> None:
    plain, link = put(factories.person(), "a"), put(factories.person(), "b", secret=True, kind="link")
    assert plain and link
    for mail in (plain, link):
        rules.give_up(mail.id, by=CONSOLE, now=NOW)
    assert [rules.get_mail(one.id).body for one in (plain, link)] == ["一件あります。", ""]
    with pytest.raises(Conflict):
        rules.give_up(plain.id, by=CONSOLE, now=NOW)
    with pytest.raises(Conflict):  # there is nothing left to send
        rules.resend(link.id, by=CONSOLE, now=NOW)
    assert rules.resend(plain.id, by=CONSOLE, now=NOW).state == "waiting"


def test_only_administrators_read_what_is_secret_and_only_officers_a_digest(db: Any) -> None:
    link, plain = put(factories.person(), "a", secret=True, kind="link"), put(factories.person(), "b")
    may = {
        role: [rules.may_read_body(factories.actor(factories.with_role(role)), one) for one in (link, plain) if one]
        for role in Role
    }
    assert may == {role: [role is Role.ADMINISTRATOR, role is Role.OFFICER] for role in Role}
