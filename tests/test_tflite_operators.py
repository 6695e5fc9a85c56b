"""Every TFLite operator on float32, int8 and int16: the import computes what LiteRT computes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mote import reference
from mote.frontends.tflite import parse
from mote.frontends.tflite.operators import CONVERTERS
from mote.ir import verify
from mote.ir.tensor import Array
from mote.passes import optimize
from mote.run.litert import LiteRT
from raw_tflite import RawModel, RawOperator, RawTensor, constant, indices, write_raw

FLOAT, INT8, INT16 = "FLOAT32", "INT8", "INT16"
ALL, BOTH = (FLOAT, INT8, INT16), (FLOAT, INT8)
NUMPY = {FLOAT: np.float32, INT8: np.int8, INT16: np.int16, "INT32": np.int32}


@dataclass
class Case:
    """One operator: shapes of its activations, constants by name, and of its results."""

    kind: str
    types: tuple[str, ...]
    results: list[tuple[int, ...]]
    inputs: list[tuple[int, ...]] = field(default_factory=lambda: [(2, 4, 6, 4)])
    constants: dict[str, RawTensor] = field(default_factory=dict)
    operands: list[str] | None = None
    options: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    scale: float | None = None
    positive: bool = False


X = (2, 4, 6, 4)
MASKS = "StridedSliceOptions"
CASES: dict[str, Case] = {
    "abs": Case("ABS", ALL, [X]),
    "add": Case("ADD", ALL, [X], [X, (6, 4)], options="AddOptions", scale=0.2),
    "broadcast_to": Case("BROADCAST_TO", BOTH, [(2, 3, 4)], [(3, 1)], {"s": indices(2, 3, 4)}),
    "concatenation": Case(
        "CONCATENATION",
        ALL,
        [(2, 4, 13, 4)],
        [X, (2, 4, 7, 4)],
        options="ConcatenationOptions",
        fields={"Axis": -2},
    ),
    "div by a constant": Case(
        "DIV",
        (FLOAT,),
        [X],
        [X],
        {"c": constant(np.array([3, 7, -2, 0.3], np.float32))},
        options="DivOptions",
    ),
    "div of a constant": Case(
        "DIV",
        (FLOAT,),
        [X],
        [X],
        {"c": constant(np.array([3], np.float32))},
        ["c", "x0"],
        options="DivOptions",
        positive=True,
    ),
    "exp": Case("EXP", ALL, [X]),
    "expand_dims": Case("EXPAND_DIMS", ALL, [(2, 4, 1, 6, 4)], [X], {"a": indices(2)}),
    "gather evenly": Case(
        "GATHER",
        ALL,
        [(2, 2, 6, 4)],
        [X],
        {"i": indices(1, 3)},
        options="GatherOptions",
        fields={"Axis": 1},
    ),
    "gather anything": Case(
        "GATHER",
        ALL,
        [(2, 4, 4, 4)],
        [X],
        {"i": indices(5, 0, 0, 2)},
        options="GatherOptions",
        fields={"Axis": -2},
    ),
    "gelu": Case("GELU", BOTH, [X], options="GeluOptions"),
    "gelu by tanh": Case("GELU", BOTH, [X], options="GeluOptions", fields={"Approximate": True}),
    "hard_swish": Case("HARD_SWISH", BOTH, [X]),
    "leaky_relu": Case("LEAKY_RELU", ALL, [X], options="LeakyReluOptions", fields={"Alpha": 0.15}),
    "log": Case("LOG", ALL, [X], positive=True),
    "logistic": Case("LOGISTIC", ALL, [X]),
    "log_softmax": Case("LOG_SOFTMAX", BOTH, [(6, 10)], [(6, 10)]),
    "maximum": Case("MAXIMUM", ALL, [X], [X], {"c": constant(np.array([0.25], np.float32))}),
    "maximum of zero": Case(
        "MAXIMUM", (FLOAT,), [X], [X], {"c": constant(np.zeros(1, np.float32))}
    ),
    "mean": Case("MEAN", ALL, [(2, 4)], [X], {"a": indices(1, -2)}, options="ReducerOptions"),
    "minimum": Case(
        "MINIMUM", ALL, [X], [X], {"c": constant(np.array([0.25], np.float32))}, ["c", "x0"]
    ),
    "mirror_pad": Case(
        "MIRROR_PAD",
        ALL,
        [(2, 7, 7, 4)],
        [X],
        {"p": constant(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32))},
        options="MirrorPadOptions",
    ),
    "mul": Case("MUL", ALL, [X], [X, (2, 1, 1, 4)], options="MulOptions", scale=1.7),
    "neg": Case("NEG", (FLOAT,), [X]),
    "pack": Case(
        "PACK",
        ALL,
        [(6, 2, 4)],
        [(6, 4), (6, 4)],
        options="PackOptions",
        fields={"Axis": 1, "ValuesCount": 2},
    ),
    "pad with a value": Case(
        "PADV2",
        ALL,
        [(2, 7, 7, 4)],
        [X],
        {
            "p": constant(np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)),
            "c": constant(np.array([0.75], np.float32)),
        },
    ),
    "pow": Case("POW", (FLOAT,), [X], [X], {"c": constant(np.array(2, np.float32))}),
    "prelu": Case(
        "PRELU", ALL[:2], [X], [X], {"c": constant(np.array([[[0.25, 0.5, -0.5, 1]]], np.float32))}
    ),
    "reduce_max": Case(
        "REDUCE_MAX", ALL, [(2, 4)], [X], {"a": indices(1, 2)}, options="ReducerOptions"
    ),
    "reduce_max of the last": Case(
        "REDUCE_MAX",
        ALL,
        [(2, 4, 6, 1)],
        [X],
        {"a": indices(-1)},
        options="ReducerOptions",
        fields={"KeepDims": True},
    ),
    "reduce_min": Case(
        "REDUCE_MIN", (FLOAT,), [(2, 4)], [X], {"a": indices(1, 2)}, options="ReducerOptions"
    ),
    "relu_0_to_1": Case("RELU_0_TO_1", (FLOAT,), [X]),
    "relu6": Case("RELU6", BOTH, [X]),
    "resize_bilinear": Case(
        "RESIZE_BILINEAR",
        ALL,
        [(2, 9, 5, 4)],
        [X],
        {"s": indices(9, 5)},
        options="ResizeBilinearOptions",
        fields={"HalfPixelCenters": True},
    ),
    "resize_nearest": Case(
        "RESIZE_NEAREST_NEIGHBOR",
        ALL,
        [(2, 9, 5, 4)],
        [X],
        {"s": indices(9, 5)},
        options="ResizeNearestNeighborOptions",
        fields={"AlignCorners": True},
    ),
    "rsqrt": Case("RSQRT", ALL, [X], positive=True),
    "slice": Case(
        "SLICE", ALL, [(2, 2, 4, 4)], [X], {"b": indices(0, 1, 2, 0), "s": indices(2, 2, -1, 4)}
    ),
    "split": Case(
        "SPLIT",
        ALL,
        [(2, 4, 3, 4)] * 2,
        [X],
        {"a": indices(-2)},
        ["a", "x0"],
        "SplitOptions",
        {"NumSplits": 2},
    ),
    "split_v": Case(
        "SPLIT_V",
        ALL,
        [(2, 4, 1, 4), (2, 4, 3, 4), (2, 4, 2, 4)],
        [X],
        {"s": indices(1, -1, 2), "a": indices(2)},
        None,
        "SplitVOptions",
        {"NumSplits": 3},
    ),
    "sqrt": Case("SQRT", (FLOAT,), [X], positive=True),
    "square": Case("SQUARE", (FLOAT,), [X]),
    "squared_difference": Case("SQUARED_DIFFERENCE", (FLOAT,), [X], [X, (4,)]),
    "strided_slice": Case(
        "STRIDED_SLICE",
        ALL,
        [(2, 2, 3, 4)],
        [X],
        {"b": indices(0, -4, 5, 0), "e": indices(0, 4, -20, 3), "s": indices(1, 2, 2, 1)},
        options=MASKS,
        fields={"BeginMask": 0b0101, "EndMask": 0b1101},
    ),
    "strided_slice that shrinks": Case(
        "STRIDED_SLICE",
        ALL,
        [(4, 6)],
        [X],
        {"b": indices(1, 0, 0, -1), "e": indices(2, 0, 0, 9), "s": indices(1, 1, 1, 1)},
        options=MASKS,
        fields={"BeginMask": 6, "EndMask": 6, "ShrinkAxisMask": 9},
    ),
    "strided_slice with an ellipsis": Case(
        "STRIDED_SLICE",
        ALL,
        [(1, 4, 6, 2)],
        [X],
        {"b": indices(1, 0, 1), "e": indices(2, 0, 3), "s": indices(1, 1, 1)},
        options=MASKS,
        fields={"EllipsisMask": 2},
    ),
    "strided_slice with a new axis": Case(
        "STRIDED_SLICE",
        BOTH,
        [(1, 2, 1, 4)],
        [(2, 4)],
        {"b": indices(0, 0, 0), "e": indices(0, 2, 0), "s": indices(1, 1, 1)},
        options=MASKS,
        fields={"NewAxisMask": 5},
    ),
    "sub": Case(
        "SUB",
        ALL,
        [X],
        [X, (4,)],
        options="SubOptions",
        scale=0.2,
        fields={"FusedActivationFunction": 1},
    ),
    "sum": Case("SUM", (FLOAT,), [(2, 4)], [X], {"a": indices(1, 2)}, options="ReducerOptions"),
    "tanh": Case("TANH", ALL, [X]),
    "tile": Case("TILE", BOTH, [(4, 4, 18)], [(2, 4, 6)], {"m": indices(2, 1, 3)}),
    "tile once": Case("TILE", BOTH, [(2, 4, 6)], [(2, 4, 6)], {"m": indices(1, 1, 1)}),
    "transpose": Case("TRANSPOSE", ALL, [(2, 4, 4, 6)], [X], {"p": indices(0, 3, 1, 2)}),
    "unpack": Case(
        "UNPACK", ALL, [(2, 6, 4)] * 4, [X], options="UnpackOptions", fields={"Axis": 1, "Num": 4}
    ),
}
RESULTS = {  # scale and zero point that TFLite demands, by operator and type
    ("LOGISTIC", INT8): (1 / 256, -128),
    ("LOGISTIC", INT16): (1 / 32768, 0),
    ("TANH", INT8): (1 / 128, 0),
    ("TANH", INT16): (1 / 32768, 0),
    ("LOG_SOFTMAX", INT8): (16 / 256, 127),
}


def _tensor(case: Case, kind: str, shape: tuple[int, ...], *, result: bool) -> RawTensor:
    if kind == FLOAT:
        return RawTensor(shape, FLOAT, (), ())
    scale, zero = (0.04, 3) if kind == INT8 else (2.0**-12 * 1.1, 0)
    if case.positive:
        zero = -128 if kind == INT8 else 0
    if result and case.scale is not None:
        scale *= case.scale * (1 if kind == INT8 else 10)
    if result:
        scale, zero = RESULTS.get((case.kind, kind), (scale, zero))
    return RawTensor(shape, kind, (scale,), (zero,))


def _constant(tensor: RawTensor, like: RawTensor) -> RawTensor:
    """Real values as the data's type holds them; indices as they are."""
    if tensor.type != FLOAT or like.type == FLOAT:
        return tensor
    reals = np.frombuffer(tensor.data or b"", np.float32).reshape(tensor.shape)
    whole = np.round(reals / like.scales[0]) + like.zeros[0]
    made = constant(whole.astype(NUMPY[like.type]))
    return RawTensor(made.shape, like.type, like.scales, like.zeros, data=made.data)


def _model(case: Case, kind: str) -> tuple[bytes, list[str]]:
    xs = {f"x{i}": _tensor(case, kind, s, result=False) for i, s in enumerate(case.inputs)}
    ys = {f"y{i}": _tensor(case, kind, s, result=True) for i, s in enumerate(case.results)}
    fixed = {name: _constant(t, xs["x0"]) for name, t in case.constants.items()}
    operands = case.operands or [*xs, *fixed]
    operator = RawOperator(case.kind, operands, list(ys), case.options, case.fields)
    tensors = {**xs, **fixed, **ys}
    return write_raw(RawModel(tensors, [operator], list(xs), list(ys))), list(ys)


def _input(case: Case, kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    if kind == FLOAT:
        reals = rng.normal(0, 1.5, shape).astype(np.float32)
        return np.abs(reals) + np.float32(0.1) if case.positive else reals
    low, high = (-128, 127) if kind == INT8 else (-32768, 32767)
    if case.positive:
        low = -127 if kind == INT8 else 1
    return rng.integers(low, high, shape, NUMPY[kind], endpoint=True)


@pytest.mark.parametrize(("name", "kind"), [(n, k) for n, c in CASES.items() for k in c.types])
def test_the_import_computes_what_litert_computes(name: str, kind: str) -> None:
    case, rng = CASES[name], np.random.default_rng(len(name))
    data, results = _model(case, kind)
    graph = parse(data, "one", "one.tflite")
    xs = [_input(case, kind, shape, rng) for shape in case.inputs]
    expected = LiteRT(data).run(xs)
    for version in (graph, optimize(graph)):
        verify(version)
        values = reference.run(version, xs)
        for y in results:
            assert values[y].shape == expected[y].shape
            if kind == FLOAT:
                np.testing.assert_allclose(values[y], expected[y], rtol=2e-5, atol=2e-6)
            else:
                np.testing.assert_array_equal(values[y], expected[y])


def test_a_table_is_looked_up_by_computed_indices() -> None:
    table = np.arange(24, dtype=np.int8).reshape(6, 4)
    tensors = {
        "i": RawTensor((3,), "INT32", (), ()),
        "t": constant(table, (0.5,)),
        "y": RawTensor((3, 4)),
    }
    for operator in (
        RawOperator("GATHER", ["t", "i"], ["y"], "GatherOptions"),
        RawOperator("EMBEDDING_LOOKUP", ["i", "t"], ["y"]),
    ):
        data = write_raw(RawModel(tensors, [operator], ["i"], ["y"]))
        chosen = np.array([5, 0, 2], np.int32)
        (y,) = (reference.run(parse(data, "one", "x"), [chosen])["y"],)
        np.testing.assert_array_equal(y, LiteRT(data).run([chosen])["y"])


def test_results_that_nobody_reads_are_not_computed() -> None:
    case = CASES["unpack"]
    xs, ys = _tensor(case, FLOAT, X, result=False), _tensor(case, FLOAT, (2, 6, 4), result=True)
    names = [f"y{i}" for i in range(4)]
    operator = RawOperator("UNPACK", ["x"], names, "UnpackOptions", {"Axis": 1, "Num": 4})
    tensors = {"x": xs, **dict.fromkeys(names, ys)}
    graph = parse(write_raw(RawModel(tensors, [operator], ["x"], ["y2"])), "one", "x")
    assert [node.op.kind for node in graph.nodes] == ["slice", "reshape"]


def test_elu_is_the_exponential_below_zero() -> None:
    """LiteRT's reference resolver has none."""
    data, _ = _model(Case("ELU", BOTH, [X]), FLOAT)
    x = np.linspace(-3, 3, 192, dtype=np.float32).reshape(X)
    y = reference.run(parse(data, "one", "one.tflite"), [x])["y0"]
    np.testing.assert_allclose(y, np.where(x > 0, x, np.expm1(x)), rtol=1e-6)


ELSEWHERE = {  # compared with LiteRT in other files
    "AVERAGE_POOL_2D",
    "BATCH_MATMUL",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEQUANTIZE",
    "ELU",
    "EMBEDDING_LOOKUP",
    "FULLY_CONNECTED",
    "MAX_POOL_2D",
    "PAD",
    "QUANTIZE",
    "RELU",
    "RELU_N1_TO_1",
    "RESHAPE",
    "SOFTMAX",
    "SQUEEZE",
    "TRANSPOSE_CONV",
}


def test_every_operator_is_compared_and_documented() -> None:
    assert {case.kind for case in CASES.values()} | ELSEWHERE == set(CONVERTERS)
    text = (Path(__file__).resolve().parents[1] / "docs" / "frontends.md").read_text()
    assert [kind for kind in CONVERTERS if f"`{kind}`" not in text] == []


@pytest.mark.parametrize("kind", ["ADD", "SUB"])
def test_int16_sums_of_one_power_of_two_agree_with_the_shifting_rule(kind: str) -> None:
    """``pot_scale_int16``: TFLite adds without rescaling, which is what rescaling comes to."""
    tensors = {name: RawTensor((400,), INT16, (2.0**-10,), (0,)) for name in ("a", "b", "y")}
    fields = {"PotScaleInt16": True}
    operator = RawOperator(kind, ["a", "b"], ["y"], f"{kind.title()}Options", fields)
    data = write_raw(RawModel(tensors, [operator], ["a", "b"], ["y"]))
    rng = np.random.default_rng(0)
    xs = [rng.integers(-32768, 32767, 400, np.int16, endpoint=True) for _ in "ab"]
    y = reference.run(parse(data, "one", "one.tflite"), xs)["y"]
    np.testing.assert_array_equal(y, LiteRT(data).run(xs)["y"])
