"""Memory planning: when buffers live, where they lie, and an independent check."""

from mote.plan.arena import plan_memory
from mote.plan.check import check
from mote.plan.fit import check_fit, check_measured_fit
from mote.plan.plan import ALIGNMENT, Buffer, Plan

__all__ = [
    "ALIGNMENT",
    "Buffer",
    "Plan",
    "check",
    "check_fit",
    "check_measured_fit",
    "plan_memory",
]
