"""The main menu: each room puts its pages in; a person sees those that they may open."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flask import g, request, url_for

from isms.core.permissions import Actor, Permission


@dataclass(frozen=True)
class NavItem:
    """One entry of the main menu, shown to whoever has its permission; an `aside` one stands in the fold at the end."""

    label: Any
    endpoint: str
    permission: Permission
    order: int
    count: Callable[[], int] | None = None
    primary: bool = False
    shown: Callable[[], bool] | None = None
    aside: bool = False


def nav_items(entries: Iterable[NavItem]) -> list[dict[str, Any]]:
    """Give the main menu of the person: label, href, current, count, primary, aside."""
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
            "aside": item.aside,
        }
        for item in entries
        if actor.has(item.permission) and (item.shown is None or item.shown())
    ]
    here = [item for item in items if f"{request.path}/".startswith(f"{item['href']}/")]
    if here:  # a page below an entry belongs to it; the longest address is the nearest
        max(here, key=lambda item: len(item["href"]))["current"] = True
    return items
