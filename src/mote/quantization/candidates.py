"""Which layers to narrow or to widen first, and what that changes in bytes."""

import math
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import accumulate

from mote.ir import DType, Graph, Node
from mote.quantization.config import QuantizationConfig
from mote.quantization.goal import Candidate
from mote.quantization.precision import has_form
from mote.quantization.sensitivity import LayerSensitivity, SensitivityReport
from mote.quantization.shared import KEEPS_SCALE


@dataclass(frozen=True)
class Options:
    """What may be chosen.

    Args:
        narrow: Layers that may have 4-bit weights, the least noise per saved byte first.
        regions: Growing sets of layers to compute on int16, the noisiest results first.
        report: Noise and bytes of each layer.
    """

    narrow: tuple[str, ...]
    regions: tuple[frozenset[str], ...]
    report: Mapping[str, LayerSensitivity]

    def saved(self, layer: str) -> int:
        """Bytes that 4-bit weights save in a layer."""
        found = self.report[layer]
        return found.int8.weight_bytes - found.int4.weight_bytes if found.int4 else 0

    def added_noise(self, layer: str) -> float:
        """Noise at the output, over the signal, that 4-bit weights of a layer add."""
        found = self.report[layer]
        return found.int4.noise - found.int8.noise if found.int4 else 0.0

    def output_sqnr_db(self, layer: str) -> float:
        """With 4-bit weights in that layer alone."""
        found = self.report[layer].int4
        return found.output_sqnr_db if found else math.inf

    def bytes_against_int8(self, candidate: Candidate) -> int:
        """Flash of a candidate less that of the plain int8 graph."""
        wider = (self.report[name] for name in candidate.int16 if name in self.report)
        more = sum(w.int16.weight_bytes - w.int8.weight_bytes for w in wider if w.int16)
        return more - sum(self.saved(name) for name in candidate.int4)


def options(graph: Graph, config: QuantizationConfig, report: SensitivityReport) -> Options:
    """What the configuration leaves free: a layer that ``config.layers`` names is not touched."""
    layers = {layer.name: layer for layer in report.layers}
    free = {node.name for node in graph.nodes if not is_pinned(config, node.name)}
    whole = Options((), (), layers)
    narrow = [name for name in layers if name in free and whole.saved(name) > 0]
    narrow.sort(key=lambda name: whole.added_noise(name) / whole.saved(name))
    return replace(whole, narrow=tuple(narrow), regions=tuple(_regions(graph, layers, free)))


def is_pinned(config: QuantizationConfig, layer: str) -> bool:
    return any(layer == p or fnmatchcase(layer, p) for p in config.layers)


def _regions(
    graph: Graph, layers: Mapping[str, LayerSensitivity], free: set[str]
) -> Iterator[frozenset[str]]:
    """A result is wide only if who writes and all who read it compute on int16.

    The last region is everything.
    """
    gains = {
        node.name: layer.int8.noise - layer.int16.noise
        for node in graph.nodes
        if (layer := layers.get(node.name)) and layer.int16
    }
    nodes = {node.name: node for node in graph.nodes}
    allowed = {
        name for name in free if has_form(nodes[name].op, DType.INT16) and _is_float(graph, name)
    }
    steps: Sequence[set[str]] = [
        _around(graph, nodes[name]) & allowed
        for name in sorted(gains, key=lambda name: -gains[name])
    ]
    previous: frozenset[str] = frozenset()
    for region in (*accumulate(steps, operator.or_), allowed):
        if region > previous:
            previous = frozenset(region)
            yield previous


def _is_float(graph: Graph, layer: str) -> bool:
    return any(n.name == layer and graph.result(n).dtype is DType.FLOAT32 for n in graph.nodes)


def _around(graph: Graph, node: Node) -> set[str]:
    """A layer and the readers of its result, through those that keep its scale."""
    found = {node.name}
    for reader in graph.consumers(node.output):
        found.add(reader.name)
        if isinstance(reader.op, KEEPS_SCALE):
            found |= _around(graph, reader)
    return found
