"""Chooses patches by what the planner counts in the patched network, not by analysis alone."""

from collections.abc import Iterable

from mote.errors import GoalError
from mote.ir import Graph
from mote.lower.lower import lower
from mote.passes.patches import Patches, patch, patch_choices
from mote.plan.live import peak_bytes
from mote.plan.network import network
from mote.plan.order import whole
from mote.target.target import Core

CLOSEST = 12
"""How many choices are weighed where the smallest is wanted: those that analysis likes best."""

DOUBT = 1.25
"""Analysis is at most about this much above what the planner needs: rows die while layers run."""


def choose_patches(graph: Graph, core: Core, ram_bytes: int | None = None) -> Patches:
    """Split and tiles with the least compute that keep to a limit, or with the fewest bytes.

    MCUNetV2's joint choice (Lin et al. 2021, section 3.3), by the bytes that are alive when the
    layers and tiles run one after the other, the input and the kernels' scratch included.

    Args:
        graph: The network, after ``mote.passes.optimize``.
        core: For whose kernels.
        ram_bytes: Most bytes of the arena; as few as possible if none.

    Returns:
        The best pair; ``tiles`` is 1 where whole layers are.

    Raises:
        InputError: No layer can be computed in tiles.
        UnsupportedModelError: The network cannot be compiled.
        GoalError: No pair keeps to the limit; the message names the smallest.
    """
    choices = patch_choices(graph)
    if ram_bytes is not None:
        near = [c for c in choices if c.peak_bytes <= DOUBT * ram_bytes]
        for choice in sorted(near, key=lambda c: (c.macs_in_tiles, c.arena_bytes, c.tiles)):
            if layer_by_layer_bytes(graph, core, choice) <= ram_bytes:
                return choice
    smallest, least = _smallest(graph, core, choices)
    if ram_bytes is None:
        return smallest
    raise GoalError(
        graph.name,
        f"no patches keep its arena within {ram_bytes:,} bytes",
        hint=f"{smallest.tiles} x {smallest.tiles} tiles up to '{smallest.split}' need "
        f"{least:,} bytes; --optimize ram (optimize='ram') streams rows, which mostly needs less",
    )


def layer_by_layer_bytes(graph: Graph, core: Core, choice: Patches) -> int:
    """Most bytes alive when a network with these patches runs in the order of its nodes."""
    program = lower(patch(graph, choice.split, choice.tiles), core)
    rows = {index: 1 for index, step in enumerate(program.steps) if step.split}
    tasks = network(program, rows)
    return peak_bytes(tasks, whole(tasks, range(len(tasks.tasks))))


def _smallest(graph: Graph, core: Core, choices: Iterable[Patches]) -> tuple[Patches, int]:
    def rank(choice: Patches) -> tuple[int, int, int]:
        return choice.arena_bytes, choice.macs_in_tiles, choice.tiles

    weighed = [
        (layer_by_layer_bytes(graph, core, choice), choice)
        for choice in sorted(choices, key=rank)[:CLOSEST]
    ]
    least, choice = min(weighed, key=lambda pair: (pair[0], *rank(pair[1])))
    return choice, least
