"""Lowering of layers with weights: what it refuses, what it proves, and what it leaves out."""

import numpy as np
import pytest

from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Op,
    Padding,
    Rounding,
)
from mote.lower.constant_channels import constant_results, settle_constant_channels
from mote.lower.input_range import layer_channels
from mote.lower.lower import lower
from mote.lower.requantization import pack_shifts
from mote.lower.step import Step
from mote.plan.forms import forms
from mote.target.cores import CORES

M3, M4 = CORES["cortex-m3"], CORES["cortex-m4"]


def _layer(
    op: Op,
    x_shape: tuple[int, ...],
    weights: np.ndarray,
    *,
    bias: int | np.ndarray = 0,
    scale: float | list[float] = 0.01,
    y_scale: float = 0.5,
    x_zero: int = 0,
    name: str = "layer",
) -> Graph:
    axis = 3 if isinstance(op, DepthwiseConv2D) else 0
    count = weights.shape[axis]
    scales = tuple(np.float32(scale).astype(float).reshape(-1).tolist())
    biases = np.broadcast_to(np.asarray(bias, np.int32), (count,)).copy()
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((0.02,), (x_zero,))),
        Tensor(
            "w",
            weights.shape,
            DType.INT8,
            Quantization(scales, (0,) * len(scales), axis if len(scales) > 1 else None),
            weights.astype(np.int8),
        ),
        Tensor("b", (count,), DType.INT32, None, biases),
        Tensor(
            "y",
            op.shape(x_shape, weights.shape, (count,)),
            DType.INT8,
            Quantization((y_scale,), (0,)),
        ),
    ]
    node = Node(name, op, ("x", "w", "b"), "y")
    return Graph("one", {t.name: t for t in tensors}, (node,), ("x",), ("y",))


def _step(graph: Graph, core: object = M4) -> Step:
    (step,) = lower(graph, core).steps  # type: ignore[arg-type]
    return step


def _in_pairs(graph: Graph) -> Step:
    """The last of its forms for SMLAD, with channels in pairs; behind it stands less code."""
    return next(form for form in reversed(forms(_step(graph))) if "pairs" in dict(form.parameters))


def _constant(step: Step, field: str) -> np.ndarray:
    return next(c.array for c in step.constants if c.field == field)


def _parameter(step: Step, name: str) -> float:
    return dict(step.parameters)[name]


def test_a_sum_that_could_leave_int32_is_refused_with_the_layer_named() -> None:
    weights = np.full((1, 4), 100)
    graph = _layer(FullyConnected(), (1, 4), weights, bias=2**31 - 4 * 100 * 128, name="head")
    with pytest.raises(UnsupportedModelError, match="node 'head': a sum could reach 2,147,483,648"):
        lower(graph, M4)


def test_the_largest_sum_that_fits_is_accepted() -> None:
    weights = np.full((1, 4), 100)
    lower(_layer(FullyConnected(), (1, 4), weights, bias=2**31 - 1 - 4 * 100 * 128), M4)


def test_the_input_zero_point_counts_in_the_bound() -> None:
    weights = np.full((1, 4), 100)
    bias = 2**31 - 1 - 4 * 100 * 128
    graph = _layer(FullyConnected(), (1, 4), weights, bias=bias, x_zero=-1)
    with pytest.raises(UnsupportedModelError):
        lower(graph, M4)


def test_a_multiplier_that_lifts_the_sum_out_of_int32_is_refused() -> None:
    graph = _layer(FullyConnected(), (1, 4), np.full((1, 4), 100), scale=1e6, y_scale=1e-4)
    with pytest.raises(UnsupportedModelError, match="a sum could reach"):
        lower(graph, M4)


@pytest.mark.parametrize("rounding", Rounding)
@pytest.mark.parametrize(("scale", "y_scale"), [(3e38, 1e-38), (1e20, 1e-20), (1e38, 0.5)])
def test_extreme_scales_are_refused_like_all_others(
    rounding: Rounding, scale: float, y_scale: float
) -> None:
    op = FullyConnected(activation=Activation.RELU6, rounding=rounding)
    graph = _layer(op, (1, 4), np.full((1, 4), 100), scale=scale, y_scale=y_scale)
    with pytest.raises(UnsupportedModelError, match="a sum could reach"):
        lower(graph, M4)


def test_all_problems_of_a_model_are_told_at_once() -> None:
    graph = _layer(FullyConnected(), (1, 4), np.full((1, 4), 100), bias=2**31 - 1, name="first")
    second = Node("second", graph.nodes[0].op, ("x", "w", "b"), "z")
    z = Tensor("z", (1, 1), DType.INT8, Quantization((0.5,), (0,)))
    graph = graph.rebuild((*graph.nodes, second), [z])
    with pytest.raises(UnsupportedModelError) as caught:
        lower(graph, M4)
    assert [line.split(":")[0] for line in caught.value.details] == [
        "node 'first'",
        "node 'second'",
    ]


def test_sizes_beyond_16_bits_are_refused() -> None:
    graph = _layer(FullyConnected(), (1, 2**16), np.ones((1, 2**16)))
    with pytest.raises(UnsupportedModelError, match="inputs = 65,536"):
        lower(graph, M4)


def test_cores_without_simd_get_portable_kernels() -> None:
    graph = _layer(Conv2D(), (1, 4, 4, 2), np.ones((3, 1, 1, 2)))
    assert _step(graph, M3).kernel.name == "mote_conv_2d_s8"
    assert _step(graph, M4).kernel.name == "mote_conv_2d_s8_dsp_points"


def test_the_rounding_of_the_node_chooses_the_kernel() -> None:
    graph = _layer(Conv2D(rounding=Rounding.SINGLE), (1, 4, 4, 2), np.ones((3, 1, 1, 2)))
    assert _step(graph).kernel.name == "mote_conv_2d_s8_dsp_single_points"


def test_sums_too_large_for_a_shared_accumulator_take_the_wide_kernel() -> None:
    fits = _layer(FullyConnected(), (1, 516), np.full((2, 516), 127))
    large = _layer(FullyConnected(), (1, 517), np.full((2, 517), 127))
    assert _step(fits).kernel.name == "mote_fully_connected_s8_dsp_single"
    assert _step(large).kernel.name == "mote_fully_connected_s8_dsp_wide_single"


def test_multipliers_of_one_and_more_take_the_portable_kernel() -> None:
    graph = _layer(Conv2D(), (1, 4, 4, 2), np.ones((3, 1, 1, 2)), scale=50.0)
    assert _step(graph).kernel.name == "mote_conv_2d_s8"


def test_the_window_chooses_the_depthwise_kernel() -> None:
    def kernel(weights: tuple[int, ...], **attributes: object) -> str:
        op = DepthwiseConv2D(**attributes)  # type: ignore[arg-type]
        return _step(_layer(op, (1, 9, 9, 2), np.ones(weights))).kernel.name

    portable = "mote_depthwise_conv_2d_s8"
    dsp, dsp_3x3 = f"{portable}_dsp", f"{portable}_dsp_3x3"
    assert kernel((1, 3, 3, 2)) == dsp_3x3
    assert kernel((1, 3, 3, 2), padding=Padding(2, 2, 1, 0)) == dsp_3x3
    assert kernel((1, 3, 3, 2), padding=Padding(2, 2, 1, 1)) == f"{dsp}_slots_3_by_9"
    assert kernel((1, 5, 5, 2)) == dsp
    assert kernel((1, 1, 9, 2)) == dsp
    assert kernel((1, 3, 3, 4)) == dsp
    assert kernel((1, 3, 3, 2), dilation=(2, 2)) == dsp
    assert kernel((1, 3, 3, 2), stride=(3, 3)) == dsp
    assert kernel((1, 3, 3, 2), padding=Padding(0, 0, 2, 0)) == dsp
    # The first row of results reads no row of the image.
    assert kernel((1, 3, 3, 2), padding=Padding(3, 0, 0, 0)) == portable


def test_a_depthwise_kernel_is_told_how_its_window_divides() -> None:
    def divided(width: int, stride: int, dilation: int) -> tuple[int, ...]:
        op = DepthwiseConv2D(stride=(1, stride), dilation=(1, dilation))
        step = _step(_layer(op, (1, 9, 40, 2), np.ones((1, 3, width, 2))))
        names = ("phases_width", "chunks", "taps")
        return tuple(_parameter(step, name) for name in names)

    assert divided(5, 1, 1) == (1, 1, 5)
    assert divided(4, 2, 1) == (1, 1, 5)
    assert divided(9, 1, 1) == (1, 2, 5)
    assert divided(15, 2, 1) == (1, 3, 5)
    assert divided(5, 1, 3) == (3, 1, 5)
    assert divided(5, 2, 4) == (2, 1, 5)
    assert divided(5, 3, 1) == (1, 3, 3)
    assert divided(2, 5, 2) == (2, 2, 1)


def test_dead_output_channels_are_neither_stored_nor_computed() -> None:
    weights = np.random.default_rng(0).integers(-50, 50, (8, 1, 1, 16))
    weights[[0, 2, 3, 4, 7]] = 0
    step = _in_pairs(_layer(Conv2D(), (1, 4, 4, 16), weights, bias=np.arange(8) * 5000))
    assert _parameter(step, "pairs") == 2
    assert _constant(step, "gaps").tolist() == [1, 4, 1, 0]
    assert _constant(step, "weights").size == 2 * 2 * 16
    # y = bias * (0.02 * 0.01 / 0.5), to the nearest
    dead = _constant(step, "constants")[[0, 2, 3, 4, 7]]
    assert dead.tolist() == [0, 4, 6, 8, 14]


def test_a_layer_of_dead_channels_still_computes_one() -> None:
    step = _in_pairs(_layer(Conv2D(), (1, 4, 4, 16), np.zeros((8, 1, 1, 16))))
    assert _parameter(step, "pairs") == 1


def test_gaps_longer_than_a_byte_are_bridged() -> None:
    weights = np.zeros((600, 1, 1, 16))
    weights[[0, 599]] = 1
    gaps = _constant(_in_pairs(_layer(Conv2D(), (1, 4, 4, 16), weights)), "gaps")
    assert gaps.tolist() == [0, 255, 255, 89]


def test_padding_keeps_a_channel_of_constant_inputs_alive() -> None:
    """A dead channel whose constant is not the zero point differs from the padding."""
    first = np.zeros((4, 1, 1, 8))
    first[0] = 100
    graph = _layer(Conv2D(), (1, 6, 6, 8), first, bias=np.array([0, 0, 9000, 9000]))
    for padding, alive in ((Padding(), 1), (Padding(1, 1, 1, 1), 3)):
        op = DepthwiseConv2D(padding=padding)
        weights = Tensor(
            "dw",
            (1, 3, 3, 4),
            DType.INT8,
            Quantization((0.01,), (0,)),
            np.full((1, 3, 3, 4), 99, np.int8),
        )
        bias = Tensor("db", (4,), DType.INT32, None, np.zeros(4, np.int32))
        shape = op.shape((1, 6, 6, 4), weights.shape, (4,))
        result = Tensor("z", shape, DType.INT8, Quantization((0.1,), (0,)))
        node = Node("depthwise", op, ("y", "dw", "db"), "z")
        both = graph.rebuild((*graph.nodes, node), [weights, bias, result])
        constant, _ = constant_results(layer_channels(both, node))
        assert (~constant).sum() == alive


def test_constant_channels_with_extreme_scales_get_ordinary_ones() -> None:
    weights = np.ones((3, 1, 1, 2))
    weights[1] = 0
    graph = _layer(
        Conv2D(), (1, 2, 2, 2), weights, scale=[0.01, 1e-30, 0.01], bias=np.array([0, 10**6, 0])
    )
    channels = layer_channels(graph, graph.nodes[0])
    settled = settle_constant_channels(channels)
    assert channels.multiplier[1] == 0
    assert settled.multiplier[1] == 2**30
    assert settled.right[1] == settled.right[0]
    assert _step(graph).kernel.name == "mote_conv_2d_s8_dsp_points"


def test_shifts_take_four_bits_when_they_lie_close() -> None:
    assert pack_shifts(np.array([7, 9, 22]))[:2] == (7, 4)
    assert pack_shifts(np.array([7, 9, 22]))[2].tolist() == [0x20, 0x0F]
    assert pack_shifts(np.array([7, 9, 23]))[:2] == (7, 8)


def test_one_multiplier_serves_a_layer_quantised_as_a_whole() -> None:
    graph = _layer(FullyConnected(), (1, 8), np.ones((20, 8)))
    for core in (M3, M4):
        step = _step(graph, core)
        assert _parameter(step, "per_channel") == 0
        assert _constant(step, "multiplier").size == 1


def test_only_biases_and_weights_count_as_learnt() -> None:
    graph = _layer(Conv2D(), (1, 4, 4, 2), np.ones((3, 1, 1, 2)))
    for core in (M3, M4):
        learnt = {c.field for c in _step(graph, core).constants if c.is_weights}
        assert learnt == {"weights", "bias"}
