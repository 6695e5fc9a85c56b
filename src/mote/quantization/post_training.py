"""Post-training quantisation of a float graph, with scales from sample inputs."""

from collections.abc import Sequence

from mote.ir import Graph, verify
from mote.ir.tensor import Array
from mote.quantization.assembly import Assembly
from mote.quantization.config import QuantizationConfig
from mote.quantization.observe import Progress
from mote.quantization.precision import element_types
from mote.quantization.preparation import Prepared, prepare
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
    prepared = prepare(graph, data, config, progress)

    def assembled(done: int, total: int) -> None:
        progress(prepared.steps + done, prepared.steps + total)

    return quantize_prepared(prepared, config, assembled, explain=explain)


def quantize_prepared(
    prepared: Prepared,
    config: QuantizationConfig,
    progress: Progress = lambda done, total: None,
    *,
    explain: bool = False,
) -> tuple[Graph, QuantizationReport]:
    """The integer graph, and what became of its layers if ``explain``.

    Args:
        prepared: By the same configuration, but for ``layers`` and what concerns weights.
        config: How to quantise.
        progress: Called with (layers quantised, layers in all).
    """
    graph, samples = prepared.graph, prepared.samples
    types = element_types(graph, config)
    ranges = needed_ranges(graph, prepared.histograms, types, config)
    simulation = Simulation(graph, samples) if config.repairs or explain else None
    assembly = Assembly(graph, config, types, ranges, simulation)
    for name in graph.inputs:
        assembly.enter(name)
    for done, node in enumerate(graph.nodes, 1):  # scales follow from those of the operands
        assembly.append(node)
        progress(done, len(graph.nodes))
    quantized = assembly.graph()
    verify(quantized)
    return quantized, QuantizationReport(
        samples=simulation.count if simulation else 0,
        equalized=prepared.equalized,
        inputs=tuple(assembly.input_reports),
        layers=tuple(assembly.layer_reports),
    )
