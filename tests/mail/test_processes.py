"""Several processes, some of them killed: every mail leaves once, or is shown as unknown."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from config import ROOT, Config
from isms.core import clock
from isms.core.database import atomic
from isms.core.permissions import CONSOLE
from isms.mail import jobs, rules, transport
from isms.mail.models import Mail
from tests import factories
from tests.mail.servers import HANG, Server, config_for, serving

LATER = timedelta(seconds=7)  # more than twice the longest try of these settings


@pytest.fixture(autouse=True)
def _no_server_after() -> Iterator[None]:
    yield
    transport.use(Config())


def lay(number: int) -> list[Mail]:
    """Lay so many mails, due now."""
    to, now = factories.person(), clock.now()
    with atomic():
        given = [
            rules.put(kind="urgent", key=str(n), person_id=to.id, subject=f"架空の件 {n}", body="本文", now=now)
            for n in range(number)
        ]
    return [mail for mail in given if mail]


@contextmanager
def processes(number: int, config: Config) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes that deliver, all at once; none outlives the block."""
    command = [sys.executable, "-m", "tests.mail.deliverer"]
    started = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=config.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(number)
    ]
    try:
        for one in started:
            assert one.stdout and one.stdout.readline() == "READY\n", one.communicate(timeout=5)[1]
        for one in started:
            assert one.stdin
            one.stdin.write("\n")
            one.stdin.flush()
        yield started
    finally:
        for one in started:
            one.kill()
            one.communicate(timeout=10)


def test_four_processes_send_each_of_100_mails_once(db: Any, config: Config) -> None:
    mails = lay(100)
    with serving() as server, processes(4, config_for(server, config)) as started:
        for one in started:
            _, wrong = one.communicate(timeout=30)
            assert (one.returncode, wrong) == (0, "")
        server.expect(*(mail.message_id for mail in mails))
    assert set(Mail.select(Mail.state, Mail.tries).tuples()) == {("sent", 1)}


@pytest.mark.parametrize(("stage", "taken"), [("CONNECT", 0), ("RCPT", 0), ("TOOK", 1)])
@pytest.mark.parametrize("engine", ["sqlite"])
def test_a_process_killed_after_its_claim_leaves_an_unknown(db: Any, config: Config, stage: str, taken: int) -> None:
    first, second = lay(2)
    with serving({stage: [HANG]}) as server:
        settings = config_for(server, config)
        with processes(1, settings) as (one,):
            assert server.reached[stage].wait(10)
            one.kill()
        assert rules.get_mail(first.id).state == "claimed"
        _again(server, settings, first, second)
        server.expect(*[first.message_id] * taken, first.message_id, second.message_id)


def _again(server: Server, settings: Config, first: Mail, second: Mail) -> None:
    """Let another process go on: the second mail goes, the first waits for a person."""
    transport.use(settings)
    now = clock.now() + LATER
    jobs.deliver(now)
    assert [rules.get_mail(one.id).state for one in (first, second)] == ["unknown", "sent"]
    assert rules.get_mail(first.id).reason == "broken_off"
    jobs.deliver(now + LATER)
    assert rules.get_mail(first.id).state == "unknown"
    rules.resend(first.id, by=CONSOLE, now=now)
    jobs.deliver(now + LATER)
    assert rules.get_mail(first.id).state == "sent"


def test_a_claim_is_one_process_s_alone(db: Any) -> None:
    """What the processes race for, without them: of two that read the same row, one writes the claim."""
    from isms.mail import delivery

    lay(1)
    one, other = Mail.get(), Mail.get()
    assert delivery._take(one, clock.now())
    assert not delivery._take(other, clock.now())
    assert Mail.get().claimed_by == one.claimed_by
