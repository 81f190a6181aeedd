"""Pairing: never itself, never mutual, no repeat before it is unavoidable; refused only where none exists."""

from itertools import permutations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isms.crosschecks.assignment import NEVER, Costs, Unfinished, assign
from isms.crosschecks.pairing import Arc, Dept, NoPairing, Plan, breaches, plan

Years = list[frozenset[Arc]]


def arcs_of(made: Plan) -> frozenset[Arc]:
    return frozenset((pair.checker, pair.checked) for pair in made.pairs)


def sized(number: int) -> list[Dept]:
    return [Dept(i, 3 + i * 7 % 20) for i in range(1, number + 1)]


def all_arcs(number: int) -> list[Arc]:
    return [(a, b) for a in range(1, number + 1) for b in range(1, number + 1) if a != b]


def fewest_repeats(number: int, years: Years, exclude: frozenset[Arc], fix: frozenset[Arc]) -> tuple[int, ...] | None:
    """Try every permutation; give how many pairs of one, two … years ago must come back, None when none is allowed."""
    ids = range(1, number + 1)
    best = None
    for order in permutations(ids):
        arcs = frozenset(zip(ids, order, strict=True))
        mutual = number > 2 and any((b, a) in arcs for a, b in arcs)
        if mutual or any(a == b for a, b in arcs) or arcs & exclude or not fix <= arcs:
            continue
        repeats = tuple(len(arcs & year) for year in years)
        best = repeats if best is None else min(best, repeats)
    return best


@st.composite
def small_cases(draw: Any) -> tuple[int, Years, frozenset[Arc], frozenset[Arc], int]:
    number = draw(st.integers(2, 6))
    pairs = st.sampled_from(all_arcs(number))
    years = draw(st.lists(st.frozensets(pairs, max_size=number), max_size=5))
    exclude = draw(st.frozensets(pairs, max_size=number * (number - 1) * 2 // 3))
    return number, years, exclude, draw(st.frozensets(pairs, max_size=2)), draw(st.integers(0, 99))


@settings(max_examples=150, deadline=None)
@given(small_cases())
def test_a_search_through_everything_agrees(case: tuple[int, Years, frozenset[Arc], frozenset[Arc], int]) -> None:
    number, years, exclude, fix, seed = case
    wanted = fewest_repeats(number, years, exclude, fix)
    try:
        arcs = arcs_of(plan(sized(number), history=years, exclude=exclude, fix=fix, memory_years=9, seed=seed))
    except NoPairing as refused:
        assert wanted is None
        guilty = [(arc, False) for arc in refused.excluded] + [(arc, True) for arc in refused.fixed]
        assert {arc for arc, fixed in guilty if fixed} <= fix and {arc for arc, fixed in guilty if not fixed} <= exclude
        for left_out in (None, *guilty):  # they prevent it together, and none of them is to spare
            excluded = frozenset(arc for arc, fixed in guilty if not fixed and (arc, fixed) != left_out)
            fixed_ = frozenset(arc for arc, fixed in guilty if fixed and (arc, fixed) != left_out)
            assert (fewest_repeats(number, [], excluded, fixed_) is None) == (left_out is None)
    else:
        assert fix <= arcs and not arcs & exclude
        assert tuple(len(arcs & year) for year in years) == wanted


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 60), st.integers(0, 20), st.integers(0, 2**31))
def test_twelve_years_of_plans(number: int, excluded_percent: int, seed: int) -> None:
    chance = Random(seed)
    everything = all_arcs(number)
    exclude = frozenset(chance.sample(everything, len(everything) * excluded_percent // 100))
    departments, history = sized(number), list[frozenset[Arc]]()
    for year in range(12):
        try:
            made = plan(departments, history=history, exclude=exclude, memory_years=4, seed=seed + year)
        except NoPairing as refused:
            assert year == 0 and refused.excluded  # the same rules every year
            return
        arcs = arcs_of(made)
        assert sorted(a for a, _ in arcs) == sorted(b for _, b in arcs) == [one.id for one in departments]
        assert not any(a == b or ((b, a) in arcs and number > 2) for a, b in arcs)
        assert not arcs & exclude
        repeats = [age for age, one in enumerate(history[:4], 1) if arcs & one]
        assert repeats[:1] == list(made.repeated)[:1]
        if number >= 30:  # four years and a fifth of all pairs never use up so many partners
            assert repeats == []
        history.insert(0, arcs)
    again = plan(departments, history=history[1:], exclude=exclude, memory_years=4, seed=seed + 11)
    assert (
        again == made == plan(departments[::-1], history=history[1:], exclude=exclude, memory_years=4, seed=seed + 11)
    )


def test_the_oldest_year_gives_way_first() -> None:
    circles = [frozenset({(1, 2), (2, 3), (3, 1)}), frozenset({(1, 3), (3, 2), (2, 1)})]
    for history in (circles, circles[::-1]):
        made = plan(sized(3), history=history, memory_years=3)
        assert (arcs_of(made), made.repeated) == (history[1], {2: 3})
        assert [pair.reasons[0] for pair in made.pairs] == [("repeat", {"years": 2})] * 3


def test_two_check_each_other_and_one_alone_nobody() -> None:
    assert arcs_of(plan(sized(2))) == {(1, 2), (2, 1)}
    for departments in ([], sized(1)):
        with pytest.raises(NoPairing) as refused:
            plan(departments)
        assert refused.value.alone


def test_what_contradicts_itself_is_named() -> None:
    with pytest.raises(NoPairing) as refused:
        plan(sized(5), exclude={(1, 4), (2, 3)}, fix={(1, 2), (1, 3), (4, 5)})
    assert (refused.value.excluded, refused.value.fixed) == ([], [(1, 2), (1, 3)])
    with pytest.raises(NoPairing) as refused:
        plan(sized(4), exclude={(1, 4), (2, 3)}, fix={(2, 3)})
    assert (refused.value.excluded, refused.value.fixed) == ([(2, 3)], [(2, 3)])
    with pytest.raises(NoPairing) as refused:
        plan(sized(4), exclude={(1, 9), (1, 2), (1, 3), (1, 4)})
    assert refused.value.excluded == [(1, 2), (1, 3), (1, 4)]


def test_reasons_and_sizes() -> None:
    departments = [Dept(1, 40), Dept(2, 38), Dept(3, 5), Dept(4, 5), Dept(5, 20), Dept(6, 21)]
    history = [frozenset({(5, 1)}), frozenset({(3, 4)})]
    made = plan(departments, history=history, fix={(5, 1)}, memory_years=1)
    because = {(pair.checker, pair.checked): dict(pair.reasons) for pair in made.pairs}
    assert set(because[5, 1]) == {"fixed", "repeat"}
    far = [arc for arc in because if abs(departments[arc[0] - 1].size - departments[arc[1] - 1].size) > 20]
    assert len(far) <= 2  # once up and once down between the largest and the smallest


def test_a_plan_made_by_hand_is_told_what_it_goes_against() -> None:
    told = breaches(
        {(1, 2), (2, 1), (3, 3), (4, 5), (5, 4)},
        history=[frozenset({(4, 5)}), frozenset(), frozenset({(2, 1)})],
        exclude={(1, 2)},
        fix={(3, 4), (8, 9)},
        memory_years=2,
    )
    assert told == {
        (1, 2): [("mutual", {}), ("excluded", {})],
        (2, 1): [("mutual", {})],
        (3, 3): [("itself", {})],
        (4, 5): [("mutual", {}), ("repeat", {"years": 1})],
        (5, 4): [("mutual", {})],
        (3, 4): [("not_fixed", {})],
    }


def test_a_search_that_takes_too_long_is_given_up() -> None:
    far: Costs = [[NEVER, 0, 5, 5], [0, NEVER, 5, 5], [5, 5, NEVER, 0], [5, 5, 0, NEVER]]
    assert assign(far, mutual=True) == [1, 0, 3, 2]
    found = assign(far, mutual=False)
    assert found is not None and all(found[found[row]] != row for row in range(4))
    with pytest.raises(Unfinished):
        assign(far, mutual=False, most_nodes=0)
