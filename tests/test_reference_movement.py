"""Moving and resizing integers: the reference against LiteRT's reference kernels."""

import numpy as np
import pytest

from litert_oracle import assert_reference_is_litert, one_node, uniform_inputs
from mote.ir import DType, Graph, Tensor
from mote.ir.ops import Concat, Embedding, Resize, ResizeMethod
from movement_graphs import MOVEMENTS

Rng = np.random.Generator


def inputs(graph: Graph, rng: Rng) -> list[np.ndarray]:
    """Indices inside the table, for LiteRT refuses others; integers over the whole range."""
    if isinstance(graph.nodes[0].op, Embedding):
        rows = graph.tensors["table"].shape[0]
        shape = graph.tensors["indices"].shape
        return [rng.integers(0, rows, shape).astype(np.int32)]
    return uniform_inputs(graph, rng)


def check(operator: str, seeds: range) -> None:
    for seed in seeds:
        rng = np.random.default_rng(seed)
        graph = MOVEMENTS[operator](rng)
        assert_reference_is_litert(graph, [inputs(graph, rng)])


@pytest.mark.parametrize("operator", MOVEMENTS)
def test_movement_gives_the_bytes_of_litert(operator: str) -> None:
    check(operator, range(60))


@pytest.mark.slow
@pytest.mark.parametrize("operator", MOVEMENTS)
def test_movement_gives_the_bytes_of_litert_on_many_more(operator: str) -> None:
    check(operator, range(1000, 3000))


def test_the_nearest_neighbours_of_floats_are_those_of_litert() -> None:
    """Positions are float32: beyond a dozen elements they differ from real ones."""
    for size in range(1, 40):
        for to in (1, 2, 7, 25, 39, 49, 93):
            x = Tensor("x", (1, size, 1, 1), DType.FLOAT32)
            data = np.arange(size, dtype=np.float32).reshape(x.shape)
            for corners, centers in ((False, False), (True, False), (False, True)):
                op = Resize((to, 1), ResizeMethod.NEAREST, corners, centers)
                assert_reference_is_litert(one_node(op, [x], None, DType.FLOAT32), [[data]])


def test_concatenation_may_read_an_operand_twice() -> None:
    rng = np.random.default_rng(0)
    graphs = [MOVEMENTS["concat"](rng) for _ in range(40)]
    assert any(len(set(g.nodes[0].inputs)) < len(g.nodes[0].inputs) for g in graphs)
    assert any(t.is_constant for g in graphs for t in g.tensors.values())
    assert all(isinstance(g.nodes[0].op, Concat) for g in graphs)
