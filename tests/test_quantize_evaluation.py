"""Evaluation of many samples at once: integers equal the reference, floats come close to it."""

from collections.abc import Callable

import numpy as np
import pytest

from mote import reference
from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import Add, FullyConnected, Mean, Op, Pad, Reshape, Slice, Transpose
from mote.passes.rebatch import rebatch
from mote.quantization.evaluation import batches, run_outputs
from quantization_graphs import chain, means, mobile, samples
from random_graphs import random_graph, random_inputs, with_random_rounding


def one_by_one(graph: Graph, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Each output for every sample by the reference, stacked."""
    own = [graph.tensors[name].shape[0] for name in graph.inputs]
    found = [
        reference.run(graph, [x[i * n : (i + 1) * n] for x, n in zip(inputs, own, strict=True)])
        for i in range(len(inputs[0]) // own[0])
    ]
    return [np.concatenate([values[name] for values in found]) for name in graph.outputs]


@pytest.mark.parametrize("seed", range(25))
def test_integers_are_those_of_the_reference(seed: int) -> None:
    graph = with_random_rounding(random_graph(seed), seed)
    portions = [random_inputs(graph, 100 * seed + i) for i in range(5)]
    inputs = [np.concatenate(column) for column in zip(*portions, strict=True)]
    for found, expected in zip(run_outputs(graph, inputs), one_by_one(graph, inputs), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("make", [mobile, chain, means])
def test_floats_are_close_to_the_reference(make: Callable[[], Graph]) -> None:
    graph = make()
    x = samples(graph, 70)
    (found,), (expected,) = run_outputs(graph, (x,)), one_by_one(graph, [x])
    assert np.abs(found - expected).max() <= 1e-5 * np.abs(expected).max()


def test_portions_cover_all_samples_in_order() -> None:
    graph, x = mobile(), samples(mobile(), 11)
    portions = [inputs[0] for _, inputs in batches(graph, (x,), 4)]
    assert [len(p) for p in portions] == [4, 4, 3]
    np.testing.assert_array_equal(np.concatenate(portions), x)


def single(op: Op, shape: tuple[int, ...], *constants: tuple[int, ...]) -> Graph:
    """One node on ``x``, with constants of ones."""
    tensors = {"x": Tensor("x", shape, DType.FLOAT32)}
    for i, of in enumerate(constants):
        tensors[f"c{i}"] = Tensor(f"c{i}", of, DType.FLOAT32, data=np.ones(of, np.float32))
    result = op.shape(*(t.shape for t in tensors.values()))
    node = Node("y", op, tuple(tensors), "y")
    return Graph("g", {**tensors, "y": Tensor("y", result, DType.FLOAT32)}, (node,), ("x",), ("y",))


@pytest.mark.parametrize(
    "graph",
    [
        single(Mean(axes=(0,)), (2, 3)),
        single(Transpose(permutation=(1, 0)), (2, 3)),
        single(Slice(begins=(1, 0), ends=(2, 3), strides=(1, 1)), (2, 3)),
        single(Pad(paddings=((1, 0), (0, 0))), (2, 3)),
        single(Add(), (2, 3), (2, 3)),
    ],
    ids=["mean", "transpose", "slice", "pad", "add"],
)
def test_samples_that_would_meet_are_evaluated_one_by_one(graph: Graph) -> None:
    assert rebatch(graph, 2) is None
    x = np.arange(24, dtype=np.float32).reshape(8, 3)
    for found, expected in zip(run_outputs(graph, (x,)), one_by_one(graph, [x]), strict=True):
        np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    "graph",
    [
        single(Reshape(to=(6, 2)), (1, 3, 4)),
        single(Add(), (1, 3, 4), (4,)),
        single(Add(), (1, 3, 4), (1, 3, 1)),
        single(FullyConnected(), (5, 4), (2, 4), (2,)),
        single(Mean(axes=(1,)), (1, 3, 4)),
    ],
    ids=["reshape", "row", "same rank", "matrix", "mean"],
)
def test_samples_that_stay_apart_share_a_batch(graph: Graph) -> None:
    larger = rebatch(graph, 3)
    assert larger is not None
    rows = graph.tensors["x"].shape[0]
    x = samples(graph, 3 * rows)
    (expected,) = one_by_one(graph, [x])
    np.testing.assert_allclose(reference.run(larger, [x])["y"], expected, rtol=1e-6)
