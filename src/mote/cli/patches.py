"""--patches: the first layers of a model computed tile by tile."""

import mote
from mote.cli.console import remark
from mote.errors import InputError
from mote.ir import Graph
from mote.target import Target

AUTO = "auto"


def patched(graph: Graph, patches: str, target: Target, ram: int | None) -> Graph:
    """The graph with the patches that ``auto`` or ``NAME:TILES`` asks for.

    Raises:
        InputError: It is neither, or there are no such patches.
        GoalError: ``auto`` finds none within the limit of RAM.
    """
    if patches == AUTO:
        chosen = mote.choose_patches(graph, target, ram=ram)
        split, tiles = chosen.split, chosen.tiles
        more = f"{100 * chosen.overhead:.1f} % more multiply-accumulates"
        what = (
            f"{tiles} x {tiles} up to '{split}', {more}"
            if tiles > 1
            else "none, whole layers are best"
        )
        remark(f"patches: {what}")
    else:
        split, tiles = _parsed(patches)
    return mote.patch(graph, split, tiles)


def _parsed(patches: str) -> tuple[str, int]:
    split, _, tiles = patches.rpartition(":")
    if not split or not tiles.isascii() or not tiles.isdigit():
        raise InputError(
            f"--patches {patches}",
            "is neither 'auto' nor NAME:TILES, the layer behind which tensors are whole and the "
            "number of tiles in each direction",
        )
    if int(tiles) == 1:
        raise InputError(
            f"--patches {patches}",
            "one tile leaves layers whole",
            hint="ask for 2 or more, or leave --patches out",
        )
    return split, int(tiles)
