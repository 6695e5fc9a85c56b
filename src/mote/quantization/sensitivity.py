"""What the network loses when one layer alone is quantised, layer by layer."""

import math
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.errors import InputError
from mote.ir import Graph, Node
from mote.ir.tensor import Array
from mote.quantization.accuracy import classified
from mote.quantization.config import QuantizationConfig
from mote.quantization.evaluation import batches, evaluate_node, own_batch, walk
from mote.quantization.observe import Progress, checked_samples
from mote.quantization.preparation import Prepared, prepare
from mote.quantization.single_layer import PRECISIONS, Form, layer_forms, on_grid


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one precision of one layer does, all others being float.

    Args:
        layer_sqnr_db: Signal-to-quantisation-noise ratio at the layer's result.
        output_sqnr_db: At the graph's output; the least of several outputs.
        correct: How many labelled samples are still classified rightly; None without labels.
        weight_bytes: Flash of the layer's weights and other constants, ``flash.py``.
    """

    layer_sqnr_db: float
    output_sqnr_db: float
    correct: int | None
    weight_bytes: int

    @property
    def noise(self) -> float:
        """Of the graph's output, over its signal: what adds up over layers."""
        return 10 ** (-self.output_sqnr_db / 10)


@dataclass(frozen=True, kw_only=True)
class LayerSensitivity:
    """One layer in every precision that it can have.

    Args:
        name, kind: Of the node.
        int8: Weights and result in 8 bits.
        int4: 4-bit weights, result in 8 bits; None for a layer that cannot.
        int16: 8-bit weights, result in 16 bits; None for a layer that cannot.
    """

    name: str
    kind: str
    int8: Effect
    int4: Effect | None
    int16: Effect | None


@dataclass(frozen=True, kw_only=True)
class SensitivityReport:
    """Every layer that rounds, in execution order.

    Args:
        samples: How many samples it was measured on.
        correct: How many of them the float graph classifies rightly; None without labels.
        layers: Those that compute something; pads, maxima and reshapes round nothing.
    """

    samples: int
    correct: int | None
    layers: tuple[LayerSensitivity, ...]


def sensitivity(
    graph: Graph,
    data: Array | Sequence[Array],
    config: QuantizationConfig | None = None,
    *,
    tests: Array | Sequence[Array] | None = None,
    labels: Array | None = None,
    progress: Progress = lambda done, total: None,
) -> SensitivityReport:
    """Quantise each layer alone, its weights and its result, and look at the float rest.

    The values of the float graph are computed once per batch; for each layer and precision only
    what lies behind it is computed again. The same arguments give the same report.

    Args:
        graph: A float graph; ``optimize`` and the configuration's equalisation come first.
        data: As for ``quantize``: ranges and weights follow from them.
        config: None for the defaults; its ``layers`` play no part.
        tests: Samples to measure on, in the form of ``data``; None for ``data``.
        labels: Class of each of them, ``[N]``; None to measure noise alone.
        progress: Called with (steps done, steps in all).

    Raises:
        InputError, UnsupportedModelError: As ``quantize``; or the labels do not fit the samples.
    """
    config = replace(config or QuantizationConfig(), layers={})
    prepared = prepare(graph, data, config)
    samples = prepared.samples
    if tests is not None:
        arrays = tests if isinstance(tests, tuple | list) else (tests,)
        samples = checked_samples(prepared.graph, arrays)
    return layer_sensitivities(prepared, config, samples, labels, progress)


def layer_sensitivities(
    prepared: Prepared,
    config: QuantizationConfig,
    samples: Sequence[Array],
    labels: Array | None,
    progress: Progress,
) -> SensitivityReport:
    """``sensitivity`` of a prepared graph."""
    graph = prepared.graph
    count = len(samples[0]) // own_batch(graph.tensors[graph.inputs[0]])
    if labels is not None:
        check_labels(graph, samples, labels)
    done, most = 0, len(graph.nodes) * (1 + len(PRECISIONS) * -(-count // 32))

    def advance() -> None:
        nonlocal done
        done += 1
        progress(min(done, most), most)

    forms = layer_forms(prepared, config, advance)
    tallies = {name: {kind: _Tally(graph) for kind in own} for name, own in forms.items()}
    correct, start = 0, 0
    for larger, portion in batches(graph, samples, BATCH if count >= BATCH else None):
        values = dict(zip(larger.inputs, portion, strict=True))
        values.update((node.output, value) for node, value in walk(larger, portion))
        rows = own_batch(larger.tensors[larger.inputs[0]])
        classes = None if labels is None else labels[start : start + rows]
        start += rows
        if classes is not None:
            correct += classified(values[graph.outputs[0]], classes).correct
        for index, node in enumerate(larger.nodes):
            for kind, form in forms.get(node.name, {}).items():
                changed = _behind(larger, index, form, values)
                tallies[node.name][kind].add(node.output, values, changed, classes)
                advance()
    progress(most, most)
    return SensitivityReport(
        samples=start,
        correct=None if labels is None else correct,
        layers=tuple(
            _layer(node, forms[node.name], tallies[node.name], labels is not None)
            for node in graph.nodes
            if node.name in forms
        ),
    )


BATCH = 32
"""Times the graph's own batch: all values of the float graph on it are kept."""


def check_labels(graph: Graph, samples: Sequence[Array], labels: Array) -> None:
    """Refuse labels that are no classes of the first output, one for each sample."""
    scores = graph.tensors[graph.outputs[0]].shape
    where = f"{graph.name}: labels"
    if labels.shape != (len(samples[0]),) or labels.dtype.kind not in "iu":
        raise InputError(
            where,
            f"are {labels.dtype}{list(labels.shape)}, allowed: integers [{len(samples[0])}], "
            "one for each sample",
        )
    if not scores:
        raise InputError(
            where,
            "need scores of classes, the first output is a single number",
            hint="leave the labels out, and pursue a Goal(min_sqnr_db=...)",
        )
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= scores[-1]:
        found = f"{labels.min(initial=0)} to {labels.max(initial=0)}"
        raise InputError(where, f"are from {found}, allowed: 0 to {scores[-1] - 1}")


def _behind(graph: Graph, index: int, form: Form, values: dict[str, Array]) -> dict[str, Array]:
    """Every value that is another when the node at ``index`` has that form."""
    node = graph.nodes[index]
    tensors = {**graph.tensors, **{t.name: t for t in form.constants}}
    own = evaluate_node(replace(graph, tensors=tensors), node, values)
    changed = {node.output: on_grid(own, form.result)}
    for later in graph.nodes[index + 1 :]:
        if any(name in changed for name in later.inputs):
            changed[later.output] = evaluate_node(graph, later, ChainMap(changed, values))
    return changed


class _Tally:
    """Signal and noise at a layer and at the outputs, summed over batches."""

    def __init__(self, graph: Graph) -> None:
        self.outputs = graph.outputs
        self.layer = np.zeros(2)
        self.output = np.zeros((len(graph.outputs), 2))
        self.correct = 0

    def add(
        self,
        layer: str,
        values: Mapping[str, Array],
        changed: Mapping[str, Array],
        classes: Array | None,
    ) -> None:
        self.layer += _powers(values[layer], changed[layer])
        for powers, name in zip(self.output, self.outputs, strict=True):
            powers += _powers(values[name], changed.get(name, values[name]))
        if classes is not None:
            name = self.outputs[0]
            self.correct += classified(changed.get(name, values[name]), classes).correct


def _powers(real: Array, found: Array) -> Array:
    """(signal, noise)."""
    noise = np.subtract(found, real, dtype=np.float64)
    return np.array([np.square(real, dtype=np.float64).sum(), np.square(noise).sum()])


def _decibels(signal: float, noise: float) -> float:
    if not noise:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf


def _layer(
    node: Node, forms: Mapping[str, Form], tallies: Mapping[str, _Tally], labelled: bool
) -> LayerSensitivity:
    found = {
        kind: Effect(
            layer_sqnr_db=_decibels(*tally.layer),
            output_sqnr_db=min(_decibels(*powers) for powers in tally.output),
            correct=tally.correct if labelled else None,
            weight_bytes=forms[kind].bytes,
        )
        for kind, tally in tallies.items()
    }
    return LayerSensitivity(
        name=node.name,
        kind=node.op.label,
        int8=found["int8"],
        int4=found.get("int4"),
        int16=found.get("int16"),
    )
