"""Divides a schedule into parts at whose ends no layer is half done."""

from collections.abc import Iterator, Sequence

from mote.plan.plan import Plan
from mote.plan.task import Network, Run


def segments(network: Network, schedule: Sequence[Run]) -> Iterator[list[Run]]:
    """The shortest such parts."""
    left = {i: task.calls for i, task in enumerate(network.tasks)}
    part: list[Run] = []
    is_open: set[int] = set()
    for run in schedule:
        part.append(run)
        left[run.task] -= run.count
        (is_open.add if left[run.task] else is_open.discard)(run.task)
        if not is_open:
            yield part
            part = []


def runs_alone(plan: Plan, position: int) -> bool:
    """True when all calls of a task follow each other, and no table names them."""
    if plan.is_fed:
        return False
    parts = segments(plan.network, plan.schedule)
    return any(len(runs) == 1 and runs[0].task == position for runs in parts)
