"""What every test stands on: an empty installation on either engine, the house over it, a browser in front.

def test_a_rule(db): ...        an empty migrated database, once on each engine
def test_a_page(browser): ...   the house over such a database; `house` is the Flask app
@pytest.mark.parametrize("engine", ["sqlite"]) keeps a test to one engine.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

pytest.register_assert_rewrite("tests.browserlike")

from config import Config  # noqa: E402  the rewrite must be known before what it is for is imported
from isms import create_app  # noqa: E402
from isms.catalogue import rules as catalogue_rules  # noqa: E402
from isms.catalogue import standards  # noqa: E402
from isms.core import blobs, clock, logs, words  # noqa: E402
from isms.core import database as core_database  # noqa: E402
from tests.browserlike import Browserlike  # noqa: E402
from tests.engines import ENGINES, Engine, NewInstallation, Postgresql, Sqlite, fast_folder, opened  # noqa: E402


@pytest.fixture(scope="session")
def sqlite() -> Iterator[Sqlite]:
    """Keep a migrated SQLite file to copy."""
    engine = Sqlite()
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def postgresql(testrun_uid: str, worker_id: str) -> Iterator[Postgresql]:
    """Run PostgreSQL and keep a migrated database to copy."""
    engine = Postgresql(testrun_uid, worker_id)
    yield engine
    engine.close()


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Name the engine: every test that asks runs on both."""
    return str(request.param)


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """Give an empty folder on the fastest disk, gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="isms-data-", dir=fast_folder()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def new_installation(data_folder: Path, request: pytest.FixtureRequest) -> Iterator[NewInstallation]:
    """Give a maker of installations: `new_installation("postgresql", migrated=False, threads=2)` gives its Config."""
    made: list[tuple[Engine, str]] = []

    def make(engine: str, *, migrated: bool = True, **settings: Any) -> Config:
        maker: Engine = request.getfixturevalue(engine)
        data = settings.pop("data", data_folder / str(len(made)))
        data.mkdir(mode=0o700, exist_ok=True)
        url = maker.fresh(data, migrated=migrated)
        made.append((maker, url))
        return Config(data=data, database_url=url, **settings)

    yield make
    for maker, url in made:
        maker.drop(url)


@pytest.fixture
def config(engine: str, new_installation: NewInstallation) -> Config:
    """Give the settings of an empty, migrated installation."""
    return new_installation(engine)


standards_of = cache(standards.load)  # they never change while tests run


@pytest.fixture
def db(config: Config) -> Iterator[Any]:
    """Open an empty, migrated database."""
    clock.forget()
    catalogue_rules.use(standards_of(config.controls))
    blobs.use(config.data)
    with opened(config.database_url, config.data), words.speaking("ja"):
        yield core_database.db


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Keep the compiled templates of the run: every test has an app of its own, whose pages are the same."""
    folder = tmp_path_factory.getbasetemp() / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture
def house(config: Config, compiled: FileSystemBytecodeCache) -> Iterator[Flask]:
    """Give the app over an empty, migrated database, which is open in this thread."""
    with words.speaking("ja"):
        with patch.object(standards, "load", standards_of):
            app = create_app(config)
        app.jinja_env.bytecode_cache = compiled
        yield app
    core_database.db.close()
    clock.forget()


@pytest.fixture
def browser(house: Flask) -> Browserlike:
    """Give a browser that has never been here; `Browserlike(house)` is another one."""
    return Browserlike(house)


@pytest.fixture(scope="session", autouse=True)
def _only_these_settings() -> None:
    """Keep the settings of whoever runs the tests out of them."""
    from config import SETTINGS

    for name, _ in SETTINGS.values():
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def _logs_as_when_serving() -> None:
    """Log as the server does: a command that ran in this process before may have set another level."""
    logs.configure("INFO")
