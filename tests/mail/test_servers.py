"""The kinds of servers that exist: with TLS and without, with a password and without; never in the clear by mistake."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config import BadSetting, Config
from isms import cli
from isms.mail import jobs, rules, transport
from isms.mail.models import Mail
from tests import factories
from tests.factories import NOW
from tests.mail.servers import CA, HOST, PASSWORD, USER, config_for, serving
from tests.mail.test_rules import put


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    """Keep the password as an editor leaves it."""
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", "utf-8")
    return str(path)


@pytest.fixture(autouse=True)
def _no_server_after() -> Iterator[None]:
    yield
    transport.use(Config())


def sent(config: Config, tls: str, auth: bool, **more: Any) -> tuple[Mail, list[bool]]:
    """Send one mail to such a server; gives what became of it, and how the server knew us."""
    mail = put(factories.person())
    assert mail is not None
    with serving(tls=tls, auth=auth) as server:
        transport.use(config_for(server, config, **more))
        jobs.deliver(NOW)
        after = rules.get_mail(mail.id)
        if after.state == "sent":
            server.expect(mail.message_id)
    return after, server.signed_in


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("auth", [False, True])
@pytest.mark.parametrize("tls", ["none", "starttls", "tls"])
def test_each_kind_takes_the_mail(db: Any, config: Config, password_file: str, tls: str, auth: bool) -> None:
    more: dict[str, Any] = {"smtp_security": tls}
    if tls != "none":
        more["smtp_ca"] = str(CA)
    if auth:
        more |= {"smtp_user": USER, "smtp_password_file": password_file}
    mail, signed_in = sent(config, tls, auth, **more)
    assert (mail.state, mail.answer) == ("sent", "250 2.0.0 taken")
    assert signed_in == [auth]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_taken(db: Any, config: Config, tls: str) -> None:
    mail, _ = sent(config, tls, False, smtp_security=tls)
    assert (mail.state, mail.reason) == ("waiting", "server")
    assert "certificate verify failed" in mail.answer.lower()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_certificate_of_another_name_is_not_taken(db: Any, config: Config) -> None:
    mail, _ = sent(config, "tls", False, smtp_security="tls", smtp_ca=str(CA), smtp_host="localhost")
    assert (mail.state, mail.reason) == ("waiting", "server")
    assert "certificate" in mail.answer.lower()


@pytest.mark.parametrize("engine", ["sqlite"])
def test_without_starttls_nothing_goes_in_the_clear(db: Any, config: Config, password_file: str) -> None:
    more = {"smtp_user": USER, "smtp_password_file": password_file}
    mail, signed_in = sent(config, "none", False, smtp_security="starttls", smtp_ca=str(CA), **more)
    assert (mail.state, mail.reason, signed_in) == ("waiting", "server", [])
    assert "STARTTLS" in mail.answer


@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_wrong_password_holds_the_mail_and_is_told_nowhere(
    db: Any, config: Config, tmp_path: Path, capfd: Any
) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("canary-secret")
    more = {"smtp_user": USER, "smtp_password_file": str(wrong)}
    mail, _ = sent(config, "tls", True, smtp_security="tls", smtp_ca=str(CA), **more)
    assert (mail.state, mail.reason) == ("waiting", "server")
    assert mail.answer.startswith("535")
    out = "".join(capfd.readouterr()) + str(mail.__data__)
    assert "canary" not in out and "Y2FuYXJ5" not in out


GOOD = {"ISMS_SMTP_HOST": HOST, "ISMS_SMTP_FROM": "isms@kakuu.example"}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ISMS_SMTP_HOST": "mail.example"}, "ISMS_SMTP_FROM"),
        ({"ISMS_SMTP_FROM": "isms@kakuu.example"}, "ISMS_SMTP_HOST"),
        ({**GOOD, "ISMS_SMTP_HOST": "http://mail.example"}, "ISMS_SMTP_HOST"),
        ({**GOOD, "ISMS_SMTP_FROM": "isms"}, "ISMS_SMTP_FROM"),
        ({**GOOD, "ISMS_SMTP_FROM": "ISMS <isms@kakuu.example>"}, "ISMS_SMTP_FROM"),
        ({**GOOD, "ISMS_SMTP_FROM": "isms@kakuu.example\r\nBcc: x@y.example"}, "ISMS_SMTP_FROM"),
        ({**GOOD, "ISMS_SMTP_PORT": "0"}, "ISMS_SMTP_PORT"),
        ({**GOOD, "ISMS_SMTP_SECURITY": "ssl"}, "ISMS_SMTP_SECURITY"),
        ({**GOOD, "ISMS_SMTP_CA": "/no/such/file"}, "ISMS_SMTP_CA"),
        ({**GOOD, "ISMS_SMTP_CA": str(CA), "ISMS_SMTP_SECURITY": "none"}, "ISMS_SMTP_CA"),
        ({**GOOD, "ISMS_SMTP_USER": "isms"}, "ISMS_SMTP_PASSWORD_FILE"),
        ({**GOOD, "ISMS_SMTP_PASSWORD_FILE": "PASSWORD"}, "ISMS_SMTP_USER"),
        ({**GOOD, "ISMS_SMTP_USER": "isms", "ISMS_SMTP_PASSWORD_FILE": str(CA)}, "ISMS_SMTP_PASSWORD_FILE"),
        ({"ISMS_SMTP_USER": "isms"}, "ISMS_SMTP_HOST"),
        ({**GOOD, "ISMS_SMTP_TIMEOUT": "0"}, "ISMS_SMTP_TIMEOUT"),
        (
            {
                "ISMS_SMTP_HOST": "mail.kakuu.example",
                "ISMS_SMTP_FROM": "isms@kakuu.example",
                "ISMS_SMTP_USER": "isms",
                "ISMS_SMTP_PASSWORD_FILE": "PASSWORD",
                "ISMS_SMTP_SECURITY": "none",
            },
            "ISMS_SMTP_SECURITY",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused_by_name(
    given: dict[str, str], named: str, password_file: str
) -> None:
    with pytest.raises(BadSetting, match=rf"^{named}\b"):
        Config.from_environment(
            {name: password_file if value == "PASSWORD" else value for name, value in given.items()}
        )


@pytest.mark.parametrize("content", ["", "\n", "one\ntwo\n", "架空の合言葉"])
def test_a_password_that_smtp_cannot_say_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "password"
    path.write_text(content, "utf-8")
    with pytest.raises(BadSetting, match="ISMS_SMTP_PASSWORD_FILE"):
        Config.from_environment({**GOOD, "ISMS_SMTP_USER": "isms", "ISMS_SMTP_PASSWORD_FILE": str(path)})


def test_a_process_of_this_one_gets_the_same_settings() -> None:
    plain = Config.from_environment({})
    told = Config.from_environment(GOOD)
    for one in (plain, told):
        again = Config.from_environment(one.environment())
        assert (again.smtp_host, again.smtp_port, again.smtp_from) == (one.smtp_host, one.smtp_port, one.smtp_from)


def test_the_demo_sends_nothing(monkeypatch: pytest.MonkeyPatch, password_file: str) -> None:
    """Whatever the environment says: its people do not exist."""
    built: list[Config] = []
    monkeypatch.setattr("isms.demo.build", built.append)
    told = {**GOOD, "ISMS_SMTP_CA": str(CA), "ISMS_SMTP_USER": "isms", "ISMS_SMTP_PASSWORD_FILE": password_file}
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    assert cli.main(["demo", "--build-only"]) == 0
    (config,) = built
    assert not config.smtp_host
    assert not Config.from_environment(config.environment()).smtp_host
