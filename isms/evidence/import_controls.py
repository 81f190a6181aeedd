"""Numbers of controls in a ledger: which edition they speak of, and what they have become since."""

from datetime import date
from typing import NamedTuple

from isms.catalogue import numbers
from isms.catalogue.editions import Edition, Requirement
from isms.catalogue.imports import Known
from isms.catalogue.shelf import standards
from isms.core.errors import Invalid, NotFound
from isms.core.sheets import Cell
from isms.core.text import fold
from isms.core.words import gettext
from isms.people.models import Department


def folded(name: str) -> str:
    """Give a name as names are compared."""
    return "".join((fold(name) or "").split())


class KnownNumbers(Known):
    """The editions, people and departments that a ledger may name; numbers are read once however many rows have them."""

    def __init__(self) -> None:
        super().__init__()
        self.departments: dict[str, list[Department]] = {}
        for row in Department.select().order_by(Department.from_day):
            for name in {folded(row.name), folded(row.code or "")} - {""}:
                self.departments.setdefault(name, []).append(row)
        self.read: dict[tuple[str, str], tuple[Requirement, ...]] = {}

    def numbers(self, edition: Edition, text: str) -> tuple[Requirement, ...]:
        """Read numbers of an edition; nothing where any of them is none of it."""
        place = (edition.id, text)
        if place not in self.read:
            try:
                self.read[place] = numbers.read_all(edition, text)
            except Invalid:
                self.read[place] = ()
        return self.read[place]

    def department(self, text: str, day: date) -> int:
        """Find a department by name or code, that of the day first; raises Invalid."""
        found = self.departments.get(folded(text), [])
        if not found:
            raise Invalid(
                gettext("部署「%(name)s」は登録されていません。先に名簿か部署を登録してください。", name=text)
            )
        then = [row for row in found if row.from_day <= day and (row.to_day is None or row.to_day >= day)]
        return int((then or found)[-1].id)


class Link(NamedTuple):
    """A requirement, and the day from which the evidence stands for it."""

    edition: str
    key: str
    from_day: date


def read_controls(text: str, cell: Cell, known: KnownNumbers, day: date, named: str = "") -> list[Link]:
    """Give the links that a cell means; raises Invalid with what to write instead.

    The edition is the one `named`, else the one in force on the day of collection, else a later one that knows all the
    numbers. A number of an earlier edition is refused, naming what it became.
    """
    edition = _named(named, known) if named else known.edition(day)
    found = known.numbers(edition, text)
    if not found and not named:
        place = known.editions.index(edition)
        for later in known.editions[place + 1 :]:
            if found := known.numbers(later, text):
                edition = later
                break
        else:
            _refuse_earlier(text, known, edition)
    if not found:
        found = numbers.read_all(edition, text)  # which names what it does not know
    _refuse_lost_zero(cell, text, found, edition, known)
    links = [Link(edition.id, one.key, day) for one in found]
    return list(dict.fromkeys([*links, *_carried(links, known, edition, day)]))


def _named(text: str, known: KnownNumbers) -> Edition:
    wanted = folded(text)
    for edition in known.editions:
        if wanted in {folded(edition.id), folded(edition.name), str(edition.year)}:
            return edition
    names = gettext("、").join(edition.name for edition in known.editions)
    raise Invalid(gettext("版「%(text)s」はありません（%(names)s）。", text=text, names=names))


def _refuse_earlier(text: str, known: KnownNumbers, edition: Edition) -> None:
    """Refuse numbers that only an earlier edition has, with what they became."""
    for old in reversed(known.editions[: known.editions.index(edition)]):
        rows = known.numbers(old, text)
        became = list(dict.fromkeys(one.spelled for row in rows for one in standards().successors(row)))
        if became:
            raise Invalid(
                gettext(
                    "%(text)s は旧版の番号です。%(edition)s では %(numbers)s に当たります。",
                    text=text,
                    edition=edition.name,
                    numbers=gettext("、").join(became),
                )
            )


def _refuse_lost_zero(
    cell: Cell, text: str, found: tuple[Requirement, ...], edition: Edition, known: KnownNumbers
) -> None:
    """Refuse a bare number such as 5.1 where it may have been 5.10: a sheet drops the zero of a number."""
    if isinstance(cell, float) and (longer := known.numbers(edition, f"{text}0")):
        raise Invalid(
            gettext(
                "番号が数値で入っているため、%(short)s と %(long)s を見分けられません。列を文字列にして入れ直してください。",
                short=found[0].id,
                long=longer[0].id,
            )
        )


def _carried(links: list[Link], known: KnownNumbers, edition: Edition, day: date) -> list[Link]:
    """Give the links to what the requirements became in the editions that came into force after the day."""
    found: list[Link] = []
    for from_day, edition_id in known.in_force:
        if from_day <= day or edition_id == edition.id:
            continue
        try:
            forward = dict(standards().mapping(edition.id, edition_id).forward)
        except NotFound:  # back to an earlier edition: nothing leads there
            continue
        edition = next(one for one in known.editions if one.id == edition_id)
        own = {link.key: (link.key,) for link in links if link.key not in forward and edition.find(link.key)}
        links = [Link(edition_id, key, from_day) for link in links for key in (forward | own).get(link.key, ())]
        found += links
    return found
