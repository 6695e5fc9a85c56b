"""How far at most a plan is from the best one: what the searches have proven."""

from mote.plan.live import peak_bytes
from mote.plan.plan import Plan


def placement_gap(plan: Plan) -> float:
    """By what fraction at most the arena is larger than the smallest one for its schedule."""
    whole = sum(block.bytes for block in plan.regions) or plan.layout.bytes
    return max(0.0, whole / plan.lower_bound_bytes - 1) if plan.lower_bound_bytes else 0.0


def order_gap(plan: Plan) -> float | None:
    """By what fraction at most more is alive than in the best order of the same calls.

    None where orders of calls were not searched: unless ``ram`` is the aim, cycles count too.
    """
    if plan.order_bound_bytes is None:
        return None
    if not plan.order_bound_bytes:
        return 0.0
    return max(0.0, peak_bytes(plan.network, plan.schedule) / plan.order_bound_bytes - 1)
