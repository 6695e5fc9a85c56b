"""What quantisation finds out before any layer has a type: the equalised graph and its values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph
from mote.ir.tensor import Array
from mote.passes import optimize
from mote.quantization.absorb import absorb_high_biases
from mote.quantization.config import QuantizationConfig
from mote.quantization.equalize import equalize, tied_sets
from mote.quantization.global_pools import free_global_pools
from mote.quantization.histogram import Histogram
from mote.quantization.observe import (
    GREATEST,
    Progress,
    checked_samples,
    observe,
    observe_channels,
)
from mote.quantization.precision import element_types


@dataclass(frozen=True)
class Prepared:
    """A float graph that can be quantised many times, with different types of its layers.

    Args:
        graph: Optimised and, when the configuration says so, equalised.
        samples: For each input, stacked along the first axis.
        histograms: Of every float activation.
        equalized: How many sets of channels were equalised.
        steps: Of the progress, so far.
    """

    graph: Graph
    samples: tuple[Array, ...]
    histograms: Mapping[str, Histogram]
    equalized: int
    steps: int


def prepare(
    graph: Graph,
    data: Array | Sequence[Array],
    config: QuantizationConfig,
    progress: Progress = lambda done, total: None,
) -> Prepared:
    """Optimise, equalise and observe a float graph; arguments and errors as of ``quantize``.

    Progress is told as if each layer were then quantised once.
    """
    graph = free_global_pools(optimize(graph))
    _require_float(graph)
    element_types(graph, config)  # refuses before any work is done
    samples = checked_samples(graph, data if isinstance(data, tuple | list) else (data,))
    steps = len(samples[0]) * (2 if config.equalize else 1)
    total, done = steps + len(graph.nodes), 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(done, total)

    equalized = 0
    if config.equalize:
        equalized = len(tied_sets(graph))
        channels = observe_channels(graph, samples, advance)
        graph, channels = equalize(graph, channels, config.granularity)
        graph = absorb_high_biases(graph, channels)
    return Prepared(graph, samples, observe(graph, samples, advance), equalized, steps)


def _require_float(graph: Graph) -> None:
    problems = [
        f"tensor '{t.name}' is {t.dtype.value}"
        for t in graph.tensors.values()
        if t.dtype not in (DType.FLOAT32, DType.INT32)
    ]
    if all(t.dtype is not DType.FLOAT32 for t in graph.tensors.values()) and problems:
        problems = [f"all {len(problems)} tensors are integers"]
    if problems:
        raise UnsupportedModelError(
            graph.name,
            "only a float model can be quantised",
            details=problems,
            hint="a model that is int8 already needs no quantisation: compile it as it is",
        )
    problems = [
        f"constant '{t.name}'"
        for t in graph.tensors.values()
        if t.is_constant and not (np.abs(t.array) <= GREATEST).all()
    ]
    if problems:
        raise UnsupportedModelError(
            graph.name,
            f"weights are beyond {GREATEST:.3g} or not numbers",
            details=problems,
            hint="check that training converged",
        )
