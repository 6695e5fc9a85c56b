"""Runs a graph through the reference and through LiteRT's reference kernels."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Op
from mote.ir.tensor import Array
from mote.reference import run
from mote.run.litert import LiteRT
from mote.run.verify import Comparison, compare
from tflite_writer import write_tflite


def compare_reference(graph: Graph, inputs: Sequence[Sequence[Array]]) -> Comparison:
    """Every intermediate tensor of the reference against LiteRT."""
    oracle = LiteRT(write_tflite(graph)).run
    return compare(graph, oracle, partial(run, graph), inputs, graph.name)


def assert_reference_is_litert(graph: Graph, inputs: Sequence[Sequence[Array]]) -> None:
    result = compare_reference(graph, inputs)
    assert result.passed, (result.first, graph.nodes)
    assert not result.skipped


def one_node(
    op: Op, operands: Sequence[Tensor], result: Quantization | None, dtype: DType
) -> Graph:
    """A graph of one operator; operands without data are its inputs."""
    shape = op.shape(*(t.shape for t in operands))
    y = Tensor("y", shape, dtype, result)
    graph = Graph(
        op.kind,
        {t.name: t for t in (*operands, y)},
        (Node("node", op, tuple(t.name for t in operands), "y"),),
        tuple(t.name for t in operands if not t.is_constant),
        ("y",),
    )
    verify(graph)
    return graph


def uniform_inputs(graph: Graph, rng: np.random.Generator) -> list[Array]:
    """Integers over the whole range; floats of several magnitudes."""
    arrays = []
    for name in graph.inputs:
        t = graph.tensors[name]
        if t.dtype is DType.FLOAT32:
            magnitude = 10.0 ** rng.integers(-3, 4)
            arrays.append((rng.normal(0, 1, t.shape) * magnitude).astype(np.float32))
        else:
            arrays.append(rng.integers(*t.dtype.range, t.shape, t.dtype.numpy, endpoint=True))
    return arrays
