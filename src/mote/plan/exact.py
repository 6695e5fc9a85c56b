"""The order of calls that keeps the fewest bytes alive, of all orders that there are.

A known schedule is polished, then the bytes that none can do without are counted; where these are
not the same yet, the states between are searched.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mote.plan.budget import USUAL, Budget
from mote.plan.explore import explore
from mote.plan.live import Ledger, number, peak_bytes, runs
from mote.plan.needed import lower_bound
from mote.plan.polish import ATTEMPTS, polish
from mote.plan.states import States
from mote.plan.task import Network, Run

STATES = 4_000
"""How many states are looked at before the search is given up."""


@dataclass(frozen=True)
class Search:
    """What a search came to.

    Args:
        schedule: The best one known.
        peak_bytes: Its most bytes alive at one time.
        lower_bound_bytes: No order of the calls can do with fewer.
        states: How many states were looked at.
    """

    schedule: tuple[Run, ...]
    peak_bytes: int
    lower_bound_bytes: int
    states: int

    @property
    def is_optimal(self) -> bool:
        """True when no order of the calls needs fewer bytes."""
        return self.peak_bytes == self.lower_bound_bytes


def search(
    network: Network, known: Sequence[Run], *, limit: int = STATES, budget: Budget = USUAL
) -> Search:
    """The order of calls with the lowest peak, or how far at most the known one is from it.

    Args:
        network: What is computed.
        known: A schedule to improve upon; the result when none is better.
        limit: Look at about this many states.
        budget: What multiplies that, and the calls that are looked at before.
    """
    states, ledger = States(network), number(network)
    moves = [run.task for run in known for _ in range(run.count)]
    polished = _schedule(ledger, polish(states, ledger, moves, budget.count(ATTEMPTS)))
    best = min((tuple(known), polished), key=lambda order: peak_bytes(network, order))
    found = explore(
        states,
        proven_bytes=lower_bound(network, best),
        known_bytes=peak_bytes(network, best),
        limit=budget.count(limit),
    )
    if found.moves:
        best = _schedule(ledger, found.moves)
    return Search(best, peak_bytes(network, best), found.proven_bytes, found.states)


def _schedule(ledger: Ledger, moves: Sequence[int]) -> tuple[Run, ...]:
    """The calls of tasks that follow each other."""
    following = ledger.first_call.tolist()
    calls = []
    for task in moves:
        calls.append(following[task])
        following[task] += 1
    return runs(ledger, calls)
