"""Constants in narrower types, and operators on constants alone: what the TFLite import makes."""

import numpy as np
import pytest

from mote import reference
from mote.frontends.tflite import parse
from mote.ir import DType
from mote.run.litert import LiteRT
from raw_tflite import RawModel, RawOperator, RawTensor, constant, indices, write_raw

FLOAT = "FLOAT32"


def half_model(
    weights: RawTensor, between: RawOperator | None, *more: tuple[str, RawTensor]
) -> bytes:
    """A fully connected layer whose weights ``w`` are a constant, or what ``between`` makes."""
    real = RawTensor((1, 4), FLOAT, (), ())
    tensors = {"x": real, "w0": weights, **dict(more), "y": RawTensor((1, 3), FLOAT, (), ())}
    name = "w" if between else "w0"
    layer = RawOperator("FULLY_CONNECTED", ["x", name], ["y"], "FullyConnectedOptions")
    return write_raw(RawModel(tensors, [*([between] if between else []), layer], ["x"], ["y"]))


def test_float16_weights_become_float32() -> None:
    values = np.linspace(-1, 1, 12).astype(np.float16).reshape(3, 4)
    through = RawOperator("DEQUANTIZE", ["w0"], ["w"])
    data = half_model(constant(values), through, ("w", RawTensor((3, 4), FLOAT, (), ())))
    graph = parse(data, "half", "half.tflite")
    assert [node.op.kind for node in graph.nodes] == ["fully_connected"]
    x = np.array([[1, -2, 3, -4]], np.float32)
    expected = LiteRT(data).run([x])["y"]
    np.testing.assert_allclose(reference.run(graph, [x])["y"], expected, rtol=1e-6)
    direct = parse(half_model(constant(values), None), "half", "half.tflite")
    np.testing.assert_array_equal(reference.run(direct, [x])["y"], reference.run(graph, [x])["y"])


@pytest.mark.parametrize("type_", ["INT8", "INT4"])
def test_integer_weights_of_a_float_layer_become_its_reals(type_: str) -> None:
    whole = np.array([[1, -2, 3, -4], [7, -8, 0, 5], [-1, 6, -7, 2]], np.int8)
    packed = (whole.ravel()[0::2] & 15) | (whole.ravel()[1::2] << 4)
    data = (whole if type_ == "INT8" else packed.astype(np.int8)).tobytes()
    weights = RawTensor((3, 4), type_, (0.5, 0.25, 1.0), (0, 0, 0), 0, data)
    graph = parse(half_model(weights, None), "hybrid", "hybrid.tflite")
    (tensor,) = (t for t in graph.tensors.values() if t.grid is not None)
    assert tensor.grid.value == type_.lower()
    np.testing.assert_array_equal(tensor.array, whole * np.array([[0.5], [0.25], [1.0]]))


def test_int4_weights_of_an_int8_layer_stay_int4() -> None:
    packed = bytes([0x21, 0xF8])  # 1, 2, -8, -1
    tensors = {
        "x": RawTensor((1, 4)),
        "w": RawTensor((1, 4), "INT4", (0.5,), (0,), 0, packed),
        "y": RawTensor((1, 1), scales=(2.0,)),
    }
    layer = RawOperator("FULLY_CONNECTED", ["x", "w"], ["y"], "FullyConnectedOptions")
    graph = parse(write_raw(RawModel(tensors, [layer], ["x"], ["y"])), "narrow", "narrow.tflite")
    weight = graph.tensors["w"]
    assert weight.dtype is DType.INT4
    np.testing.assert_array_equal(weight.array, [[1, 2, -8, -1]])


def test_what_depends_on_constants_alone_is_computed() -> None:
    table = constant(np.arange(12, dtype=np.float32).reshape(4, 3))
    tensors = {
        "x": RawTensor((3, 4), FLOAT, (), ()),
        "c": table,
        "p": indices(1, 0),
        "t": RawTensor((3, 4), FLOAT, (), ()),
        "y": RawTensor((3, 4), FLOAT, (), ()),
    }
    operators = [
        RawOperator("TRANSPOSE", ["c", "p"], ["t"]),
        RawOperator("ADD", ["x", "t"], ["y"], "AddOptions"),
    ]
    graph = parse(write_raw(RawModel(tensors, operators, ["x"], ["y"])), "fold", "fold.tflite")
    assert [node.op.kind for node in graph.nodes] == ["add"]
    np.testing.assert_array_equal(graph.tensors["t"].array, np.arange(12).reshape(4, 3).T)
