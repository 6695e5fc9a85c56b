"""The sizes in the kernels' structs have 16 bits."""

from mote.errors import UnsupportedModelError
from mote.ir.graph import Node

UINT16_MAX = 2**16 - 1


def check_sizes(node: Node, sizes: dict[str, int], most: int = UINT16_MAX) -> None:
    """Refuse what does not fit.

    Raises:
        UnsupportedModelError: It names the sizes.
    """
    large = [f"{name} = {size:,}" for name, size in sizes.items() if size > most]
    if large:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"{', '.join(large)}, allowed: at most {most:,}",
            hint="use a smaller input or layer",
        )
