"""Spellings of TFLite that the writer never uses: LiteRT computes the same bytes from the file."""

import numpy as np
import pytest

import mote
from mote import reference
from mote.frontends.tflite import parse
from mote.passes import optimize
from mote.run.litert import LiteRT
from raw_tflite import RawModel, RawOperator, RawTensor, constant, indices, write_raw

RNG = np.random.default_rng(5)
X = RawTensor((2, 4, 6, 4), scales=(0.04,), zeros=(3,))
Y = RawTensor((2, 4, 6, 4), scales=(0.07,), zeros=(-9,))


def like(tensor: RawTensor, *shape: int) -> RawTensor:
    return RawTensor(shape, scales=tensor.scales, zeros=tensor.zeros)


def weights(*shape: int, scales: int = 1, axis: int = 0) -> RawTensor:
    values = RNG.integers(-127, 128, shape).astype(np.int8)
    return constant(values, tuple(0.01 * (i + 1) for i in range(scales)), axis)


def bias(channels: int, scales: int = 1) -> RawTensor:
    values = RNG.integers(-400, 400, channels).astype(np.int32)
    return constant(values, tuple(0.04 * 0.01 * (i + 1) for i in range(scales)))


def convolution(**fields: int) -> dict[str, int]:
    return {"Padding": 0, "StrideH": 1, "StrideW": 1, **fields}


FILES: dict[str, tuple[RawOperator, dict[str, RawTensor]]] = {
    "grouped convolution": (
        RawOperator("CONV_2D", ["x", "w", "b"], ["y"], "Conv2DOptions", convolution(StrideW=2)),
        {"w": weights(6, 3, 3, 2, scales=6), "b": bias(6, 6), "y": like(Y, 2, 4, 3, 6)},
    ),
    "dilated convolution": (
        RawOperator(
            "CONV_2D",
            ["x", "w", "b"],
            ["y"],
            "Conv2DOptions",
            convolution(DilationHFactor=2, DilationWFactor=3, FusedActivationFunction=2),
        ),
        {"w": weights(5, 2, 3, 4), "b": bias(5), "y": like(Y, 2, 4, 6, 5)},
    ),
    "depthwise convolution without bias": (
        RawOperator(
            "DEPTHWISE_CONV_2D", ["x", "w"], ["y"], "DepthwiseConv2DOptions", convolution()
        ),
        {"w": weights(1, 3, 2, 4, scales=4, axis=3), "y": Y},
    ),
    "depthwise convolution with a multiplier": (
        RawOperator(
            "DEPTHWISE_CONV_2D",
            ["x", "w", "b"],
            ["y"],
            "DepthwiseConv2DOptions",
            convolution(StrideH=3, DepthMultiplier=2, FusedActivationFunction=1),
        ),
        {"w": weights(1, 3, 2, 8, scales=8, axis=3), "b": bias(8, 8), "y": like(Y, 2, 2, 6, 8)},
    ),
    "fully connected over the last axis": (
        RawOperator(
            "FULLY_CONNECTED",
            ["x", "w", "b"],
            ["y"],
            "FullyConnectedOptions",
            {"KeepNumDims": True},
        ),
        {"w": weights(3, 4), "b": bias(3), "y": like(Y, 2, 4, 6, 3)},
    ),
    "fully connected that flattens": (
        RawOperator("FULLY_CONNECTED", ["x", "w", ""], ["y"], "FullyConnectedOptions"),
        {"w": weights(3, 96, scales=3), "y": like(Y, 2, 3)},
    ),
    "mean over negative axes": (
        RawOperator("MEAN", ["x", "a"], ["y"], "ReducerOptions", {"KeepDims": True}),
        {"a": indices(-1, 1), "y": like(Y, 2, 1, 6, 1)},
    ),
    "pad by int64 amounts": (
        RawOperator("PAD", ["x", "p"], ["y"]),
        {
            "p": constant(np.array([[1, 0], [0, 2], [1, 1], [0, 0]], np.int64)),
            "y": like(X, 3, 6, 8, 4),
        },
    ),
    "padv2 by the zero point": (
        RawOperator("PADV2", ["x", "p", "v"], ["y"], "PadV2Options"),
        {
            "p": constant(np.array([[0, 0], [0, 2], [1, 1], [0, 0]], np.int32)),
            "v": RawTensor((1,), scales=X.scales, zeros=X.zeros, data=b"\3"),
            "y": like(X, 2, 6, 8, 4),
        },
    ),
    "add of a constant row": (
        RawOperator("ADD", ["c", "x"], ["y"], "AddOptions", {"FusedActivationFunction": 1}),
        {"c": weights(6, 1), "y": Y},
    ),
    "transposed convolution, same": (
        RawOperator(
            "TRANSPOSE_CONV",
            ["s", "w", "x", "b"],
            ["y"],
            "TransposeConvOptions",
            convolution(StrideH=2),
        ),
        {
            "s": indices(2, 7, 6, 5),
            "w": weights(5, 3, 3, 4, scales=5),
            "b": bias(5, 5),
            "y": like(Y, 2, 7, 6, 5),
        },
    ),
    "transposed convolution, valid, without bias": (
        RawOperator(
            "TRANSPOSE_CONV",
            ["s", "w", "x"],
            ["y"],
            "TransposeConvOptions",
            convolution(Padding=1, StrideH=3, StrideW=2),
        ),
        {"s": indices(2, 11, 13, 3), "w": weights(3, 2, 3, 4), "y": like(Y, 2, 11, 13, 3)},
    ),
    "product with a transpose": (
        RawOperator("BATCH_MATMUL", ["x", "x"], ["y"], "BatchMatMulOptions", {"AdjY": True}),
        {"y": RawTensor((2, 4, 6, 6), scales=(0.2,), zeros=(5,))},
    ),
    "product with itself turned": (
        RawOperator("BATCH_MATMUL", ["x", "x"], ["y"], "BatchMatMulOptions", {"AdjX": True}),
        {"y": RawTensor((2, 4, 4, 4), scales=(0.2,), zeros=(5,))},
    ),
    "product with a constant": (
        RawOperator("BATCH_MATMUL", ["x", "w"], ["y"], "BatchMatMulOptions", {}),
        {"w": weights(4, 3), "y": like(Y, 2, 4, 6, 3)},
    ),
    "reshape to an open dimension": (
        RawOperator("RESHAPE", ["x", "s"], ["y"]),
        {"s": indices(4, -1), "y": like(X, 4, 48)},
    ),
}


@pytest.mark.parametrize("case", FILES)
def test_the_import_computes_what_litert_computes(case: str) -> None:
    operator, tensors = FILES[case]
    data = write_raw(RawModel({"x": X, **tensors}, [operator], ["x"], ["y"]))
    graph = parse(data, "one", "one.tflite")
    x = RNG.integers(-128, 128, X.shape).astype(np.int8)
    expected = LiteRT(data).run([x])["y"]
    np.testing.assert_array_equal(reference.run(graph, [x])["y"], expected)


@pytest.mark.parametrize(
    ("kind", "options", "shape", "y"),
    [
        ("SQUEEZE", {"SqueezeDims": (-2,)}, (1, 6, 1, 4), (1, 6, 4)),
        ("SQUEEZE", {}, (1, 6, 1, 4), (6, 4)),
        ("EXPAND_DIMS", None, (6, 4), (6, 1, 4)),
    ],
)
def test_reshapes_by_another_name_give_the_shape_of_litert(
    kind: str,
    options: dict[str, tuple[int, ...]] | None,
    shape: tuple[int, ...],
    y: tuple[int, ...],
) -> None:
    operator = RawOperator(
        kind,
        ["x"] if options is not None else ["x", "axis"],
        ["y"],
        "SqueezeOptions" if options is not None else "",
        options or {},
    )
    tensors = {"x": like(X, *shape), "axis": indices(-2), "y": like(X, *y)}
    data = write_raw(RawModel(tensors, [operator], ["x"], ["y"]))
    x = RNG.integers(-128, 128, shape).astype(np.int8)
    expected = LiteRT(data).run([x])["y"]
    assert expected.shape == y
    np.testing.assert_array_equal(
        reference.run(parse(data, "one", "one.tflite"), [x])["y"], expected
    )


EVERY = np.arange(-128, 128).astype(np.int8)


@pytest.mark.parametrize("kind", ["RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("shape", [(1, 4, 8, 8), (2, 128), (256,)])
@pytest.mark.parametrize(
    ("x", "y"),
    [
        ((0.05, 3), (0.05, 3)),
        ((0.05, 3), (0.05, -128)),
        ((0.05, -20), (6 / 254, -128)),
        ((0.007, 127), (0.3, 50)),
        ((1.3, 0), (0.0037, -7)),
    ],
)
def test_a_clamp_on_its_own_gives_the_bytes_of_litert(
    kind: str, shape: tuple[int, ...], x: tuple[float, int], y: tuple[float, int]
) -> None:
    tensors = {n: RawTensor(shape, scales=(q[0],), zeros=(q[1],)) for n, q in (("x", x), ("y", y))}
    data = write_raw(RawModel(tensors, [RawOperator(kind, ["x"], ["y"])], ["x"], ["y"]))
    graph = parse(data, "one", "one.tflite")
    inputs = [EVERY.reshape(shape)]
    expected = LiteRT(data).run(inputs)["y"]
    for version in (graph, optimize(graph)):
        np.testing.assert_array_equal(reference.run(version, inputs)["y"], expected)
    assert mote.compile(graph, target="cortex-m4").program.steps
