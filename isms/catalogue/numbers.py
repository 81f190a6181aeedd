"""Numbers of controls and clauses as people write them: 5.23, Ａ．５．２３, 附属書A 5.23, 箇条9.3, Clause 9.3."""

import re
import unicodedata
from collections.abc import Iterator

from isms.catalogue.editions import Edition, Kind, Requirement
from isms.core.errors import Invalid
from isms.core.words import gettext

ANNEX = re.compile(r"(?:(?:附属書|annex|管理策|control)\s*a?|\ba)[\s.:]*(?=[0-9])")
CLAUSE = re.compile(r"(?:箇条|本文|clause)[\s.:]*(?=[0-9])")
SEPARATORS = re.compile(r"[\s,、;；/|・]+")
CLAUSE_MARK = "箇条"


def folded(text: str) -> str:
    """Make text comparable: full-width and half-width alike, no case, one way to mark annex and clause."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return CLAUSE.sub(CLAUSE_MARK, ANNEX.sub("a.", plain))


def names(requirement: Requirement) -> set[str]:
    """Give what a number may be called, folded."""
    found = {requirement.id.casefold(), requirement.key.casefold()}
    if requirement.kind in (Kind.CLAUSE, Kind.HEADING):
        found.add(CLAUSE_MARK + requirement.id.casefold())
    return found


def read_all(edition: Edition, text: str) -> tuple[Requirement, ...]:
    """Read the numbers in a cell of a ledger; Invalid names every word that is none.

    A bare number means the control, and the clause only where there is no such control; a heading means all that it
    groups. The title may stand behind its number.
    """
    found: dict[Requirement, None] = {}
    unknown = []
    title = ""
    for word in filter(None, SEPARATORS.split(folded(text))):
        rows = list(_called(edition, word))
        if rows:
            found |= dict.fromkeys(edition.below(rows[0]) if rows[0].kind is Kind.HEADING else rows[:1])
            title = folded(f"{rows[0].title.ja} {rows[0].title.en}")
        elif word not in title:
            unknown.append(word)
    if unknown:
        words = " ".join(unknown)
        raise Invalid(gettext("%(edition)s にない番号です：%(numbers)s", edition=edition.name, numbers=words))
    return tuple(found)


def _called(edition: Edition, word: str) -> Iterator[Requirement]:
    """Give the rows of this name, controls first: the order of the edition's rows."""
    bare = word.removeprefix("a.")
    return (row for row in edition.rows if word in names(row) or (row.kind is Kind.CONTROL and _bare(row) == bare))


def _bare(row: Requirement) -> str:
    """Give the number of a control without its annex."""
    return row.key.casefold().removeprefix("a.")
