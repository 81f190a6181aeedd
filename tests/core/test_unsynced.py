"""Writing without waiting for the disk ends with everything on it."""

from typing import Any

from config import Config
from isms.core.database import SQLITE_FILE, FormKey, unsynced
from tests.factories import NOW

QUESTIONS = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
QUICK = {"sqlite": 0, "postgresql": "off"}


def test_the_database_is_quick_inside_and_as_before_afterwards(db: Any, engine: str, config: Config) -> None:
    def asked() -> Any:
        return db.execute_sql(QUESTIONS[engine]).fetchone()[0]

    before = asked()
    with unsynced():
        assert asked() == QUICK[engine]
        FormKey.create(key="架空", used_at=NOW)
    assert asked() == before
    if engine == "sqlite":
        assert (config.data / f"{SQLITE_FILE}-wal").stat().st_size == 0
