"""An example federation, 架空県国民健康保険団体連合会, built by the real rules under a moving clock. All of it is invented."""

import sys
from datetime import UTC, datetime

from config import Config
from isms import load_rooms, open_house
from isms.core import clock, schema
from isms.core.words import gettext, speaking
from isms.demo import people
from isms.people.models import Person

BEGINS = datetime(2021, 4, 1, 0, 30, tzinfo=UTC)


def build(config: Config) -> None:
    """Build the federation unless the installation has people already."""
    open_house(config)
    load_rooms()
    schema.migrate()
    if Person.select().exists():
        return
    print(gettext("架空の連合会を作っています…"), file=sys.stderr, flush=True)
    moments = Moments(BEGINS)
    with speaking("ja"), clock.moved(moments.now):
        people.settle(moments)


class Moments:
    """The demo's own time: it only goes forward, by the builder's word."""

    def __init__(self, begin: datetime) -> None:
        self._now = begin

    def now(self) -> datetime:
        """Give the moment in the demo's time."""
        return self._now

    def move_to(self, moment: datetime) -> datetime:
        """Go forward to the moment; an earlier one is passed over."""
        self._now = max(self._now, moment)
        return self._now
