"""An example federation, 架空県国民健康保険団体連合会, built by the real rules under a moving clock. All of it is invented."""

import shutil
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from config import Config
from isms import load_rooms, open_house
from isms.core import clock, schema
from isms.core.database import SQLITE_FILE, db, unsynced
from isms.core.durable import sync_folder
from isms.core.occupancy import alone
from isms.core.words import gettext, speaking
from isms.demo import controls, daily, engagements, evidence, findings, measures, people, rounds, visits
from isms.demo.story import Story
from isms.people.models import Person


def build(config: Config) -> None:
    """Build the federation unless the installation has people already.

    It is built aside and moved to its place at the end, so that an interrupted build is begun anew; on PostgreSQL,
    which cannot be moved, an interrupted one has to be dropped by hand.
    """
    if _stands(config):
        return
    print(gettext("架空の連合会を作っています…"), file=sys.stderr, flush=True)
    with alone(config.data):
        aside = config.data.with_name(f"{config.data.name}.building")
        shutil.rmtree(aside, ignore_errors=True)
        if config.database_url:
            _build(config)
            return
        _build(replace(config, data=aside))
        _move(aside, config.data)


def _stands(config: Config) -> bool:
    """Tell whether the installation has people."""
    if not config.database_url and not (config.data / SQLITE_FILE).exists():
        return False
    open_house(config)
    try:
        return not schema.is_empty() and Person.select().exists()
    finally:
        db.close()


def _build(config: Config) -> None:
    open_house(config)
    load_rooms()
    schema.migrate()
    try:
        with unsynced():
            tell(Story(clock.now() - timedelta(minutes=1)))
    finally:
        db.close()


def tell(story: Story) -> None:
    """Let everything happen that the rooms of the demo know of."""
    with speaking("ja"), clock.moved(story.now):
        cast = people.settle(story)
        for room in (people, controls, evidence, findings, measures, rounds, visits, daily, engagements):
            room.tell(story, cast)
        story.run()


def _move(aside: Path, place: Path) -> None:
    """Move what was built to its place. The database comes last: with it the installation stands."""
    for rest in ("-wal", "-shm"):
        (place / f"{SQLITE_FILE}{rest}").unlink(missing_ok=True)
    for file in sorted(aside.rglob("*"), key=lambda one: one.name == SQLITE_FILE):
        if file.is_file():
            target = place / file.relative_to(aside)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.replace(target)
    sync_folder(place)
    shutil.rmtree(aside)
