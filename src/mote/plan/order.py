"""The order of whole layers that keeps the fewest bytes alive.

Liberis and Lane, "Neural networks on microcontrollers: saving memory at inference via operator
reordering" (2019), recurse over sets of tensors and remember each set's result. Here the sets are
those of finished layers, taken best first, and a layer that leaves no more alive than it found
runs at once, which takes chains in one step; see ``explore``. A layer frees the rows of
its operands as it goes, and writes over them where it can.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mote.plan.budget import USUAL, Budget
from mote.plan.explore import explore
from mote.plan.live import live_bytes, peak_bytes
from mote.plan.states import State, States
from mote.plan.task import Network, Run, Task

STATES = 2_000
"""How many sets of finished layers are looked at before the search is given up."""

LAYERS = 64
"""In networks of more layers fewer sets are looked at, since each takes longer."""


@dataclass(frozen=True)
class Order:
    """An order of the tasks.

    Args:
        tasks: Their positions in the network.
        peak_bytes: Most bytes alive at one time, when each runs all of its calls at once.
        lower_bound_bytes: No order of whole tasks can do with fewer.
    """

    tasks: tuple[int, ...]
    peak_bytes: int
    lower_bound_bytes: int

    @property
    def is_optimal(self) -> bool:
        """True when no order of whole tasks needs fewer bytes."""
        return self.peak_bytes == self.lower_bound_bytes


def best_order(network: Network, *, states: int | None = None, budget: Budget = USUAL) -> Order:
    """The order of whole tasks with the lowest peak; the network's own if none is better.

    Args:
        network: What is computed.
        states: Look at about this many sets of finished tasks; ``STATES``, or fewer in large
            networks, if none. Where they do not suffice, the best order found so far is the
            result, and ``is_optimal`` is False.
        budget: How many that are, where ``states`` does not say it.
    """
    if states is None:
        states = budget.count(STATES * LAYERS // max(LAYERS, len(network.tasks)))
    given = whole(network, range(len(network.tasks)))
    alive = live_bytes(network, given)
    found = explore(
        Blocks(network),
        proven_bytes=max(int(alive[0]), int(alive[-1])),
        known_bytes=int(alive.max()),
        limit=states,
    )
    best = found.moves or tuple(range(len(network.tasks)))
    return Order(best, peak_bytes(network, whole(network, best)), found.proven_bytes)


def whole(network: Network, order: Sequence[int]) -> tuple[Run, ...]:
    """The schedule that runs one task after the other."""
    return tuple(Run(task, 0, network.tasks[task].calls) for task in order)


class Blocks(States):
    """States in which each task has run all of its calls, or none."""

    def __init__(self, network: Network) -> None:
        tasks = tuple(map(_block, network.tasks))
        super().__init__(replace(network, tasks=tasks))
        self._calls = States(network)

    def weigh(self, task: int, state: State) -> tuple[int, int] | None:
        goal = self._calls.goal
        inside = tuple(done * calls for done, calls in zip(state, goal, strict=True))
        extra = growth = 0
        for _ in range(goal[task]):
            call = self._calls.weigh(task, inside)
            if call is None:
                return None
            extra = max(extra, growth + call[0])
            growth += call[1]
            inside = (*inside[:task], inside[task] + 1, *inside[task + 1 :])
        return extra, growth


def _block(task: Task) -> Task:
    """All calls of a task as one."""
    reads = (replace(r, rows=(rows,)) for r in task.reads for rows in dict.fromkeys(r.rows))
    rows = [rows for rows in task.writes.rows if rows[0] < rows[1]]
    low, high = min((r[0] for r in rows), default=0), max((r[1] for r in rows), default=0)
    return replace(
        task, reads=tuple(reads), writes=replace(task.writes, rows=((low, high),)), in_place=()
    )
