"""Runners that are killed: four at a time open what waits, each dies at a random moment, until nothing waits."""

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from config import ROOT, Config
from isms.calendar.models import Occurrence, Opening, Schedule
from isms.calendar.opening import waiting
from isms.findings.models import Finding
from isms.trail import verify
from isms.trail.models import TrailEntry
from tests.calendar.rounds import FIRST, days, noon, schedule

RUNNERS = 4


@dataclass
class Told:
    """What happened: how many times runners were started and killed, and what did not hold."""

    rounds: int
    kills: int
    wrong: list[str]


def run(config: Config, schedules: int, number: int, *, longest: float, rounds: int) -> Told:
    """Let runners of the open database open `number` days of so many daily schedules; lives end within `longest` seconds.

    In the last of the rounds one runner is spared, and ends when nothing waits.
    """
    for which in range(schedules):
        schedule("毎日", title=f"架空の作業 {which}")
    last = FIRST + timedelta(days=number - 1)
    kills = done = 0
    while waiting(last) and done < rounds:
        done += 1
        kills += _round(config, last, longest, spare=done == rounds)
    return Told(done, kills, list(problems(schedules, number)))


def _round(config: Config, day: date, longest: float, *, spare: bool) -> int:
    """Start the runners together and kill each at a random moment, but a spared one; gives how many were at work."""
    started = [_start(config, day) for _ in range(RUNNERS)]
    try:
        for one in started:
            assert one.stdout and one.stdout.readline() == "READY\n", one.communicate(timeout=5)[1]
        for one in started:
            assert one.stdin
            one.stdin.write("\n")
            one.stdin.flush()
        began = time.monotonic()
        kills = 0
        for one in started[spare:]:
            moment = random.uniform(0, longest)
            time.sleep(max(0, began + moment - time.monotonic()))
            kills += one.poll() is None
            one.kill()
        if spare:
            started[0].wait(timeout=120)
        return kills
    finally:
        for one in started:
            one.kill()
            _, said = one.communicate(timeout=10)
            assert not said, said


def _start(config: Config, day: date) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "tests.calendar.opener", noon(day).isoformat()]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, env=config.environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def problems(schedules: int, number: int) -> Iterator[str]:
    """Give what is lost, what is there twice, what is out of order, and what the trail says of itself."""
    wanted = {(one.id, day) for one in Schedule.select() for day in days(FIRST, number)}
    query = Opening.select(Occurrence.schedule, Occurrence.nominal).join(Occurrence).order_by(Opening.id)
    opened = [(which, nominal) for which, nominal in query.tuples()]
    counts = Counter(opened)
    if len(wanted) != schedules * number:
        yield f"{len(wanted)} wanted"
    yield from (f"lost: {one}" for one in sorted(wanted - set(opened)))
    yield from (f"opened {times} times: {one}" for one, times in counts.items() if times != 1)
    if opened != sorted(opened, key=lambda one: (one[1], one[0])):
        yield "out of order"
    left = Counter(title for (title,) in Finding.select(Finding.title).tuples())
    if left != Counter({f"{which} {nominal}": 1 for which, nominal in wanted}):
        yield f"what opening did was done {left.total()} times, for {len(left)}"
    told = TrailEntry.select().where(TrailEntry.verb == "occurrence.opened").count()
    if told != len(wanted):
        yield f"the trail tells of {told}"
    yield from (str(damage) for damage in verify.verify())
