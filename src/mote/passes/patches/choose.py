"""Chooses together how many tiles there are and where the patched stage ends."""

from mote.errors import GoalError, InputError
from mote.ir import Graph
from mote.passes.patches.cost import Patches, stage_cost, whole_loads
from mote.passes.patches.stage import stages

MOST_TILES = 4
"""Tiles in each direction that are tried; more halos than that cost too much."""


def patch_choices(graph: Graph) -> list[Patches]:
    """Every split with 2 to 4 tiles in each direction, and as the first one the whole layers."""
    found, loads = stages(graph), whole_loads(graph)
    if not found:
        raise InputError(graph.name, "has no layer that can be computed in tiles")
    pairs = ((part, tiles) for part in found for tiles in range(2, MOST_TILES + 1))
    return [
        stage_cost(found[0], 1, loads),
        *(stage_cost(part, tiles, loads) for part, tiles in pairs),
    ]


def choose_patches(graph: Graph, ram_bytes: int | None = None) -> Patches:
    """Split and tiles with the least compute that keep to a limit, or with the fewest bytes.

    Joint choice of MCUNetV2 (Lin et al. 2021), section 3.3; memory is ``Patches.peak_bytes``.

    Args:
        graph: The network.
        ram_bytes: Most bytes of activations; as few as possible if none.

    Returns:
        The best pair; ``tiles`` is 1 where whole layers are.

    Raises:
        InputError: No layer can be computed in tiles.
        GoalError: No pair keeps to the limit; the message names the smallest.
    """
    choices = patch_choices(graph)
    smallest = min(choices, key=lambda c: (c.peak_bytes, c.macs_in_tiles, c.tiles))
    if ram_bytes is None:
        return smallest
    fitting = [choice for choice in choices if choice.peak_bytes <= ram_bytes]
    if not fitting:
        raise GoalError(
            graph.name,
            f"no patches keep its activations within {ram_bytes:,} bytes",
            hint=f"{smallest.tiles} x {smallest.tiles} tiles up to '{smallest.split}' need "
            f"{smallest.peak_bytes:,} bytes",
        )
    return min(fitting, key=lambda c: (c.macs_in_tiles, c.peak_bytes, c.tiles))
