"""Editions of standards and their requirements: what a control or a clause is called, and how its number sorts."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from isms.core.errors import NotFound
from isms.core.words import gettext, locale


class Kind(StrEnum):
    """What a row of an edition is; a heading only groups what stands below it."""

    CONTROL = "control"
    CLAUSE = "clause"
    OUTCOME = "outcome"
    HEADING = "heading"


@dataclass(frozen=True)
class Label:
    """Words in both languages; as text, those of the language being spoken, else those that there are."""

    ja: str
    en: str

    def __str__(self) -> str:
        return (self.ja or self.en) if locale() == "ja" else (self.en or self.ja)


@dataclass(frozen=True)
class Attribute:
    """An attribute of controls and the values that it may take."""

    label: Label
    values: Mapping[str, Label]


@dataclass(frozen=True)
class Requirement:
    """A control, a clause, an outcome or a heading of one edition.

    `id` is the number as printed (5.1); it may stand for a control and for a clause.
    `key` is unique within the edition (A.5.1 the control, 5.1 the clause): it goes into the database, links and URLs.
    `provisional`: the Japanese wording is not confirmed.
    """

    edition: str
    id: str
    key: str
    kind: Kind
    title: Label
    provisional: bool = False
    theme: str = ""
    is_new: bool = False
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    documented_information: Label | None = None
    text_en: str = ""

    @property
    def title_ja(self) -> str:
        return self.title.ja

    @property
    def title_en(self) -> str:
        return self.title.en

    @property
    def spelled(self) -> str:
        """Give the number so that nobody takes a clause for a control; `numbers.read_all` understands it."""
        if self.kind in (Kind.CLAUSE, Kind.HEADING) and self.key == self.id:
            return gettext("箇条%(number)s", number=self.id)
        return self.key

    @cached_property
    def order(self) -> tuple[object, ...]:
        """Sort by kind, then as people count (5.2 before 5.10)."""
        return (list(Kind).index(self.kind), natural(self.id))


@dataclass(frozen=True, eq=False)
class Edition:
    """An edition of a standard; `rows` are its requirements and headings in their order."""

    id: str
    standard: str
    name: str
    year: int
    published: date
    title: Label
    jis: str = ""
    themes: Mapping[str, Label] = field(default_factory=dict)
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    rows: tuple[Requirement, ...] = ()

    @cached_property
    def by_key(self) -> Mapping[str, Requirement]:
        """Give every row by its key."""
        return {row.key: row for row in self.rows}

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """Give what can be proven: every row but the headings."""
        return tuple(row for row in self.rows if row.kind is not Kind.HEADING)

    def of_kind(self, kind: Kind) -> tuple[Requirement, ...]:
        """Give the rows of one kind."""
        return tuple(row for row in self.rows if row.kind is kind)

    def find(self, key: str) -> Requirement | None:
        """Give the row of this key, if there is one."""
        return self.by_key.get(key)

    def get(self, key: str) -> Requirement:
        """Give the row of this key; NotFound without one."""
        if row := self.find(key):
            return row
        raise NotFound(gettext("%(edition)s に %(number)s はありません。", edition=self.name, number=key))

    def below(self, heading: Requirement) -> tuple[Requirement, ...]:
        """Give the requirements that a heading groups (9.3: 9.3.1, 9.3.2, 9.3.3)."""
        return tuple(row for row in self.requirements if _is_above(heading.key, row.key))

    def above(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """Give the headings over a requirement, the nearest last."""
        return tuple(row for row in self.of_kind(Kind.HEADING) if _is_above(row.key, requirement.key))

    def adapted(self, titles: Mapping[str, Label], own: Iterable[Requirement] = ()) -> "Edition":
        """Give the edition with an organisation's corrected titles (by key) and its own requirements."""
        corrected = (
            replace(row, title=titles[row.key], provisional=False) if row.key in titles else row for row in self.rows
        )
        return replace(self, rows=in_order((*corrected, *own)))


def natural(number: str) -> tuple[tuple[int, int, str], ...]:
    """Give the key that sorts numbers as people count: 5.2 < 5.10, A.5.1.1 < A.18.1.1."""
    parts = re.findall(r"[0-9]+|[^0-9]+", number)
    return tuple((0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts)


def in_order(rows: Iterable[Requirement]) -> tuple[Requirement, ...]:
    """Sort rows by kind and number."""
    return tuple(sorted(rows, key=lambda row: row.order))


def _is_above(heading: str, key: str) -> bool:
    """Tell whether the number of a heading begins the other number (9.3 and 9.3.1, GV.OC and GV.OC-01)."""
    return key.startswith((f"{heading}.", f"{heading}-"))
