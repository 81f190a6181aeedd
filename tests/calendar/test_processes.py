"""Several runners, killed at random moments: nothing is lost, nothing done twice. `make faults` does it with 1,000."""

import pytest

from config import Config
from tests.calendar import killing


@pytest.mark.parametrize("engine", ["postgresql"])
def test_four_runners_killed_over_150_occurrences(db, config: Config) -> None:
    told = killing.run(config, 10, 15, longest=0.3, rounds=1)
    assert told.wrong == []
    assert told.kills, "they were done before they were killed: nothing was tried"
