"""The standards as data, read once at the start: editions, their requirements, and how they lead to each other."""

from collections.abc import Collection, Iterable
from collections.abc import Mapping as Dict
from dataclasses import dataclass, replace
from pathlib import Path

from isms.catalogue.datafile import BrokenStandard
from isms.catalogue.editions import Edition, Kind, Label, Requirement, in_order, natural
from isms.catalogue.mappings import Mapping, Relation
from isms.catalogue.reading import read_edition, read_mapping
from isms.core.errors import NotFound
from isms.core.words import gettext, lazy_gettext

__all__ = [
    "BrokenStandard",
    "Edition",
    "Kind",
    "Label",
    "Mapping",
    "Relation",
    "Requirement",
    "Standards",
    "load",
    "natural",
]


@dataclass(frozen=True, eq=False)
class Standards:
    """All editions by id, and all mappings between them."""

    editions: Dict[str, Edition]
    mappings: tuple[Mapping, ...]

    def edition(self, edition_id: str) -> Edition:
        """Give the edition; NotFound without one."""
        if edition_id not in self.editions:
            raise NotFound(gettext("規格の版 %(id)s はありません。", id=edition_id))
        return self.editions[edition_id]

    def requirements(self, edition_id: str) -> tuple[Requirement, ...]:
        """Give what the edition asks for, controls first, in order of number; no headings."""
        return self.edition(edition_id).requirements

    def editions_of(self, standard: str) -> tuple[Edition, ...]:
        """Give the editions of one standard, oldest first."""
        found = [edition for edition in self.editions.values() if edition.standard == standard]
        return tuple(sorted(found, key=lambda edition: edition.published))

    def mapping(self, old: str, new: str) -> Mapping:
        """Give the mapping between two editions; NotFound without one."""
        for mapping in self.mappings:
            if (mapping.old, mapping.new) == (old, new):
                return mapping
        raise NotFound(gettext("%(old)s から %(new)s への対応表はありません。", old=old, new=new))

    def successors(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """Give what the requirement became in the next edition."""
        return self._others(requirement.edition, [requirement.key], Relation.SUCCESSION, ahead=True)

    def predecessors(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """Give what the requirement was in the edition before."""
        return self._others(requirement.edition, [requirement.key], Relation.SUCCESSION, ahead=False)

    def references(self, requirement: Requirement) -> tuple[Requirement, ...]:
        """Give what other standards say on the same (NIST CSF), also on the headings above the requirement."""
        above = self.edition(requirement.edition).above(requirement)
        keys = [requirement.key, *(heading.key for heading in above)]
        behind = self._others(requirement.edition, keys, Relation.REFERENCE, ahead=False)
        return behind + self._others(requirement.edition, keys, Relation.REFERENCE, ahead=True)

    def merged(self, edition_id: str, kind: Kind = Kind.CONTROL) -> tuple[Requirement, ...]:
        """Give what took the place of several requirements of the edition before."""
        return tuple(row for row in self.edition(edition_id).of_kind(kind) if len(self.predecessors(row)) > 1)

    def new(self, edition_id: str, kind: Kind = Kind.CONTROL) -> tuple[Requirement, ...]:
        """Give what the edition before did not have."""
        return tuple(row for row in self.edition(edition_id).of_kind(kind) if row.is_new)

    def split(self, edition_id: str, kind: Kind = Kind.CONTROL) -> tuple[Requirement, ...]:
        """Give what became several requirements of the next edition."""
        return tuple(row for row in self.edition(edition_id).of_kind(kind) if len(self.successors(row)) > 1)

    def _others(
        self, edition_id: str, keys: Collection[str], relation: Relation, *, ahead: bool
    ) -> tuple[Requirement, ...]:
        """Follow the mappings of one relation from these keys, forward or back."""
        found: dict[Requirement, None] = {}
        for mapping in self.mappings:
            if mapping.relation is not relation or edition_id != (mapping.old if ahead else mapping.new):
                continue
            side, other = (mapping.forward, mapping.new) if ahead else (mapping.backward, mapping.old)
            found |= {self.editions[other].by_key[one]: None for key in keys for one in side.get(key, ())}
        return in_order(found)


def load(folder: Path) -> Standards:
    """Read `folder` (editions) and `folder/mappings`; what breaks a rule raises BrokenStandard with file and line."""
    editions = {path.stem: read_edition(path) for path in _files(folder)}
    if not editions:
        raise BrokenStandard(folder, 0, lazy_gettext("規格の版が一つもありません。"))
    mappings = tuple(read_mapping(path, editions) for path in _files(folder / "mappings"))
    _check_cycles(folder, mappings)
    return Standards({one: _marked(edition, mappings) for one, edition in editions.items()}, mappings)


def _files(folder: Path) -> list[Path]:
    """Give the data files of a folder, in order of name."""
    files = folder.iterdir() if folder.is_dir() else ()
    return sorted(path for path in files if path.suffix.lower() == ".csv" and not path.name.startswith("."))


def _check_cycles(folder: Path, mappings: Iterable[Mapping]) -> None:
    """Refuse mappings that lead from an edition back to itself."""
    ahead: dict[str, set[str]] = {}
    for mapping in mappings:
        reached, waiting = set[str](), {mapping.new}
        while waiting:
            reached |= waiting
            waiting = {onward for one in waiting for onward in ahead.get(one, ())} - reached
        if mapping.old in reached:
            path = folder / "mappings" / f"{mapping.old}--{mapping.new}.csv"
            reason = lazy_gettext("対応表が %(edition)s に戻り、輪になっています。", edition=mapping.old)
            raise BrokenStandard(path, 1, reason)
        ahead.setdefault(mapping.old, set()).add(mapping.new)


def _marked(edition: Edition, mappings: Iterable[Mapping]) -> Edition:
    """Mark what is new in an edition: what no mapping of an older one leads to."""
    before = [one for one in mappings if one.relation is Relation.SUCCESSION and one.new == edition.id]
    if not before:
        return edition
    known = {key for mapping in before for key in mapping.backward}
    new = (replace(row, is_new=row.kind is not Kind.HEADING and row.key not in known) for row in edition.rows)
    return replace(edition, rows=tuple(new))
