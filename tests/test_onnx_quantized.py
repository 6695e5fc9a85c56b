"""Models that onnxruntime quantised become integer graphs that agree with onnxruntime."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import helper

import mote
from mote import reference
from mote.frontends.onnx import parse
from mote.ir import DType, Graph
from mote.ir.ops import Dequantize
from mote.passes import optimize
from onnx_models import model, onnxruntime_outputs, quantised, samples

quantization = pytest.importorskip("onnxruntime.quantization")
INT8, UINT8 = quantization.QuantType.QInt8, quantization.QuantType.QUInt8
QDQ, OPERATORS = quantization.QuantFormat.QDQ, quantization.QuantFormat.QOperator
SHAPE = (1, 3, 8, 8)
node = helper.make_node


def network() -> onnx.ModelProto:
    """Convolutions of three kinds, a sum, a concatenation, pools, a matrix and a softmax."""
    rng = np.random.default_rng(7)

    def weights(*shape: int) -> np.ndarray:
        return rng.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype(np.float32)

    nodes = [
        node("Conv", ["x", "a", "ab"], ["c1"], pads=[1, 1, 1, 1]),
        node("Relu", ["c1"], ["r1"]),
        node("Conv", ["r1", "b"], ["c2"], auto_pad="SAME_UPPER"),
        node("Add", ["r1", "c2"], ["s"]),
        node("Clip", ["s", "zero", "six"], ["r2"]),
        node("MaxPool", ["r2"], ["m"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Concat", ["r2", "m"], ["j"], axis=1),
        node("Conv", ["j", "d", "db"], ["c3"], group=16, strides=[2, 2], pads=[1, 1, 1, 1]),
        node("Relu", ["c3"], ["r3"]),
        node("AveragePool", ["r3"], ["v"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Flatten", ["v"], ["f"]),
        node("Gemm", ["f", "e", "eb"], ["g"], transB=1),
        node("Softmax", ["g"], ["y"]),
    ]
    constants = {
        "a": weights(8, 3, 3, 3),
        "ab": rng.normal(0, 0.3, 8).astype(np.float32),
        "b": weights(8, 8, 3, 3),
        "zero": np.float32(0),
        "six": np.float32(6),
        "d": weights(16, 1, 3, 3),
        "db": rng.normal(0, 0.3, 16).astype(np.float32),
        "e": weights(10, 64),
        "eb": rng.normal(0, 0.3, 10).astype(np.float32),
    }
    return model(nodes, {"x": SHAPE}, ["y"], constants)


def integer_graph(data: bytes) -> Graph:
    graph = optimize(parse(data, "m", "m.onnx"))
    floats = [n.op.label for n in graph.nodes if graph.result(n).dtype is DType.FLOAT32]
    assert floats == ["dequantize"] * len(floats)
    return graph


def steps_apart(graph: Graph, data: bytes, shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """How many steps of the output's scale Mote and onnxruntime are apart, for each value."""
    last = graph.nodes[-1]
    assert isinstance(last.op, Dequantize)
    scale = graph.operands(last)[0].q.scale
    inputs = samples(shape, 20, seed=1)
    name = onnx.load_from_string(data).graph.input[0].name
    expected = onnxruntime_outputs(data, [{name: x} for x in inputs])
    apart = []
    for x, (y,) in zip(inputs, expected, strict=True):
        stored = np.moveaxis(x, 1, -1) if x.ndim == 4 else x
        found = reference.run(graph, [np.ascontiguousarray(stored)])[graph.outputs[0]]
        apart.append(np.abs(np.rint((found - y) / scale)).reshape(-1))
    return np.concatenate(apart)


@pytest.mark.parametrize("activations", [INT8, UINT8])
@pytest.mark.parametrize("form", [QDQ, OPERATORS])
@pytest.mark.parametrize("per_channel", [False, True])
def test_a_quantised_network_agrees_with_onnxruntime(
    tmp_path: Path, activations: Any, form: Any, per_channel: bool
) -> None:
    source = tmp_path / "float.onnx"
    onnx.save(network(), str(source))
    proto = quantised(
        source,
        tmp_path / "int8.onnx",
        SHAPE,
        quant_format=form,
        activation_type=activations,
        weight_type=INT8,
        per_channel=per_channel,
    )
    data = proto.SerializeToString()
    graph = integer_graph(data)
    assert {t.q.axis is None for t in graph.tensors.values() if t.is_constant} == {not per_channel}
    apart = steps_apart(graph, data)
    assert apart.max() <= 1
    assert (apart == 0).mean() > 0.8
    mote.compile(graph, "cortex-m4")


def test_symmetric_activations_keep_their_clamps(tmp_path: Path) -> None:
    """Without a zero point that clamps, ReLU stays in the model, behind its convolution."""
    source = tmp_path / "float.onnx"
    onnx.save(network(), str(source))
    proto = quantised(
        source,
        tmp_path / "int8.onnx",
        SHAPE,
        quant_format=QDQ,
        activation_type=INT8,
        weight_type=INT8,
        extra_options={"ActivationSymmetric": True},
    )
    assert any(n.op_type == "Relu" for n in proto.graph.node)
    data = proto.SerializeToString()
    graph = integer_graph(data)
    assert all(
        t.q.zero_point == 0
        for t in graph.tensors.values()
        if t.dtype is DType.INT8 and t.q.axis is None and t.q.scale != 1 / 256
    )
    assert steps_apart(graph, data).max() <= 1


def quantised_scalars(**parameters: tuple[float, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (scale, zero) in parameters.items():
        found[f"{name}s"], found[f"{name}z"] = np.float32(scale), np.int8(zero)
    return found


def test_weights_and_bias_keep_the_integers_of_the_file() -> None:
    rng = np.random.default_rng(3)
    weight = rng.integers(-127, 128, (4, 2, 3, 3), np.int8)
    bias = rng.integers(-(2**20), 2**20, 4, np.int32)
    proto = model(
        [
            node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            node("DequantizeLinear", ["q", "xs", "xz"], ["r"]),
            node("DequantizeLinear", ["w", "ws"], ["wr"], axis=0),
            node("DequantizeLinear", ["b", "bs"], ["br"], axis=0),
            node("Conv", ["r", "wr", "br"], ["c"]),
            node("QuantizeLinear", ["c", "ys", "yz"], ["y"]),
        ],
        {"x": (1, 2, 6, 6)},
        ["y"],
        {
            **quantised_scalars(x=(0.05, 3), y=(0.2, -7)),
            "w": weight,
            "ws": np.array([0.01, 0.02, 0.03, 0.04], np.float32),
            "b": bias,
            "bs": np.float32(0.05) * np.array([0.01, 0.02, 0.03, 0.04], np.float32),
        },
        types={"y": 3},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    assert [n.op.kind for n in graph.nodes] == ["quantize", "conv_2d"]
    _, w, b = graph.operands(graph.nodes[1])
    np.testing.assert_array_equal(w.array, weight.transpose(0, 2, 3, 1))
    np.testing.assert_array_equal(b.array, bias)
    assert (w.dtype, b.dtype, w.q.axis) == (DType.INT8, DType.INT32, 0)
    (result,) = graph.outputs
    assert graph.tensors[result].q.scale == float(np.float32(0.2))
    assert graph.tensors[result].q.zero_point == -7


def test_four_bit_weights_keep_their_type() -> None:
    import ml_dtypes

    weight = np.arange(-8, 8).reshape(8, 2).astype(ml_dtypes.int4)
    proto = model(
        [
            node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            node("DequantizeLinear", ["q", "xs", "xz"], ["r"]),
            node("DequantizeLinear", ["w", "ws"], ["wr"]),
            node("MatMul", ["r", "wr"], ["c"]),
            node("QuantizeLinear", ["c", "ys", "yz"], ["y"]),
        ],
        {"x": (1, 8)},
        ["y"],
        {**quantised_scalars(x=(0.05, 3), y=(0.2, -7)), "w": weight, "ws": np.float32(0.1)},
        opset=21,
        types={"y": 3},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    assert [n.op.kind for n in graph.nodes] == ["quantize", "fully_connected"]
    _, w, _ = graph.operands(graph.nodes[1])
    assert w.dtype is DType.INT4
    np.testing.assert_array_equal(w.array, np.arange(-8, 8).reshape(8, 2).T)


def test_a_float_bias_is_rounded_to_steps_of_the_accumulator() -> None:
    proto = model(
        [
            node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            node("DequantizeLinear", ["q", "xs", "xz"], ["r"]),
            node("DequantizeLinear", ["w", "ws"], ["wr"]),
            node("Gemm", ["r", "wr", "b"], ["c"]),
            node("QuantizeLinear", ["c", "ys", "yz"], ["y"]),
        ],
        {"x": (1, 2)},
        ["y"],
        {
            **quantised_scalars(x=(0.5, 0), y=(1.0, 0)),
            "w": np.array([[1, 2, 3], [4, 5, 6]], np.int8),
            "ws": np.float32(0.25),
            "b": np.array([1.0, -0.5, 0.07], np.float32),
        },
        types={"y": 3},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    (layer,) = [n for n in graph.nodes if n.op.kind == "fully_connected"]
    np.testing.assert_array_equal(graph.operands(layer)[2].array, [8, -4, 1])


@pytest.mark.parametrize("gathered_first", [False, True])
def test_rows_of_a_quantised_table_stay_integers(gathered_first: bool) -> None:
    table = np.random.default_rng(1).integers(-128, 128, (7, 4), np.int8)
    first = [
        node("Gather", ["table", "x"], ["rows"]),
        node("DequantizeLinear", ["rows", "ts", "tz"], ["r"]),
    ]
    last = [
        node("DequantizeLinear", ["table", "ts", "tz"], ["real"]),
        node("Gather", ["real", "x"], ["r"]),
    ]
    proto = model(
        [
            *(first if gathered_first else last),
            node("Sigmoid", ["r"], ["g"]),
            node("QuantizeLinear", ["g", "ys", "yz"], ["y"]),
        ],
        {"x": (1, 3)},
        ["y"],
        {**quantised_scalars(t=(0.05, 3), y=(1 / 256, -128)), "table": table},
        types={"x": 7, "y": 3},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    assert [n.op.label for n in graph.nodes] == ["embedding", "sigmoid"]
    np.testing.assert_array_equal(graph.operands(graph.nodes[0])[1].array, table)


def divided_before_erf() -> onnx.ModelProto:
    return model(
        [
            node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            node("DequantizeLinear", ["q", "xs", "xz"], ["r"]),
            node("Div", ["r", "root"], ["d"]),
            node("Erf", ["d"], ["e"]),
            node("QuantizeLinear", ["e", "ys", "yz"], ["y"]),
        ],
        {"x": (1, 256)},
        ["y"],
        {**quantised_scalars(x=(0.02, 5), y=(1 / 128, 0)), "root": np.float32(np.sqrt(2))},
        types={"y": 3},
    )


def test_a_product_with_a_number_keeps_the_integers_at_another_scale() -> None:
    graph = optimize(parse(divided_before_erf().SerializeToString(), "m", "m.onnx"))
    assert [n.op.label for n in graph.nodes] == ["quantize", "mul", "erf"]
    x = (np.float32(0.02) * np.arange(-133, 123, dtype=np.float32)).reshape(1, 256)
    values = reference.run(graph, [x])
    q, product, _ = graph.nodes
    np.testing.assert_array_equal(values[product.output], values[q.output])


def test_a_value_that_is_also_read_in_float_is_rounded_once() -> None:
    """Operators that onnxruntime leaves in float read what is rounded for the others."""
    proto = model(
        [
            node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
            node("DequantizeLinear", ["q", "xs", "xz"], ["r"]),
            node("HardSwish", ["r"], ["h"]),
            node("QuantizeLinear", ["h", "ys", "yz"], ["y"]),
            node("ReduceMean", ["h", "axes"], ["m"]),
            node("QuantizeLinear", ["m", "ys", "yz"], ["z"]),
        ],
        {"x": (1, 8)},
        ["y", "z"],
        {**quantised_scalars(x=(0.05, 0), y=(0.03, -100)), "axes": [1]},
        opset=18,
        types={"y": 3, "z": 3},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    assert [n.op.label for n in graph.nodes] == ["quantize", "hard_swish", "mean"]


def test_bytes_without_sign_stay_so_at_the_ends_of_the_graph() -> None:
    zero = np.uint8(100)
    proto = model(
        [
            node("DequantizeLinear", ["x", "s", "z"], ["r"]),
            node("MaxPool", ["r"], ["m"], kernel_shape=[2, 2], strides=[2, 2]),
            node("QuantizeLinear", ["m", "s", "z"], ["y"]),
        ],
        {"x": (1, 3, 4, 4)},
        ["y"],
        {"s": np.float32(0.5), "z": zero},
        types={"x": 2, "y": 2},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    assert graph.tensors["x"].dtype is graph.tensors["y"].dtype is DType.UINT8
    assert graph.tensors["x"].q.zero_point == graph.tensors["y"].q.zero_point == 100
    assert [n.op.kind for n in graph.nodes] == ["quantize", "max_pool_2d", "quantize"]
    x = np.random.default_rng(0).integers(0, 256, (1, 4, 4, 3), np.uint8)
    found = reference.run(graph, [x])["y"]
    np.testing.assert_array_equal(found, x.reshape(1, 2, 2, 2, 2, 3).max((2, 4)))


def test_what_has_no_integer_form_is_named_when_it_is_compiled() -> None:
    proto = model(
        [
            node("QuantizeLinear", ["x", "s", "z"], ["q"]),
            node("DequantizeLinear", ["q", "s", "z"], ["r"]),
            node("BatchNormalization", ["r", "g", "b", "m", "v"], ["n"], name="norm"),
            node("QuantizeLinear", ["n", "s", "z"], ["y"]),
        ],
        {"x": (1, 2, 4, 4)},
        ["y"],
        {
            "s": np.float32(0.5),
            "z": np.int8(0),
            **{k: np.ones(2, np.float32) for k in "gbmv"},
        },
        types={"y": 3},
    )
    graph = optimize(parse(proto.SerializeToString(), "m", "m.onnx"))
    with pytest.raises(mote.MoteError, match="'norm'"):
        mote.compile(graph, "cortex-m4")
