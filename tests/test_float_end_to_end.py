"""Models that compute in float32, whole or in part: refused, allowed, exact on every core."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import float_graphs
import mote
from mote.build import Build
from mote.cli import main
from mote.codegen import generate
from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Function,
    LayerNorm,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Reshape,
    Softmax,
    Transpose,
    Unary,
)
from mote.ir.tensor import Array
from mote.quantization import LayerPrecision, QuantizationConfig
from mote.run import sanitize
from mote.run.interface import interface
from mote.run.verify import Comparison, compare_with_reference, random_samples
from random_float_graphs import float_inputs, random_float_graph, random_mixed_graph
from random_layers import side_by_side
from shared import shared_path

Capture = pytest.CaptureFixture[str]


def small_cnn() -> Graph:
    return float_graphs.build(
        (1, 9, 9, 3),
        [
            ("first", Conv2D(stride=(2, 2), activation=Activation.RELU), "x"),
            ("curve", Unary(Function.GELU), "first"),
            ("second", DepthwiseConv2D(), "curve"),
            ("largest", MaxPool2D((2, 2)), "second"),
            ("mean", Mean(axes=(1, 2)), "largest"),
            ("scores", FullyConnected(), "mean"),
            ("probabilities", Softmax(), "scores"),
        ],
    )


def attention(rows: int = 6, depth: int = 8, heads: int = 2) -> Graph:
    """A block of self-attention: norm, projections, heads, products, softmax, sum, and a GELU."""
    rng = np.random.default_rng(4)
    tensors = {"x": Tensor("x", (rows, depth), DType.FLOAT32)}
    nodes: list[Node] = []

    def constant(name: str, *shape: int) -> str:
        array = rng.normal(0, 1 / depth**0.5, shape).astype(np.float32)
        tensors[name] = Tensor(name, shape, DType.FLOAT32, data=array)
        return name

    def add(name: str, op: Op, *inputs: str) -> str:
        shape = op.shape(*(tensors[t].shape for t in inputs))
        tensors[name] = Tensor(name, shape, DType.FLOAT32)
        nodes.append(Node(name, op, inputs, name))
        return name

    def dense(name: str, x: str, outputs: int) -> str:
        weight = constant(f"{name}.w", outputs, tensors[x].shape[1])
        return add(name, FullyConnected(), x, weight, constant(f"{name}.b", outputs))

    def split(name: str, x: str, order: tuple[int, ...]) -> str:
        parts = add(f"{name}.parts", Reshape((rows, heads, depth // heads)), x)
        return add(name, Transpose(order), parts)

    normal = add("norm", LayerNorm(), "x", constant("gamma", depth), constant("beta", depth))
    query, key, value = (dense(name, normal, depth) for name in ("query", "key", "value"))
    queries, keys = split("queries", query, (1, 0, 2)), split("keys", key, (1, 0, 2))
    products = add("products", MatMul(transpose_x1=True), queries, keys)
    scaled = add("scaled", Mul(), products, constant("scale", 1))
    weights = add("weights", Softmax(), scaled)
    found = add("found", MatMul(), weights, split("values", value, (1, 0, 2)))
    joined = add("joined", Transpose((1, 0, 2)), found)
    mixed = dense("mixed", add("flat", Reshape((rows, depth)), joined), depth)
    total = add("total", Add(), mixed, "x")
    wide = add("wide", Unary(Function.GELU), dense("up", total, 3 * depth))
    y = add("y", Add(), dense("down", wide, depth), total)
    graph = Graph("attention", tensors, tuple(nodes), ("x",), (y,))
    verify(graph)
    return graph


def judged(build: Build, samples: list[list[Array]]) -> Comparison:
    traces = build.trace_samples(samples)
    return compare_with_reference(build.graph, lambda _: next(traces), samples)


def bits(x: Array) -> Array:
    """Every NaN alike: which one an operation makes is not IEEE's to say."""
    return np.where(np.isnan(x), np.float32("nan"), x).view(np.uint32) if x.dtype.kind == "f" else x


def check_equal_on(target: str, graph: Graph, samples: list[list[Array]]) -> None:
    """Every tensor on a core has the bits that it has on this machine."""
    here = mote.compile(graph, "host", allow_float=True)
    there = mote.compile(graph, target, allow_float=True)
    assert there.float_layers
    assert judged(here, samples).passed
    for want, got in zip(here.trace_samples(samples), there.trace_samples(samples), strict=True):
        for name in want:
            np.testing.assert_array_equal(bits(got[name]), bits(want[name]), err_msg=name)


@pytest.mark.parametrize("target", ["host", "cortex-m4"])
def test_float_layers_are_refused_all_at_once_with_the_ways_out(target: str) -> None:
    with pytest.raises(UnsupportedModelError) as caught:
        mote.compile(small_cnn(), target)
    said = caught.value.message()
    names = ("first", "curve", "second", "largest", "mean", "scores", "probabilities")
    assert all(f"node '{name}'" in said for name in names)
    assert "mote quantize" in said
    assert "--allow-float" in said


def compare_random_graphs(make: Callable[[int], Graph], start: int) -> int:
    """Compares the tensors of 40 graphs; returns how many layers compute in float32."""
    layers = 0
    for first in range(start, start + 40, 5):
        graph = side_by_side([make(seed) for seed in range(first, first + 5)])
        build = mote.compile(graph, "host", allow_float=True)
        found = judged(build, [float_inputs(graph, seed) for seed in range(3)])
        assert found.passed, (first, found.first)
        assert not found.skipped
        layers += len(build.float_layers)
    return layers


@pytest.mark.parametrize("make", [random_float_graph, random_mixed_graph])
def test_random_graphs_compute_what_the_reference_computes(make: Callable[[int], Graph]) -> None:
    assert compare_random_graphs(make, 0) > 60


@pytest.mark.slow
@pytest.mark.parametrize("make", [random_float_graph, random_mixed_graph])
@pytest.mark.parametrize("start", range(40, 1000, 40))
def test_many_random_graphs_compute_what_the_reference_computes(
    start: int, make: Callable[[int], Graph]
) -> None:
    compare_random_graphs(make, start)


CORES = [
    "cortex-m0plus",
    "cortex-m4",
    *(pytest.param(f"cortex-{c}", marks=pytest.mark.slow) for c in ("m3", "m7", "m33", "m55")),
]


@pytest.mark.parametrize("target", CORES)
def test_every_core_finds_the_same_bits(target: str) -> None:
    made = [make(seed) for seed in range(12) for make in (random_float_graph, random_mixed_graph)]
    graph = side_by_side([*made, small_cnn(), attention()])
    check_equal_on(target, graph, [float_inputs(graph, seed) for seed in range(2)])


@pytest.mark.parametrize("target", CORES)
def test_functions_have_the_same_bits_on_every_core(target: str) -> None:
    """Over all magnitudes, at the ends of float32, infinite and not a number."""
    rng = np.random.default_rng(6)
    x = (rng.standard_normal(1000) * 10.0 ** rng.integers(-38, 38, 1000)).astype(np.float32)
    ends = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e-45, -1e-45, 3.4e38, 1, -1, 88.7, -103])
    x = np.concatenate([x, ends.astype(np.float32), rng.uniform(-9, 9, 1000).astype(np.float32)])
    tensors = {"x": Tensor("x", x.shape, DType.FLOAT32)}
    tensors |= {f.value: Tensor(f.value, x.shape, DType.FLOAT32) for f in Function}
    nodes = [Node(f.value, Unary(f, 0.5, 0.75), ("x",), f.value) for f in Function]
    outputs = tuple(node.output for node in nodes)
    graph = Graph("functions", tensors, tuple(nodes), ("x",), outputs)
    check_equal_on(target, graph, [[x]])


@pytest.mark.parametrize("seed", range(4))
def test_generated_code_is_clean_under_sanitizers(seed: int) -> None:
    graph = side_by_side([random_float_graph(seed), random_mixed_graph(seed + 50)])
    build = mote.compile(graph, "host", allow_float=True)
    sample = float_inputs(build.graph, seed)
    plan = sanitize.spread(build.plan)
    files = generate(build.program, plan, build.target)
    (found,) = sanitize.run(files, interface(build.program, plan), plan, [sample])
    values = build.trace(sample)
    for name, got in zip(build.graph.outputs, found, strict=True):
        np.testing.assert_array_equal(bits(got), bits(values[name]))


@pytest.mark.parametrize("kept", [("curve",), ("second", "largest"), ("probabilities",), ("mean",)])
def test_layers_that_the_quantiser_keeps_in_float_stay_there(kept: tuple[str, ...]) -> None:
    data = np.random.default_rng(0).uniform(-1, 1, (8, 9, 9, 3)).astype(np.float32)
    layers = {name: LayerPrecision(activations="float") for name in kept}
    config = QuantizationConfig(allow_float=True, layers=layers)
    graph = mote.quantize(small_cnn(), data, config)
    with pytest.raises(UnsupportedModelError, match=f"{len(kept)} of"):
        mote.compile(graph, "host")
    build = mote.compile(graph, "host", allow_float=True)
    assert build.float_layers == kept
    assert judged(build, list(random_samples(build.graph, 4, 0))).passed


def test_a_float_project_builds_as_it_is_and_needs_no_mathematical_library(tmp_path: Path) -> None:
    mote.compile(attention(), "cortex-m4", allow_float=True).save(tmp_path)
    command = ["make", "-C", str(tmp_path), "CROSS=arm-none-eabi-", "WARNINGS=-Wall -Werror"]
    subprocess.run(command, check=True, capture_output=True)
    subprocess.run(["make", "-C", str(tmp_path)], check=True, capture_output=True)
    library = tmp_path / "build/arm-none-eabi/libattention.a"
    listed = subprocess.run(
        ["arm-none-eabi-nm", "-P", str(library)], check=True, capture_output=True, text=True
    ).stdout
    rows = [line.split() for line in listed.splitlines() if not line.endswith(":")]
    defined = {row[0] for row in rows if row[1] != "U"}
    assert {row[0] for row in rows if row[1] == "U"} - defined <= {"memcpy", "memset"}


@pytest.fixture(name="model")
def _model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    mote.save(small_cnn(), "small.mote")
    return "small.mote"


def said(capture: Capture, *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(arguments) == code
    told = capture.readouterr()
    return told.out, told.err


LINE = "7 layers compute in float32: first, curve, second, largest, mean, scores, probabilities"


def test_every_command_refuses_floats_and_names_them_when_allowed(
    model: str, capsys: Capture
) -> None:
    for command in (
        ("compile", model, "-t", "cortex-m4", "-o", "out"),
        ("run", model),
        ("profile", model, "-t", "cortex-m4"),
        ("verify", model, "--samples", "2"),
    ):
        assert "--allow-float" in said(capsys, *command, code=2)[1]
        assert command[0] != "compile" or not Path("out").exists()
        assert LINE in "".join(said(capsys, *command, "--allow-float")), command
    layers = json.loads(Path("out/manifest.json").read_text())["layers"]
    assert {layer["type"] for layer in layers} == {"float32"}


def test_a_profile_has_the_type_of_each_layer(capsys: Capture, model: str) -> None:
    out, _ = said(capsys, "profile", model, "-t", "cortex-m4", "--allow-float", "--json")
    told = json.loads(out)
    assert [layer["type"] for layer in told["layers"]] == ["float32"] * 7
    assert len(told["float_layers"]) == 7


@pytest.mark.parametrize(
    ("name", "judged_by_litert"), [("ad01_fp32", True), ("kws_ref_model_float32", False)]
)
def test_verify_compares_float_models_with_litert_where_it_computes_in_float(
    name: str, judged_by_litert: bool, capsys: Capture
) -> None:
    """The second one has int8 weights: LiteRT rounds the activations of its layers."""
    path = shared_path(f"models/mlperf_tiny/{name}.tflite")
    out, err = said(capsys, "verify", str(path), "--allow-float", "--samples", "2")
    assert "layers compute in float32" in err
    assert "host = the reference" in out
    assert ("host = LiteRT" in out) == judged_by_litert
    assert ("not compared with LiteRT" in out) != judged_by_litert
