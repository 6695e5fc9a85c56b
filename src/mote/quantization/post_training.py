"""Post-training quantisation of a float graph, with scales from sample inputs."""

from collections.abc import Sequence

import numpy as np

from mote.errors import UnsupportedModelError
from mote.ir import DType, Graph, verify
from mote.ir.tensor import Array
from mote.passes import optimize
from mote.quantization.absorb import absorb_high_biases
from mote.quantization.assembly import Assembly
from mote.quantization.config import QuantizationConfig
from mote.quantization.equalize import equalize, tied_sets
from mote.quantization.observe import (
    GREATEST,
    Progress,
    checked_samples,
    observe,
    observe_channels,
)
from mote.quantization.precision import element_types
from mote.quantization.report import QuantizationReport
from mote.quantization.shared import needed_ranges
from mote.quantization.simulate import Simulation


def quantize(
    graph: Graph,
    data: Array | Sequence[Array],
    config: QuantizationConfig | None = None,
    *,
    progress: Progress = lambda done, total: None,
) -> Graph:
    """The integer graph that approximates a float graph on inputs like the samples.

    Its inputs and outputs are int8 with the scale and zero point in their tensors, or what the
    configuration says. Multipliers round once, the cheapest exact rule. The same samples give the
    same graph, bit for bit.

    Args:
        graph: A float graph; ``optimize`` is applied to it first.
        data: Float inputs stacked along the first axis, or one such array per graph input.
        config: None for the defaults.
        progress: Called with (steps done, steps in all): a step is a sample observed or a layer
            quantised.

    Raises:
        InputError: The samples do not fit the inputs, or lead to values without bound.
        UnsupportedModelError: The graph is not float32, holds constants without bound, or an
            operator has no form in the type that it should have.
    """
    return _quantize(graph, data, config or QuantizationConfig(), progress, explain=False)[0]


def quantize_with_report(
    graph: Graph,
    data: Array | Sequence[Array],
    config: QuantizationConfig | None = None,
    *,
    progress: Progress = lambda done, total: None,
) -> tuple[Graph, QuantizationReport]:
    """``quantize``, and what it did to every layer."""
    return _quantize(graph, data, config or QuantizationConfig(), progress, explain=True)


def _quantize(
    graph: Graph,
    data: Array | Sequence[Array],
    config: QuantizationConfig,
    progress: Progress,
    *,
    explain: bool,
) -> tuple[Graph, QuantizationReport]:
    graph = optimize(graph)
    _require_float(graph)
    types = element_types(graph, config)
    arrays: Sequence[Array] = data if isinstance(data, tuple | list) else (data,)
    samples = checked_samples(graph, arrays)
    count, done = len(samples[0]), 0
    total = count * (2 if config.equalize else 1) + len(graph.nodes)

    def advance(steps: int) -> None:
        nonlocal done
        done += steps
        progress(done, total)

    equalized = 0
    if config.equalize:
        equalized = len(tied_sets(graph))
        channels = observe_channels(graph, samples, advance)
        graph, channels = equalize(graph, channels, config.granularity)
        graph = absorb_high_biases(graph, channels)
    histograms = observe(graph, samples, advance)
    ranges = needed_ranges(graph, histograms, types, config)
    simulation = Simulation(graph, samples) if config.repairs or explain else None
    assembly = Assembly(graph, config, types, ranges, simulation)
    for name in graph.inputs:
        assembly.enter(name)
    for node in graph.nodes:  # in execution order: scales follow from those of the operands
        assembly.append(node)
        advance(1)
    quantized = assembly.graph()
    verify(quantized)
    return quantized, QuantizationReport(
        samples=simulation.count if simulation else 0,
        equalized=equalized,
        inputs=tuple(assembly.input_reports),
        layers=tuple(assembly.layer_reports),
    )


def _require_float(graph: Graph) -> None:
    problems = [
        f"tensor '{t.name}' is {t.dtype.value}"
        for t in graph.tensors.values()
        if t.dtype not in (DType.FLOAT32, DType.INT32)
    ]
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
