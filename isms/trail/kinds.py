"""What the trail speaks of: the verbs, and the kinds of subjects. Rooms declare theirs here; the trail knows no room."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import or_
from typing import Any

from peewee import ModelSelect, Value, fn

from isms.core.database import Record
from isms.core.permissions import Actor
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
    `find` gives the condition on the model for words typed in a search; `fields` the words for its columns, in order;
    `values` those for what may stand in a column.
    """

    names: Callable[[list[int]], dict[int, str]]
    label: Any = ""
    href: Callable[[int], str | None] | None = None  # None where the reader has no page for it
    model: type[Record] | None = None
    find: Callable[[str], Any] | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


VERBS: dict[str, Verb] = {}
KINDS: dict[str, Kind] = {}


def verb(name: str, label: Any, *, personal: bool = False) -> None:
    """Declare a verb; only declared ones can be recorded."""
    VERBS[name] = Verb(name, label, personal)


def describe(kind: str, names: Callable[[list[int]], dict[int, str]], **more: Any) -> None:
    """Say how subjects of a kind (`person:12` is of kind person) are named, shown and compared."""
    KINDS[kind] = Kind(names, **more)


def show(kind: str, href: Callable[[int], str | None]) -> None:
    """Say where subjects of a kind that was described are shown; only views know addresses."""
    KINDS[kind] = replace(KINDS[kind], href=href)


def subject_id(subject: Record | str) -> str:
    """Give the stable id of a subject: `person:12`."""
    if isinstance(subject, str):
        return subject
    return f"{subject._meta.table_name}:{subject.get_id()}"


def names(ids: Iterable[str]) -> dict[str, str]:
    """Give the names behind subject ids, one query a kind; an id without a name is named by its kind, or by itself."""
    ids = set(ids)
    found = own_names()
    for kind, known in KINDS.items():
        numbers = [number for k, number in map(parts_of, ids) if k == kind and number is not None]
        if numbers:
            found.update({f"{kind}:{number}": name for number, name in known.names(sorted(numbers)).items()})
    return {i: found.get(i) or _nameless(i) for i in ids}


def own_names() -> dict[str, str]:
    """Give the names of those who act without being a person."""
    return {"system": gettext("システム"), "console": gettext("サーバーの操作者")}


def _nameless(subject: str) -> str:
    kind, number = parts_of(subject)
    label = str(KINDS[kind].label) if kind in KINDS else ""
    if not label or (number is None and subject != kind):
        return subject
    return label if number is None else f"{label} {number}"


def href(subject: str) -> str | None:
    """Give the address of the subject's page; None where there is none for the reader."""
    kind, number = parts_of(subject)
    known = KINDS.get(kind)
    return known.href(number) if known is not None and known.href is not None and number is not None else None


def parts_of(subject: str) -> tuple[str, int | None]:
    """Part a subject id into its kind and number; None where it has no number."""
    kind, _, number = subject.partition(":")
    return kind, int(number) if number.isascii() and number.isdigit() else None


def spoken_of(column: Any, words: str) -> Any:
    """Make the condition that an id in the column is the one typed, or belongs to what the words find."""
    condition = column.in_([words, *(i for i, name in own_names().items() if words in name)])
    for kind, known in KINDS.items():
        if known.model is not None and known.find is not None:
            condition |= column.in_(_ids(kind, known.model).where(known.find(words)))
    return condition


def engaged(column: Any, actor: Actor) -> Any:
    """Make the condition that an id in the column is of something that the actor's engagement covers.

    A model says so by `engaged(actor)`, a condition; one with `edition` and `key` is of that requirement; one that
    belongs to such a row goes with it. Others are not covered.
    """
    condition = column.in_([])
    for kind, known in KINDS.items():
        if known.model is not None and (covered := _covered(known.model, actor)) is not None:
            condition |= column.in_(_ids(kind, known.model).where(covered))
    return condition


def _covered(model: Any, actor: Actor) -> Any:
    if hasattr(model, "engaged"):
        return model.engaged(actor)
    if hasattr(model, "edition") and hasattr(model, "key"):
        return _of_requirements(model, (actor.coverage and actor.coverage.keys) or ())
    for foreign, owner in model._meta.refs.items():
        if owner is not model and (covered := _covered(owner, actor)) is not None:
            return foreign.in_(owner.select(owner._meta.primary_key).where(covered))
    return None


def _of_requirements(model: Any, pairs: Iterable[tuple[str, str]]) -> Any:
    keys: dict[str, list[str]] = {}
    for edition, key in sorted(pairs):
        keys.setdefault(edition, []).append(key)
    return reduce(or_, ((model.edition == e) & model.key.in_(wanted) for e, wanted in keys.items()), model.id.in_([]))


def _ids(kind: str, model: Any) -> ModelSelect:
    return model.select(Value(f"{kind}:").cast("TEXT").concat(model._meta.primary_key.cast("TEXT")))


def is_kind(column: Any, kind: str) -> Any:
    """Make the condition that an id in the column is of the kind."""
    return (column == kind) | (fn.SUBSTR(column, 1, len(kind) + 1) == f"{kind}:")


def kind_choices() -> list[tuple[str, Any]]:
    """Give the kinds that have a label, for a choice."""
    return sorted(((name, kind.label) for name, kind in KINDS.items() if kind.label), key=lambda one: str(one[1]))


def verb_choices() -> list[tuple[str, Any]]:
    """Give the verbs, for a choice."""
    return sorted(((name, verb.label) for name, verb in VERBS.items()), key=lambda one: str(one[1]))


verb("trail.epoch_begun", lazy_gettext("復元により新しい期を始めた"))
verb("trail.redaction_proposed", lazy_gettext("記録内容の消去を申し出た"), personal=True)  # a reason may quote
verb("trail.redaction_declined", lazy_gettext("記録内容の消去を見送った"))
verb("trail.redacted", lazy_gettext("記録内容を消去した"))
verb("clock.stepped_back", lazy_gettext("時計が戻された"))
