"""The main menu: each room puts its pages in; a person sees those that they may open.

What is seldom used stands `aside`: in a fold at the end, where everything has no room on one line.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for

from isms.core.permissions import Actor, Permission

WIDE, PHONE = 7, 4  # entries that find room on one line beside the name, and on one line of 360 px


@dataclass(frozen=True)
class NavItem:
    """One entry of the main menu, shown to whoever has its permission; what is `aside` may be asked at each page."""

    label: Any
    endpoint: str
    permission: Permission
    order: int
    count: Callable[[], int] | None = None
    primary: bool = False
    shown: Callable[[], bool] | None = None
    aside: bool | Callable[[], bool] = False


def nav_items(entries: Iterable[NavItem]) -> list[dict[str, Any]]:
    """Give the main menu of the person: label, href, current, count, primary, and aside: the fold it stands in.

    The fold is "always" there, on a "phone" only, or empty for an entry on the line.
    """
    actor: Actor | None = g.get("actor")
    if actor is None:
        return []
    items = [
        {
            "label": item.label,
            "href": url_for(item.endpoint),
            "current": False,
            "count": item.count() if item.count else None,
            "primary": item.primary,
            "aside": item.aside() if callable(item.aside) else item.aside,
        }
        for item in entries
        if actor.has(item.permission) and (item.shown is None or item.shown())
    ]
    number = sum(not item["primary"] for item in items)
    fold = "always" if number > WIDE else "phone" if number > PHONE else ""
    for item in items:
        item["aside"] = fold if item["aside"] else ""
    here = [item for item in items if f"{request.path}/".startswith(f"{item['href']}/")]
    if here:  # a page below an entry belongs to it; the longest address is the nearest
        max(here, key=lambda item: len(item["href"]))["current"] = True
    return items
