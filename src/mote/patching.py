"""The Python API for patches: the first layers of a network computed tile by tile."""

from mote.ir import Graph
from mote.passes import optimize, patches
from mote.passes.patches import Patches
from mote.plan import patched
from mote.target import Target, resolve


def patch(graph: Graph, split: str | int, tiles: int) -> Graph:
    """The same function with its first layers computed tile by tile: MCUNetV2's patches.

    Most often ``compile(..., optimize="ram")`` alone needs fewer bytes, and computes nothing twice.

    Args:
        graph: A network that is quantised already, if it is to be.
        split: The node whose result is the first to be whole: its name or that of its result, as
            ``Build.graph`` and profiles have it, or its position.
        tiles: Tiles in each direction.

    Returns:
        A graph to compile; every tensor that is whole in it has the value it had.

    Raises:
        InputError: The layers up to there cannot be computed in tiles; says which can.
    """
    return patches.patch(optimize(graph), split, tiles)


def choose_patches(graph: Graph, target: str | Target, *, ram: int | None = None) -> Patches:
    """The split and tiles for ``patch`` with the least compute within a limit, or the fewest bytes.

    Args:
        graph: A quantised network.
        target: As ``mote targets`` lists them.
        ram: Most bytes of the arena, input included; as few as possible if none.

    Raises:
        GoalError: No pair keeps to the limit; the message names the smallest.
        MoteError: No layer can be computed in tiles, or the network has no kernels.
    """
    core = (resolve(target) if isinstance(target, str) else target).core
    return patched.choose_patches(optimize(graph), core, ram)
