"""Tensors that must share one scale, and the ranges that follow for them."""

from collections.abc import Mapping

from mote.ir import DType, Graph
from mote.ir.ops import (
    AveragePool2D,
    Concat,
    Embedding,
    MaxPool2D,
    Op,
    Pad,
    Relu,
    Reshape,
    Resize,
    Slice,
    Transpose,
)
from mote.passes.neighbours import is_private
from mote.quantization.config import QuantizationConfig
from mote.quantization.histogram import Histogram
from mote.quantization.precision import ElementTypes, input_type
from mote.quantization.ranges import Range, choose_range

KEEPS_SCALE: tuple[type[Op], ...] = (
    AveragePool2D,
    Concat,
    Embedding,
    MaxPool2D,
    Pad,
    Reshape,
    Resize,
    Slice,
    Transpose,
)
"""Operators whose result has the scale and zero point of what they read."""

NARROWING = (MaxPool2D, Pad, Relu, Reshape, Transpose)
"""Operators that let what they read clip to the range of their result."""

NEAR = 2.0
"""A tensor with other readers joins a concatenation whose range is at most so much wider."""


def needed_ranges(
    graph: Graph,
    histograms: Mapping[str, Histogram],
    types: Mapping[str, ElementTypes],
    config: QuantizationConfig,
) -> dict[str, Range]:
    """The range of every activation.

    A maximum over windows ignores what lies below its own least result, and the scale is shared
    with the result. So the layer before it may clip there. What is concatenated alone, or has about
    the range of the whole, takes the range of the whole, and needs no conversion.
    """
    ranges: dict[str, Range] = {}
    for name, histogram in histograms.items():
        node = graph.producer(name)
        dtype = types[node.name].activations if node else input_type(graph, types, name)
        wide = dtype is DType.INT16
        ranges[name] = choose_range(
            histogram,
            config.calibration,
            config.percentile,
            bits=16 if wide else 8,
            mirrored=wide or config.activations != "asymmetric",
        )
    for node in reversed(graph.nodes):
        bounds = ranges[node.output]
        if isinstance(node.op, NARROWING) and is_private(graph, node.inputs[0]):
            ranges[node.inputs[0]] = bounds
        if isinstance(node.op, Concat):
            joined = [ranges[name] for name in node.inputs if name in ranges]
            bounds = min(low for low, _ in joined), max(high for _, high in joined)
            ranges[node.output] = bounds
            for name in node.inputs:
                if name in ranges and (is_private(graph, name) or _is_near(ranges[name], bounds)):
                    ranges[name] = bounds
    return ranges


def _is_near(own: Range, whole: Range) -> bool:
    return whole[1] - whole[0] <= NEAR * (own[1] - own[0])
