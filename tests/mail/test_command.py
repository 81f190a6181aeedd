"""`isms mail test` and `isms mail bounced`."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from config import Config
from isms import cli, trail
from isms.core import clock, logs
from isms.mail import rules, transport
from isms.mail.models import Mail
from tests import factories
from tests.engines import opened
from tests.mail.servers import CA, HOST, PASSWORD, USER, serving
from tests.mail.test_bounces import dsn
from tests.mail.test_rules import put

Isms = Callable[..., tuple[int, str, str]]


@pytest.fixture
def isms(config: Config, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Isms]:
    """Run `isms mail …`; gives status, output, complaints. Keywords are set in the environment, `given` is read."""
    monkeypatch.setattr(logs, "configure", lambda level: None)
    for name, value in config.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str, given: bytes = b"", **settings: object) -> tuple[int, str, str]:
        for name, value in settings.items():
            monkeypatch.setenv(f"ISMS_SMTP_{name.upper()}", str(value))
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(given)))
        capsys.readouterr()
        status = cli.main(["mail", *arguments])
        said = capsys.readouterr()
        return status, said.out, said.err

    yield run
    transport.use(Config())


def only_mail(config: Config) -> Mail:
    """Give the only mail that there is."""
    with opened(config.database_url, config.data):
        return rules.get_mail(Mail.get().id)


def test_a_test_mail_goes_at_once(isms: Isms, config: Config, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    with serving(tls="starttls", auth=True) as server:
        status, out, err = isms(
            "test",
            "--to",
            "p1@kakuu.example",
            host=HOST,
            port=server.port,
            ca=CA,
            user=USER,
            password_file=secret,
            **{"from": "isms@kakuu.example"},
        )
        mail = only_mail(config)
        server.expect(mail.message_id)
        assert (status, out) == (0, "送信済み：250 2.0.0 taken\n"), err
    assert server.recipients == [["p1@kakuu.example"]] and server.took[0]["Subject"] == "試しのメール（ISMS）"
    with opened(config.database_url, config.data):
        entry = trail.head()
        assert entry is not None and (entry.verb, entry.subject) == ("mail.tested", f"mail:{mail.id}")


def test_a_refusal_is_said_in_one_line(isms: Isms, config: Config) -> None:
    with serving({"RCPT": ["550 5.7.1 relaying denied"]}) as server:
        more = {"host": HOST, "port": server.port, "security": "none", "from": "isms@kakuu.example"}
        assert isms("test", "--to", "p1@kakuu.example", **more) == (
            1,
            "",
            "isms: 受け取り拒否：550 5.7.1 relaying denied\n",
        )
    assert only_mail(config).state == "refused"


def test_without_a_server_or_an_address_it_says_so(isms: Isms) -> None:
    status, out, err = isms("test", "--to", "p1@kakuu.example")
    assert (status, out) == (1, "") and "ISMS_SMTP_HOST" in err and err.count("\n") == 1
    status, out, err = isms("test", "--to", "p1", host=HOST, **{"from": "isms@kakuu.example"})
    assert (status, out, err) == (1, "", "isms: メールアドレスの形ではありません。\n")
    status, out, err = isms("test", "--to", "p1@kakuu.example", host="mail.kakuu.example", user="isms")
    assert status == 1 and "ISMS_SMTP_PASSWORD_FILE" in err and err.count("\n") == 1


def test_a_bounce_is_read_from_standard_input(isms: Isms, config: Config) -> None:
    with opened(config.database_url, config.data):
        mail = put(factories.person(mail="p1@kakuu.example"), now=clock.now())
        assert mail is not None
        Mail.update(state="sent", ended_at=clock.now()).execute()
    content = dsn(id=mail.message_id)
    assert isms("bounced", given=content) == (0, f"メール {mail.id} が戻ってきたことを記録しました。\n", "")
    assert isms("bounced", given=content) == (0, f"メール {mail.id} はすでに記録されています。\n", "")
    assert isms("bounced", given=b"Subject: hello\r\n\r\n") == (0, "戻ってきたメールに当たるものはありません。\n", "")
    assert (only_mail(config).state, only_mail(config).answer) == ("bounced", "550 5.1.1 no such user")
