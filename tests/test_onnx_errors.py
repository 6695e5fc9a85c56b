"""ONNX files that cannot be imported: every reason at once, with node, attribute and a way out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import mote
from mote.errors import ModelFileError, MoteError, UnsupportedModelError
from mote.frontends.onnx import load, parse
from onnx_models import model

node = helper.make_node


def refusal(proto: onnx.ModelProto) -> MoteError:
    with pytest.raises(MoteError) as caught:
        parse(proto.SerializeToString(), "m", "m.onnx")
    assert str(caught.value).startswith("m.onnx: ")
    return caught.value


def test_all_problems_are_told_at_once_with_node_and_way_out() -> None:
    error = refusal(
        model(
            [
                node("TopK", ["x", "k"], ["top", "at"], name="best"),
                node("Resize", ["x", "", "scales"], ["big"], mode="cubic"),
                node("Relu", ["big"], ["positive"]),
                node("LSTM", ["x", "w", "r"], ["state"], hidden_size=2),
                node("MaxPool", ["x"], ["most"], kernel_shape=[2, 2], dilations=[2, 2]),
            ],
            {"x": (1, 2, 4, 4)},
            ["top", "positive", "state", "most"],
            {
                "k": [1],
                "scales": [1.0, 1.0, 2.0, 2.0],
                "w": np.zeros((1, 8, 4), np.float32),
                "r": np.zeros((1, 8, 2), np.float32),
            },
        )
    )
    assert isinstance(error, UnsupportedModelError)
    assert error.found == "4 things in this model cannot be imported"
    assert error.details == (
        "node 0 TopK 'best': the operator is not supported",
        "node 1 Resize 'resize_1': attribute mode is 'cubic', allowed: nearest, linear",
        "node 3 LSTM 'lstm_3': the operator is not supported",
        "node 4 MaxPool 'maxpool_4': attribute dilations is [2, 2], allowed: 1",
    )
    assert "compute it in the application" in error.hint
    assert "unroll it" in error.hint


def test_what_follows_a_refused_node_is_judged_where_its_shape_is_known() -> None:
    proto = model(
        [
            node("GridSample", ["x", "grid"], ["warped"]),
            node("Conv", ["warped", "w"], ["y"], dilations=[0, 1]),
        ],
        {"x": (1, 2, 4, 4), "grid": (1, 4, 4, 2)},
        ["y"],
        {"w": np.zeros((1, 2, 1, 1), np.float32)},
    )
    stated = helper.make_tensor_value_info("warped", TensorProto.FLOAT, [1, 2, 4, 4])
    proto.graph.value_info.append(stated)
    assert len(refusal(proto).details) == 2


def with_attribute(**attributes: object) -> onnx.ModelProto:
    return model(
        [node("Conv", ["x", "w"], ["y"], **attributes)],
        {"x": (1, 2, 4, 4)},
        ["y"],
        {"w": np.zeros((2, 2, 3, 3), np.float32)},
    )


def on_x(*nodes: onnx.NodeProto, **constants: object) -> onnx.ModelProto:
    return model(list(nodes), {"x": (1, 2, 4, 4)}, ["y"], constants)


def typed(element: int) -> onnx.ModelProto:
    return model([node("Relu", ["x"], ["y"])], {"x": (1, 4)}, ["y"], types={"x": element})


def shaped(*shape: int | str) -> onnx.ModelProto:
    return model([node("Relu", ["x"], ["y"])], {"x": shape}, ["y"])


def without_shape() -> onnx.ModelProto:
    proto = shaped(1, 4)
    proto.graph.input[0].type.tensor_type.ClearField("shape")
    return proto


def weights_given() -> onnx.ModelProto:
    return model([node("Conv", ["x", "w"], ["y"])], {"x": (1, 2, 4, 4), "w": (2, 2, 3, 3)}, ["y"])


def asymmetric_weights() -> onnx.ModelProto:
    return model(
        [
            node("DequantizeLinear", ["q", "s", "z"], ["w"]),
            node("Conv", ["x", "w"], ["y"]),
        ],
        {"x": (1, 1, 4, 4)},
        ["y"],
        {"q": np.ones((1, 1, 3, 3), np.int8), "s": np.float32(0.1), "z": np.int8(3)},
    )


def per_channel_activations() -> onnx.ModelProto:
    return on_x(
        node("QuantizeLinear", ["x", "s", "z"], ["y"], axis=1),
        s=np.ones(2, np.float32),
        z=np.zeros(2, np.int8),
    )


def other_scale() -> onnx.ModelProto:
    return on_x(
        node("QuantizeLinear", ["x", "a", "z"], ["q"]),
        node("DequantizeLinear", ["q", "b", "z"], ["y"]),
        a=np.float32(0.1),
        b=np.float32(0.2),
        z=np.int8(0),
    )


def mod(**attributes: object) -> onnx.ModelProto:
    return on_x(node("Mod", ["x", "x"], ["y"], **attributes))


UNSUPPORTED: list[tuple[Callable[[], onnx.ModelProto], str, str]] = [
    (lambda: with_attribute(pads=[1, 1, 1]), "attribute pads is [1, 1, 1], allowed: 4", ""),
    (lambda: with_attribute(strides=[0, 1]), "attribute strides is [0, 1], allowed: 2 pos", ""),
    (lambda: with_attribute(auto_pad="MIRROR"), "attribute auto_pad is 'MIRROR'", ""),
    (lambda: with_attribute(kernel_shape=[5, 5]), "kernel_shape is [5, 5], but the weights", ""),
    (lambda: with_attribute(group=3), "do not fit 3 groups", ""),
    (lambda: with_attribute(group=1.5), "attribute group is no INT", "export"),
    (lambda: with_attribute(colour=1), "attribute colour is none of Conv in opset 17", "export"),
    (lambda: mod(fmod=1), "Mod 'mod_0': the operator is not supported", "mote ops"),
    (lambda: typed(TensorProto.DOUBLE), "input 'x' has type double, allowed: float", "float32"),
    (lambda: typed(TensorProto.STRING), "input 'x' has type string", "float32"),
    (lambda: shaped(1, "height"), "symbolic dimension 'height'", "dimensions={"),
    (lambda: shaped(1, "h", ""), "symbolic dimensions 'h', number 2", "dimensions={"),
    (lambda: shaped(1, 0), "input 'x' has shape [1, 0]", ""),
    (lambda: shaped(1, 2**40), "input 'x' has shape", ""),
    (lambda: shaped(*[2] * 9), "9 dimensions, allowed: 6", ""),
    (without_shape, "input 'x' has no shape", "fixed shapes"),
    (weights_given, "its weight 'w' is computed, not stored", "initializer"),
    (asymmetric_weights, "zero point 3 as int8, allowed: 0", "symmetric"),
    (per_channel_activations, "attribute axis: the activation has 2 scales", "quantize_static"),
    (other_scale, "reads with scale 0.2", "quantize_static"),
    (
        lambda: on_x(node("Reshape", ["x", "to"], ["y"]), to=[3, -1]),
        "[1, 2, 4, 4] cannot become [3, 10]",
        "batch 1",
    ),
    (
        lambda: on_x(node("Slice", ["x", "a", "b", "c", "s"], ["y"]), a=[3], b=[0], c=[2], s=[-1]),
        "its steps are [-1]",
        "",
    ),
    (
        lambda: on_x(node("Pow", ["x", "n"], ["y"]), n=np.float32(4)),
        "its exponent is 4",
        "products",
    ),
    (
        lambda: on_x(node("DynamicQuantizeLinear", ["x"], ["y", "s", "z"])),
        "the operator is not supported",
        "scales are computed when the model runs",
    ),
    (
        lambda: on_x(node("MatMulInteger", ["x", "x"], ["y"])),
        "the operator is not supported",
        "scales are computed when the model runs",
    ),
    (
        lambda: on_x(node("FusedConv", ["x", "x"], ["y"], domain="com.microsoft")),
        "the operator of com.microsoft is not supported",
        "",
    ),
    (
        lambda: on_x(
            node("ConstantOfShape", ["n"], ["c"]), node("Add", ["x", "c"], ["y"]), n=[2**20, 2**20]
        ),
        "its result would have 1,099,511,627,776 elements",
        "",
    ),
    (
        lambda: on_x(node("Expand", ["x", "n"], ["y"]), n=[1000, 2, 4, 4]),
        "it repeats a value 1,000 times",
        "broadcast",
    ),
    (lambda: on_x(node("Conv", ["x"], ["y"])), "1 operands, allowed: 2 to 3", "export"),
    (lambda: on_x(node("Split", ["x"], ["y", "z"], axis=9)), "attribute axis is 9", ""),
]


@pytest.mark.parametrize(("write", "reason", "way_out"), UNSUPPORTED)
def test_a_refusal_names_reason_and_way_out(
    write: Callable[[], onnx.ModelProto], reason: str, way_out: str
) -> None:
    error = refusal(write())
    assert isinstance(error, UnsupportedModelError)
    (line,) = error.details
    assert reason in line
    assert way_out in error.hint


def cycle() -> onnx.ModelProto:
    return on_x(
        node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])
    )


def nowhere() -> onnx.ModelProto:
    return on_x(node("Add", ["x", "nothing"], ["y"]))


def written_twice() -> onnx.ModelProto:
    return on_x(node("Relu", ["x"], ["y"]), node("Neg", ["x"], ["y"]))


def no_output() -> onnx.ModelProto:
    proto = nowhere()
    del proto.graph.output[:]
    proto.graph.node[0].input[1] = "x"
    return proto


def short_data() -> onnx.ModelProto:
    proto = on_x(node("Add", ["x", "c"], ["y"]), c=np.ones(4, np.float32))
    proto.graph.initializer[0].raw_data = b"123"
    return proto


def huge_shape() -> onnx.ModelProto:
    proto = on_x(node("Add", ["x", "c"], ["y"]), c=np.ones(4, np.float32))
    proto.graph.initializer[0].dims[0] = 2**60
    return proto


def name_that_is_no_text() -> bytes:
    data = model([node("Relu", ["x"], ["yyyy"])], {"x": (1,)}, ["yyyy"]).SerializeToString()
    return bytes(data.replace(b"yyyy", b"\xff\xfe\xfd\xfc"))


def endless_function() -> onnx.ModelProto:
    call = node("Again", ["a"], ["b"], domain="own")
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    function = helper.make_function("own", "Again", ["a"], ["b"], [call], opsets)
    call = node("Again", ["x"], ["y"], domain="own")
    return model([call], {"x": (1,)}, ["y"], functions=[function])


@pytest.mark.parametrize(
    ("write", "reason"),
    [
        (cycle, "reads 'b' before it is written: a cycle or a wrong order"),
        (nowhere, "reads 'nothing' that nothing writes"),
        (written_twice, "writes 'y' again"),
        (no_output, "the model has no outputs"),
        (short_data, "constant 'c' cannot be read"),
        (huge_shape, "constant 'c' has shape [1152921504606846976]"),
        (name_that_is_no_text, "holds names that are no UTF-8 text"),
        (endless_function, "function 'Again' calls itself"),
        (lambda: b"", "the file is empty"),
        (lambda: b"\x08", "is no ONNX model, or a damaged one"),
        (lambda: onnx.ModelProto(), "the file is empty"),
        (lambda: onnx.ModelProto(ir_version=8), "holds no graph"),
        (lambda: b"PK\x03\x04....", "is a zip archive"),
        (lambda: b"\0\0\0\0TFL3....", "is a TFLite model"),
        (lambda: model([node("Relu", ["x"], ["y"])], {"x": (1,)}, ["y"], opset=9), "of opset 9"),
        (lambda: model([node("Relu", ["x"], ["y"])], {"x": (1,)}, ["y"], opset=99), "up to"),
    ],
)
def test_a_damaged_file_is_told(write: Callable[[], onnx.ModelProto | bytes], reason: str) -> None:
    written = write()
    data = written if isinstance(written, bytes) else written.SerializeToString()
    with pytest.raises(ModelFileError) as caught:
        parse(data, "m", "m.onnx")
    assert reason in str(caught.value)


def external(folder: Path, location: str, length: int = 16) -> Path:
    """A model whose constant lies in another file."""
    proto = on_x(node("Add", ["x", "c"], ["y"]), c=np.arange(4, dtype=np.float32))
    tensor = proto.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", "0"), ("length", str(length))):
        tensor.external_data.add(key=key, value=value)
    (folder / "weights.bin").write_bytes(tensor.raw_data)
    tensor.ClearField("raw_data")
    path = folder / "model.onnx"
    path.write_bytes(proto.SerializeToString())
    return path


def test_external_data_is_read_from_beside_the_model(tmp_path: Path) -> None:
    graph = mote.load(external(tmp_path, "weights.bin"))
    np.testing.assert_array_equal(graph.tensors["c"].array, [0, 1, 2, 3])


@pytest.mark.parametrize(
    ("location", "length", "reason"),
    [
        ("other.bin", 16, "is kept in 'other.bin', which is missing"),
        ("../weights.bin", 16, "allowed: files beside the model"),
        ("/etc/passwd", 16, "allowed: files beside the model"),
        ("weights.bin", 999, "is bytes 0 to 999 of 'weights.bin', which has 16"),
        ("weights.bin", -4, "is bytes 0 to -4"),
    ],
)
def test_external_data_that_cannot_be_read_is_told(
    tmp_path: Path, location: str, length: int, reason: str
) -> None:
    (tmp_path / "inner").mkdir()
    path = external(tmp_path / "inner", location, length)
    (tmp_path / "weights.bin").write_bytes(bytes(16))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert reason in str(caught.value)
    assert "beside the model" in caught.value.hint


def test_external_data_of_a_model_in_memory_is_refused(tmp_path: Path) -> None:
    data = external(tmp_path, "weights.bin").read_bytes()
    with pytest.raises(ModelFileError, match="the model came from memory"):
        parse(data, "m", "m.onnx")


def test_a_missing_file_is_told_with_its_neighbours(tmp_path: Path) -> None:
    external(tmp_path, "weights.bin")
    with pytest.raises(ModelFileError, match="does not exist") as caught:
        mote.load(tmp_path / "modell.onnx")
    assert "model.onnx" in caught.value.hint


def test_a_symbolic_batch_is_one_and_other_symbols_can_be_given() -> None:
    data = shaped("batch", "height", 3).SerializeToString()
    graph = parse(data, "m", "m.onnx", dimensions={"height": 5})
    assert graph.tensors["x"].shape == (1, 5, 3)
    assert parse(shaped("", 3).SerializeToString(), "m", "m").tensors["x"].shape == (1, 3)


def test_an_output_that_is_an_input_is_refused() -> None:
    for nodes in ([], [node("Relu", ["x"], ["y"])]):
        outputs = ["x", *(n.output[0] for n in nodes)]
        with pytest.raises(UnsupportedModelError, match="output 'x' is an input as well"):
            parse(model(nodes, {"x": (1, 4)}, outputs).SerializeToString(), "m", "m.onnx")
