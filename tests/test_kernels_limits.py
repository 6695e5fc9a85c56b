"""Layers at the ends of what each proof of the lowering allows, on cores that run the assembly.

One step further another kernel must take over; both must give the bytes of the reference."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

import mote
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Padding, Rounding
from mote.lower.constant_channels import constant_results
from mote.lower.input_range import layer_channels
from mote.lower.lower import lower
from mote.plan.forms import forms
from mote.target.cores import CORES
from random_layers import side_by_side

Weighted = Conv2D | DepthwiseConv2D | FullyConnected

X_SCALE = 2.0**-5
EXACT = 0.999
"""Of a power of two: a mantissa that uses all bits."""

every_rounding = pytest.mark.parametrize("rounding", Rounding)


def layer(
    op: Weighted,
    x_shape: tuple[int, ...],
    weights: np.ndarray,
    y_zero: int = 0,
    *,
    largest: int | None = None,
    right: int | None = None,
    dtype: DType = DType.INT8,
) -> Graph:
    """A layer whose channels in turn reach the sums ``largest`` and ``-largest``.

    Without, the sums lie around 0. The multiplier has the right shift ``right``; without, it
    brings the last step before int8 ends among the sums.
    """
    axis = 3 if isinstance(op, DepthwiseConv2D) else 0
    count = weights.shape[axis]
    reach = 128 * int(np.abs(weights.astype(int)).sum()) // count
    largest = largest or reach
    bias = np.resize([1, -1], count) * (largest - reach)
    last_step = max(127 - y_zero, y_zero + 128) - 0.5
    multiplier = last_step / (largest - reach // 2) if right is None else EXACT * 2.0**-right
    y_shape = op.shape(x_shape, weights.shape, (count,))
    weight_scale = float(np.float32(multiplier / X_SCALE))
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((X_SCALE,), (0,))),
        Tensor("w", weights.shape, dtype, Quantization((weight_scale,), (0,)), weights),
        Tensor("b", (count,), DType.INT32, None, bias.astype(np.int32)),
        Tensor("y", y_shape, DType.INT8, Quantization((1.0,), (y_zero,))),
    ]
    node = Node("layer", op, ("x", "w", "b"), "y")
    graph = Graph(op.kind, {t.name: t for t in tensors}, (node,), ("x",), ("y",))
    verify(graph)
    return graph


def cases(rounding: Rounding) -> Iterator[tuple[str, Graph]]:
    """(what serves the layer on a core with the DSP extension, the layer)."""
    around = Padding(1, 1, 1, 1)
    convolution = Conv2D(padding=around, rounding=rounding)
    depthwise = DepthwiseConv2D(padding=around, rounding=rounding)
    wide_depthwise = DepthwiseConv2D(padding=Padding(2, 2, 2, 2), rounding=rounding)
    connected = FullyConnected(rounding=rounding)
    for op, x_shape, w_shape in (
        (convolution, (1, 4, 5, 4), (3, 3, 3, 4)),
        (depthwise, (1, 4, 5, 4), (1, 3, 3, 4)),
        (wide_depthwise, (1, 4, 5, 4), (1, 5, 5, 4)),
        (connected, (2, 5), (9, 5)),
    ):
        weights = np.full(w_shape, -128, np.int8)
        # Twice the sum is an int32, with shift 22, one more with the narrower steps to 127.
        yield "dsp", layer(op, x_shape, weights, -128, largest=2**30 - 1)
        yield "dsp", layer(op, x_shape, weights, 127, largest=2**30 - 1)
        yield "portable", layer(op, x_shape, weights, -128, largest=2**30)
        yield "portable", layer(op, x_shape, weights, 0, largest=2**30 - 1)
        yield "portable", layer(op, x_shape, weights, -128, largest=2**31 - 1)
        for right, kernel in ((1, "dsp"), (0, "portable"), (-5, "portable")):
            yield kernel, layer(op, x_shape, weights, 100, right=right)
        # 16 times the sum of 4-bit weights is an int32; depthwise ones are unpacked first.
        weights, end = (
            np.full(w_shape, -8, np.int8),
            2**30 if isinstance(op, DepthwiseConv2D) else 2**27,
        )
        nibbles = partial(layer, op, x_shape, weights, dtype=DType.INT4)
        for y_zero in (-128, 127):
            yield "dsp", nibbles(y_zero, largest=end - 1)
        yield "portable", nibbles(-128, largest=end)
        yield "portable", nibbles(-128, largest=2**31 - 1)
        for right, kernel in ((1, "dsp"), (0, "portable"), (-5, "portable")):
            yield kernel, nibbles(100, right=right)
    # 256 * sum is an int32; a shift has 4 bits.
    weights = np.full((10, 512), -127, np.int8)
    for right, largest, kernel in (
        (16, 2**23 - 1, "narrow"),
        (16, 2**23, "wide"),
        (17, 2**23 - 1, "wide"),
    ):
        yield kernel, layer(connected, (1, 512), weights, largest=largest, right=right)
        pointwise = weights.reshape(10, 1, 1, 512)
        yield kernel, layer(convolution, (1, 1, 1, 512), pointwise, largest=largest, right=right)
    # The lane 256 * -128 + partner is an int16.
    for partner, kernel in ((0, "narrow"), (-1, "wide")):
        weights = np.full((2, 64), -128, np.int8)
        weights[1] = partner
        yield kernel, layer(connected, (1, 64), weights, right=13)


OTHER_PROOFS = ("_chain", "_winograd")
"""In the names of kernels that do not depend on how wide a sum is."""


def served_by(name: str) -> set[str]:
    if "_dsp" not in name:
        return {"portable"}
    return {"dsp", "wide" if "_wide" in name else "narrow"}


@every_rounding
def test_the_kernel_changes_where_its_proof_ends(rounding: Rounding) -> None:
    for kernel, graph in cases(rounding):
        (step,) = lower(graph, CORES["cortex-m4"]).steps
        names = [form.kernel.name for form in forms(step)]
        plain = [name for name in names if not any(other in name for other in OTHER_PROOFS)]
        assert kernel in served_by(plain[0]), (names, graph.nodes[0].op)
        constant, _ = constant_results(layer_channels(graph, graph.nodes[0]))
        assert not constant.all(), graph.nodes[0].op


@every_rounding
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m33", "cortex-m55"])
def test_layers_at_the_limits_equal_the_reference(target: str, rounding: Rounding) -> None:
    graphs = [graph for _, graph in cases(rounding)]
    rng = np.random.default_rng(21)
    shapes = [graph.tensors["x"].shape for graph in graphs]
    samples = [
        [np.full(shape, -128, np.int8) for shape in shapes],
        [np.full(shape, 127, np.int8) for shape in shapes],
        [rng.choice(np.array([-128, 127], np.int8), shape) for shape in shapes],
    ]
    found = mote.compile(side_by_side(graphs), target).run_samples(samples)
    for sample, outputs in zip(samples, found, strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            message = f"{graph.nodes[0].op} {graph.tensors['w'].q} {graph.tensors['b'].array}"
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=message)
