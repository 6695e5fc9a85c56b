"""Damaged and foreign files: what the TFLite front end says of them."""

import os
from pathlib import Path

import pytest

from mote.errors import ModelFileError
from mote.frontends.tflite import load
from raw_tflite import RawModel, RawOperator, write_raw
from refused_tflite import X, damaged, ones, unsupported

QUANTIZE = RawOperator("QUANTIZE", ["x"], ["y"])
DAMAGED = {
    "read before written": (
        {"x": X, "y": X, "z": X},
        [RawOperator("ADD", ["x", "z"], ["y"], "AddOptions")],
        "node 0 ADD reads a tensor before it is written",
    ),
    "written twice": (
        {"x": X, "y": X},
        [QUANTIZE, QUANTIZE],
        "node 1 QUANTIZE writes a tensor that has a value already",
    ),
    "input written": (
        {"x": X, "y": X},
        [RawOperator("QUANTIZE", ["x"], ["x"]), QUANTIZE],
        "node 0 QUANTIZE writes a tensor that has a value already",
    ),
    "constant written": (
        {"x": X, "c": ones(1, 4, 4, 2), "y": X},
        [RawOperator("QUANTIZE", ["x"], ["c"]), QUANTIZE],
        "node 0 QUANTIZE writes a tensor that has a value already",
    ),
    "never written": ({"x": X, "y": X}, [], "an output is never written"),
    "no result": (
        {"x": X, "y": X},
        [RawOperator("QUANTIZE", ["x"], [])],
        "node 0 QUANTIZE writes nothing",
    ),
    "output that is a constant": (
        {"x": X, "y": ones(1, 4, 4, 2)},
        [],
        "an input or output is a constant",
    ),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_cannot_be_is_named(case: str) -> None:
    tensors, operators, message = DAMAGED[case]
    assert message in damaged(write_raw(RawModel(tensors, operators, ["x"], ["y"])))


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        (["x", "x"], ["y"], "an input is listed twice"),
        (["x"], ["y", "y"], "an output is listed twice"),
        (["x"], [], "no outputs"),
        (["x"], ["x", "y"], "an input is an output"),
        (["x", ""], ["y"], "an input or output is not among the 2 tensors"),
    ],
)
def test_impossible_inputs_and_outputs_are_named(
    inputs: list[str], outputs: list[str], message: str
) -> None:
    assert message in damaged(write_raw(RawModel({"x": X, "y": X}, [QUANTIZE], inputs, outputs)))


def test_another_schema_version_is_refused() -> None:
    model = RawModel({"x": X, "y": X}, [QUANTIZE], ["x"], ["y"], version=2)
    assert damaged(write_raw(model)) == "the file is damaged: schema version 2, allowed: 3"


FOREIGN = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello, world", "is not a TFLite model: bytes 4 to 7 are b'o, w'"),
    "short": (b"TFL", "is not a TFLite model: bytes 4 to 7 are b''"),
    "one byte": (b"\x08", "is not a TFLite model: bytes 4 to 7 are b''"),
    "new PyTorch": (b"PK\x03\x04" + bytes(40), "a zip archive, as PyTorch"),
    "old PyTorch": (b"\x80\x02\x8a\x0a" + bytes(40), "a pickle"),
    "ONNX": (b"\x08\x07\x12\x07pytorch\x1a\x032.1", "is an ONNX model, not a TFLite model"),
    "Keras": (b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras"),
    "ExecuTorch": (b"\x1c\0\0\0ET12", "an ExecuTorch program"),
    "numpy": (b"\x93NUMPY\x01\0", "a numpy array"),
}


@pytest.mark.parametrize("case", FOREIGN)
def test_a_file_of_another_kind_is_recognised(case: str, tmp_path: Path) -> None:
    data, message = FOREIGN[case]
    path = tmp_path / "model.tflite"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as error:
        load(path)
    assert message in error.value.found
    assert error.value.where == str(path)
    assert error.value.hint


def test_a_missing_file_names_the_models_beside_it(tmp_path: Path) -> None:
    (tmp_path / "kws.tflite").write_bytes(b"")
    with pytest.raises(ModelFileError, match="does not exist") as error:
        load(tmp_path / "kwz.tflite")
    assert "kws.tflite" in error.value.hint


def test_a_directory_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="is a directory"):
        load(tmp_path)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelFileError, match="is not a regular file"):
        load(tmp_path / "pipe")


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.tflite"
    with path.open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ModelFileError, match="has 1,099,511,627,776 bytes"):
        load(path)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000])
def test_an_impossible_path_is_refused(path: str) -> None:
    with pytest.raises(ModelFileError):
        load(path)


@pytest.mark.parametrize(
    ("kind", "options"), [("CONCATENATION", "ConcatenationOptions"), ("PACK", "PackOptions")]
)
def test_a_concatenation_of_nothing_is_refused(kind: str, options: str) -> None:
    """The operator before it keeps the model's input in use."""
    operators = [RawOperator("RELU", ["x"], ["z"]), RawOperator(kind, [], ["y"], options)]
    model = RawModel({"x": X, "z": X, "y": X}, operators, ["x"], ["z", "y"])
    assert "operand 0 is missing" in str(unsupported(write_raw(model)))
