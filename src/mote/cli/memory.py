"""How the command line says what a built program needs of RAM and flash."""

from mote.cli.console import number
from mote.plan import Plan, order_gap, placement_gap
from mote.run.profile import Totals
from mote.target import Board

MENTIONED = 1.01
"""Times the cycles of the fastest plan; what is nearer to it is as fast."""


def memory_rows(totals: Totals, board: Board | None) -> list[tuple[str, str]]:
    """RAM and flash with their parts, and what the board has."""
    ram = (
        f"{number(totals.ram_bytes)} B = arena {number(totals.arena_bytes)} + scratch "
        f"{number(totals.scratch_bytes)} + stack {number(totals.stack_bytes)} + variables "
        f"{number(totals.variables_bytes)}"
    )
    stack = f"{number(totals.stack_bytes)} B written, no input needs more than "
    stack += f"{number(totals.stack_bound_bytes)} B"
    flash = (
        f"{number(totals.flash_bytes)} B = code {number(totals.code_bytes)} + constants "
        f"{number(totals.rodata_bytes)} + weights {number(totals.weights_bytes)}"
    )
    if board:
        ram += f", of {number(board.all_ram_bytes)}"
        flash += f", of {number(board.flash_bytes)}"
    parts = [f"{number(size)} B in {name}" for name, size in totals.region_bytes.items()]
    regions = [("regions", f"arena and scratch: {' + '.join(parts)}")] if parts else []
    return [("RAM", ram), *regions, ("stack", stack), ("flash", flash)]


def plan_row(plan: Plan) -> tuple[str, str]:
    """How far at most the plan is from the best one, and how much slower than the fastest."""
    said = [f"addresses {_distance(placement_gap(plan))}"]
    gap = order_gap(plan)
    if gap is not None:
        said.append(f"order of calls {_distance(gap)}")
    if plan.slowdown >= MENTIONED:
        said.append(f"about {plan.slowdown:.2f} times the cycles of the fastest")
    return "plan", "; ".join(said)


def _distance(gap: float) -> str:
    return f"at most {100 * gap:.1f} % above the optimum" if gap else "proven optimal"
