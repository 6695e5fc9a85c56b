"""Bytes that no order of calls can do without.

Every order runs a given call from some state in which its operands are there and it has not yet
run. The lightest of all these states, and what the call needs besides, is a lower bound; the most
demanding calls of a good schedule give the best ones.
"""

from collections.abc import Sequence

from mote.plan.live import live_bytes
from mote.plan.states import States
from mote.plan.task import Network, Run

CALLS = 40
"""How many calls are looked at."""

WIDTH = 5_000
"""How many partial states are kept while the lightest one is searched."""


def lower_bound(network: Network, known: Sequence[Run], *, calls: int = CALLS) -> int:
    """Bytes below which the peak of no order of calls can be.

    Args:
        network: What is computed.
        known: Any schedule; the better it is, the sooner is the bound found.
        calls: Look at no more calls than this.
    """
    states = States(network)
    profile = live_bytes(network, known)
    # What is there before the first call is there in every order, and so are the outputs.
    best = max(int(profile[0]), int(profile[-1]))
    order = [(run.task, run.first + i) for run in known for i in range(run.count)]
    ranked = sorted(zip(profile[1:-1].tolist(), order, strict=True), key=lambda c: (-c[0], c[1]))
    for needed, (task, call) in ranked[:calls]:
        # The known schedule runs this call with as much, so it cannot raise the bound.
        if needed <= best:
            break
        extra = states.least_need(task, call)
        first, last = states.before(task, call), states.without(task, call)
        lowest = states.lowest(first, last, needed - extra, WIDTH)
        if lowest is not None:
            best = max(best, lowest[0] + extra)
    return best
