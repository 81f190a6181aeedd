"""Signing in tells nobody who exists: the same bytes, and times that cannot be told apart (attack 12)."""

import math
import random
import re
import time
from datetime import date
from itertools import combinations

import pytest
from flask import Flask

from tests.browserlike import Browserlike
from tests.factories import person

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])
ROUNDS = 14
VARIES = re.compile(rb'name="(csrf_token|form_key)"[^>]*|\b[0-9a-f]{16}\b')


def likelihood(one: list[float], other: list[float]) -> float:
    """Give how likely two samples are drawn from the same source: Mann-Whitney, two-sided, by the normal curve."""
    ranked = sorted([(value, 0) for value in one] + [(value, 1) for value in other])
    ranks = sum(place for place, (_, source) in enumerate(ranked, 1) if source == 0)
    n, m = len(one), len(other)
    mean, spread = n * m / 2, math.sqrt(n * m * (n + m + 1) / 12)
    z = (ranks - n * (n + 1) / 2 - mean) / spread
    return math.erfc(abs(z) / math.sqrt(2))


def test_attack_12_nobody_can_tell_who_exists(house: Flask) -> None:
    """Time is that of the processor in this thread, so that other work on the machine does not count."""
    left, bare = date(2026, 11, 17), None
    kinds = {
        "known": [person().number for _ in range(ROUNDS)],
        "unknown": [f"N{number}" for number in range(ROUNDS)],
        "left": [person(to_day=left).number for _ in range(ROUNDS)],
        "no password": [person(password=bare).number for _ in range(ROUNDS)],
    }
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    bodies: set[tuple[int, bytes]] = set()
    for number in range(ROUNDS):
        for kind in random.sample(list(kinds), len(kinds)):
            name = kinds[kind][number]
            browser = Browserlike(house, address=f"198.51.100.{number * 4 + len(bodies)}")
            page = browser.get("/sign-in")
            began = time.thread_time()
            answer = page.submit("password", name=name, password="ちがう合言葉", status=422)
            times[kind].append(time.thread_time() - began)
            bodies.add((answer.status, VARIES.sub(b"", answer.body).replace(name.encode(), b"")))
    assert len(bodies) == 1
    for one, other in combinations(times, 2):
        assert likelihood(times[one][1:], times[other][1:]) > 0.0005, (one, other, times)


def test_attack_12_a_difference_is_seen(engine: str) -> None:
    chance = random.Random(12)
    same = [chance.gauss(70, 2) for _ in range(ROUNDS)]
    slower = [chance.gauss(75, 2) for _ in range(ROUNDS)]
    assert likelihood(same, [chance.gauss(70, 2) for _ in range(ROUNDS)]) > 0.05
    assert likelihood(same, slower) < 0.0005
