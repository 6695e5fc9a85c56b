"""Comparing two ways to run a model: what is compared, and how a difference is named."""

import sys
from collections.abc import Sequence
from functools import partial

import numpy as np
import pytest

from mote.errors import InputError, ToolError
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import Embedding, Reshape
from mote.ir.tensor import Array
from mote.reference import run
from mote.run.litert import LiteRT, run_litert
from mote.run.verify import compare, compare_with_litert, random_samples
from random_graphs import random_graph
from tflite_writer import write_tflite

SEED = 3


@pytest.fixture(scope="module")
def graph() -> Graph:
    graph = random_graph(SEED)
    assert len(graph.nodes) >= 4
    return graph


def broken(graph: Graph, tensor: str, inputs: Sequence[Array]) -> dict[str, Array]:
    """The reference with the last two elements of one tensor changed."""
    values = run(graph, inputs)
    wrong = values[tensor].copy()
    wrong.reshape(-1)[-2:] ^= 1
    return {**values, tensor: wrong}


def test_equal_runs_pass_and_every_layer_is_compared(graph: Graph) -> None:
    subjects = {"reference": partial(run, graph)}
    (result,) = compare_with_litert(graph, write_tflite(graph), subjects, samples=3, seed=0)
    assert result.passed
    assert (result.subject, result.samples) == ("reference", 3)
    assert (result.layers, result.skipped) == (len(graph.nodes), ())
    assert result.elements == 3 * sum(graph.result(n).elements for n in graph.nodes)


def test_the_first_difference_is_named_with_layer_index_and_both_values(graph: Graph) -> None:
    layer = next(i for i, n in enumerate(graph.nodes) if i >= 1 and graph.result(n).elements >= 4)
    node = graph.nodes[layer]
    subject = partial(broken, graph, node.output)
    inputs = list(random_samples(graph, 2, 0))
    result = compare(graph, partial(run, graph), subject, inputs)
    assert not result.passed
    assert result.differing == 4  # two elements in each of two samples
    first = result.first
    assert first is not None
    assert (first.sample, first.layer, first.node, first.tensor) == (
        0,
        layer,
        node.name,
        node.output,
    )
    shape = graph.result(node).shape
    assert first.index == tuple(int(i) for i in np.unravel_index(np.prod(shape) - 2, shape))
    right = run(graph, inputs[0])[node.output][first.index]
    assert (first.expected, first.found) == (right, right ^ 1)
    assert f"layer {layer} {node.op.label} '{node.name}'" in str(first)
    assert f"expected {right:g}, found {right ^ 1:g} (2 of " in str(first)


def test_layers_that_one_side_does_not_show_are_listed(graph: Graph) -> None:
    last = graph.nodes[-1]

    def only_last(inputs: Sequence[Array]) -> dict[str, Array]:
        return {last.output: run(graph, inputs)[last.output]}

    inputs = random_samples(graph, 1, 0)
    result = compare(graph, partial(run, graph), only_last, inputs)
    assert result.passed
    assert result.layers == 1
    assert result.skipped == tuple(n.name for n in graph.nodes[:-1])


def test_comparing_nothing_is_not_a_pass(graph: Graph) -> None:
    assert not compare(graph, partial(run, graph), lambda _: {}, random_samples(graph, 1, 0)).passed
    assert not compare(graph, partial(run, graph), partial(run, graph), []).passed


def test_a_seed_always_gives_the_same_samples_over_the_whole_range(graph: Graph) -> None:
    first, again = (list(random_samples(graph, 20, 5)) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
    assert graph.tensors[graph.inputs[0]].dtype is DType.INT8
    values = np.concatenate([a[0].ravel() for a in first])
    assert values.min() < -100
    assert values.max() > 100


def test_litert_refuses_inputs_that_do_not_fit(graph: Graph) -> None:
    model = LiteRT(write_tflite(graph))
    with pytest.raises(InputError, match="takes 1 inputs, found 0"):
        model.run([])
    with pytest.raises(InputError, match="allowed: int8"):
        model.run([np.zeros((1, 1), np.float32)])


def test_a_missing_litert_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ToolError, match=r"pip install 'mote\[litert\]'"):
        run_litert(b"", [])


def test_a_file_that_litert_cannot_load_is_an_error_of_the_tool() -> None:
    with pytest.raises(ToolError, match="cannot load the model"):
        run_litert(b"not a model", [])


def test_random_indices_name_rows_that_every_table_has() -> None:
    q = Quantization((0.5,), (0,))
    shapes = {"index": (2, 20), "flat": (40,), "y0": (40, 1), "y1": (2, 20, 1)}
    tensors = {
        n: Tensor(n, s, DType.INT32 if n in ("index", "flat") else DType.INT8, q)
        for n, s in shapes.items()
    }
    for name, rows in (("few", 3), ("many", 9)):
        tensors[name] = Tensor(name, (rows, 1), DType.INT8, q, np.zeros((rows, 1), np.int8))
    nodes = (
        Node("flat", Reshape(to=(40,)), ("index",), "flat"),
        Node("y0", Embedding(), ("flat", "few"), "y0"),
        Node("y1", Embedding(), ("index", "many"), "y1"),
    )
    graph = Graph("g", tensors, nodes, ("index",), ("y0", "y1"))
    ((indices,),) = random_samples(graph, 1, 0)
    assert set(indices.ravel().tolist()) == {0, 1, 2}
