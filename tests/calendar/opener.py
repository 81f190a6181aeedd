"""A runner's process: `python -m tests.calendar.opener MOMENT`, set up by the environment. It may be killed at any moment.

It says READY, waits for a line so that several begin at once, and ticks until nothing waits. Opening leaves a finding, so
that what an opening does can be counted too.
"""

import sys
from datetime import datetime

from config import Config
from isms import runner
from isms.calendar import jobs, kinds, words
from isms.calendar.models import Occurrence
from isms.calendar.opening import waiting
from isms.core import clock, logs, settings
from isms.core.database import open_database
from isms.core.permissions import SYSTEM
from isms.findings import rules as findings


def leave_finding(occurrence: Occurrence, now: datetime) -> None:
    """Open a finding named for the occurrence."""
    title = f"{occurrence.schedule_id} {occurrence.nominal}"
    day = settings.today(now)
    findings.open_finding(grade="observation", title=title, controls=(), opened_on=day, by=SYSTEM, now=now)


def main(moment: datetime) -> None:
    """Tick."""
    logs.configure("ERROR")
    config = Config.from_environment()
    open_database(config.database_url, config.data)
    assert words.PDCA  # the verbs of the trail are known
    kinds.KINDS["task"] = kinds.Kind("task", "task", leave_finding, own=True)
    print("READY", flush=True)
    sys.stdin.readline()
    with clock.moved(lambda: moment):
        while waiting(settings.today(moment)):
            runner.run("calendar.open_due", jobs.open_due)


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]))
