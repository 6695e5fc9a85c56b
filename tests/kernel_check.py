"""Compares kernels with the reference, one graph of one node at a time.

Where the result may overwrite an operand it does, also from some bytes below the operand on.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Op
from mote.ir.tensor import Array
from mote.lower.lower import lower
from mote.target.cores import CORES

Rng = np.random.Generator


def one_node(op: Op, operands: Sequence[Tensor], dtype: DType, q: Quantization | None) -> Graph:
    """A graph of one operator; operands without data are its inputs."""
    y = Tensor("y", op.shape(*(t.shape for t in operands)), dtype, q)
    names = tuple(t.name for t in operands)
    activations = tuple(t.name for t in operands if not t.is_constant)
    graph = Graph(
        op.kind,
        {t.name: t for t in (*operands, y)},
        (Node("node", op, names, "y"),),
        activations,
        ("y",),
    )
    verify(graph)
    return graph


def random_input(tensor: Tensor, rng: Rng) -> Array:
    """Bytes over the whole range, or at its ends, or close together."""
    low, high = tensor.dtype.range
    match rng.integers(4):
        case 0:
            values = np.full(tensor.shape, rng.choice([low, high]))
        case 1:
            values = rng.choice(np.array([low, high]), tensor.shape)
        case 2:
            values = rng.integers(low + 100, low + 110, tensor.shape)
        case _:
            values = rng.integers(low, high, tensor.shape, endpoint=True)
    return np.asarray(values).astype(tensor.dtype.numpy)


def check_kernels(
    graphs: Sequence[Graph], inputs: Sequence[Sequence[Array]], folder: Path
) -> Counter[str]:
    """Run every graph's one step, once for each place of its result; count the kernels used."""
    calls: list[Any] = []
    for graph, xs in zip(graphs, inputs, strict=True):
        (step,) = lower(graph, CORES["cortex-m3"]).steps
        values = reference.run(graph, xs)
        activations = [t for t in step.node.inputs if not graph.tensors[t].is_constant]
        arrays = [values[t] for t in activations]
        places: list[tuple[int | None, int]] = [(None, 0)]
        places += [(k, arrays[k].itemsize * (len(calls) // 2 % 5)) for k in step.in_place]
        calls += [(graph, step, arrays, values["y"], *place) for place in places]
    _, steps, operands, results, over, below = zip(*calls, strict=True)
    outputs = run_steps(steps, operands, results, folder, over, below=below)
    for (graph, _, _, expected, *place), got in zip(calls, outputs, strict=True):
        message = f"{graph.nodes[0].op} over {place}"
        np.testing.assert_array_equal(_bits(got), _bits(expected), err_msg=message)
    return Counter(step.kernel.name for step in steps)


def check_random(graphs: Sequence[Graph], rng: Rng, folder: Path) -> Counter[str]:
    inputs = [[random_input(g.tensors[name], rng) for name in g.inputs] for g in graphs]
    return check_kernels(graphs, inputs, folder)


def _bits(x: Array) -> Array:
    """Floats as their bits, so that even zeros compare exactly."""
    return x.view(np.int32) if x.dtype == np.float32 else x
