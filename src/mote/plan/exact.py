"""The order of calls that keeps the fewest bytes alive, of all orders that there are."""

from collections.abc import Sequence
from dataclasses import dataclass

from mote.plan.explore import explore
from mote.plan.live import number, peak_bytes, runs
from mote.plan.needed import lower_bound
from mote.plan.states import States
from mote.plan.task import Network, Run

STATES = 10_000
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


def search(network: Network, known: Sequence[Run], *, states: int = STATES) -> Search:
    """The order of calls with the lowest peak, or how far at most the known one is from it.

    Args:
        network: What is computed.
        known: A schedule to improve upon; the result when none is better.
        states: Look at about this many states.
    """
    found = explore(
        States(network),
        proven_bytes=lower_bound(network, known),
        known_bytes=peak_bytes(network, known),
        limit=states,
    )
    best = _schedule(network, found.moves) if found.moves else tuple(known)
    return Search(best, peak_bytes(network, best), found.proven_bytes, found.states)


def _schedule(network: Network, moves: Sequence[int]) -> tuple[Run, ...]:
    """The calls of tasks that follow each other."""
    ledger = number(network)
    following = ledger.first_call.tolist()
    calls = []
    for task in moves:
        calls.append(following[task])
        following[task] += 1
    return runs(ledger, calls)
