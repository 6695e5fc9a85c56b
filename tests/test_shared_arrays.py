"""Flash holds equal arrays of several layers once, under one name, and counts them once."""

import json

import numpy as np
import pytest

import mote
from inverted_residuals import mobilenet_v2
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Add, Conv2D, Embedding, FullyConnected
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.passes.patches import patch
from mote.target import CORES
from random_graphs import random_inputs

Q = Quantization((0.5,), (0,))


def twice(second: np.ndarray) -> Graph:
    """Two layers of four channels behind each other, with weights of their own."""
    rng = np.random.default_rng(0)
    first = rng.integers(-127, 128, (4, 1, 1, 4), np.int8)
    tensors = {name: Tensor(name, (1, 5, 5, 4), DType.INT8, Q) for name in "xyz"}
    nodes = []
    for x, y, weight in (("x", "y", first), ("y", "z", second)):
        w = Tensor(f"{y}.w", weight.shape, DType.INT8, Quantization((0.01,), (0,)), weight)
        b = Tensor(f"{y}.b", (4,), DType.INT32, None, np.arange(4, dtype=np.int32))
        tensors |= {w.name: w, b.name: b}
        nodes.append(Node(y, Conv2D(), (x, w.name, b.name), y))
    return Graph("twice", tensors, tuple(nodes), ("x",), ("z",))


def same_weights() -> np.ndarray:
    return np.random.default_rng(0).integers(-127, 128, (4, 1, 1, 4), np.int8)


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4"])
def test_equal_arrays_of_two_layers_are_defined_once(core: str) -> None:
    graph = twice(same_weights())
    files = mote.compile(graph, core).files
    manifest = json.loads(files["manifest.json"])
    first, second = (layer["constants"] for layer in manifest["layers"])
    assert first == second
    assert files["weights.c"].count("_weights[") == 1
    assert files["model.c"].count(".weights = twice_layer_00_weights") == 2
    owned = sum(constant["bytes"] for constant in first)
    assert sum(b for b in manifest["flash_bytes"].values() if b) == owned
    x = random_inputs(graph, 1)
    np.testing.assert_array_equal(mote.compile(graph, "host").run(x), reference.run(graph, x)["z"])


def test_one_other_value_makes_another_array() -> None:
    other = same_weights()
    other[3, 0, 0, 3] ^= 1
    files = mote.compile(twice(other), "cortex-m3").files
    assert files["weights.c"].count("_weights[") == 2
    assert "twice_layer_01_weights" in files["model.c"]


def test_the_same_bytes_of_another_type_or_kind_are_another_array() -> None:
    """A table of zeros is no weight, and int32 zeros are no int8 zeros."""
    program = lower(twice(np.zeros((4, 1, 1, 4), np.int8)), CORES["cortex-m3"])
    keys = [(c.array.dtype, c.is_weights, c.array.tobytes()) for _, c in program.arrays]
    assert len(set(keys)) == len(keys)
    assert {(i, c.field) for i, c in program.arrays} == set(program.owners.values())
    for index, step in enumerate(program.steps):
        for constant in step.constants:
            owner, field = program.owners[index, constant.field]
            (found,) = [c for c in program.steps[owner].constants if c.field == field]
            assert found.array.dtype == constant.array.dtype
            np.testing.assert_array_equal(found.array.ravel(), constant.array.ravel())


def test_two_look_ups_share_their_table() -> None:
    table = np.random.default_rng(0).integers(-128, 128, (30, 8), np.int8)
    tensors = {
        **{name: Tensor(name, (3,), DType.INT32) for name in "ab"},
        **{f"{n}.t": Tensor(f"{n}.t", table.shape, DType.INT8, Q, table) for n in "ab"},
        **{f"{n}.y": Tensor(f"{n}.y", (3, 8), DType.INT8, Q) for n in "ab"},
        "y": Tensor("y", (3, 8), DType.INT8, Q),
    }
    nodes = [Node(n, Embedding(), (n, f"{n}.t"), f"{n}.y") for n in "ab"]
    nodes.append(Node("sum", Add(), ("a.y", "b.y"), "y"))
    graph = Graph("words", tensors, tuple(nodes), ("a", "b"), ("y",))
    built = mote.compile(graph, "host")
    assert built.files["weights.c"].count("_table[") == 1
    x = random_inputs(graph, 2)
    np.testing.assert_array_equal(built.run(x), reference.run(graph, x)["y"])


def test_tied_weights_of_a_look_up_and_a_layer_are_one_array() -> None:
    table = np.random.default_rng(0).integers(-127, 128, (30, 8), np.int8)
    tensors = {
        "x": Tensor("x", (1,), DType.INT32),
        "t": Tensor("t", table.shape, DType.INT8, Q, table),
        "e": Tensor("e", (1, 8), DType.INT8, Q),
        "b": Tensor("b", (30,), DType.INT32, None, np.arange(30, dtype=np.int32)),
        "y": Tensor("y", (1, 30), DType.INT8, Quantization((30.0,), (0,))),
    }
    nodes = (
        Node("look", Embedding(), ("x", "t"), "e"),
        Node("y", FullyConnected(), ("e", "t", "b"), "y"),
    )
    files = mote.compile(Graph("tied", tensors, nodes, ("x",), ("y",)), "cortex-m3").files
    assert ".weights = tied_layer_00_table" in files["model.c"]
    assert "layer_01_weights" not in files["weights.c"]


def weights_of(program: Program) -> dict[str, tuple[str, int]]:
    """Of each tensor of weights, the kernel that reads it, and its bytes with those of biases."""
    return {
        step.node.inputs[1]: (step.kernel.name, sum(c.learnt_bytes for c in step.constants))
        for step in program.steps
        if any(c.field == "weights" for c in step.constants)
    }


@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4"])
def test_tiles_take_no_more_flash_for_weights(core: str) -> None:
    graph, blocks = mobilenet_v2(32, 0.1)
    # Which form a layer has depends on the rest of the plan otherwise, and its layout on that.
    whole = mote.compile(graph, core, optimize="time")
    tiled = mote.compile(patch(graph, blocks[1], 2), core, optimize="time")
    assert len(tiled.program.steps) > len(whole.program.steps) + 12
    more, before = 0, weights_of(whole.program)
    for name, (kernel, size) in weights_of(tiled.program).items():
        assert size == before[name][1] or kernel != before[name][0], name
        assert abs(size - before[name][1]) < 4, name  # a layout may end on a word
        more += size - before[name][1]
    first, second = (
        json.loads(build.files["manifest.json"])["flash_bytes"]["weights"]
        for build in (whole, tiled)
    )
    assert second == first + more  # no array twice
    assert more == 0 or core == "cortex-m4"


@pytest.mark.parametrize("optimize", ["balanced", "ram", "time"])
def test_tiles_have_one_layout_of_weights(optimize: str) -> None:
    graph, blocks = mobilenet_v2(32, 0.1)
    program = mote.compile(patch(graph, blocks[1], 2), "cortex-m4", optimize=optimize).program
    layouts: dict[tuple[str, ...], set[bytes]] = {}
    for step in program.steps:
        if any(c.field == "weights" for c in step.constants):
            layouts.setdefault(step.node.inputs[1:], set()).add(step.layout)
    assert len(layouts) < len(program.steps) - 12
    assert all(len(each) == 1 for each in layouts.values()), layouts


def test_a_profile_counts_shared_arrays_once() -> None:
    measured = mote.compile(twice(same_weights()), "cortex-m3").profile()
    first, second = measured.layers
    assert first.weights_bytes == measured.totals.weights_bytes > 0
    assert second.weights_bytes == 0
