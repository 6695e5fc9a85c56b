"""What the TFLite front end makes of each operator: a small file in, printed IR out."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from mote.frontends.tflite import parse
from mote.ir import Graph
from mote.ir.ops import Conv2D, Padding
from mote.ir.text import format_graph
from raw_tflite import RawModel, RawOperator, RawTensor, constant, indices, write_raw

VALID, SAME = 1, 0


def imported(
    kind: str,
    tensors: dict[str, RawTensor],
    options: str = "",
    *,
    inputs: tuple[str, ...] = ("x",),
    operands: list[str] | None = None,
    **fields: Any,
) -> Graph:
    """The graph of a file with one operator, which reads all tensors but y and writes y."""
    operands = operands or [name for name in tensors if name != "y"]
    operator = RawOperator(kind, operands, ["y"], options, fields)
    return parse(write_raw(RawModel(tensors, [operator], list(inputs), ["y"])), "one", "one.tflite")


def body(graph: Graph) -> list[str]:
    """The printed graph without its name, its output and hashes of constants."""
    return [line.split(" #")[0].strip() for line in format_graph(graph).splitlines()[1:-1]]


def weights(*shape: int, per_channel: int = 0, axis: int = 0) -> RawTensor:
    values = np.arange(np.prod(shape), dtype=np.int8).reshape(shape)
    return constant(values, (0.25,) * (per_channel or 1), axis)


def bias(channels: int) -> RawTensor:
    return constant(np.arange(channels, dtype=np.int32), (0.125,))


def test_convolution_with_stride_dilation_groups_and_scales_per_channel() -> None:
    graph = imported(
        "CONV_2D",
        {
            "x": RawTensor((2, 9, 8, 6), zeros=(-3,)),
            "w": weights(4, 3, 2, 3, per_channel=4),
            "b": bias(4),
            "y": RawTensor((2, 5, 2, 4), scales=(0.75,)),
        },
        "Conv2DOptions",
        Padding=SAME,
        StrideH=2,
        StrideW=4,
        DilationHFactor=1,
        DilationWFactor=3,
        FusedActivationFunction=3,
    )
    assert body(graph) == [
        "input x : int8[2,9,8,6] q(0.5,-3)",
        "const w : int8[4,3,2,3] q(axis 0)",
        "const b : int32[4]",
        (
            "y = conv_2d(stride=(2,4), dilation=(1,3), padding=(1,1,0,0), activation=relu6) "
            "x, w, b : int8[2,5,2,4] q(0.75,0)"
        ),
    ]
    assert graph.nodes[0].name == "conv_2d_0"
    assert graph.tensors["w"].q.scales == (0.25,) * 4


def test_a_missing_bias_becomes_zeros() -> None:
    tensors = {"x": RawTensor((1, 4)), "w": weights(3, 4), "y": RawTensor((1, 3))}
    for operands in (["x", "w"], ["x", "w", ""]):
        graph = imported("FULLY_CONNECTED", tensors, "FullyConnectedOptions", operands=operands)
        assert graph.nodes[0].inputs == ("x", "w", "fully_connected_0/bias")
        np.testing.assert_array_equal(
            graph.tensors["fully_connected_0/bias"].array, np.zeros(3, np.int32)
        )


def test_depthwise_convolution_takes_its_multiplier_from_the_shapes() -> None:
    graph = imported(
        "DEPTHWISE_CONV_2D",
        {
            "x": RawTensor((1, 5, 6, 2)),
            "w": weights(1, 3, 3, 6, per_channel=6, axis=3),
            "b": bias(6),
            "y": RawTensor((1, 3, 3, 6)),
        },
        "DepthwiseConv2DOptions",
        Padding=SAME,
        StrideH=2,
        StrideW=2,
        DepthMultiplier=1,
    )
    assert body(graph)[-1] == (
        "y = depthwise_conv_2d(stride=(2,2), padding=(1,1,0,1)) x, w, b : int8[1,3,3,6] q(0.5,0)"
    )


def test_fully_connected_flattens_what_it_reads() -> None:
    graph = imported(
        "FULLY_CONNECTED",
        {"x": RawTensor((2, 3, 2, 2)), "w": weights(5, 12), "b": bias(5), "y": RawTensor((2, 5))},
        "FullyConnectedOptions",
        FusedActivationFunction=1,
    )
    assert body(graph)[3:] == [
        "fully_connected_0/flatten = reshape(to=(2,12)) x : int8[2,12] q(0.5,0)",
        "y = fully_connected(activation=relu) fully_connected_0/flatten, w, b : int8[2,5] q(0.5,0)",
    ]


def test_fully_connected_may_keep_its_dimensions() -> None:
    graph = imported(
        "FULLY_CONNECTED",
        {"x": RawTensor((2, 3, 4)), "w": weights(5, 4), "b": bias(5), "y": RawTensor((2, 3, 5))},
        "FullyConnectedOptions",
        KeepNumDims=True,
    )
    assert body(graph)[3:] == [
        "fully_connected_0/flatten = reshape(to=(6,4)) x : int8[6,4] q(0.5,0)",
        (
            "fully_connected_0/rows = fully_connected() fully_connected_0/flatten, w, b "
            ": int8[6,5] q(0.5,0)"
        ),
        "y = reshape(to=(2,3,5)) fully_connected_0/rows : int8[2,3,5] q(0.5,0)",
    ]
    assert [node.name for node in graph.nodes] == [
        "fully_connected_0/flatten",
        "fully_connected_0/rows",
        "fully_connected_0",
    ]


def test_an_operand_of_add_may_be_a_constant_of_another_rank() -> None:
    graph = imported(
        "ADD",
        {"x": RawTensor((1, 2, 2, 3)), "c": weights(3), "y": RawTensor((1, 2, 2, 3), zeros=(9,))},
        "AddOptions",
        FusedActivationFunction=2,
    )
    assert body(graph)[1:] == [
        "const c : int8[3] q(0.25,0)",
        "y = add(activation=relu_n1_to_1) x, c : int8[1,2,2,3] q(0.5,9)",
    ]


@pytest.mark.parametrize(
    ("kind", "printed"), [("AVERAGE_POOL_2D", "average_pool_2d"), ("MAX_POOL_2D", "max_pool_2d")]
)
def test_pooling(kind: str, printed: str) -> None:
    graph = imported(
        kind,
        {"x": RawTensor((1, 7, 6, 3)), "y": RawTensor((1, 4, 2, 3))},
        "Pool2DOptions",
        Padding=SAME,
        FilterHeight=3,
        FilterWidth=2,
        StrideH=2,
        StrideW=3,
        FusedActivationFunction=1,
    )
    assert body(graph)[-1] == (
        f"y = {printed}(kernel=(3,2), stride=(2,3), padding=(1,1,0,0), activation=relu) x "
        ": int8[1,4,2,3] q(0.5,0)"
    )


def test_mean_counts_negative_axes_from_the_end_and_drops_repeats() -> None:
    tensors = {
        "x": RawTensor((2, 4, 5, 3)),
        "axes": indices(-2, 1, 2),
        "y": RawTensor((2, 1, 1, 3), scales=(0.25,)),
    }
    graph = imported("MEAN", tensors, "ReducerOptions", KeepDims=True)
    assert body(graph)[1:] == ["y = mean(keep_dims=True) x : int8[2,1,1,3] q(0.25,0)"]
    tensors["y"] = RawTensor((2, 3))
    assert body(imported("MEAN", tensors))[1:] == ["y = mean() x : int8[2,3] q(0.5,0)"]


def test_padding_amounts_may_be_int64() -> None:
    paddings = constant(np.array([[0, 0], [1, 2], [3, 4], [0, 0]], np.int64))
    graph = imported(
        "PAD", {"x": RawTensor((1, 2, 2, 1)), "p": paddings, "y": RawTensor((1, 5, 9, 1))}
    )
    assert body(graph)[1:] == [
        "y = pad(paddings=((0,0),(1,2),(3,4),(0,0))) x : int8[1,5,9,1] q(0.5,0)"
    ]


def test_padding_with_the_zero_point_is_padding() -> None:
    value = RawTensor((1,), zeros=(7,), data=b"\x07")
    tensors = {
        "x": RawTensor((1, 2), zeros=(7,)),
        "p": constant(np.array([[0, 0], [1, 0]], np.int32)),
        "v": value,
        "y": RawTensor((1, 3), zeros=(7,)),
    }
    assert body(imported("PADV2", tensors))[1:] == [
        "y = pad(paddings=((0,0),(1,0))) x : int8[1,3] q(0.5,7)"
    ]


@pytest.mark.parametrize("shape", [(2, -1), (-1, 6), (2, 6)])
def test_a_reshape_may_leave_one_dimension_open(shape: tuple[int, ...]) -> None:
    tensors = {"x": RawTensor((1, 4, 3)), "s": indices(*shape), "y": RawTensor((2, 6))}
    expected = ["y = reshape(to=(2,6)) x : int8[2,6] q(0.5,0)"]
    assert body(imported("RESHAPE", tensors))[1:] == expected
    del tensors["s"]
    assert body(imported("RESHAPE", tensors, "ReshapeOptions", NewShape=shape))[1:] == expected


def test_a_reshape_to_a_computed_shape_takes_the_stated_one_and_drops_what_computes_it() -> None:
    """Keras computes the shape of a flatten from the batch size: SHAPE, STRIDED_SLICE, PACK."""
    tensors = {
        "x": RawTensor((1, 4, 3)),
        "batch": RawTensor((3,), "INT32", (), ()),
        "shape": RawTensor((2,), "INT32", (), ()),
        "y": RawTensor((1, 12)),
    }
    operators = [
        RawOperator("SHAPE", ["x"], ["batch"]),
        RawOperator("PACK", ["batch"], ["shape"]),
        RawOperator("RESHAPE", ["x", "shape"], ["y"], "ReshapeOptions", {"NewShape": (-1, 12)}),
    ]
    data = write_raw(RawModel(tensors, operators, ["x"], ["y"]))
    graph = parse(data, "flat", "flat.tflite")
    assert body(graph)[1:] == ["y = reshape(to=(1,12)) x : int8[1,12] q(0.5,0)"]
    assert set(graph.tensors) == {"x", "y"}
    assert graph.nodes[0].name == "reshape_2"


def test_squeeze_and_expand_dims_are_reshapes() -> None:
    tensors = {"x": RawTensor((1, 1, 4, 1)), "y": RawTensor((1, 4, 1))}
    squeezed = imported("SQUEEZE", tensors, "SqueezeOptions", SqueezeDims=(-3,))
    assert body(squeezed)[1:] == ["y = reshape(to=(1,4,1)) x : int8[1,4,1] q(0.5,0)"]
    tensors["y"] = RawTensor((4,))
    assert body(imported("SQUEEZE", tensors))[1:] == ["y = reshape(to=(4,)) x : int8[4] q(0.5,0)"]
    tensors = {"x": RawTensor((4, 3)), "axis": indices(-1), "y": RawTensor((4, 3, 1))}
    assert body(imported("EXPAND_DIMS", tensors))[1:] == [
        "y = reshape(to=(4,3,1)) x : int8[4,3,1] q(0.5,0)"
    ]


def test_softmax_keeps_beta() -> None:
    tensors = {"x": RawTensor((2, 5)), "y": RawTensor((2, 5), scales=(1 / 256,), zeros=(-128,))}
    assert body(imported("SOFTMAX", tensors, "SoftmaxOptions", Beta=0.5))[1:] == [
        "y = softmax(beta=0.5) x : int8[2,5] q(0.00390625,-128)"
    ]


def test_conversions_between_real_uint8_and_int8_stay_even_when_they_change_nothing() -> None:
    types = {
        "real": RawTensor((1, 4), "FLOAT32", (), ()),
        "u": RawTensor((1, 4), "UINT8", zeros=(128,)),
        "s": RawTensor((1, 4)),
        "same": RawTensor((1, 4)),
        "y": RawTensor((1, 4), "FLOAT32", (), ()),
    }
    names = list(types)
    kinds = ["QUANTIZE", "QUANTIZE", "QUANTIZE", "DEQUANTIZE"]
    operators = [RawOperator(k, [names[i]], [names[i + 1]]) for i, k in enumerate(kinds)]
    graph = parse(write_raw(RawModel(types, operators, ["real"], ["y"])), "q", "q.tflite")
    assert body(graph) == [
        "input real : float32[1,4]",
        "u = quantize() real : uint8[1,4] q(0.5,128)",
        "s = quantize() u : int8[1,4] q(0.5,0)",
        "same = quantize() s : int8[1,4] q(0.5,0)",
        "y = dequantize() same : float32[1,4]",
    ]


@pytest.mark.parametrize("kind", ["RELU", "RELU6", "RELU_N1_TO_1"])
def test_a_float_clamp_on_its_own_is_kept_for_a_pass_to_fuse(kind: str) -> None:
    real = RawTensor((1, 4), "FLOAT32", (), ())
    graph = imported(kind, {"x": real, "y": real})
    assert graph.nodes[0].op.kind == "relu"
    assert graph.nodes[0].op.activation.value == kind.lower()  # type: ignore[attr-defined]


def test_a_float_model_has_no_quantisation_even_if_the_file_leaves_some() -> None:
    real = RawTensor((1, 4), "FLOAT32", (), ())
    graph = imported(
        "FULLY_CONNECTED",
        {
            "x": dataclasses.replace(real, scales=(0.5,), zeros=(0,)),
            "w": constant(np.ones((2, 4), np.float32)),
            "y": dataclasses.replace(real, shape=(1, 2)),
        },
        "FullyConnectedOptions",
    )
    assert body(graph) == [
        "input x : float32[1,4]",
        "const w : float32[2,4]",
        "const fully_connected_0/bias : float32[2]",
        "y = fully_connected() x, w, fully_connected_0/bias : float32[1,2]",
    ]


@pytest.mark.parametrize("size", [1, 4, 5, 6, 7])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_same_padding_gives_one_output_per_stride(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    out = -(-size // stride)
    graph = imported(
        "CONV_2D",
        {
            "x": RawTensor((1, size, 9, 1)),
            "w": weights(1, kernel, 1, 1),
            "y": RawTensor((1, out, 9, 1)),
        },
        "Conv2DOptions",
        Padding=SAME,
        StrideH=stride,
        StrideW=1,
        DilationHFactor=dilation,
    )
    op = graph.nodes[0].op
    assert isinstance(op, Conv2D)
    needed = (out - 1) * stride + (kernel - 1) * dilation + 1
    before, after = op.padding.top, op.padding.bottom
    assert before + after == max(0, needed - size)
    assert after - before in (0, 1)
    assert (op.padding.left, op.padding.right) == (0, 0)


def test_valid_padding_is_none() -> None:
    graph = imported(
        "CONV_2D",
        {"x": RawTensor((1, 6, 6, 1)), "w": weights(1, 3, 3, 1), "y": RawTensor((1, 2, 2, 1))},
        "Conv2DOptions",
        Padding=VALID,
        StrideH=2,
        StrideW=2,
    )
    assert graph.nodes[0].op == Conv2D(stride=(2, 2), padding=Padding())
