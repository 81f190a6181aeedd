"""Who is given to whom at the least cost: everybody gives to one and gets from one, and no two give to each other.

The assignment itself is the Hungarian method. Two that were given to each other part the search in two: without one
of the arcs, and with it but without the other. Pure: costs in, partners out; the same costs give the same answer.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from math import inf

NEVER = inf
MOST_NODES = 20_000  # of a search; far more than any pairing of departments has needed

Costs = list[list[float]]  # whole numbers, or NEVER


class Unfinished(Exception):
    """The search was given up before it found anything or knew that there is nothing."""


@dataclass
class _Node:
    """An assignment of least cost with the prices that show it: `taker[column]` is the row that gives to it."""

    costs: Costs
    row_price: list[float]
    column_price: list[float]
    taker: list[int]

    def without(self, row: int, column: int) -> "_Node | None":
        """Give the best assignment without the arc; None when there is none. Only one row has to look again."""
        costs = [*self.costs]
        costs[row] = [*costs[row]]
        costs[row][column] = NEVER
        made = _Node(costs, [*self.row_price], [*self.column_price], [*self.taker])
        made.taker[column] = -1
        return made if made.enter(row) else None

    def keeping(self, row: int, column: int) -> "_Node":
        """Give the same assignment, in which the arc that it has must stay."""
        costs = [
            [cost if (i == row) == (j == column) else NEVER for j, cost in enumerate(line)]
            for i, line in enumerate(self.costs)
        ]
        return _Node(costs, self.row_price, self.column_price, self.taker)

    def enter(self, row: int) -> bool:
        """Give the row a column, by the cheapest chain of changes; False when there is none."""
        size = len(self.costs)
        least, came, seen = [inf] * size, [-1] * size, [False] * size
        giver, here = row, -1
        while True:
            line, price = self.costs[giver], self.row_price[giver]
            step, there = inf, -1
            for column in range(size):
                if seen[column]:
                    continue
                rest = line[column] - price - self.column_price[column]
                if rest < least[column]:
                    least[column], came[column] = rest, here
                if least[column] < step:
                    step, there = least[column], column
            if there == -1:
                return False
            self._reprice(row, step, seen, least)
            seen[there], here = True, there
            if self.taker[here] == -1:
                break
            giver = self.taker[here]
        while here != -1:
            before = came[here]
            self.taker[here] = row if before == -1 else self.taker[before]
            here = before
        return True

    def _reprice(self, row: int, step: float, seen: list[bool], least: list[float]) -> None:
        self.row_price[row] += step
        for column, was_seen in enumerate(seen):
            if was_seen:
                self.row_price[self.taker[column]] += step
                self.column_price[column] -= step
            else:
                least[column] -= step

    @property
    def total(self) -> float:
        """Give the cost of the assignment."""
        return sum(self.costs[row][column] for column, row in enumerate(self.taker))

    def mutual(self) -> tuple[int, int] | None:
        """Give two that are given to each other, those with the fewest ways out first: there the search fails soonest."""
        pairs = [(row, column) for column, row in enumerate(self.taker) if self.taker[row] == column and row < column]
        if not pairs:
            return None
        ways = {row: sum(cost is not NEVER for cost in self.costs[row]) for pair in pairs for row in pair}
        return min(pairs, key=lambda pair: (min(ways[pair[0]], ways[pair[1]]), pair))


def assign(costs: Costs, *, mutual: bool, unit: int = 1, most_nodes: int = MOST_NODES) -> list[int] | None:
    """Give the partner of each row, at the least cost counted in whole units; None when there is no assignment.

    Costs are whole numbers of at least 0, or NEVER. What is less than `unit` only prefers: no search is made for it.
    With `mutual` two may be given to each other. Raises Unfinished; an assignment that was found is given before.
    """
    size = len(costs)
    root = _Node(costs, [0] * size, [0] * size, [-1] * size)
    if not all(root.enter(row) for row in range(size)):
        return None
    turn = count()
    heap = [(root.total // unit, 0, next(turn), root)]
    while heap:
        _, depth, order, node = heappop(heap)
        if order > most_nodes:
            raise Unfinished()
        pair = None if mutual else node.mutual()
        if pair is None:
            return sorted(range(size), key=lambda column: node.taker[column])
        first, second = pair
        kept = node.keeping(first, second)
        for child in (node.without(first, second), kept.without(second, first)):
            if child is not None:
                heappush(heap, (child.total // unit, depth - 1, next(turn), child))
    return None
