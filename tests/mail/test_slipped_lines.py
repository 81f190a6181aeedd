"""Lines slipped into mails (attack 55): whatever stands in a name, an address or a title, one mail goes to one person."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from hypothesis import strategies as st

from config import Config
from isms.core import settings
from isms.core.database import atomic
from isms.core.errors import Invalid
from isms.core.text import showable
from isms.mail import jobs, rules, transport
from isms.mail.message import written
from isms.mail.models import Mail
from isms.people.models import Person
from tests import factories
from tests.factories import NOW
from tests.mail.servers import config_for, serving
from tests.mail.test_rules import put

ONE_ENGINE = pytest.mark.parametrize("engine", ["sqlite"])
BREAKS = ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00"]
EVIL = "Bcc: other@kakuu.example{0}{0}<p>別の本文{0}.{0}MAIL FROM:<x@kakuu.example>"


@pytest.fixture(autouse=True)
def _no_server_after() -> Iterator[None]:
    yield
    transport.use(Config())


@ONE_ENGINE
@pytest.mark.parametrize("sign", BREAKS, ids=ascii)
def test_attack_55_no_line_comes_in_by_name_organisation_or_text(db: Any, config: Config, sign: str) -> None:
    evil = f"架空{sign}{EVIL.format(sign)}"
    with atomic():
        settings.write("organisation_name", evil)  # as an older version may have let it in
    to = factories.person()
    Person.update(name=evil).where(Person.id == to.id).execute()
    mail = put(to, body=evil)
    assert mail is not None
    with serving() as server:
        transport.use(config_for(server, config))
        jobs.deliver(NOW)
        server.expect(mail.message_id)
        (got,) = server.took
    assert server.recipients == [[to.mail]]
    assert sorted(got.keys()) == [
        "Auto-Submitted",
        "Content-Transfer-Encoding",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ]
    assert "別の本文" in got.get_content() and not got.is_multipart()


@ONE_ENGINE
@pytest.mark.parametrize("sign", [*BREAKS, "\t", "\ud800"], ids=ascii)
def test_attack_55_no_line_comes_in_by_subject(db: Any, sign: str) -> None:
    with pytest.raises(Invalid):
        put(factories.person(), subject=f"件名{sign}{EVIL.format(sign)}")
    assert Mail.select().count() == 0
    if sign not in "\r\n":
        return
    # nor past the rule: what stands in the table already is refused by the message itself
    put(factories.person(), "evil")
    Mail.update(subject=f"件名{sign}Bcc: other@kakuu.example").where(Mail.key == "evil").execute()
    assert transport.send(rules.outbox().where(Mail.key == "evil").get()).reason == "unwritable"


TEXTS = st.text(
    st.one_of(st.sampled_from('架空の点検abc 　=?_"<>,;:@()【】é'), st.characters(exclude_categories=["Cs", "Cc"]))
)


@hypothesis.given(subject=TEXTS.filter(rules.is_one_line), organisation=TEXTS, body=st.text())
@hypothesis.settings(max_examples=200, deadline=None, database=None)
def test_attack_55_whatever_is_taken_stays_in_its_header(subject: str, organisation: str, body: str) -> None:
    said = {"organisation_name": organisation, "timezone": "Asia/Tokyo"}
    given = {"address": "p1@kakuu.example", "message_id": "<1@kakuu.example>", "made_at": NOW}
    with patch.object(settings, "get", said.get):
        raw = written(Mail(subject=subject, body=showable(body), **given), "isms@kakuu.example")
    got = message_from_bytes(raw, policy=default)
    assert len(got.keys()) == 9
    assert [one.addr_spec for name in ("From", "To") for one in got[name].addresses] == [
        "isms@kakuu.example",
        "p1@kakuu.example",
    ]
    assert "".join(got["Subject"].split()) == "".join(subject.split())


@ONE_ENGINE
@pytest.mark.parametrize("sign", [*BREAKS, " ", ",", ";", "<", ">", '"', "\t"], ids=ascii)
def test_attack_55_an_address_is_one_address(db: Any, config: Config, sign: str) -> None:
    evil, good = factories.person(), factories.person()
    Person.update(mail=f"p1@kakuu.example{sign}p2@kakuu.example").where(Person.id == evil.id).execute()
    mails = [put(evil, "evil"), put(good, "good")]
    with serving() as server:
        transport.use(config_for(server, config))
        jobs.deliver(NOW)
        assert mails[1] is not None
        server.expect(mails[1].message_id)
    assert Mail.get(Mail.key == "evil").state == "refused"
