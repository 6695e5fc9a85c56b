"""Each thing that the TFLite front end refuses, and what it says."""

import dataclasses
import itertools

import numpy as np
import pytest

from raw_tflite import RawModel, RawOperator, RawTensor, constant, indices, write_raw
from refused_tflite import CONV, OF_WEIGHTS, REAL, WIDE, X, conv, one, ones, unsupported


def test_all_unsupported_things_are_told_at_once_with_their_nodes() -> None:
    model = RawModel(
        {"x": X, "a": X, "b": X, "c": X, "y": X},
        [
            RawOperator("ATAN2", ["x", "x"], ["a"]),
            RawOperator("CUSTOM:Magic", ["a"], ["b"]),
            RawOperator("ADD", ["b", "b"], ["c"], "AddOptions", {"FusedActivationFunction": 4}),
            RawOperator("ADD", ["c", "c"], ["y"], "AddOptions"),
        ],
        ["x"],
        ["y"],
    )
    assert str(unsupported(write_raw(model))) == (
        "model.tflite: 3 things in this model cannot be imported\n"
        "  node 0 ATAN2 'a': the operator is not supported\n"
        "  node 1 CUSTOM 'Magic' 'b': the operator is not supported\n"
        "  node 2 ADD 'c': fused activation TANH, allowed: NONE, RELU, RELU6, RELU_N1_TO_1\n"
        "  hint: 'mote ops' lists the supported operators; use RELU or RELU6"
    )


def test_a_long_list_of_problems_is_cut() -> None:
    names = [f"t{i}" for i in range(31)]
    operators = [RawOperator("FLOOR", [a], [b]) for a, b in itertools.pairwise(names)]
    model = RawModel(dict.fromkeys(names, X), operators, ["t0"], ["t30"])
    error = unsupported(write_raw(model))
    assert error.found.startswith("30 things")
    assert len(error.details) == 21
    assert error.details[-1] == "and 10 more"


def test_an_operator_newer_than_the_schema_is_named_by_its_number() -> None:
    error = unsupported(one("250", {"x": X, "y": X}))
    assert error.details == ("node 0 number 250 'y': the operator is not supported",)


UNSUPPORTED = {
    **OF_WEIGHTS,
    "options missing": (
        one("SOFTMAX", {"x": X, "y": X}),
        "its options are missing or of another operator",
    ),
    "options of another operator": (
        one("MEAN", {"x": X, "a": indices(1), "y": X}, "SoftmaxOptions"),
        "its options are missing or of another operator",
    ),
    "beta 0": (one("SOFTMAX", {"x": X, "y": X}, "SoftmaxOptions"), "beta is 0.0"),
    "softmax scale": (
        one("SOFTMAX", {"x": X, "y": X}, "SoftmaxOptions", Beta=1.0),
        "int8 output must have scale 1/256",
    ),
    "pooling that rescales": (
        one(
            "MAX_POOL_2D",
            {"x": X, "y": dataclasses.replace(X, scales=(0.25,))},
            "Pool2DOptions",
            **CONV,
            FilterHeight=1,
            FilterWidth=1,
        ),
        "input and output must share scale and zero point",
    ),
    "pooling without a window": (
        one("MAX_POOL_2D", {"x": X, "y": X}, "Pool2DOptions", **CONV),
        "window [0, 0]",
    ),
    "axis out of range": (
        one("MEAN", {"x": X, "a": indices(4), "y": X}),
        "axes [4] of a 4-D input",
    ),
    "axes of another type": (
        one("MEAN", {"x": X, "a": ones(1), "y": X}),
        "'a' is INT8, allowed: INT32, INT64",
    ),
    "axes that are an input": (
        write_raw(
            RawModel(
                {"x": X, "a": RawTensor((1,), "INT32", (), ()), "y": X},
                [RawOperator("MEAN", ["x", "a"], ["y"])],
                ["x", "a"],
                ["y"],
            )
        ),
        "'a' is computed at run time",
    ),
    "paddings of another shape": (
        one("PAD", {"x": X, "p": indices(0, 0, 1, 1), "y": X}),
        "paddings of shape [4]",
    ),
    "negative paddings": (
        one("PAD", {"x": X, "p": constant(np.full((4, 2), -1, np.int32)), "y": X}),
        "negative padding is not supported",
    ),
    "padding with a value of another scale": (
        one(
            "PADV2",
            {
                "x": X,
                "p": constant(np.ones((4, 2), np.int32)),
                "v": RawTensor((1,), scales=(0.25,), data=b"\x05"),
                "y": dataclasses.replace(X, shape=(3, 6, 6, 4)),
            },
        ),
        "pads with 'v'",
    ),
    "reshape that loses elements": (
        one("RESHAPE", {"x": X, "s": indices(1, 31), "y": RawTensor((1, 31))}),
        "32 elements do not fit [1, 31]",
    ),
    "two open dimensions": (
        one("RESHAPE", {"x": X, "s": indices(-1, -1), "y": X}),
        "32 elements do not fit [-1, -1]",
    ),
    "reshape that rescales": (
        one("RESHAPE", {"x": X, "s": indices(32), "y": RawTensor((32,), scales=(0.25,))}),
        "input and output must share scale and zero point",
    ),
    "squeeze of a long axis": (
        one("SQUEEZE", {"x": X, "y": X}, "SqueezeOptions", SqueezeDims=(1,)),
        "cannot squeeze [1] of [1, 4, 4, 2]",
    ),
    "expand_dims out of range": (
        one("EXPAND_DIMS", {"x": X, "a": indices(6), "y": X}),
        "axis [6] of a 4-D input",
    ),
    "add of other shapes": (
        one("ADD", {"x": X, "c": ones(3), "y": X}, "AddOptions"),
        "do not broadcast",
    ),
    "int8 negation": (
        one("NEG", {"x": X, "y": X}),
        "'x' is int8, allowed: float32",
    ),
    "int16 square root": (
        one("SQRT", {"x": RawTensor((1, 4), "INT16"), "y": RawTensor((1, 4), "INT16")}),
        "int16 square roots",
    ),
    "clamp that changes the type": (
        one("RELU", {"x": X, "y": RawTensor(X.shape, "FLOAT32", (), ())}),
        "type int8 -> float32 is not supported",
    ),
    "constants alone": (
        one(
            "SOFTMAX",
            {"x": X, "c": ones(2), "y": RawTensor((2,), scales=(1 / 256,), zeros=(-128,))},
            "SoftmaxOptions",
            operands=["c"],
            Beta=1.0,
        ),
        "computes from constants alone",
    ),
    "no elements": (
        one("QUANTIZE", {"x": RawTensor((1, 0)), "y": RawTensor((1, 0))}),
        "tensor 'x' has shape [1, 0]",
    ),
    "seven dimensions": (
        one("QUANTIZE", {"x": RawTensor((1,) * 7), "y": RawTensor((1,) * 7)}),
        "tensor 'x' has shape [1, 1, 1, 1, 1, 1, 1]",
    ),
    "constant shorter than its shape": (
        conv(w=dataclasses.replace(ones(3, 1, 1, 2), data=b"\1\2\3")),
        "constant 'w' has 3 bytes, its shape 6",
    ),
    "scale 0": (conv(dataclasses.replace(X, scales=(0.0,))), "has a scale that is not positive"),
    "infinite scale": (
        conv(dataclasses.replace(X, scales=(float("inf"),))),
        "has a scale that is not positive",
    ),
    "scale that is no number": (
        conv(dataclasses.replace(X, scales=(float("nan"),))),
        "has a scale that is not positive",
    ),
    "minute scale": (
        conv(dataclasses.replace(X, scales=(1e-30,))),
        "'x' has scale 1e-30, allowed: 5.42e-20 to 1.84e+19",
    ),
    "scales too far apart": (
        conv(y=RawTensor((1, 4, 4, 3), scales=(2.0**-40,))),
        "rescales by 2.75e+11, allowed: below 1.07e+09",
    ),
    "zero point outside int8": (
        conv(dataclasses.replace(X, zeros=(128,))),
        "tensor 'x' has a zero point outside int8",
    ),
    "scales without zero points": (
        conv(dataclasses.replace(X, zeros=())),
        "tensor 'x' has 1 scales and 0 zero points",
    ),
    "fewer scales than channels": (
        conv(w=ones(3, 1, 1, 2, scales=(0.5, 0.5))),
        "tensor 'w' of shape [3, 1, 1, 2] has 2 scales along axis 0",
    ),
    "more than fits": (
        one("QUANTIZE", {"x": RawTensor((2**15, 2**14)), "y": RawTensor((2**15, 2**14))}),
        "the tensors take 1,073,741,824 bytes, allowed: 268,435,456",
    ),
    "concatenation that rescales": (
        one(
            "CONCATENATION",
            {"x": X, "c": ones(1, 4, 4, 2, scales=(0.25,)), "y": RawTensor((2, 4, 4, 2))},
            "ConcatenationOptions",
        ),
        "input and output must share scale and zero point",
    ),
    "mirrored border with its edge": (
        one(
            "MIRROR_PAD",
            {
                "x": X,
                "p": constant(np.ones((4, 2), np.int32)),
                "y": dataclasses.replace(X, shape=(3, 6, 6, 4)),
            },
            "MirrorPadOptions",
            Mode=1,
        ),
        "mode SYMMETRIC, allowed: REFLECT",
    ),
    "reversed slice": (
        one(
            "STRIDED_SLICE",
            {"x": X, "b": indices(-1), "e": indices(-3), "s": indices(-1), "y": X},
            "StridedSliceOptions",
        ),
        "stride -1, allowed: 1 or more",
    ),
    "slice of nothing": (
        one("SLICE", {"x": X, "b": indices(0, 4, 0, 0), "s": indices(1, -1, 4, 2), "y": X}),
        "begins [0, 4, 0, 0], ends [1, 4, 4, 2]",
    ),
    "split into other parts": (
        one(
            "SPLIT_V",
            {"x": X, "s": indices(3, 2), "a": indices(1), "y": X},
            "SplitVOptions",
            NumSplits=2,
        ),
        "parts [3, 2] of [1, 4, 4, 2]",
    ),
    "look-up in an activation": (
        write_raw(
            RawModel(
                {"x": X, "i": RawTensor((3,), "INT32", (), ()), "y": RawTensor((3, 4, 4, 2))},
                [RawOperator("GATHER", ["x", "i"], ["y"], "GatherOptions")],
                ["x", "i"],
                ["y"],
            )
        ),
        "computed indices along axis 0 of 'x'",
    ),
    "look-up by int64": (
        write_raw(
            RawModel(
                {"i": RawTensor((3,), "INT64", (), ()), "t": ones(5, 2), "y": RawTensor((3, 2))},
                [RawOperator("GATHER", ["t", "i"], ["y"], "GatherOptions")],
                ["i"],
                ["y"],
            )
        ),
        "indices 'i' are int64, allowed: int32",
    ),
    "maximum of two activations": (
        one("MAXIMUM", {"x": X, "y": X}, operands=["x", "x"]),
        "of two activations",
    ),
    "int8 division": (
        one("DIV", {"x": X, "c": ones(1), "y": X}, "DivOptions"),
        "'x' is int8, allowed: float32",
    ),
    "division by zero": (
        one(
            "DIV",
            {"x": REAL, "c": constant(np.zeros(1, np.float32)), "y": REAL},
            "DivOptions",
        ),
        "divides by 'c', which holds 0",
    ),
    "third power": (
        one("POW", {"x": REAL, "c": constant(np.array([3], np.float32)), "y": REAL}),
        "raises to 'c', allowed: a constant 2, 0.5, -0.5 or -1",
    ),
    "int8 sum": (
        one("SUM", {"x": X, "a": indices(1), "y": X}, "ReducerOptions"),
        "a sum of int8",
    ),
    "maximum over distant axes": (
        one("REDUCE_MAX", {"x": X, "a": indices(0, 2), "y": X}, "ReducerOptions"),
        "axes [0, 2] that are not neighbours",
    ),
    "int16 sums of powers of two": (
        one(
            "ADD",
            {
                "x": dataclasses.replace(WIDE, scales=(2.0**-10,)),
                "c": constant(np.ones(2, np.int16), (2.0**-12,)),
                "y": dataclasses.replace(WIDE, scales=(2.0**-10,)),
            },
            "AddOptions",
        ),
        "unlike scales that are powers of two (pot_scale_int16)",
    ),
    "several subgraphs": (
        write_raw(
            RawModel(
                {"x": X, "y": X},
                [RawOperator("QUANTIZE", ["x"], ["y"])],
                ["x"],
                ["y"],
                subgraphs=2,
            )
        ),
        "the model has 2 subgraphs",
    ),
    "several results": (
        write_raw(
            RawModel(
                {"x": X, "y": X, "z": X},
                [RawOperator("QUANTIZE", ["x"], ["y", "z"])],
                ["x"],
                ["y", "z"],
            )
        ),
        "2 results, allowed: 1",
    ),
}


@pytest.mark.parametrize("case", UNSUPPORTED)
def test_what_is_not_supported_is_named(case: str) -> None:
    data, message = UNSUPPORTED[case]
    assert message in str(unsupported(data))


def test_weights_that_an_operator_computes_are_refused() -> None:
    weight = RawTensor((3, 1, 1, 2))
    model = RawModel(
        {"x": X, "v": weight, "w": weight, "y": RawTensor((1, 4, 4, 3))},
        [
            RawOperator("QUANTIZE", ["v"], ["w"]),
            RawOperator("CONV_2D", ["x", "w"], ["y"], "Conv2DOptions", CONV),
        ],
        ["x", "v"],
        ["y"],
    )
    assert "weights 'w' are computed at run time" in str(unsupported(write_raw(model)))
