"""Compares ways to run a model, tensor by tensor, and names the first difference.

A way to run a model is a function from inputs to values by tensor name: the numpy reference, the
generated C with its trace, an emulated core, or LiteRT.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mote.ir.graph import Graph
from mote.ir.ops import Quantize
from mote.ir.tensor import Array, DType, Tensor
from mote.run.litert import LiteRT

Runner = Callable[[Sequence[Array]], Mapping[str, Array]]

FLOAT_TOLERANCE = 1e-5
"""Allowed distance of float32 values, relative to the larger of 1 and the expected one: the order
of float sums is nobody's contract. Integers must be equal."""


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
    samples = elements = differing = 0
    first: Difference | None = None
    compared: set[str] = set()
    for sample, arrays in enumerate(inputs):
        samples += 1
        expected, found = oracle(arrays), subject(arrays)
        for layer, node in enumerate(graph.nodes):
            if node.output not in expected or node.output not in found:
                continue
            compared.add(node.name)
            want = expected[node.output]
            got = found[node.output].reshape(want.shape)
            wrong = _differs(want, got)
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
) -> tuple[Comparison, ...]:
    """Each subject against LiteRT's reference kernels on the same seeded random inputs.

    ``graph`` may already have gone through passes: layers that no longer exist are not compared.
    """
    oracle = LiteRT(model).run
    return tuple(
        compare(graph, oracle, subject, random_samples(graph, samples, seed), name)
        for name, subject in subjects.items()
    )


def random_samples(graph: Graph, samples: int, seed: int) -> Iterator[list[Array]]:
    """Inputs over the whole range of each input's type, the same ones for the same seed."""
    for sample in range(samples):
        rng = np.random.default_rng([seed, sample])
        yield [_random_input(graph, graph.tensors[name], rng) for name in graph.inputs]


def _random_input(graph: Graph, tensor: Tensor, rng: np.random.Generator) -> Array:
    if tensor.dtype is not DType.FLOAT32:
        low, high = tensor.dtype.range
        return rng.integers(low, high, tensor.shape, tensor.dtype.numpy, endpoint=True)
    low_real, high_real = -1.0, 1.0
    for node in graph.consumers(tensor.name):
        if isinstance(node.op, Quantize):  # cover what the integers can hold
            result = graph.result(node)
            low_real, high_real = (
                result.q.scale * (bound - result.q.zero_point) for bound in result.dtype.range
            )
    return rng.uniform(low_real, high_real, tensor.shape).astype(np.float32)


def _differs(expected: Array, found: Array) -> Array:
    if expected.dtype != np.float32:
        return np.asarray(expected != found)
    allowed = FLOAT_TOLERANCE * np.maximum(1, np.abs(expected))
    return ~(np.abs(expected.astype(np.float64) - found) <= allowed)
