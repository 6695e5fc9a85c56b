"""Gives every item of a schedule its address, and says how good the layout is."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mote.plan.budget import USUAL, Budget
from mote.plan.first_fit import search
from mote.plan.problem import Problem, align, pose
from mote.plan.task import Layout, Network, Run


@dataclass(frozen=True)
class Placement:
    """A layout, and how good it is.

    Args:
        layout: Where everything lies.
        live_bytes: Most bytes alive at one time, with what is reserved.
        bound_bytes: No layout of this schedule takes fewer words (units of alignment), of which
            this is the size; at least ``live_bytes``.
    """

    layout: Layout
    live_bytes: int
    bound_bytes: int

    @property
    def is_optimal(self) -> bool:
        """True when no layout of this schedule takes fewer words."""
        return self.layout.bytes <= self.bound_bytes

    @property
    def gap(self) -> float:
        """How much larger than the bound the layout is, as a fraction."""
        return self.layout.bytes / self.bound_bytes - 1 if self.bound_bytes else 0.0


def place(
    network: Network,
    schedule: Sequence[Run],
    *,
    linear: Collection[str] = (),
    reserved: int = 0,
    budget: Budget = USUAL,
) -> Placement:
    """A small layout, the same one every time.

    Args:
        network, schedule: What is computed, and in which order.
        linear: Strips that must lie in one piece, besides those that say so themselves.
        reserved: Bytes at the start of the arena that stay free.
        budget: How long orders are repaired.
    """
    problem = pose(network, schedule, linear=linear, reserved=reserved)
    bases = search(problem, budget=budget)
    return placement(network, problem, bases, problem.bound_bytes)


def placement(
    network: Network, problem: Problem, bases: Sequence[int], bound_bytes: int
) -> Placement:
    """Addresses of items as addresses of rows, scratch and state."""
    # Rows that no call touches are nowhere in particular.
    rows = {
        name: [
            align(problem.reserved, strip.alignment) + row % strip.piece_rows * strip.row_bytes
            for row in range(strip.rows)
        ]
        for name, strip in network.strips.items()
    }
    scratch: dict[int, int] = {}
    ample: dict[int, int] = {}
    state: dict[int, int] = {}
    for item, base in zip(problem.items.items, bases, strict=True):
        match item.kind:
            case "row":
                for piece in range(network.strips[item.strip].piece_rows):
                    rows[item.strip][item.index + piece] = base + piece * item.piece_bytes
            case "strip":
                count = network.strips[item.strip].rows
                rows[item.strip] = [base + row * item.piece_bytes for row in range(count)]
            case "scratch":
                scratch[item.index] = base
            case "ample":
                ample[item.index] = base
            case "state":
                state[item.index] = base
    places = {name: tuple(offsets) for name, offsets in rows.items()}
    layout = Layout(places, scratch, state, problem.end(bases), ample)
    # The last word need not be full.
    bound = max(problem.peak_bytes, min(bound_bytes, layout.bytes))
    return Placement(layout, problem.peak_bytes, bound)
