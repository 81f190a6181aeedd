"""The runner: wakes up, and lets each room do what is due. It only ticks; what is due is in the tables."""

from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler

from isms.core import clock
from isms.core.database import db
from isms.core.logs import log
from isms.evidence import jobs as evidence
from isms.exports import jobs as exports
from isms.people import jobs as people

# name, seconds between two ticks, what to do at a moment
JOBS: list[tuple[str, int, Callable[[datetime], None]]] = [
    ("people.sweep", 3600, people.sweep),
    ("evidence.nightly", 1800, evidence.nightly),
    ("exports.work", 2, exports.work),
    ("exports.sweep", 3600, exports.sweep),
]


def start() -> BackgroundScheduler:
    """Start ticking in this process; the caller shuts it down."""
    scheduler = BackgroundScheduler(timezone="UTC")
    for name, seconds, job in JOBS:
        scheduler.add_job(run, "interval", seconds=seconds, args=[name, job], id=name, coalesce=True, max_instances=1)
    scheduler.start()
    return scheduler


def run(name: str, job: Callable[[datetime], None]) -> None:
    """Do one job now; a failure is logged and tried again at the next tick."""
    try:
        with db.connection_context():
            job(clock.now())
    except Exception as error:
        log.error("job failed", job=name, error=type(error).__name__, exc_info=error)
