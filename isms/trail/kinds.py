"""What the trail speaks of: the verbs, and the kinds of subjects. Rooms declare theirs here; the trail knows no room."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from peewee import Value

from isms.core.database import Record
from isms.core.words import gettext, lazy_gettext


@dataclass(frozen=True)
class Verb:
    """What can be said of a subject; `personal` details are not for auditors."""

    name: str
    label: Any
    personal: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of subject: how its ids are called, shown, found and compared.

    `model` lets `verify` compare its rows with the trail: every row must have been recorded with `before` and `after`.
    `find` gives the condition on the model for words typed in a search; `fields` the words for its columns.
    """

    names: Callable[[list[int]], dict[int, str]]
    label: Any = ""
    href: Callable[[int], str] | None = None
    model: type[Record] | None = None
    find: Callable[[str], Any] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


VERBS: dict[str, Verb] = {}
KINDS: dict[str, Kind] = {}


def verb(name: str, label: Any, *, personal: bool = False) -> None:
    """Declare a verb; only declared ones can be recorded."""
    VERBS[name] = Verb(name, label, personal)


def describe(kind: str, names: Callable[[list[int]], dict[int, str]], **more: Any) -> None:
    """Say how subjects of a kind (`person:12` is of kind person) are named, shown and compared."""
    KINDS[kind] = Kind(names, **more)


def subject_id(subject: Record | str) -> str:
    """Give the stable id of a subject: `person:12`."""
    if isinstance(subject, str):
        return subject
    return f"{subject._meta.table_name}:{subject.get_id()}"  # type: ignore[attr-defined]


def names(ids: Iterable[str]) -> dict[str, str]:
    """Give the names behind subject ids, one query a kind; an id without a name keeps itself."""
    ids = set(ids)
    found = {"system": str(gettext("システム")), "console": str(gettext("サーバーの操作者"))}
    for kind, known in KINDS.items():
        numbers = [number for k, number in map(parts_of, ids) if k == kind and number is not None]
        if numbers:
            found.update({f"{kind}:{number}": name for number, name in known.names(sorted(numbers)).items()})
    return {i: found.get(i, i) for i in ids}


def parts_of(subject: str) -> tuple[str, int | None]:
    """Part a subject id into its kind and number; None where it has no number."""
    kind, _, number = subject.partition(":")
    return kind, int(number) if number.isascii() and number.isdigit() else None


def spoken_of(column: Any, words: str) -> Any:
    """Make the condition that an id in the column is the one typed, or belongs to what the words find."""
    condition = column == words
    for kind, known in KINDS.items():
        if known.model is not None and known.find is not None:
            ids = Value(f"{kind}:").cast("TEXT").concat(known.model._meta.primary_key.cast("TEXT"))
            condition |= column.in_(known.model.select(ids).where(known.find(words)))
    return condition


verb("trail.epoch_begun", lazy_gettext("復元により新しい期を始めた"))
verb("trail.redaction_proposed", lazy_gettext("記録内容の消去を申し出た"), personal=True)  # a reason may quote
verb("trail.redaction_declined", lazy_gettext("記録内容の消去を見送った"))
verb("trail.redacted", lazy_gettext("記録内容を消去した"))
verb("clock.stepped_back", lazy_gettext("時計が戻された"))
