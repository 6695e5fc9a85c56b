"""Seeded random int8 and int16 graphs over everything that an imported model may contain."""

from dataclasses import replace

import numpy as np

from mote.ir import DType, Graph, verify
from mote.ir.ops import (
    Conv2D,
    DepthwiseConv2D,
    Embedding,
    FullyConnected,
    Rounding,
)
from mote.ir.tensor import Array
from random_graph_maker import Maker


def random_graph(seed: int) -> Graph:
    """A small graph of up to a dozen layers; every tensor has at most a few thousand elements."""
    wide = np.random.default_rng([seed, 4]).random() < 0.15
    maker = Maker(np.random.default_rng(seed), DType.INT16 if wide else DType.INT8)
    form = np.random.default_rng([seed, 2]).choice(["plane", "joined", "rows"], p=[0.8, 0.1, 0.1])
    x = maker.rows() if form == "rows" else maker.plane(joined=form == "joined")
    outputs = [x.name]
    unread = {n.output for n in maker.nodes} - {t for n in maker.nodes for t in n.inputs} - {x.name}
    outputs += sorted(unread)
    inner = [n.output for n in maker.nodes if n.output not in outputs]
    if inner and maker.rng.random() < 0.2:
        outputs.append(str(maker.rng.choice(inner)))
    graph = Graph(
        f"random_{seed}",
        {t.name: t for t in maker.tensors},
        tuple(maker.nodes),
        tuple(maker.inputs),
        tuple(outputs),
    )
    verify(graph)
    return graph


def with_random_rounding(graph: Graph, seed: int) -> Graph:
    """The same graph with either rounding in each layer; TFLite files know one per operator."""
    rng = np.random.default_rng([seed, 3])
    nodes = [
        replace(node, op=replace(node.op, rounding=list(Rounding)[int(rng.integers(2))]))
        if isinstance(node.op, Conv2D | DepthwiseConv2D | FullyConnected)
        else node
        for node in graph.nodes
    ]
    return replace(graph, nodes=tuple(nodes))


def random_inputs(graph: Graph, seed: int) -> list[Array]:
    """Inputs over the whole range, at times its ends only."""
    rng = np.random.default_rng([seed, 1])
    arrays = []
    for name in graph.inputs:
        tensor = graph.tensors[name]
        if tensor.dtype is DType.FLOAT32:
            arrays.append(rng.normal(0, 3, tensor.shape).astype(np.float32))
            continue
        if tensor.dtype is DType.INT32:  # LiteRT refuses indices outside the table
            tables = [n.inputs[1] for n in graph.nodes if isinstance(n.op, Embedding)]
            rows = min(graph.tensors[table].shape[0] for table in tables)
            arrays.append(rng.integers(0, rows, tensor.shape).astype(np.int32))
            continue
        low, high = tensor.dtype.range
        array = rng.integers(low, high + 1, tensor.shape)
        if rng.random() < 0.15:
            array = rng.choice([low, high], tensor.shape)
        arrays.append(array.astype(tensor.dtype.numpy))
    return arrays
