"""Inputs that lead kernels to their limits: extremes, and the largest sums of every channel."""

from collections.abc import Iterator

import numpy as np

from mote.ir import Graph
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected
from mote.ir.tensor import Array

Rng = np.random.Generator
MOST = 64
"""Inputs for the sums of one layer."""


def inputs_of(graph: Graph, rng: Rng) -> list[list[Array]]:
    """Random ones, all at the lowest and at the highest value, ends at random, and those that lead
    every channel of a layer with weights to its least and greatest sum."""
    tensors = [graph.tensors[name] for name in graph.inputs]
    kinds = [tensor.dtype.range for tensor in tensors]
    found: list[list[Array]] = []
    for which in ("any", "low", "high", "ends"):
        arrays = []
        for tensor, (low, high) in zip(tensors, kinds, strict=True):
            match which:
                case "any":
                    values = rng.integers(low, high, tensor.shape, endpoint=True)
                case "ends":
                    values = rng.choice(np.array([low, high]), tensor.shape)
                case _:
                    values = np.full(tensor.shape, low if which == "low" else high)
            arrays.append(np.asarray(values).astype(tensor.dtype.numpy))
        found.append(arrays)
    found += [[x] for x in largest_sums(graph, rng)]
    return found


def largest_sums(graph: Graph, rng: Rng) -> Iterator[Array]:
    """Images in whose windows, which share no pixel, a channel's weights meet the extremes that
    make its sum greatest or least, for all channels in turn; nothing for other layers."""
    (node,) = graph.nodes
    op = node.op
    if not isinstance(op, Conv2D | DepthwiseConv2D | FullyConnected):
        return
    x, weight = graph.tensors[node.inputs[0]], graph.tensors[node.inputs[1]]
    low, high = x.dtype.range
    # [patterns, taps of x]: of each channel the greatest, then the least.
    signs = _signs(op, weight.array.astype(np.int64), x.shape[-1])
    patterns = np.where(np.concatenate([signs, -signs]) >= 0, high, low).astype(x.dtype.numpy)
    patterns = rng.permutation(patterns)
    if isinstance(op, FullyConnected):
        for start in range(0, min(len(patterns), MOST * x.shape[0]), x.shape[0]):
            chosen = np.arange(start, start + x.shape[0]) % len(patterns)
            yield patterns[chosen].reshape(x.shape)
        return
    places = _windows(op, x.shape, weight.shape[1:3])
    left = list(patterns)
    for _ in range(MOST):
        if not left or not places:
            return
        image = rng.integers(low, high, x.shape, endpoint=True).astype(x.dtype.numpy)
        for n, rows, columns in places:
            pattern = left.pop() if left else patterns[int(rng.integers(len(patterns)))]
            window = pattern.reshape(*weight.shape[1:3], x.shape[-1])
            for ky, row in enumerate(rows):
                for kx, column in enumerate(columns):
                    if 0 <= row < x.shape[1] and 0 <= column < x.shape[2]:
                        image[n, row, column] = window[ky, kx]
        yield image


def _signs(op: Conv2D | DepthwiseConv2D | FullyConnected, weights: Array, inputs: int) -> Array:
    """``[patterns, taps of all input channels]``: where a channel's weights are positive.

    Those of a depthwise layer reach their ends all at once.
    """
    if isinstance(op, FullyConnected):
        return np.asarray(np.sign(weights))
    if isinstance(op, Conv2D):
        outputs, *kernel, depth = weights.shape
        signs = np.sign(weights)
        groups = inputs // depth
        spread = np.ones((outputs, *kernel, groups, depth), np.int64)
        of_group = np.arange(outputs) // (outputs // groups)
        spread[np.arange(outputs), :, :, of_group] = signs
        return spread.reshape(outputs, -1)
    multiplicity = weights.shape[3] // inputs
    signs = np.sign(weights[0]).reshape(*weights.shape[1:3], inputs, multiplicity)
    return np.asarray(np.moveaxis(signs, 3, 0).reshape(multiplicity, -1))


def _windows(
    op: Conv2D | DepthwiseConv2D, shape: tuple[int, ...], kernel: tuple[int, ...]
) -> list[tuple[int, list[int], list[int]]]:
    """Windows that share no pixel: image, rows, columns; some may lie outside in part."""

    def along(axis: int, pad: int, behind: int) -> list[list[int]]:
        stride, dilation, taps = op.stride[axis], op.dilation[axis], kernel[axis]
        reach = (taps - 1) * dilation + 1
        count = (shape[1 + axis] + pad + behind - reach) // stride + 1
        starts, end = [], -(10**9)
        for i in range(count):
            start = i * stride - pad
            if start >= end:
                starts.append([start + k * dilation for k in range(taps)])
                end = start + reach
        return starts

    pads = op.padding
    rows = along(0, pads.top, pads.bottom)
    columns = along(1, pads.left, pads.right)
    return [(n, r, c) for n in range(shape[0]) for r in rows for c in columns]
