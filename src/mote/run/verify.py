"""Compares ways to run a model, tensor by tensor, and names the first difference.

A way to run a model is a function from inputs to values by tensor name: the numpy reference, the
generated C with its trace, an emulated core, or LiteRT.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mote import reference
from mote.ir.graph import Graph, Node
from mote.ir.ops import (
    Concat,
    Dequantize,
    Embedding,
    MaxPool2D,
    Pad,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Slice,
    Transpose,
)
from mote.ir.tensor import Array, DType, Tensor
from mote.passes.dead_channels import NOTHING_DEAD, DeadChannels
from mote.run.litert import LiteRT

EXACT = (Concat, Dequantize, Embedding, MaxPool2D, Pad, PRelu, Relu, Reshape, Slice, Transpose)
"""Operators whose float results have one rounding at most: all kernels find the same bits."""

Runner = Callable[[Sequence[Array]], Mapping[str, Array]]

FLOAT_TOLERANCE = 1e-5
"""Allowed distance of float32 values, relative to the largest expected one of their tensor, or to 1
if that is larger: the order of float sums is nobody's contract. Integers must be equal."""


@dataclass(frozen=True)
class Difference:
    """The first value that differs: in the earliest layer of the earliest sample.

    Args:
        sample: Number of the input, from 0.
        layer: Position of the node in the graph, from 0.
        node: Its name.
        kind: Its operator.
        tensor: The tensor that it writes.
        index: Where in the tensor.
        expected: The oracle's value.
        found: The subject's value.
        differing: Number of elements of this tensor that differ in this sample.
        elements: Number of elements of this tensor.
    """

    sample: int
    layer: int
    node: str
    kind: str
    tensor: str
    index: tuple[int, ...]
    expected: float
    found: float
    differing: int
    elements: int

    def __str__(self) -> str:
        return (
            f"sample {self.sample}, layer {self.layer} {self.kind} '{self.node}', "
            f"element {list(self.index)}: expected {self.expected:g}, found {self.found:g} "
            f"({self.differing:,} of {self.elements:,} elements differ), tensor '{self.tensor}'"
        )


@dataclass(frozen=True)
class Comparison:
    """What a comparison saw.

    Args:
        subject: Name of what was compared with the oracle.
        samples: Number of inputs.
        layers: Number of layers whose results were compared, of all layers of the graph.
        skipped: Names of nodes whose results the oracle or the subject does not show.
        elements: Number of values compared, over all samples.
        differing: Number of those that differ.
        first: The first difference; None when there is none.
    """

    subject: str
    samples: int
    layers: int
    skipped: tuple[str, ...]
    elements: int
    differing: int
    first: Difference | None

    @property
    def passed(self) -> bool:
        """True when something was compared and nothing differs."""
        return self.elements > 0 and self.differing == 0


def compare(
    graph: Graph,
    oracle: Runner,
    subject: Runner,
    inputs: Iterable[Sequence[Array]],
    name: str = "subject",
) -> Comparison:
    """Compare every layer's result that both sides show, for every input."""
    runs = ((oracle(arrays), subject(arrays)) for arrays in inputs)
    return _compare(graph, runs, name, lambda node, found, want: _relative(want))


def compare_with_reference(
    graph: Graph, subject: Runner, inputs: Iterable[Sequence[Array]], name: str = "subject"
) -> Comparison:
    """Compare every layer with what the reference makes of the subject's own operands.

    Each layer is judged alone: a float that differs in its last bit, and then rounds to another
    integer, makes no difference of the layers behind it. Floats may differ by
    ``reference.float_tolerance``.
    """

    def runs() -> Iterator[tuple[Mapping[str, Array], Mapping[str, Array]]]:
        for arrays in inputs:
            found = subject(arrays)
            yield _by_the_reference(graph, found), found

    def tolerance(node: Node, found: Mapping[str, Array], want: Array) -> Array:
        return reference.float_tolerance(graph, node, found, want)

    return _compare(graph, runs(), name, tolerance)


def _by_the_reference(graph: Graph, values: Mapping[str, Array]) -> dict[str, Array]:
    with np.errstate(all="ignore"):  # infinities and what comes of them are values to compare
        return {
            node.output: reference.run_node(graph, node, values)
            for node in graph.nodes
            if all(t.is_constant or t.name in values for t in graph.operands(node))
        }


def _compare(
    graph: Graph,
    runs: Iterable[tuple[Mapping[str, Array], Mapping[str, Array]]],
    name: str,
    tolerance: Callable[[Node, Mapping[str, Array], Array], Array | float],
) -> Comparison:
    """``runs``: the expected and the found values for each sample; ``tolerance``: of floats."""
    samples = elements = differing = 0
    first: Difference | None = None
    compared: set[str] = set()
    for sample, (expected, found) in enumerate(runs):
        samples += 1
        for layer, node in enumerate(graph.nodes):
            if node.output not in expected or node.output not in found:
                continue
            compared.add(node.name)
            want = expected[node.output]
            got = found[node.output].reshape(want.shape)
            is_float = want.dtype == np.float32
            allowed = tolerance(node, found, want) if is_float else 0
            wrong = _differs(want, got, allowed) if is_float else want != got
            count = int(np.count_nonzero(wrong))
            elements, differing = elements + want.size, differing + count
            if count and first is None:
                index = tuple(int(i) for i in np.argwhere(wrong)[0])
                first = Difference(
                    sample=sample,
                    layer=layer,
                    node=node.name,
                    kind=node.op.label,
                    tensor=node.output,
                    index=index,
                    expected=float(want[index]),
                    found=float(got[index]),
                    differing=count,
                    elements=want.size,
                )
    skipped = tuple(n.name for n in graph.nodes if n.name not in compared)
    return Comparison(name, samples, len(compared), skipped, elements, differing, first)


def compare_with_litert(
    graph: Graph,
    model: bytes,
    subjects: Mapping[str, Runner],
    *,
    samples: int,
    seed: int,
    dead: DeadChannels = NOTHING_DEAD,
) -> tuple[Comparison, ...]:
    """Each subject against LiteRT's reference kernels on the same seeded random inputs.

    ``graph`` may already have gone through passes: layers that no longer exist are not compared,
    nor are the channels that ``dead`` says it lost.
    Neither are float layers with integer weights, whose activations LiteRT rounds to integers of
    its own, and those behind integers made of computed floats, which may fall to either side.
    """
    litert = LiteRT(model)
    uncertain = _uncertain(graph)

    def oracle(inputs: Sequence[Array]) -> dict[str, Array]:
        values = dead.remaining(litert.run(inputs))
        return {name: x for name, x in values.items() if name not in uncertain}

    return tuple(
        compare(graph, oracle, subject, random_samples(graph, samples, seed), name)
        for name, subject in subjects.items()
    )


def _uncertain(graph: Graph) -> set[str]:
    """Where computed floats become integers, here or in LiteRT, and all that follows from these."""
    computed: set[str] = set()
    uncertain: set[str] = set()
    for node in graph.nodes:
        reads = set(node.inputs)
        is_rounded = isinstance(node.op, Quantize) and bool(reads & computed)
        is_rounded |= any(t.grid is not None for t in graph.operands(node))
        if reads & uncertain or is_rounded:
            uncertain.add(node.output)
        elif graph.result(node).dtype is not DType.FLOAT32:
            continue
        elif reads & computed or not isinstance(node.op, EXACT):
            computed.add(node.output)
    return uncertain


def random_samples(graph: Graph, samples: int, seed: int) -> Iterator[list[Array]]:
    """Inputs over the whole range of each input's type, the same ones for the same seed."""
    for sample in range(samples):
        rng = np.random.default_rng([seed, sample])
        yield [_random_input(graph, graph.tensors[name], rng) for name in graph.inputs]


def _random_input(graph: Graph, tensor: Tensor, rng: np.random.Generator) -> Array:
    if tensor.dtype is not DType.FLOAT32:
        low, high = tensor.dtype.range
        readers = _readers(graph, tensor.name)
        tables = [graph.operands(n)[1] for n in readers if isinstance(n.op, Embedding)]
        if tables:  # rows that all of them have
            low, high = 0, min(table.shape[0] for table in tables) - 1
        return rng.integers(low, high, tensor.shape, tensor.dtype.numpy, endpoint=True)
    low_real, high_real = -1.0, 1.0
    for node in _readers(graph, tensor.name):
        if isinstance(node.op, Quantize):  # cover what the integers can hold
            result = graph.result(node)
            low_real, high_real = (
                result.q.scale * (bound - result.q.zero_point) for bound in result.dtype.range
            )
    return rng.uniform(low_real, high_real, tensor.shape).astype(np.float32)


def _readers(graph: Graph, tensor: str) -> Iterator[Node]:
    """The nodes that read a tensor, also under another shape."""
    for node in graph.consumers(tensor):
        if isinstance(node.op, Reshape):
            yield from _readers(graph, node.output)
        else:
            yield node


def _relative(expected: Array) -> float:
    return FLOAT_TOLERANCE * max(1.0, float(np.abs(expected[np.isfinite(expected)]).max(initial=0)))


def _differs(expected: Array, found: Array, allowed: Array | float) -> Array:
    with np.errstate(invalid="ignore"):  # infinities that are equal
        near = np.abs(expected.astype(np.float64) - found) <= allowed
    same = (expected == found) | (np.isnan(expected) & np.isnan(found))
    return np.asarray(~(near | same | np.isposinf(allowed)))
