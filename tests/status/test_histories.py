"""The state of any day equals a second computation from the exported trail alone; later entries do not change the past."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from isms.catalogue import rules as catalogue
from isms.catalogue.editions import Kind
from isms.core import blobs, clock, settings, words
from isms.core.database import SQLITE_FILE
from isms.evidence.models import Evidence
from isms.exports import naive_status
from isms.status import rules
from isms.status.compute import State
from isms.trail.stored import export
from tests.conftest import standards_of
from tests.engines import NewInstallation, opened
from tests.status.histories import BEGIN, STEPS, History, people

States = dict[tuple[str, str], tuple[str, list[str]]]
KNOWN = ("then", "now")
EXAMPLES = {"sqlite": 500, "postgresql": 30}
ASKED = st.lists(st.tuples(st.integers(0, 400), st.sampled_from(KNOWN)), min_size=3, max_size=6)


class House:
    """An installation with two people, copied for each history."""

    def __init__(self, engine: str, new_installation: NewInstallation, request: pytest.FixtureRequest) -> None:
        self.engine, self.make, self.request = engine, new_installation, request
        self.config = new_installation(engine)
        catalogue.use(standards_of(self.config.controls))
        if engine == "sqlite":
            with opened("", self.config.data):
                self.people = people()
            shutil.copyfile(self.config.data / SQLITE_FILE, self.config.data / "begin")

    @contextmanager
    def history(self) -> Iterator[History]:
        """Open an installation in which nothing has happened yet."""
        clock.forget()
        config = self.config if self.engine == "sqlite" else self.make(self.engine)
        blobs.use(config.data)
        shutil.rmtree(config.data / blobs.FOLDER, ignore_errors=True)
        if self.engine == "sqlite":
            for name in (f"{SQLITE_FILE}-wal", f"{SQLITE_FILE}-shm"):
                (config.data / name).unlink(missing_ok=True)
            shutil.copyfile(config.data / "begin", config.data / SQLITE_FILE)
        with opened(config.database_url, config.data), words.speaking("ja"):
            yield History(*(self.people if self.engine == "sqlite" else people()))


@pytest.fixture
def installation(engine: str, new_installation: NewInstallation, request: pytest.FixtureRequest) -> House:
    return House(engine, new_installation, request)


def shipped(data: Path) -> dict[str, dict[str, tuple[str, str]]]:
    """Give the catalogue as the second computation wants it."""
    editions = standards_of(data).editions_of(catalogue.STANDARD)
    return {
        edition.id: {row.key: (row.id, row.kind.value) for row in edition.rows if row.kind is not Kind.HEADING}
        for edition in editions
    }


def told(day: date, known: Any, history: History) -> States:
    """Give what the application says."""
    report = rules.states(day, known, now=history.now)
    return {
        (one.requirement.id, one.requirement.kind.value): (one.state.value, one.reasons) for one in report.requirements
    }


def interesting(history: History) -> list[date]:
    """Give the days on which something may change, and those beside them."""
    days = {history.today, BEGIN.date()}
    for row in Evidence.select():
        local = settings.today(row.recorded_at)
        for day in (row.collected_on, row.valid_until, row.valid_until - timedelta(days=30), local):
            days |= {day - timedelta(days=1), day, day + timedelta(days=1)}
    span = (history.today - BEGIN.date()).days
    days |= {BEGIN.date() + timedelta(days=number) for number in range(0, span, 7)}
    return sorted(day for day in days if day <= history.today)


def differing(found: States, expected: States) -> dict[Any, Any]:
    """Give what is not the same in both."""
    keys = found.keys() | expected.keys()
    return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


def runs(examples: int) -> Any:
    phases = [Phase.explicit, Phase.generate, Phase.shrink]
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return with_settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=checks,
        derandomize=True,  # the same histories each time: that they come to every state must not be a matter of luck
    )


def test_the_state_follows_from_the_trail(installation: House) -> None:
    standards = shipped(installation.config.controls)
    seen: Counter[str] = Counter()

    @runs(EXAMPLES[installation.engine])
    @given(steps=STEPS, asked=ASKED)
    def property_holds(steps: Any, asked: Any) -> None:
        with installation.history() as history:
            for step in steps:
                history.do(step)
            lines = [json.loads(line) for line in export()]
            days = interesting(history)
            for number, known in asked:
                day = days[-1 - number % len(days)]
                expected = naive_status.states(lines, standards, day, known, settings.zone(), 30)
                found = told(day, known, history)
                assert differing(found, expected) == {}, f"on {day}, known {known}"
                seen.update(word for state, why in found.values() for word in (state, *why))

    property_holds()
    if installation.engine != "sqlite":
        return  # too few histories to come to everything
    wanted = {*(state.value for state in State), "waiting", "expired", "damaged", "missing"}
    assert set(seen) == wanted, f"the histories never came to {wanted - set(seen)}"


def test_what_was_known_then_does_not_change(installation: House) -> None:
    """Attack 51: whatever is dated back later, the view of a day that is over, as known then, stays as it was."""

    @runs(EXAMPLES[installation.engine] // 5)
    @given(before=STEPS, after=STEPS)
    def property_holds(before: Any, after: Any) -> None:
        with installation.history() as history:
            for step in before:
                history.do(step)
            days = [day for day in interesting(history) if day < history.today]
            days = days[-3:] + days[:: max(1, len(days) // 6)]
            then = {day: told(day, "then", history) for day in days}
            for step in after:
                history.do(step)
            for day in days:
                assert differing(told(day, "then", history), then[day]) == {}, f"the view of {day} changed"

    property_holds()
