"""Mappings between editions: which requirement became which, or which speaks of the same."""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property


class Relation(StrEnum):
    """What a mapping says: the new edition took the place of the old one, or the two only speak of the same."""

    SUCCESSION = "succession"
    REFERENCE = "reference"


@dataclass(frozen=True)
class Mapping:
    """Pairs of keys, old edition to new edition, in the order of the file."""

    old: str
    new: str
    relation: Relation
    pairs: tuple[tuple[str, str], ...]

    @cached_property
    def forward(self) -> Dict[str, tuple[str, ...]]:
        """Give the new keys by the old one."""
        return _gathered(self.pairs)

    @cached_property
    def backward(self) -> Dict[str, tuple[str, ...]]:
        """Give the old keys by the new one."""
        return _gathered((new, old) for old, new in self.pairs)


def _gathered(pairs: Iterable[tuple[str, str]]) -> Dict[str, tuple[str, ...]]:
    """Collect the second of each pair under the first."""
    found: dict[str, list[str]] = defaultdict(list)
    for one, other in pairs:
        found[one].append(other)
    return {one: tuple(others) for one, others in found.items()}
