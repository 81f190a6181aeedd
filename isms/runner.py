"""The runner: wakes up, and lets each room do what is due. It only ticks; what is due is in the tables."""

import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial

from apscheduler.schedulers.background import BackgroundScheduler

from config import ROOT, Config
from isms.calendar import jobs as calendar
from isms.core import clock
from isms.core.database import db
from isms.core.logs import log
from isms.dailychecks import jobs as dailychecks
from isms.evidence import jobs as evidence
from isms.exports import jobs as exports
from isms.mail import jobs as mail
from isms.people import jobs as people
from isms.todo import mails as todo

# name, seconds between two ticks, what to do at a moment
JOBS: list[tuple[str, int, Callable[[datetime], None]]] = [
    ("people.sweep", 3600, people.sweep),
    ("calendar.open_due", 60, calendar.open_due),
    ("dailychecks.close_due", 1800, dailychecks.close_due),
    ("evidence.nightly", 1800, evidence.nightly),
    ("exports.work", 2, exports.work),
    ("exports.sweep", 3600, exports.sweep),
    ("todo.tell", 60, todo.tell),
    ("mail.deliver", 5, mail.deliver),
    ("mail.sweep", 3600, mail.sweep),
]


def start(config: Config | None = None) -> BackgroundScheduler:
    """Start ticking in this process; the caller shuts it down. Given the settings, packs are made in another process."""
    scheduler = BackgroundScheduler(timezone="UTC")
    apart = {} if config is None else {"exports.work": partial(_make_packs_apart, config)}
    for name, seconds, here in JOBS:
        job = apart.get(name, here)
        scheduler.add_job(run, "interval", seconds=seconds, args=[name, job], id=name, coalesce=True, max_instances=1)
    scheduler.start()
    return scheduler


def _make_packs_apart(config: Config, now: datetime) -> None:
    """Let `isms export asked` make the packs that wait: they need memory, and a pack must not slow the pages."""
    if not exports.is_due():
        return
    db.close()
    command = [sys.executable, "-m", "isms.cli", "export", "asked"]
    done = subprocess.run(command, cwd=ROOT, env=config.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        log.error("job failed", job="exports.work", error=done.stderr.strip()[-300:])


def run(name: str, job: Callable[[datetime], None]) -> None:
    """Do one job now; a failure is logged and tried again at the next tick."""
    try:
        with db.connection_context():
            job(clock.now())
    except Exception as error:
        log.error("job failed", job=name, error=type(error).__name__, exc_info=error)
