"""How large the result of computing on constants will be, told before it is computed."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.site import resolved_axis
from mote.frontends.onnx.values import Constant, RefusalError, short
from mote.ir.ops import Shape

MAX_ELEMENTS = 2**23
"""Most elements of one computed result."""

MAX_PRODUCTS = 2**31
"""Most multiplications of a product of constants."""

MAX_LOOPED = 2**16
"""Most elements where the reference implementation goes through them one by one."""

LOOPING = frozenset(("Compress", "GatherElements", "GatherND", "ScatterElements", "ScatterND"))

Constants = Sequence[Constant]
Size = Callable[[NodeRecord, Constants], int]


def check_size(record: NodeRecord, operands: Sequence[Constant | None]) -> None:
    """Refuse what would take too much memory or time."""
    given = [c for c in operands if c is not None]
    largest = max((c.array.size for c in given), default=1)
    if record.kind in LOOPING and largest > MAX_LOOPED:
        raise RefusalError(f"it moves {largest:,} elements, allowed: {MAX_LOOPED:,}")
    size = SIZES.get(record.kind)
    try:
        elements = largest if size is None else size(record, given)
    except (ValueError, IndexError, OverflowError, TypeError) as error:
        raise RefusalError(f"its operands do not suit it: {short(error, 120)}") from error
    if elements > MAX_ELEMENTS:
        raise RefusalError(
            f"its result would have {elements:,} elements, allowed: {MAX_ELEMENTS:,}"
        )


def _integers(constant: Constant) -> list[int]:
    return [int(n) for n in constant.array.reshape(-1)]


def _broadcast(record: NodeRecord, operands: Constants) -> int:
    return math.prod(np.broadcast_shapes(*(c.shape for c in operands)))


def _total(record: NodeRecord, operands: Constants) -> int:
    return sum(c.array.size for c in operands)


def _filled(record: NodeRecord, operands: Constants) -> int:
    return math.prod(_integers(operands[0]))


def _expanded(record: NodeRecord, operands: Constants) -> int:
    x, shape = operands[0].shape, _integers(operands[1])
    rank = max(len(x), len(shape))
    sizes = ([1] * (rank - len(s)) + list(s) for s in (x, shape))
    return math.prod(max(a, b) for a, b in zip(*sizes, strict=True))


def _tiled(record: NodeRecord, operands: Constants) -> int:
    return operands[0].array.size * math.prod(_integers(operands[1]))


def _counted(record: NodeRecord, operands: Constants) -> int:
    start, limit, delta = (float(c.array.reshape(-1)[0]) for c in operands)
    if delta == 0:
        raise ValueError("a range of step 0")
    return max(math.ceil((limit - start) / delta), 0)


def _padded(record: NodeRecord, operands: Constants) -> int:
    most = max(map(abs, _integers(operands[1])), default=0)
    return math.prod(n + 2 * most for n in operands[0].shape)


def _gathered(record: NodeRecord, operands: Constants) -> int:
    x, indices = operands[:2]
    axis = resolved_axis(record.attributes.get("axis", 0), len(x.shape), "attribute axis")
    return indices.array.size * (x.array.size // max(x.shape[axis], 1))


def _gathered_nd(record: NodeRecord, operands: Constants) -> int:
    return operands[1].array.size * operands[0].array.size


def _one_hot(record: NodeRecord, operands: Constants) -> int:
    return operands[0].array.size * abs(int(operands[1].array.reshape(-1)[0]))


def _product(record: NodeRecord, operands: Constants) -> int:
    a, b = (_matrix(c.shape) for c in operands[:2])
    leading = math.prod(np.broadcast_shapes(a[:-2], b[:-2]))
    elements = leading * max(a[-2:]) * max(b[-2:])
    if elements * max(min(a[-2:]), min(b[-2:])) > MAX_PRODUCTS:
        raise RefusalError("it multiplies constants that are too large")
    return elements


def _matrix(shape: Shape) -> Shape:
    return (1,) * (2 - len(shape)) + shape


def _places(record: NodeRecord, operands: Constants) -> int:
    return operands[0].array.size * max(len(operands[0].shape), 1)


def _split(record: NodeRecord, operands: Constants) -> int:
    count = record.attributes.get("num_outputs", len(record.outputs))
    if count != len(record.outputs):
        raise RefusalError(f"attribute num_outputs is {count} for {len(record.outputs)} results")
    return operands[0].array.size


_BROADCASTING = """
Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal Greater GreaterOrEqual Less LessOrEqual
Max Mean Min Mod Mul Or Pow Sub Sum Where Xor
"""

SIZES: Mapping[str, Size] = dict.fromkeys(_BROADCASTING.split(), _broadcast) | {
    "Concat": _total,
    "ConstantOfShape": _filled,
    "Expand": _expanded,
    "Gather": _gathered,
    "GatherND": _gathered_nd,
    "Gemm": _product,
    "MatMul": _product,
    "NonZero": _places,
    "OneHot": _one_hot,
    "Pad": _padded,
    "Range": _counted,
    "Split": _split,
    "Tile": _tiled,
}
"""Operator -> most elements of its result; for others, those of the largest operand."""
