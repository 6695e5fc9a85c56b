"""How PyTorch's operations with weights become nodes: convolutions and linear layers."""

import math
from dataclasses import replace
from typing import Any

import numpy as np

from mote.frontends.torch.builder import Parameter, RefusalError, Value
from mote.frontends.torch.planes import from_plane, to_plane
from mote.frontends.torch.site import Converter, Site, pair
from mote.ir import Quantization
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Padding, Shape, TransposedConv2D
from mote.ir.tensor import Array


def convolution(dimensions: int) -> Converter:
    """Of planes (2) or of sequences (1)."""

    def convert(site: Site) -> Value:
        x = to_plane(site, site.floats("input"), dimensions)
        weight = site.stored("weight", "weight")
        array, groups = _filters(weight, dimensions), int(site["groups"])
        dilation = pair(site["dilation"], dimensions)
        attributes: dict[str, Any] = {
            "stride": pair(site["stride"], dimensions),
            "dilation": dilation,
            "padding": _padding(site["padding"], array.shape[2:], dilation, dimensions),
        }
        bias = _bias(site, array.shape[0])
        depthwise = groups > 1 and groups == x.shape[3]
        order = (1, 2, 3, 0) if depthwise else (0, 2, 3, 1)
        q = _quantization(weight, 0, order.index(0))
        constant = site.builder.constant(weight.name, array.transpose(order), q, weight.grid)
        op = DepthwiseConv2D(**attributes) if depthwise else Conv2D(**attributes)
        return from_plane(site, site.emit(op, x, constant, bias), dimensions)

    return convert


def transposed_convolution(dimensions: int) -> Converter:
    """Of planes (2) or of sequences (1)."""

    def convert(site: Site) -> Value:
        x = to_plane(site, site.floats("input"), dimensions)
        weight = site.stored("weight", "weight")
        array, groups = _filters(weight, dimensions), int(site["groups"])
        inputs, outputs, *kernel = array.shape
        grouped = array.reshape(groups, inputs // groups, outputs, *kernel)
        filters = grouped.transpose(0, 2, 3, 4, 1).reshape(-1, *kernel, inputs // groups)
        height, width = pair(site["padding"], dimensions)
        height = 0 if dimensions == 1 else height
        added = pair(site["output_padding"], dimensions)
        op = TransposedConv2D(
            stride=pair(site["stride"], dimensions),
            dilation=pair(site["dilation"], dimensions),
            padding=Padding(height, height, width, width),
            output_padding=(0, added[1]) if dimensions == 1 else added,
        )
        q = _quantization(weight, 1 if groups == 1 else -1, 0)
        constant = site.builder.constant(weight.name, filters, q, weight.grid)
        result = site.emit(op, x, constant, _bias(site, len(filters)))
        return from_plane(site, result, dimensions)

    return convert


def linear(site: Site) -> Value:
    """On the last dimension of a value of any rank."""
    x, weight = site.floats("input"), site["weight"]
    if not isinstance(weight, Parameter):
        raise RefusalError("its weight is computed, not stored", "use x @ w.transpose(-1, -2)")
    bias = _bias(site, weight.tensor.shape[0])
    return fully_connected(site, x, weight, weight.array("weight"), bias)


def fully_connected(site: Site, x: Value, weight: Parameter, matrix: Array, bias: Value) -> Value:
    """x times the transpose of ``matrix`` [O, I], plus bias; x has rows of any dimensions."""
    rows = site.reshaped(x, (math.prod(x.shape[:-1]), x.shape[-1]), "rows")
    q = weight.quantization if matrix.shape == tuple(weight.tensor.shape) else None
    grid = weight.grid if q is not None else None
    constant = site.builder.constant(weight.name, matrix, q, grid)
    return site.reshaped(site.emit(FullyConnected(), rows, constant, bias), site.shape, "result")


def _filters(weight: Parameter, dimensions: int) -> Array:
    """Weights with both dimensions of a plane."""
    array = weight.array("weight")
    return array if dimensions == 2 else array[:, :, None]


def _quantization(weight: Parameter, axis: int, to: int) -> Quantization | None:
    """The quantisation of weights whose dimension ``axis`` becomes ``to``."""
    q = weight.quantization
    if q is None or q.axis is None:
        return q
    if q.axis != axis:
        raise RefusalError(
            f"its weights are quantised along dimension {q.axis}", "quantise per output channel"
        )
    return replace(q, axis=to)


def _bias(site: Site, channels: int) -> Value:
    bias = site.get("bias")
    if bias is None:
        return site.constant("bias", np.zeros(channels))
    stored = site.stored("bias", "bias")
    return site.builder.constant(
        stored.name, stored.array("bias"), stored.quantization, stored.grid
    )


def _padding(
    text_or_sizes: Any, kernel: Shape, dilation: tuple[int, int], dimensions: int
) -> Padding:
    """PyTorch's padding; ``"same"`` puts the odd element after, whatever the input's size."""
    if text_or_sizes == "valid":
        return Padding()
    if text_or_sizes == "same":
        (top, bottom), (left, right) = (
            (total // 2, total - total // 2)
            for total in (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        )
        return Padding(top, bottom, left, right)
    height, width = pair(text_or_sizes, dimensions)
    height = 0 if dimensions == 1 else height
    return Padding(height, height, width, width)
