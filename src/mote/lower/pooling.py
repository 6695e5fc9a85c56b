"""Average and maximum pooling and mean as kernel calls."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from mote.errors import UnsupportedModelError
from mote.ir.graph import Graph, Node
from mote.ir.ops import AveragePool2D, MaxPool2D, Mean
from mote.ir.tensor import DType, Tensor
from mote.lower.convolution_cycles import CALL
from mote.lower.folding import Dimension, contiguous_steps, fold, padded
from mote.lower.global_pooling import averaged_plane, pooled_plane
from mote.lower.kernels import KERNELS, SUFFIXES
from mote.lower.rows_per_call import split_windows
from mote.lower.sizes import check_sizes
from mote.lower.split import Split, Window, row_axes, row_shape, split_pointwise
from mote.lower.step import Step
from mote.reference.fixed_point import activation_range
from mote.reference.pooling import mean_multiplier
from mote.target.target import Core

CYCLES_OF_CELL = 5
CYCLES_OF_RESULT = 15
SMALL_CYCLES_MORE = 4
"""Of the small global pool, for each element that it adds."""


def lower_pool_2d(graph: Graph, node: Node, core: Core) -> Step:
    """Average or maximum over windows."""
    op = node.op
    assert isinstance(op, AveragePool2D | MaxPool2D)
    (x,), y = graph.operands(node), graph.result(node)
    height, width = x.shape[1:3]
    cells = min(op.kernel[0], height) * min(op.kernel[1], width)
    if (y.dtype.range[1] + 2) * cells >= 2**31:
        raise UnsupportedModelError(
            f"node '{node.name}'", f"a window of {cells:,} cells overflows 32 bits"
        )
    low, high = activation_range(op.activation, y.q, y.dtype)
    if plane := pooled_plane(graph, node):
        is_average = isinstance(op, AveragePool2D)
        step = Step(
            node,
            KERNELS[f"mote_global_{op.kind.removesuffix('_2d')}_{SUFFIXES[y.dtype]}"],
            parameters=(*plane.sizes.items(), ("y_min", low), ("y_max", high)),
            split=plane.split,
            state_bytes=plane.state_bytes(DType.INT32 if is_average else y.dtype),
        )
        if not (is_average and core.dsp and y.dtype is DType.INT8):
            return step
        small = replace(step, kernel=KERNELS["mote_global_average_pool_s8_small"])
        return replace(step, frugal=small, frugal_cycles=SMALL_CYCLES_MORE * x.elements)
    return Step(
        node,
        KERNELS[f"mote_{op.kind}_{SUFFIXES[y.dtype]}"],
        parameters=(*window_sizes(graph, node).items(), ("y_min", low), ("y_max", high)),
        split=pool_split(graph, node),
    )


def pool_split(graph: Graph, node: Node) -> Split:
    """Rows of the result read the rows of their windows."""
    op, y = node.op, graph.result(node)
    assert isinstance(op, AveragePool2D | MaxPool2D)
    window = Window(op.stride[0], op.padding.top, op.kernel[0])
    row = row_shape(y)[2] * (CYCLES_OF_CELL * prod(op.kernel) + CYCLES_OF_RESULT)
    return split_windows(y.shape[1], window, lambda rows: CALL + rows * row)


def window_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """Sizes, strides and padding of a layer that is computed row by row.

    Raises:
        UnsupportedModelError: A size does not fit the struct's 16 bits.
    """
    op = node.op
    assert isinstance(op, AveragePool2D | MaxPool2D)
    (x,), y = graph.operands(node), graph.result(node)
    sizes = {
        "x_width": x.shape[2],
        "channels": x.shape[3],
        "y_height": y.shape[0] * y.shape[1],
        "y_width": y.shape[2],
        "kernel_height": op.kernel[0],
        "kernel_width": op.kernel[1],
        "stride_height": op.stride[0],
        "stride_width": op.stride[1],
        "pad_left": op.padding.left,
    }
    check_sizes(node, sizes)
    return sizes


def lower_mean(graph: Graph, node: Node, core: Core) -> Step:
    """Mean over any axes, folded into two loops over what stays and two over what vanishes.

    Raises:
        UnsupportedModelError: The sum, scaled up, does not fit 32 bits.
    """
    assert isinstance(node.op, Mean)
    (x,), y, axes = graph.operands(node), graph.result(node), node.op.axes
    cells = prod(x.shape[axis] for axis in axes)
    multiplier, shift = mean_multiplier(x, y, cells)
    largest = 255 if x.dtype is DType.INT8 else 2**15
    if largest * cells << max(shift, 0) >= 2**31:
        raise UnsupportedModelError(
            f"node '{node.name}'",
            f"a mean over {cells:,} cells from scale {x.q.scale:.3g} to {y.q.scale:.3g} "
            "overflows 32 bits",
        )
    scaling: dict[str, int] = {
        "offset": -x.q.zero_point * cells,
        "multiplier": multiplier,
        "right": -shift,
        "y_zero": y.q.zero_point,
    }
    if plane := averaged_plane(node.op, x):
        return Step(
            node,
            KERNELS[f"mote_global_mean_{SUFFIXES[y.dtype]}"],
            parameters=(*scaling.items(), *plane.sizes.items()),
            split=plane.split,
            state_bytes=plane.state_bytes(DType.INT32),
        )
    return Step(
        node,
        KERNELS[f"mote_mean_{SUFFIXES[y.dtype]}"],
        parameters=(*scaling.items(), *mean_walk(x, axes).items()),
        split=mean_split(node.op, x, y),
    )


def mean_split(op: Mean, x: Tensor, y: Tensor) -> Split | None:
    """Row by row, when each row of the result is the mean of parts of one row of the operand."""
    keeps_rows = all(x.shape[axis] == 1 for axis in op.axes if axis < row_axes(len(x.shape)))
    if not keeps_rows or row_shape(x)[:2] != row_shape(y)[:2]:
        return None
    return split_pointwise(y, ("kept",))


def mean_walk(x: Tensor, axes: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """The loops over what stays and over what vanishes, folded into two each."""
    kept_shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    y_steps = [0 if i in axes else step for i, step in enumerate(contiguous_steps(kept_shape))]
    walk = fold(
        [
            Dimension(n, (x_step, y_step))
            for n, x_step, y_step in zip(x.shape, contiguous_steps(x.shape), y_steps, strict=True)
        ]
    )
    kept = padded([d for d in walk if d.steps[1] > 0], 2, 2)
    reduced = padded([d for d in walk if d.steps[1] == 0], 2, 2)
    return {
        "kept": tuple(d.size for d in kept),
        "kept_step": tuple(d.steps[0] for d in kept),
        "reduced": tuple(d.size for d in reduced),
        "reduced_step": tuple(d.steps[0] for d in reduced),
    }
