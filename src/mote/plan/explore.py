"""Searches orders for one that keeps within a number of bytes, and proves where there is none.

A state says what is done. Its live bytes f are submodular over the lattice of possible states (a
row is alive once its first writer is done and until all of its readers are, and all writers where
each writes a part). So from a state r the
search may go on from a state m alone, when m can be reached within the bound and no state that an
order q from r may pass together with m, q ∧ m, has fewer live bytes than m (``States.is_gate``):
q becomes an order through m by going to m first and then through the states q ∨ m, since
f(q ∨ m) ≤ f(q) + f(m) − f(q ∧ m) ≤ f(q). What a call needs besides is the same in both, or less as
more rows die in it. When all states within the bound are known, no order keeps within it, and it
rises to the cheapest call that it forbade.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

from mote.plan.states import State, States


@dataclass(frozen=True)
class Finding:
    """What a search came to.

    Args:
        moves: The tasks whose calls follow each other in the best order that was found; none
            where none is better than the known one.
        proven_bytes: No order needs fewer.
        states: How many states were looked at.
    """

    moves: tuple[int, ...]
    proven_bytes: int
    states: int


def explore(states: States, *, proven_bytes: int, known_bytes: int, limit: int) -> Finding:
    """Look for an order that needs fewer bytes than a known one.

    Args:
        states: Those of the network.
        proven_bytes: No order needs fewer.
        known_bytes: Some order needs no more.
        limit: Look at about this many states.
    """
    moves: tuple[int, ...] = ()
    proven, known, looked_at = proven_bytes, known_bytes, 0
    # Whoever meets the proven bound has won. Where that takes too long, halfway may do.
    bound, in_vain = proven, proven - 1
    while in_vain < bound < known and looked_at < limit:
        explorer = Explorer(states, bound, known)
        while explorer.step() and explorer.looked_at < limit // 4:
            pass
        looked_at += max(1, explorer.looked_at)
        proven = max(proven, explorer.proven)
        if explorer.is_done:
            moves, known = tuple(explorer.moves), explorer.bound
        else:
            in_vain = explorer.bound
        bound = max(proven, (in_vain + known) // 2)
    return Finding(moves, min(proven, known), looked_at)


class Explorer:
    """Goes as far as it can from the last state that every order may go through.

    Attributes:
        bound: All that is done keeps within this many bytes.
        proven: No order needs fewer; 0 while nothing is known.
        root, moves: The last state that all orders may go through, and the tasks whose calls led
            there.
        looked_at: How many states have been looked at.
    """

    def __init__(self, states: States, bound: int, ceiling: int) -> None:
        self.bound, self.proven = bound, 0
        self.moves: list[int] = []
        self.looked_at = 0
        self._states = states
        self._ceiling = ceiling
        self._number = count()
        self._begin(states.start, states.live(states.start))

    @property
    def is_done(self) -> bool:
        """True when the goal is reached."""
        return self.root == self._states.goal

    def step(self) -> bool:
        """Look at one more state; False when the goal or the ceiling is reached."""
        if self.is_done:
            return False
        if self._open:
            _, live, _, state = heappop(self._open)
            self.looked_at += 1
            self._expand(state, live)
            return True
        self.bound = self.proven = min([self._ceiling, *(c[0] for c in self._forbidden[:1])])
        if self.bound == self._ceiling:
            return False
        while self._forbidden and self._forbidden[0][0] <= self.bound:
            _, _, live, state, task = heappop(self._forbidden)
            if self._enter(state, task, live):
                break
        return True

    def _begin(self, root: State, live: int) -> None:
        self.root = root
        self._came: dict[State, tuple[State, list[int]]] = {root: (root, [])}
        self._open = [(0, live, next(self._number), root)]
        self._forbidden: list[tuple[int, int, int, State, int]] = []

    def _expand(self, state: State, live: int) -> None:
        for task, extra, growth in self._states.moves(state):
            if live + extra > self.bound:
                call = live + extra, next(self._number), live + growth, state, task
                heappush(self._forbidden, call)
            elif self._enter(state, task, live + growth):
                return

    def _enter(self, before: State, task: int, live: int) -> bool:
        """Note the state after a call; True when all orders may go through it."""
        state = (*before[:task], before[task] + 1, *before[task + 1 :])
        moves = [task]
        while step := self._free(state, live):
            task, live = step
            state = (*state[:task], state[task] + 1, *state[task + 1 :])
            moves.append(task)
        if state in self._came:
            return False
        self._came[state] = before, moves
        if not self._states.is_gate(self.root, state, live):
            heappush(self._open, (-sum(state), live, next(self._number), state))
            return False
        self.moves += self._way(state)
        self._begin(state, live)
        return True

    def _free(self, state: State, live: int) -> tuple[int, int] | None:
        """A call within the bound that leaves no more alive: all orders may begin with it."""
        for task, extra, growth in self._states.moves(state):
            if growth <= 0 and live + extra <= self.bound:
                return task, live + growth
        return None

    def _way(self, state: State) -> list[int]:
        """The tasks whose calls lead from the root to a state."""
        parts = []
        while state != self.root:
            state, moves = self._came[state]
            parts.append(moves)
        return [task for part in reversed(parts) for task in part]
