"""Says which layers run all their calls in one part of the schedule, with nothing between them."""

from mote.plan.plan import Plan
from mote.plan.table_bytes import segments


def runs_alone(plan: Plan, position: int) -> bool:
    """True when all calls of a task follow each other, and no table names them."""
    if plan.is_fed:
        return False
    parts = segments(plan.network, plan.schedule)
    return any(len(runs) == 1 and runs[0].task == position for runs in parts)
