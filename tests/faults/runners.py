"""On PostgreSQL, four runners are killed at random moments until 1,000 occurrences have opened."""

import os
from pathlib import Path

from config import Config
from isms import load_rooms, open_house
from isms.core.database import db
from tests.calendar import killing
from tests.engines import Postgresql

SCHEDULES, DAYS = 20, 50


def runners(folder: Path) -> list[str]:
    """Kill and start again until nothing waits; give what did not hold."""
    engine = Postgresql(f"faults{os.getpid()}", "faults")
    try:
        data = folder / "data"
        data.mkdir()
        config = Config(data=data, database_url=engine.fresh(data))
        open_house(config)
        load_rooms()
        told = killing.run(config, SCHEDULES, DAYS, longest=1.0, rounds=60)
        print(f"runners: {told.kills} kills, {SCHEDULES * DAYS} occurrences, {len(told.wrong)} problems")
        return told.wrong if told.kills else [*told.wrong, "no runner was killed: nothing was tried"]
    finally:
        db.close()
        engine.close()
