"""Sequences of one row become planes of many rows, byte by byte the same."""

import numpy as np
import pytest

from kernel_check import one_node
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Add, Conv2D, DepthwiseConv2D, Embedding, Mean, Padding
from mote.passes.turn_sequences import turn_sequences
from random_graph_maker import Maker
from random_graphs import random_inputs
from row_builds import build_by_rows
from test_end_to_end_host import differing, load_together

Q = Quantization((0.5,), (3,))
WEIGHTS = Quantization((0.5,), (0,))


def sequence(height: int = 1) -> Graph:
    tensors = [
        Tensor("x", (1, height, 12, 4), DType.INT8, Q),
        Tensor("w", (6, 1, 3, 4), DType.INT8, WEIGHTS, np.ones((6, 1, 3, 4), np.int8)),
        Tensor("b", (6,), DType.INT32, None, np.zeros(6, np.int32)),
        Tensor(
            "bias", (1, 1, 6, 6), DType.INT8, Q, np.arange(36, dtype=np.int8).reshape(1, 1, 6, 6)
        ),
        Tensor("a", (1, height, 6, 6), DType.INT8, Q),
        Tensor("s", (1, height, 6, 6), DType.INT8, Q),
        Tensor("y", (1, 6), DType.INT8, Q),
    ]
    convolution = Conv2D(stride=(1, 2), padding=Padding(0, 0, 0, 1))
    nodes = (
        Node("conv", convolution, ("x", "w", "b"), "a"),
        Node("sum", Add(), ("a", "bias"), "s"),
        Node("mean", Mean((1, 2)), ("s",), "y"),
    )
    graph = Graph("g", {t.name: t for t in tensors}, nodes, ("x",), ("y",))
    verify(graph)
    return graph


def test_time_takes_the_place_of_rows() -> None:
    turned = turn_sequences(sequence())
    verify(turned)
    assert [(n.op.kind, n.inputs, n.output) for n in turned.nodes] == [
        ("reshape", ("x",), "x/rows"),
        ("conv_2d", ("x/rows", "w/rows", "b"), "a/rows"),
        ("reshape", ("a/rows",), "a"),
        ("add", ("a/rows", "bias/rows"), "s/rows"),
        ("reshape", ("s/rows",), "s"),
        ("mean", ("s/rows",), "y"),
    ]
    assert turned.tensors["a/rows"].shape == (1, 6, 1, 6)
    (convolution,) = (n.op for n in turned.nodes if isinstance(n.op, Conv2D))
    assert convolution == Conv2D(stride=(2, 1), padding=Padding(0, 1, 0, 0))


@pytest.mark.parametrize("indices", [(9,), (2, 9)])
def test_an_embedding_looks_up_one_index_per_row(indices: tuple[int, ...]) -> None:
    table = Tensor("t", (5, 3), DType.INT8, Q, np.arange(15, dtype=np.int8).reshape(5, 3))
    graph = one_node(Embedding(), (Tensor("i", indices, DType.INT32), table), DType.INT8, Q)
    build = build_by_rows(turn_sequences(graph), "host")
    assert [task.calls for task in build.plan.network.tasks] == [np.prod(indices)]
    sample = random_inputs(graph, 1)
    np.testing.assert_array_equal(build.run(sample), reference.run(graph, sample)["y"])


def test_planes_stay() -> None:
    graph = sequence(height=2)
    assert turn_sequences(graph) is graph


def random_sequence(seed: int) -> Graph:
    """Layers on [N, 1, T, C], some of which leave the row."""
    rng = np.random.default_rng([seed, 5])
    maker = Maker(rng, DType.INT16 if seed % 7 == 0 else DType.INT8)
    shape = (int(rng.integers(1, 3)), 1, int(rng.integers(4, 24)), int(rng.choice([1, 2, 4, 8])))
    x = maker.input(shape)
    for _ in range(int(rng.integers(2, 7))):
        x = maker.layer(x)
    x = maker.head(x)
    unread = {n.output for n in maker.nodes} - {t for n in maker.nodes for t in n.inputs}
    tensors = {t.name: t for t in maker.tensors}
    outputs = tuple(dict.fromkeys([x.name, *sorted(unread)]))
    graph = Graph(f"sequence_{seed}", tensors, tuple(maker.nodes), tuple(maker.inputs), outputs)
    verify(graph)
    return graph


def test_random_sequences_keep_every_byte() -> None:
    windows = 0
    for seed in range(150):
        graph = random_sequence(seed)
        turned = turn_sequences(graph)
        verify(turned)
        sample = random_inputs(graph, seed)
        want, got = reference.run(graph, sample), reference.run(turned, sample)
        for name in want:
            np.testing.assert_array_equal(got[name], want[name], err_msg=f"{seed} {name}")
        windows += sum(
            isinstance(n.op, Conv2D | DepthwiseConv2D) and n.output.endswith("/rows")
            for n in turned.nodes
        )
    assert windows > 100


def test_random_sequences_row_by_row_give_the_bytes_of_the_reference() -> None:
    builds = []
    for seed in range(16):
        graph = turn_sequences(random_sequence(seed))
        builds.append(build_by_rows(graph, ("host", "cortex-m4")[seed % 2]))
    assert max(task.calls for build in builds for task in build.plan.network.tasks) > 10
    for build, model in load_together(builds):
        sample = random_inputs(build.graph, int(build.graph.name.split("_")[1]))
        bad = differing(build.graph, model.trace(sample), sample)
        assert not bad, f"{build.graph.name}: {bad} differ"
