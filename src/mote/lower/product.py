"""Products as kernel calls, with the zero point and the half that rounds folded together."""

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import Mul
from mote.ir.tensor import DType
from mote.lower.broadcast import broadcast_walk
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.step import Constant, Step
from mote.reference.elementwise import mul_multiplier
from mote.reference.fixed_point import activation_range
from mote.target.target import Core

DEEPEST_SHIFT = 18
"""A product of bytes has 17 bits with its sign: from here on, every shift leaves 0."""


def lower_mul(graph: Graph, node: Node, core: Core) -> Step:
    """Operands of any shapes that broadcast, one of them perhaps a constant."""
    op = node.op
    assert isinstance(op, Mul)
    # The product does not depend on the order, and the kernels want a constant last.
    operands = sorted(graph.operands(node), key=lambda t: t.is_constant)
    y = graph.result(node)
    constants = tuple(Constant("constant", t.array, True) for t in operands if t.is_constant)
    if len(constants) == 2:
        raise UnsupportedModelError(f"node '{node.name}'", "mul of two constants")
    low, high = activation_range(op.activation, y.q, y.dtype)
    parameters: dict[str, int | tuple[int, ...]] = {"y_min": low, "y_max": high}
    walk = broadcast_walk(operands, y)
    parameters |= walk.parameters
    multiplier, shift = mul_multiplier(operands[0], operands[1], y)
    if y.dtype is DType.INT16:
        assert shift <= 0, "the operator's problems bound the scales"
        parameters |= {"y_multiplier": multiplier, "y_right": -shift}
    else:
        right, zero = min(-shift, DEEPEST_SHIFT), y.q.zero_point
        offset = (zero << right) + (1 << (right - 1)) if right > 0 else 0
        parameters |= {"multiplier": multiplier, "offset": offset, "right": right, "y_zero": zero}
        parameters |= {f"x{i}_zero": t.q.zero_point for i, t in enumerate(operands)}
    return Step(
        node,
        KERNELS[f"mote_mul{'_constant' if constants else ''}_{SUFFIXES[y.dtype]}"],
        parameters=tuple(parameters.items()),
        constants=constants,
        in_place=walk.in_place,
        split=walk.split,
    )
