"""Memory planning: which call runs when, where its rows lie, and an independent proof."""

from mote.plan.budget import Budget
from mote.plan.choose import choose_plan, make_plan
from mote.plan.fit import check_fit, check_measured_fit
from mote.plan.forms import spare_scratch
from mote.plan.gap import order_gap, placement_gap
from mote.plan.options import MODES, MOST_FLASH, SLOWDOWN, Options
from mote.plan.plan import ALIGNMENT, Buffer, Plan
from mote.plan.prove import prove
from mote.plan.regions import place_in_regions

__all__ = [
    "ALIGNMENT",
    "MODES",
    "MOST_FLASH",
    "SLOWDOWN",
    "Budget",
    "Buffer",
    "Options",
    "Plan",
    "check_fit",
    "check_measured_fit",
    "choose_plan",
    "make_plan",
    "order_gap",
    "place_in_regions",
    "placement_gap",
    "prove",
    "spare_scratch",
]
