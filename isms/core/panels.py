"""Parts that a room lays on a page of a room below it, which knows nothing of them.

A page offers a place, `{{ page.panels("person", person) }}`; what stands higher says what to show there for that thing.
Places: person (Person), finding (Finding), control (edition id, key, day), board (today; sections under it), board_side
(today; lists beside its map).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import g

from isms.core.permissions import Permission


@dataclass(frozen=True)
class Panel:
    """What to draw at a place: for whom, in which order, and where its figures come from (None: nothing to show)."""

    template: str
    permission: Permission
    order: int
    make: Callable[[Any], dict[str, Any] | None]


class Part(NamedTuple):
    """A panel with its figures; its template reads them as `given`."""

    template: str
    given: dict[str, Any]


def panels(laid: Mapping[str, Iterable[Panel]], place: str, thing: Any = None) -> list[Part]:
    """Give what higher rooms show at a place of the page for a thing, to whoever may see it."""
    mine = [panel for panel in laid.get(place, ()) if g.actor is not None and g.actor.has(panel.permission)]
    made = [(panel.template, panel.make(thing)) for panel in mine]
    return [Part(template, given) for template, given in made if given is not None]
