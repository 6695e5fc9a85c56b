"""Random int8 graphs: every intermediate tensor of the reference equals LiteRT's."""

from collections import Counter

import numpy as np
import pytest

from litert_oracle import assert_reference_is_litert
from mote.ir.text import format_graph
from mote.reference import run
from random_graphs import random_graph, random_inputs


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_random_graphs_give_the_bytes_of_litert(first: int) -> None:
    for seed in range(first, first + 50):
        graph = random_graph(seed)
        assert_reference_is_litert(graph, [random_inputs(graph, seed)])


@pytest.mark.slow
def test_five_thousand_random_graphs_give_the_bytes_of_litert() -> None:
    for seed in range(10_000, 15_000):
        graph = random_graph(seed)
        assert_reference_is_litert(graph, [random_inputs(graph, seed)])


def test_a_seed_always_makes_the_same_graph() -> None:
    assert format_graph(random_graph(7)) == format_graph(random_graph(7))
    assert format_graph(random_graph(7)) != format_graph(random_graph(8))


def test_random_graphs_have_every_operator_and_do_not_just_saturate() -> None:
    kinds: Counter[str] = Counter()
    ends = elements = 0
    for seed in range(200):
        graph = random_graph(seed)
        kinds.update(n.op.kind for n in graph.nodes)
        values = run(graph, random_inputs(graph, seed))
        for node in graph.nodes:
            if (y := values[node.output]).dtype == np.int8:
                ends += int(np.isin(y, (-128, 127)).sum())
                elements += y.size
    assert set(kinds) == {
        "add",
        "average_pool_2d",
        "concat",
        "conv_2d",
        "dequantize",
        "depthwise_conv_2d",
        "embedding",
        "fully_connected",
        "log_softmax",
        "max_pool_2d",
        "mean",
        "mul",
        "pad",
        "prelu",
        "quantize",
        "relu",
        "reshape",
        "resize",
        "slice",
        "softmax",
        "sub",
        "transpose",
        "unary",
    }
    assert ends < elements / 2
