"""Figures that stand beside an item while somebody answers it, such as the rate of daily checks of the department.

Rooms above offer theirs at import; an item names one.
"""

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

Figure = Callable[[int, date], str | None]


class Offer(NamedTuple):
    """What a room offers: how it is called, and the figure of a department on a day (None: there is none)."""

    label: Any
    figure: Figure


OFFERS: dict[str, Offer] = {}


def offer(name: str, label: Any, figure: Figure) -> None:
    """Offer a figure under a name that items can choose."""
    OFFERS[name] = Offer(label, figure)


def figure(name: str, department_id: int, day: date) -> str | None:
    """Give the figure of the department on the day, in words; None where there is none."""
    known = OFFERS.get(name)
    return None if known is None else known.figure(department_id, day)


def label(name: str) -> str:
    """Give what the figure is called; nothing for none."""
    return str(OFFERS[name].label) if name in OFFERS else ""
