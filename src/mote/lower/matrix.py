"""Products of two activations as kernel calls, and the proof that no sum overflows."""

import math
from collections.abc import Sequence

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import MatMul, Rounding
from mote.ir.tensor import DType, Tensor
from mote.lower.folding import contiguous_steps
from mote.lower.kernels import KERNELS
from mote.lower.sizes import UINT16_MAX, check_sizes
from mote.lower.split import Split, Window, row_shape
from mote.lower.step import Step
from mote.reference.fixed_point import activation_range, wide_multiplier
from mote.reference.matrix import mat_mul_multiplier
from mote.target.target import Core

LARGEST_DEPTH = (2**31 - 1) // 255**2
"""Products of int8, each less its zero point, that fit an int32 sum."""

CALL_CYCLES = 100
"""What a call costs besides its products, about."""


def lower_mat_mul(graph: Graph, node: Node, core: Core) -> Step:
    """int8 or int16; both operands in the arena."""
    op = node.op
    assert isinstance(op, MatMul)
    operands, y = graph.operands(node), graph.result(node)
    x0, x1 = operands
    if x0.is_constant or x1.is_constant:
        raise UnsupportedModelError(f"node '{node.name}'", "multiplies a constant matrix")
    multiplier, shift = mat_mul_multiplier(operands, y)
    depth = x0.shape[-1]
    if y.dtype is DType.INT8 and (depth > LARGEST_DEPTH or _overflows(depth, shift)):
        raise UnsupportedModelError(
            f"node '{node.name}'", f"sums of {depth:,} products, scaled by 2**{shift}, leave int32"
        )
    if y.dtype is DType.INT16:
        reduced, right = wide_multiplier(np.array(multiplier), np.array(shift), Rounding.DOUBLE)
        if shift > 14:
            raise UnsupportedModelError(
                f"node '{node.name}'", f"scales by 2**{shift - 1} or more, allowed: below 2**14"
            )
        scaling = {"multiplier": int(reduced), "right": int(right)}
    else:
        scaling = {"multiplier": multiplier, "right": -shift}
        scaling |= {"x0_zero": x0.q.zero_point, "x1_zero": x1.q.zero_point}
        scaling |= {"y_zero": y.q.zero_point}
    low, high = activation_range(op.activation, y.q, y.dtype)
    walk, split = matrix_walk(graph, node)
    parameters: dict[str, int | tuple[int, ...]] = {
        **walk,
        **scaling,
        "y_min": low,
        "y_max": high,
    }
    kernel = KERNELS["mote_mat_mul_s16" if y.dtype is DType.INT16 else "mote_mat_mul_s8"]
    return Step(node, kernel, parameters=tuple(parameters.items()), split=split)


def matrix_walk(graph: Graph, node: Node) -> tuple[dict[str, int | tuple[int, ...]], Split | None]:
    """Sizes of the matrices, how both operands are walked, and how that divides by rows.

    A row is a row of the result's matrix or, of four dimensions, one whole matrix.

    Raises:
        UnsupportedModelError: A size does not fit the struct's 16 bits.
    """
    op = node.op
    assert isinstance(op, MatMul)
    (x0, x1), y = graph.operands(node), graph.result(node)
    sizes = {"rows": x0.shape[-2], "depth": x0.shape[-1], "columns": y.shape[-1]}
    check_sizes(node, sizes)
    own = contiguous_steps(x1.shape)[-2:]
    steps = own[::-1] if op.transpose_x1 else own
    leading = y.shape[:-2]
    walk: dict[str, int | tuple[int, ...]] = {
        **sizes,
        "batches": _pair(leading, 1),
        "x0_step": _leading_steps(x0.shape, leading),
        "x1_step": _leading_steps(x1.shape, leading),
        "x1_row": steps[0],
        "x1_column": steps[1],
    }
    by_matrices = len(y.shape) == 4
    windows = _matrices((x0, x1), y) if by_matrices else _rows(x0, x1, y)
    rows = math.prod(row_shape(y)[:2])
    if windows is None or (not by_matrices and rows > UINT16_MAX):
        return walk, None
    # No call computes more than one image: what is left is one loop, over all rows there are.
    walk |= {"batches": (1, rows)} if by_matrices else {"batches": (1, 1), "rows": rows}
    for name, tensor, window in zip(("x0_step", "x1_step"), (x0, x1), windows, strict=True):
        moves = by_matrices and window == Window()
        walk[name] = (0, math.prod(tensor.shape[-2:]) if moves else 0)
    used = tuple(w for w, t in zip(windows, (x0, x1), strict=True) if not t.is_constant)
    scaled = ("batches",) if by_matrices else ("rows",)
    return walk, Split(used, scaled, rows=row_shape(y)[1], call_cycles=CALL_CYCLES)


Windows = tuple[Window | None, Window | None] | None
"""What the operands give to a row of the result; none if a row cannot be computed alone."""


def _matrices(operands: Sequence[Tensor], y: Tensor) -> Windows:
    """For rows that are whole matrices, the results of matrices."""
    images, height, _ = row_shape(y)
    found: list[Window | None] = []
    for tensor in operands:
        if math.prod(tensor.shape[:-2]) == 1:
            found.append(None)
        elif not tensor.is_constant and tensor.shape[:-2] == (images, height):
            found.append(Window())
        elif not tensor.is_constant and tensor.shape[:-2] == (images, 1):
            found.append(Window(stride=0))
        else:
            return None
    return found[0], found[1]


def _rows(x0: Tensor, x1: Tensor, y: Tensor) -> Windows:
    """For rows of a matrix: the same row on the left, and all of the matrix on the right."""
    images, height, _ = row_shape(y)
    if x0.is_constant or row_shape(x0)[:2] != (images, height):
        return None
    if math.prod(x1.shape[:-2]) == 1:
        return Window(), None
    if x1.is_constant or row_shape(x1)[0] != images:
        return None
    return Window(), Window(stride=0, extent=row_shape(x1)[1])


def _overflows(depth: int, shift: int) -> bool:
    """Sums are shifted up before they are scaled when the multiplier is 1 or more."""
    return depth * 255**2 << max(shift, 0) >= 2**31


def _pair(values: tuple[int, ...], filler: int) -> tuple[int, int]:
    padded = (filler,) * (2 - len(values)) + values
    return padded[0], padded[1]


def _leading_steps(shape: tuple[int, ...], leading: tuple[int, ...]) -> tuple[int, int]:
    """Elements from one matrix to the next along both leading dimensions; 0 where it repeats."""
    own = (1,) * (len(leading) - len(shape) + 2) + shape
    steps = contiguous_steps(own)[:-2]
    used = tuple(s if n > 1 else 0 for s, n in zip(steps, own[:-2], strict=True))
    return _pair(used, 0)
