"""The meaning of the operators with weights: convolution, depthwise convolution, fully connected.

int8: y = clamp(y_zero + requantize(bias[o] + sum((x - x_zero) * weight))) with the node's rounding
rule; sums are exact. float32: sums are formed in double precision and rounded once.
Source of the int8 rules: TFLite's reference kernels (``reference_integer_ops``).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from mote.ir.ops import (
    Activation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Padding,
    Rounding,
    TransposedConv2D,
)
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.activation import apply_activation
from mote.reference.fixed_point import (
    activation_range,
    channel_multipliers,
    requantize,
    requantize_wide,
    wide_magnitude,
)
from mote.reference.real import Doubles


def conv_2d(
    op: Conv2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y[n,i,j,o] = sum over ky, kx, c of x[n, i*s + ky*d - pad, ..., c] * weight[o,ky,kx,c].

    Output o reads the c input channels of its group. Sums are matrix products in double precision,
    which are exact for integers below 2**53.
    """
    x, weight, bias = values
    patches = _patches(_centred(x, operands[0], op.padding), weight.shape[1:3], op)
    outputs, _, _, depth = weight.shape
    groups = x.shape[3] // depth
    per_group = outputs // groups
    plane = patches.shape[:3]
    sums = np.empty((*plane, outputs))
    for g in range(groups):
        own = patches[..., g * depth : (g + 1) * depth].reshape(np.prod(plane, dtype=int), -1)
        rows = slice(g * per_group, (g + 1) * per_group)
        matrix = weight[rows].reshape(per_group, -1).astype(np.float64)
        sums[..., rows] = (own @ matrix.T).reshape(*plane, per_group)
    return scaled_sums(sums, bias, operands, result, op.activation, op.rounding)


def depthwise_conv_2d(
    op: DepthwiseConv2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y[n,i,j,o] = sum over ky, kx of x[n, i*s + ky*d - pad, ..., o // m] * weight[0,ky,kx,o],
    m the outputs per input channel."""
    x, weight, bias = values
    height, width, outputs = weight.shape[1:]
    padded = np.repeat(_centred(x, operands[0], op.padding), outputs // x.shape[3], axis=3)
    _, rows, columns, _ = result.shape
    sums = np.zeros(result.shape)
    for ky in range(height):
        for kx in range(width):
            top, left = ky * op.dilation[0], kx * op.dilation[1]
            taps = padded[
                :,
                top : top + (rows - 1) * op.stride[0] + 1 : op.stride[0],
                left : left + (columns - 1) * op.stride[1] + 1 : op.stride[1],
            ]
            sums += taps * weight[0, ky, kx].astype(np.float64)
    return scaled_sums(sums, bias, operands, result, op.activation, op.rounding)


def transposed_conv_2d(
    op: TransposedConv2D, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y[n, i*s + ky*d - top, ..., o] += x[n,i,j,c] * weight[o,ky,kx,c], c over o's group."""
    x, weight, bias = values
    centred = _centred(x, operands[0])
    outputs, height, width, depth = weight.shape
    groups = x.shape[3] // depth
    per_group = outputs // groups
    top, left = op.padding.top, op.padding.left
    sums = np.zeros((*result.shape[:3], outputs))
    for g in range(groups):
        own = centred[..., g * depth : (g + 1) * depth]
        chosen = slice(g * per_group, (g + 1) * per_group)
        for ky in range(height):
            i, y = _spread(x.shape[1], op.stride[0], ky * op.dilation[0] - top, result.shape[1])
            for kx in range(width):
                j, z = _spread(
                    x.shape[2], op.stride[1], kx * op.dilation[1] - left, result.shape[2]
                )
                sums[:, y, z, chosen] += own[:, i, j] @ weight[chosen, ky, kx].astype(np.float64).T
    return scaled_sums(sums, bias, operands, result, op.activation, op.rounding)


def fully_connected(
    op: FullyConnected, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """y[b,o] = sum over i of x[b,i] * weight[o,i]."""
    x, weight, bias = values
    sums = _centred(x, operands[0]) @ weight.astype(np.float64).T
    return scaled_sums(sums, bias, operands, result, op.activation, op.rounding)


def _centred(x: Array, tensor: Tensor, padding: Padding | None = None) -> Doubles:
    """The input as real numbers over its scale, with zeros around it."""
    zero = 0 if tensor.dtype is DType.FLOAT32 else tensor.q.zero_point
    centred = x.astype(np.float64) - zero
    if padding is None or padding == Padding():
        return centred
    p = padding
    return np.pad(centred, ((0, 0), (p.top, p.bottom), (p.left, p.right), (0, 0)))


def _spread(count: int, stride: int, offset: int, size: int) -> tuple[slice, slice]:
    """The ``i`` of ``count`` whose ``i * stride + offset`` lies in [0, size), and these places.

    Only they are computed: strides and padding of 16 bits would spread inputs over gigabytes.
    """
    first = max(0, -(offset // stride))
    end = max(first, min(count, (size - 1 - offset) // stride + 1))
    start = first * stride + offset
    return slice(first, end), slice(start, start + (end - first) * stride, stride)


def _patches(padded: Doubles, kernel: Sequence[int], op: Conv2D) -> Doubles:
    """A view [N, OH, OW, KH, KW, C] of the window under every output."""
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, op.dilation, strict=True)]
    windows = sliding_window_view(padded, extent, axis=(1, 2))
    strided = windows[:, :: op.stride[0], :: op.stride[1], :, :: op.dilation[0], :: op.dilation[1]]
    view: Doubles = strided.transpose(0, 1, 2, 4, 5, 3)
    return view


def scaled_sums(
    sums: Doubles,
    bias: Array,
    operands: Sequence[Tensor],
    result: Tensor,
    activation: Activation,
    rounding: Rounding,
) -> Array:
    """Exact sums ``[..., O]`` to results: bias, scaling to the result's type, activation."""
    sums += bias
    if result.dtype is DType.FLOAT32:
        return apply_activation(sums, activation).astype(np.float32)
    accumulator: NDArray[Any] = sums.astype(np.int64)
    multipliers, shifts = channel_multipliers(operands[0], operands[1], result, rounding)
    if result.dtype is DType.INT16:
        magnitude = wide_magnitude(operands[1].array, bias)
        scaled = requantize_wide(accumulator, multipliers, shifts, rounding, magnitude)
    else:
        scaled = requantize(accumulator, multipliers, shifts, rounding) + result.q.zero_point
    low, high = activation_range(activation, result.q, result.dtype)
    return np.clip(scaled, low, high).astype(result.dtype.numpy)
