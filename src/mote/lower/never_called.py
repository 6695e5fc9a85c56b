"""Which functions of the kernels no call of a layer enters, as the shape of the layer decides.

The bound of the stack leaves them out; a function that compilers merge into its caller stays in.
"""

from collections.abc import Callable, Mapping

from mote.lower.step import Step

Parameters = Mapping[str, int | float | tuple[int, ...]]

_NEVER: dict[str, Callable[[Parameters], bool]] = {
    # Stores a tile of four results that sticks out of its row.
    "mote_winograd_store_columns": lambda of: _size(of, "y_width") % 4 == 0,
    # Computes a last pixel of a layer whose window is one pixel; pixels are taken two by two.
    "mote_put_last_pixel": lambda of: (
        _size(of, "kernel_height") * _size(of, "kernel_width") != 1 or _size(of, "y_width") % 2 == 0
    ),
    # A row over which windows slide; kernels that only slide have no such parameter.
    "mote_line_slide": lambda of: _size(of, "slides") == 0,
}
"""Function of a kernel -> what is true of a layer's parameters when it is not called."""


def never_called(step: Step) -> frozenset[str]:
    """Names of functions that the step's kernel may have, but never enters for it."""
    given = dict(step.parameters)
    return frozenset(name for name, is_never in _NEVER.items() if is_never(given))


def _size(given: Parameters, name: str) -> int:
    """A size; 1 where the kernel has none of that name."""
    value = given.get(name, 1)
    assert isinstance(value, int)
    return value
