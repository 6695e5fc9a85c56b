"""How two operands that may repeat are walked: what the elementwise kernels share."""

from collections.abc import Sequence

from mote.ir.tensor import Tensor
from mote.lower.folding import Dimension, broadcast_steps, fold, padded


def broadcast_walk(operands: Sequence[Tensor], y: Tensor) -> dict[str, tuple[int, ...]]:
    """The fields ``size``, ``x0_step`` and ``x1_step``: four loops, folded."""
    steps = [broadcast_steps(t.shape, y.shape) for t in operands]
    walk = [Dimension(n, (a, b)) for n, a, b in zip(y.shape, *steps, strict=True)]
    loops = padded(fold(walk), 4, 2)
    return {
        "size": tuple(d.size for d in loops),
        "x0_step": tuple(d.steps[0] for d in loops),
        "x1_step": tuple(d.steps[1] for d in loops),
    }


def operand_places(operands: Sequence[Tensor], y: Tensor) -> tuple[int, ...]:
    """The activations (constants not counted) that do not repeat: the result may overwrite them."""
    activations = [t for t in operands if not t.is_constant]
    return tuple(i for i, t in enumerate(activations) if t.elements == y.elements)
