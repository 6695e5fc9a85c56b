"""Operators with weights: convolutions, fully connected."""

import math
from dataclasses import dataclass

from mote.ir.ops.operator import F32, S4, S8, S16, S32, S64, Activation, Op, Rounding, Shape
from mote.ir.ops.window import NO_PADDING, Padding, plane_shape, window_problems
from mote.ir.tensor import DType, Tensor

_ALLOWED: dict[DType, tuple[tuple[DType, ...], DType]] = {
    F32: ((F32,), F32),
    S8: ((S8, S4), S32),
    S16: ((S8, S4), S64),
}
"""Element types of weights, and of the bias, by that of the activations."""


def _weighted_problems(x: tuple[Tensor, ...], channel_axis: int) -> list[str]:
    data, weight, bias = x
    channels = weight.shape[channel_axis]
    found = []
    if not (weight.is_constant and bias.is_constant):
        found.append("weights and bias must be constants")
    if bias.shape != (channels,):
        found.append(f"bias has shape {list(bias.shape)}, allowed: [{channels}]")
    weights, biases = _ALLOWED.get(data.dtype, ((S8,), S32))
    if weight.dtype not in weights or bias.dtype is not biases:
        allowed = " or ".join(w.value for w in weights)
        found.append(
            f"{weight.dtype.value} weights with {bias.dtype.value} bias are not supported; "
            f"allowed: {allowed} with {biases.value}"
        )
    elif data.dtype is F32:
        return found
    elif weight.quantization is None:
        found.append("weights have no quantisation parameters")
    elif any(weight.quantization.zero_points):
        found.append("weights have a zero point other than 0")
    elif weight.quantization.axis not in (None, channel_axis):
        found.append(
            f"weights are quantised along axis {weight.quantization.axis}, allowed: {channel_axis}"
        )
    elif weight.quantization.axis is not None and len(weight.quantization.scales) != channels:
        found.append(
            f"weights have {len(weight.quantization.scales)} scales for {channels} channels"
        )
    return found


def _convolution_problems(
    op: "Conv2D | DepthwiseConv2D", x: tuple[Tensor, ...], channel_axis: int
) -> list[str]:
    """What follows the shapes of data and weights."""
    if min(*op.dilation, *op.stride) < 1:
        return [f"stride {list(op.stride)} and dilation {list(op.dilation)} must be positive"]
    return _weighted_problems(x, channel_axis) + window_problems(op.shape(*(t.shape for t in x)))


@dataclass(frozen=True)
class Conv2D(Op):
    """2-D convolution of ``[N,H,W,C]`` with ``[O,KH,KW,I]``; C / I groups."""

    kind = "conv_2d"
    inputs = ("x", "weight", "bias")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    activation: Activation = Activation.NONE
    rounding: Rounding = Rounding.DOUBLE

    def shape(self, *x: Shape) -> Shape:
        plane = plane_shape(x[0], x[1][1:3], self.stride, self.dilation, self.padding)
        return (x[0][0], *plane, x[1][0])

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        return math.prod(y) * math.prod(x[1][1:])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        data, weight = x[0].shape, x[1].shape
        if len(data) != 4 or len(weight) != 4:
            return [*found, f"needs 4-D input and weights, found {list(data)} and {list(weight)}"]
        if data[3] % weight[3] or weight[0] % (data[3] // weight[3]):
            found.append(
                f"{data[3]} input channels do not divide into groups of {weight[3]} "
                f"for {weight[0]} outputs"
            )
        return found + _convolution_problems(self, x, 0)


@dataclass(frozen=True)
class DepthwiseConv2D(Op):
    """Depthwise convolution of ``[N,H,W,C]`` with ``[1,KH,KW,C*M]``; output c*M+m reads input c."""

    kind = "depthwise_conv_2d"
    inputs = ("x", "weight", "bias")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    activation: Activation = Activation.NONE
    rounding: Rounding = Rounding.DOUBLE

    def shape(self, *x: Shape) -> Shape:
        plane = plane_shape(x[0], x[1][1:3], self.stride, self.dilation, self.padding)
        return (x[0][0], *plane, x[1][3])

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        return math.prod(y) * math.prod(x[1][1:3])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        data, weight = x[0].shape, x[1].shape
        if len(data) != 4 or len(weight) != 4 or weight[0] != 1:
            shapes = f"{list(data)} and {list(weight)}"
            return [*found, f"needs input [N,H,W,C] and weights [1,KH,KW,O], found {shapes}"]
        if weight[3] % data[3]:
            found.append(f"{weight[3]} output channels are no multiple of {data[3]} input channels")
        return found + _convolution_problems(self, x, 3)


@dataclass(frozen=True)
class TransposedConv2D(Op):
    """Transposed 2-D convolution of ``[N,H,W,C]`` with ``[O,KH,KW,I]``; C / I groups.

    Input pixel (i, j) adds its products to the results from (i*stride - top, j*stride - left) on;
    ``padding`` is cut off the full result, ``output_padding`` rows and columns follow at the end.
    """

    kind = "transposed_conv_2d"
    inputs = ("x", "weight", "bias")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = NO_PADDING
    output_padding: tuple[int, int] = (0, 0)
    activation: Activation = Activation.NONE
    rounding: Rounding = Rounding.DOUBLE

    def shape(self, *x: Shape) -> Shape:
        p = self.padding
        pads = (p.top + p.bottom, p.left + p.right)
        plane = (
            (n - 1) * s + (k - 1) * d + 1 - pad + more
            for n, k, s, d, pad, more in zip(
                x[0][1:3],
                x[1][1:3],
                self.stride,
                self.dilation,
                pads,
                self.output_padding,
                strict=True,
            )
        )
        return (x[0][0], *plane, x[1][0])

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        return math.prod(x[0][:3]) * math.prod(x[1])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        data, weight = x[0].shape, x[1].shape
        if len(data) != 4 or len(weight) != 4:
            return [*found, f"needs 4-D input and weights, found {list(data)} and {list(weight)}"]
        if min(*self.dilation, *self.stride) < 1 or min(self.output_padding) < 0:
            return [*found, "stride and dilation must be positive, output padding not negative"]
        if data[3] % weight[3] or weight[0] % (data[3] // weight[3]):
            found.append(
                f"{data[3]} input channels do not divide into groups of {weight[3]} "
                f"for {weight[0]} outputs"
            )
        if x[1].dtype is S4:
            found.append("4-bit weights are not supported, allowed: int8")
        return found + _weighted_problems(x, 0) + window_problems(self.shape(data, weight))


@dataclass(frozen=True)
class FullyConnected(Op):
    """``[B,I]`` times the transpose of ``[O,I]``, plus bias."""

    kind = "fully_connected"
    inputs = ("x", "weight", "bias")
    dtypes = ((F32, F32), (S8, S8), (S16, S16))
    activation: Activation = Activation.NONE
    rounding: Rounding = Rounding.SINGLE

    def shape(self, *x: Shape) -> Shape:
        return (x[0][0], x[1][0])

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        return math.prod(y) * x[1][1]

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        data, weight = x[0].shape, x[1].shape
        if len(data) != 2 or len(weight) != 2 or data[1] != weight[1]:
            return [
                *found,
                f"needs input [B,I] and weights [O,I], found {list(data)} and {list(weight)}",
            ]
        return found + _weighted_problems(x, 0)
