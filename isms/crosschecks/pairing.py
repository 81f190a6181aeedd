"""Pairing: which department checks which. Pure: the same departments, history, rules and seed give the same plan.

Each department checks one and is checked by one; none itself, and no two each other (unless there are only two).
Excluded pairs never come, fixed ones always. Pairs of the last years come back only where it cannot be helped, as few
as possible of last year, then of the year before, and so on: the oldest year gives way first. Among what is left the
departments stand in a circle in which neighbours are of like size, and each checks the nearest that it may:
sizes within a quarter of each other count as alike, and the seed decides their order.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

from isms.crosschecks.assignment import NEVER, Costs, assign

Arc = tuple[int, int]  # checker, checked
Reason = tuple[str, dict[str, Any]]  # a code of words.REASONS and what it speaks of
ALIKE = 0.25


class Dept(NamedTuple):
    """A department that takes part, and how many people it has."""

    id: int
    size: int


@dataclass(frozen=True)
class Pair:
    """Who checks whom, and why."""

    checker: int
    checked: int
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Plan:
    """The pairs in the order of the checkers' ids; `repeated`: so many pairs of so many years ago came back."""

    pairs: tuple[Pair, ...]
    repeated: Mapping[int, int]


class NoPairing(Exception):
    """There is none: too few departments (`alone`), or these rules, none of which could be left in, prevent it."""

    def __init__(self, *, alone: bool = False, excluded: Iterable[Arc] = (), fixed: Iterable[Arc] = ()) -> None:
        super().__init__("no pairing")
        self.alone = alone
        self.excluded, self.fixed = sorted(excluded), sorted(fixed)


def plan(
    departments: Sequence[Dept],
    *,
    history: Sequence[Collection[Arc]] = (),
    exclude: Collection[Arc] = (),
    fix: Collection[Arc] = (),
    memory_years: int = 3,
    seed: int = 0,
) -> Plan:
    """Pair the departments; `history` holds the pairs of one year, two years … ago. Raises NoPairing.

    Rules about departments that do not take part count for nothing.
    """
    if len(departments) < 2:
        raise NoPairing(alone=True)
    circle = _circle(departments, seed)
    ids = [one.id for one in circle]
    here = set(ids)
    excluded, fixed = ({arc for arc in arcs if here.issuperset(arc)} for arcs in (exclude, fix))
    years = [set(arcs) for arcs in history[:memory_years]]
    unit = len(ids) ** 2  # more than all steps around the circle together
    costs = _costs(ids, excluded, fixed, lambda arc, steps: unit * _repeats(arc, years, len(ids)) + steps)
    found = assign(costs, mutual=len(ids) == 2, unit=unit)
    if found is None:
        raise _blocked(ids, excluded, fixed)
    arcs = sorted((ids[row], ids[column]) for row, column in enumerate(found))
    sizes = {one.id: one.size for one in departments}
    ages = {arc: _age(arc, history) for arc in arcs}
    pairs = tuple(Pair(*arc, _reasons(arc, ages[arc], arc in fixed, sizes, memory_years)) for arc in arcs)
    back = [age for age in ages.values() if age is not None and age <= memory_years]
    return Plan(pairs, {age: back.count(age) for age in sorted(set(back))})


def _circle(departments: Sequence[Dept], seed: int) -> list[Dept]:
    """Stand the departments in a circle, up one side by size and down the other; the seed shifts what is alike."""
    chance = Random(seed)  # noqa: S311  not for secrets: anybody may repeat it
    drawn = {one: one.size * (1 + ALIKE * chance.random()) + chance.random() for one in sorted(departments)}
    by_size = sorted(drawn, key=lambda one: (drawn[one], one.id))
    circle = by_size[::2] + by_size[1::2][::-1]
    return circle if chance.random() < 0.5 else circle[::-1]


def _repeats(arc: Arc, years: Sequence[Collection[Arc]], size: int) -> int:
    """Weigh that a pair comes back: one of a year outweighs any number of those of all years before it."""
    return sum((size + 1) ** (len(years) - age) for age, arcs in enumerate(years, 1) if arc in arcs)


def _costs(ids: list[int], excluded: Collection[Arc], fixed: Collection[Arc], cost: Any) -> Costs:
    """Give what each arc costs; a fixed one leaves no other to its two departments."""
    checks, checked = {arc[0]: arc for arc in fixed}, {arc[1]: arc for arc in fixed}
    rows: Costs = []
    for place, checker in enumerate(ids):
        row = []
        for other, one in enumerate(ids):
            arc = (checker, one)
            allowed = arc not in excluded and checks.get(checker, arc) == arc == checked.get(one, arc)
            row.append(cost(arc, (other - place) % len(ids)) if allowed and checker != one else NEVER)
        rows.append(row)
    return rows


def possible(ids: Sequence[int], excluded: Collection[Arc], fixed: Collection[Arc]) -> bool:
    """Tell whether the rules leave any pairing at all."""
    if len({a for a, _ in fixed}) < len(fixed) or len({b for _, b in fixed}) < len(fixed):
        return False  # one department would have to check two, or be checked by two
    costs = _costs(list(ids), excluded, fixed, lambda arc, steps: steps)
    return assign(costs, mutual=len(ids) == 2, unit=len(ids) ** 2) is not None


def _blocked(ids: list[int], excluded: set[Arc], fixed: set[Arc]) -> NoPairing:
    """Name rules that prevent every pairing together, and not without any one of them."""
    rules = [(arc, True) for arc in sorted(fixed)] + [(arc, False) for arc in sorted(excluded)]

    def fits(some: Sequence[tuple[Arc, bool]]) -> bool:
        return possible(ids, {arc for arc, is_fix in some if not is_fix}, {arc for arc, is_fix in some if is_fix})

    guilty = _smallest([], rules, False, fits)
    return NoPairing(excluded=[arc for arc, fix in guilty if not fix], fixed=[arc for arc, fix in guilty if fix])


def _smallest(kept: list[Any], rules: list[Any], added: bool, fits: Any) -> list[Any]:
    """Give a set of rules, none to spare, that does not fit together with those kept (Junker's QuickXplain)."""
    if added and not fits(kept):
        return []
    if len(rules) == 1:
        return rules
    half = len(rules) // 2
    first, second = rules[:half], rules[half:]
    of_second = _smallest(kept + first, second, True, fits)
    return _smallest(kept + of_second, first, bool(of_second), fits) + of_second


def _age(arc: Arc, history: Sequence[Collection[Arc]]) -> int | None:
    """Count the years since the pair came last; None when it never did."""
    return next((age for age, arcs in enumerate(history, 1) if arc in arcs), None)


def _reasons(arc: Arc, age: int | None, fixed: bool, sizes: Mapping[int, int], memory: int) -> tuple[Reason, ...]:
    """Say why this pair came about, as codes with their figures."""
    found: list[Reason] = [("fixed", {})] if fixed else []
    if age is None:
        found.append(("first", {}))
    else:
        found.append(("again" if age > memory else "repeat", {"years": age}))
    mine, theirs = sizes[arc[0]], sizes[arc[1]]
    if abs(mine - theirs) <= ALIKE * max(mine, theirs):
        found.append(("alike", {"mine": mine, "theirs": theirs}))
    return tuple(found)


def breaches(
    pairs: Collection[Arc],
    *,
    history: Sequence[Collection[Arc]] = (),
    exclude: Collection[Arc] = (),
    fix: Collection[Arc] = (),
    memory_years: int = 3,
) -> dict[Arc, list[Reason]]:
    """Say what each pair of a plan that was changed by hand goes against; a fixed pair that is missing stands alone."""
    arcs = set(pairs)
    here = {one for arc in arcs for one in arc}
    found: dict[Arc, list[Reason]] = {}
    for arc in sorted(arcs):
        age = _age(arc, history[:memory_years])
        wrong: list[Reason] = [("itself", {})] if arc[0] == arc[1] else []
        if arc[::-1] in arcs and arc[0] != arc[1] and len(here) > 2:
            wrong.append(("mutual", {}))
        if arc in exclude:
            wrong.append(("excluded", {}))
        if age is not None:
            wrong.append(("repeat", {"years": age}))
        found |= {arc: wrong} if wrong else {}
    missing = [arc for arc in fix if here.issuperset(arc) and arc not in arcs]
    return found | {arc: [*found.get(arc, []), ("not_fixed", {})] for arc in sorted(missing)}
