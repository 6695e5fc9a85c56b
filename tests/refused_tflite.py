"""Files that the TFLite front end refuses, and what it says of them."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from mote.errors import ModelFileError, UnsupportedModelError
from mote.frontends.tflite import parse
from raw_tflite import RawModel, RawOperator, RawTensor, constant, write_raw

X = RawTensor((1, 4, 4, 2))
REAL = RawTensor((1, 4), "FLOAT32", (), ())
CONV: dict[str, Any] = {"Padding": 1, "StrideH": 1, "StrideW": 1}


def ones(*shape: int, dtype: Any = np.int8, scales: tuple[float, ...] = (0.5,)) -> RawTensor:
    return constant(np.ones(shape, dtype), scales)


def one(
    kind: str,
    tensors: dict[str, RawTensor],
    options: str = "",
    operands: list[str] | None = None,
    **fields: Any,
) -> bytes:
    """A file with one operator, which reads all tensors but y and writes y."""
    operands = operands or [name for name in tensors if name != "y"]
    operator = RawOperator(kind, operands, ["y"], options, fields)
    return write_raw(RawModel(tensors, [operator], ["x"], ["y"]))


def conv(x: RawTensor = X, **changes: Any) -> bytes:
    tensors = {
        "x": x,
        "w": changes.pop("w", ones(3, 1, 1, 2)),
        "b": changes.pop("b", constant(np.zeros(3, np.int32))),
        "y": changes.pop("y", dataclasses.replace(x, shape=(1, 4, 4, 3))),
    }
    return one("CONV_2D", tensors, "Conv2DOptions", **{**CONV, **changes})


def unsupported(data: bytes) -> UnsupportedModelError:
    with pytest.raises(UnsupportedModelError) as error:
        parse(data, "model", "model.tflite")
    assert error.value.where == "model.tflite"
    return error.value


def damaged(data: bytes) -> str:
    with pytest.raises(ModelFileError) as error:
        parse(data, "model", "model.tflite")
    assert error.value.where == "model.tflite"
    return error.value.found


LEGACY = dataclasses.replace(X, type="UINT8", zeros=(128,))
WIDE = dataclasses.replace(X, type="INT16")

OF_WEIGHTS = {
    "uint8 data": (conv(LEGACY), "type uint8 -> uint8 is not supported"),
    "int16 data with a zero point": (
        conv(dataclasses.replace(WIDE, zeros=(1,))),
        "tensor 'x' is int16 with zero point 1, allowed: 0",
    ),
    "float16 data": (
        conv(dataclasses.replace(X, type="FLOAT16")),
        "input: tensor 'x' has type FLOAT16",
    ),
    "int4 weights that are not packed": (
        conv(w=dataclasses.replace(ones(3, 1, 1, 2), type="INT4")),
        "constant 'w' has 6 bytes, its shape 3",
    ),
    "int4 data": (
        conv(dataclasses.replace(X, type="INT4")),
        "tensor 'x' has type INT4",
    ),
    "uint8 weights": (
        conv(w=ones(3, 1, 1, 2, dtype=np.uint8)),
        "uint8 weights on int8 data, allowed: int8",
    ),
    "int64 bias": (
        conv(b=constant(np.zeros(3, np.int64))),
        "int64 bias on int8 data, allowed: int32",
    ),
    "int8 bias": (conv(b=ones(3)), "int8 bias on int8 data, allowed: int32"),
    "bias with a zero point": (
        conv(b=dataclasses.replace(constant(np.zeros(3, np.int32), (0.25,)), zeros=(1,))),
        "bias 'b' has a zero point other than 0",
    ),
    "short bias": (conv(b=constant(np.zeros(2, np.int32))), "bias has shape [2], allowed: [3]"),
    "weights with a zero point": (
        conv(w=dataclasses.replace(ones(3, 1, 1, 2), zeros=(1,))),
        "weights have a zero point other than 0",
    ),
    "weights without scales": (conv(w=ones(3, 1, 1, 2, scales=())), "'w' is int8 without quant"),
    "weights scaled along the wrong axis": (
        conv(w=dataclasses.replace(ones(3, 1, 1, 2, scales=(0.5, 0.5)), axis=3)),
        "weights are quantised along axis 3, allowed: 0",
    ),
    "sparse weights": (
        conv(w=dataclasses.replace(ones(3, 1, 1, 2), fields={"Sparsity": True})),
        "tensor 'w' is sparse",
    ),
    "variable": (
        conv(dataclasses.replace(X, fields={"IsVariable": True})),
        "tensor 'x' is a variable that keeps its value between runs",
    ),
    "weights in another file": (
        conv(w=dataclasses.replace(ones(3, 1, 1, 2), buffer_fields={"Offset": 4096, "Size": 6})),
        "tensor 'w' is stored outside the FlatBuffer",
    ),
    "data quantised per channel": (
        conv(dataclasses.replace(X, scales=(0.5, 0.25), zeros=(0, 0), axis=3)),
        "'x' is quantised per channel",
    ),
    "data without scales": (
        conv(dataclasses.replace(X, scales=(), zeros=())),
        "tensor 'x' is int8 without quantisation parameters",
    ),
    "groups that do not divide": (
        conv(w=ones(3, 1, 1, 3)),
        "2 input channels do not divide into groups of 3",
    ),
    "stride 0": (conv(StrideH=0), "stride [0, 1]"),
    "negative dilation": (conv(DilationWFactor=-1), "must be positive"),
    "unknown padding": (conv(Padding=2), "padding number 2"),
    "unknown activation": (conv(FusedActivationFunction=9), "fused activation number 9"),
    "window beyond the input": (
        conv(w=ones(3, 5, 1, 2), y=dataclasses.replace(X, shape=(1, 1, 4, 3))),
        "the window is larger than the padded input",
    ),
    "contradicting shape": (
        conv(y=dataclasses.replace(X, shape=(1, 4, 5, 3))),
        "the result has shape [1, 4, 4, 3], but 'y' [1, 4, 5, 3]",
    ),
    "weights of another rank": (
        conv(w=ones(3, 2)),
        "weights 'w' have shape [3, 2], allowed: 4 dimensions",
    ),
    "weights missing": (
        one("CONV_2D", {"x": X, "y": X}, "Conv2DOptions", **CONV),
        "operand 1 is missing",
    ),
    "weights without scales on float data": (
        one(
            "FULLY_CONNECTED",
            {"x": REAL, "w": ones(2, 4, scales=()), "y": dataclasses.replace(REAL, shape=(1, 2))},
            "FullyConnectedOptions",
        ),
        "'w' is int8 on float32 data",
    ),
    "shuffled weights": (
        one(
            "FULLY_CONNECTED",
            {"x": X, "w": ones(3, 32), "y": RawTensor((1, 3))},
            "FullyConnectedOptions",
            WeightsFormat=1,
        ),
        "shuffled weights",
    ),
    "rows that do not fit": (
        one(
            "FULLY_CONNECTED",
            {"x": X, "w": ones(3, 5), "y": RawTensor((1, 3))},
            "FullyConnectedOptions",
        ),
        "input [1, 4, 4, 2] does not divide into rows of 5",
    ),
    "dimensions that cannot be kept": (
        one(
            "FULLY_CONNECTED",
            {"x": X, "w": ones(3, 8), "y": RawTensor((4, 3))},
            "FullyConnectedOptions",
            KeepNumDims=True,
        ),
        "input [1, 4, 4, 2] must end in 8 to keep its dimensions",
    ),
}
"""What is wrong with data, weights and windows of layers -> a file, and what is said of it."""
