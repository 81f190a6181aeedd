"""Find requirements by number or by words of their title, in Japanese or English."""

from isms.catalogue.editions import Edition, Requirement
from isms.catalogue.numbers import SEPARATORS, folded, names


def search(edition: Edition, text: str) -> tuple[Requirement, ...]:
    """Give the requirements that each word of the text fits; the exact number comes first, no text finds all."""
    words = [word for word in SEPARATORS.split(folded(text)) if word]
    found = [row for row in edition.requirements if all(_fits(row, word) for word in words)]
    return tuple(sorted(found, key=lambda row: not names(row) & set(words)))


def _fits(row: Requirement, word: str) -> bool:
    """Tell whether a word begins the number or stands in a title."""
    return any(name.startswith(word) for name in names(row)) or word in folded(f"{row.title.ja} {row.title.en}")
