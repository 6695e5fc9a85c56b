"""About how much flash a schedule takes that computes rows of several layers in turn."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from mote.plan.task import FEED, Network, Run

WALK_BYTES = 150
"""Of code that goes through the order of calls."""
FUNCTION_BYTES = 4
"""Of each layer in a list."""
ROW_BYTES = 2
"""Of a place in a table of rows."""
REPEATED_BYTES, MOST_REPEATED = 3, 255
"""Of several calls of a layer that follow each other."""


def table_bytes(network: Network, schedule: Sequence[Run]) -> int:
    """Of lists of layers, of the order of their calls, and of where their rows lie."""
    parts = [_part_bytes(network, runs) for runs in segments(network, schedule)]
    return sum(parts) + WALK_BYTES * any(parts)


def segments(network: Network, schedule: Sequence[Run]) -> Iterator[list[Run]]:
    """The shortest parts of a schedule at whose ends no layer is half done."""
    left = [task.calls for task in network.tasks]
    part: list[Run] = []
    is_open: set[int] = set()
    for run in schedule:
        part.append(run)
        left[run.task] -= run.count
        (is_open.add if left[run.task] else is_open.discard)(run.task)
        if not is_open:
            yield part
            part = []


def _part_bytes(network: Network, runs: Sequence[Run]) -> int:
    tasks = {run.task for run in runs if network.tasks[run.task].index != FEED}
    if len(tasks) < 2:
        return 0
    found = FUNCTION_BYTES * len(tasks)
    for _, group in groupby(runs, lambda run: run.task):
        count = sum(run.count for run in group)
        found += min(count, REPEATED_BYTES * -(-count // MOST_REPEATED))
    strips = {network.tasks[task].writes.strip for task in tasks}
    return found + ROW_BYTES * sum(network.strips[strip].rows for strip in strips)
