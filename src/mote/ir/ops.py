"""Every operator: its attributes, the shape of its result, its multiply-accumulates and its limits.

An operator is the same whatever the element type: a ``Conv2D`` on float32 tensors is the float
convolution, on int8 tensors the quantised one. ``OPS`` lists them all.
"""

import enum
import math
from dataclasses import dataclass
from typing import ClassVar

from mote.ir.tensor import DType, Tensor

Shape = tuple[int, ...]
F32, S8, U8, S32 = DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT32


class Activation(enum.Enum):
    """A clamp fused into the operator that produces the value."""

    NONE = "none"
    RELU = "relu"
    RELU6 = "relu6"
    RELU_N1_TO_1 = "relu_n1_to_1"

    @property
    def bounds(self) -> tuple[float, float]:
        """Least and greatest real value let through."""
        return {
            "none": (-math.inf, math.inf),
            "relu": (0.0, math.inf),
            "relu6": (0.0, 6.0),
            "relu_n1_to_1": (-1.0, 1.0),
        }[self.value]


class Rounding(enum.Enum):
    """How an int32 accumulator is scaled to int8; defined in ``reference/fixed_point.py``."""

    DOUBLE = "double"
    SINGLE = "single"


@dataclass(frozen=True)
class Padding:
    """Explicit padding in elements; pads hold the input's zero point (real 0)."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Padding before and after for TFLite's SAME: ceil(size / stride) outputs, odd excess after."""
    effective = (kernel - 1) * dilation + 1
    total = max((math.ceil(size / stride) - 1) * stride + effective - size, 0)
    return total // 2, total - total // 2


def _window(size: int, pads: int, kernel: int, stride: int, dilation: int = 1) -> int:
    return (size + pads - ((kernel - 1) * dilation + 1)) // stride + 1


def _plane(
    x: Shape,
    kernel: Shape,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    p: Padding,
) -> tuple[int, int]:
    return (
        _window(x[1], p.top + p.bottom, kernel[0], stride[0], dilation[0]),
        _window(x[2], p.left + p.right, kernel[1], stride[1], dilation[1]),
    )


@dataclass(frozen=True)
class Op:
    """Base of all operators.

    Class attributes:
        kind: The name in printed graphs, profiles and C files.
        dtypes: Supported combinations of (first input, output) element types.
        inputs: Names of the operands, in order.
    """

    kind: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    dtypes: ClassVar[tuple[tuple[DType, DType], ...]] = ((F32, F32), (S8, S8))

    def shape(self, *x: Shape) -> Shape:
        """Shape of the result for operand shapes ``x``."""
        return x[0]

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        """Multiply-accumulates for one inference, padding taps included."""
        return 0

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        """What forbids these operands, one sentence each; empty when all is well."""
        if (x[0].dtype, y.dtype) not in self.dtypes:
            allowed = ", ".join(f"{a.value} -> {b.value}" for a, b in self.dtypes)
            return [
                f"type {x[0].dtype.value} -> {y.dtype.value} is not supported; allowed: {allowed}"
            ]
        return [
            f"tensor '{t.name}' is {t.dtype.value} without quantisation parameters"
            for t in (*x, y)
            if t.dtype in (S8, U8) and t.quantization is None
        ]


def _weighted_problems(x: tuple[Tensor, ...], y: Tensor, channel_axis: int) -> list[str]:
    data, weight, bias = x
    found = []
    if not (weight.is_constant and bias.is_constant):
        found.append("weights and bias must be constants")
    if bias.shape != (weight.shape[channel_axis],):
        found.append(f"bias has shape {list(bias.shape)}, allowed: [{weight.shape[channel_axis]}]")
    if data.dtype is F32:
        return found
    if weight.dtype is not S8 or bias.dtype is not S32:
        found.append(
            f"{weight.dtype.value} weights with {bias.dtype.value} bias are not supported; "
            "allowed: int8 with int32"
        )
    elif weight.quantization is None:
        found.append("weights have no quantisation parameters")
    elif any(weight.quantization.zero_points):
        found.append("weights have a zero point other than 0")
    elif weight.quantization.axis not in (None, channel_axis):
        found.append(
            f"weights are quantised along axis {weight.quantization.axis}, allowed: {channel_axis}"
        )
    elif weight.quantization.axis is not None and len(weight.quantization.scales) != len(
        bias.array
    ):
        found.append(
            f"weights have {len(weight.quantization.scales)} scales for {len(bias.array)} channels"
        )
    return found


def _window_problems(stride: tuple[int, int], y: Shape) -> list[str]:
    if min(stride) < 1:
        return [f"stride {list(stride)} is not positive"]
    return [] if min(y) >= 1 else [f"the window is larger than the padded input (result {list(y)})"]


@dataclass(frozen=True)
class Conv2D(Op):
    """2-D convolution of ``[N,H,W,C]`` with ``[O,KH,KW,I]``; C / I groups."""

    kind = "conv_2d"
    inputs = ("x", "weight", "bias")
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = Padding()
    activation: Activation = Activation.NONE
    rounding: Rounding = Rounding.DOUBLE

    def shape(self, *x: Shape) -> Shape:
        plane = _plane(x[0], x[1][1:3], self.stride, self.dilation, self.padding)
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
        if min(self.dilation) < 1 or min(self.stride) < 1:
            return [
                *found,
                f"stride {list(self.stride)} and dilation {list(self.dilation)} must be positive",
            ]
        return (
            found
            + _weighted_problems(x, y, 0)
            + _window_problems(self.stride, self.shape(data, weight))
        )


@dataclass(frozen=True)
class DepthwiseConv2D(Op):
    """Depthwise convolution of ``[N,H,W,C]`` with ``[1,KH,KW,C*M]``; output c*M+m reads input c."""

    kind = "depthwise_conv_2d"
    inputs = ("x", "weight", "bias")
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Padding = Padding()
    activation: Activation = Activation.NONE
    rounding: Rounding = Rounding.DOUBLE

    def shape(self, *x: Shape) -> Shape:
        plane = _plane(x[0], x[1][1:3], self.stride, self.dilation, self.padding)
        return (x[0][0], *plane, x[1][3])

    def macs(self, x: tuple[Shape, ...], y: Shape) -> int:
        return math.prod(y) * math.prod(x[1][1:3])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        data, weight = x[0].shape, x[1].shape
        if len(data) != 4 or len(weight) != 4 or weight[0] != 1:
            return [
                *found,
                (
                    "needs input [N,H,W,C] and weights [1,KH,KW,O], "
                    f"found {list(data)} and {list(weight)}"
                ),
            ]
        if weight[3] % data[3]:
            found.append(f"{weight[3]} output channels are no multiple of {data[3]} input channels")
        if min(self.dilation) < 1 or min(self.stride) < 1:
            return [
                *found,
                f"stride {list(self.stride)} and dilation {list(self.dilation)} must be positive",
            ]
        return (
            found
            + _weighted_problems(x, y, 3)
            + _window_problems(self.stride, self.shape(data, weight))
        )


@dataclass(frozen=True)
class FullyConnected(Op):
    """``[B,I]`` times the transpose of ``[O,I]``, plus bias."""

    kind = "fully_connected"
    inputs = ("x", "weight", "bias")
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
        return found + _weighted_problems(x, y, 0)


@dataclass(frozen=True)
class Add(Op):
    """Sum of two tensors with numpy broadcasting, up to four dimensions."""

    kind = "add"
    inputs = ("x0", "x1")
    activation: Activation = Activation.NONE

    def shape(self, *x: Shape) -> Shape:
        a, b = ((1,) * (max(map(len, x)) - len(s)) + s for s in x)
        return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if x[0].dtype is not x[1].dtype:
            found.append(f"operands have types {x[0].dtype.value} and {x[1].dtype.value}")
        a, b = x[0].shape, x[1].shape
        if max(len(a), len(b)) > 4:
            found.append("more than four dimensions are not supported")
        if any(m != n and 1 not in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False)):
            found.append(f"shapes {list(a)} and {list(b)} do not broadcast")
        return found


@dataclass(frozen=True)
class _Pool(Op):
    """Attributes shared by the two pooling operators; padding never enters the result."""

    kind = ""
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: Padding = Padding()
    activation: Activation = Activation.NONE

    def shape(self, *x: Shape) -> Shape:
        plane = _plane(x[0], self.kernel, self.stride, (1, 1), self.padding)
        return (x[0][0], *plane, x[0][3])

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if len(x[0].shape) != 4:
            return [*found, f"needs a 4-D input, found {list(x[0].shape)}"]
        if min(self.kernel) < 1 or min(self.stride) < 1:
            return [
                *found,
                f"window {list(self.kernel)} and stride {list(self.stride)} must be positive",
            ]
        p, (kh, kw) = self.padding, self.kernel
        if max(p.top, p.bottom) >= kh or max(p.left, p.right) >= kw:
            found.append(f"padding {p} is as large as the window {list(self.kernel)}")
        if x[0].dtype is S8 and x[0].quantization != y.quantization:
            found.append("input and output must share scale and zero point")
        return found + _window_problems(self.stride, self.shape(x[0].shape))


@dataclass(frozen=True)
class AveragePool2D(_Pool):
    """Mean over the part of the window that lies inside the input, halves away from zero."""

    kind = "average_pool_2d"


@dataclass(frozen=True)
class MaxPool2D(_Pool):
    """Maximum over the part of the window that lies inside the input."""

    kind = "max_pool_2d"


@dataclass(frozen=True)
class Mean(Op):
    """Mean over ``axes``, which are sorted, distinct and not negative."""

    kind = "mean"
    axes: tuple[int, ...] = (1, 2)
    keep_dims: bool = False

    def shape(self, *x: Shape) -> Shape:
        kept = [1 if i in self.axes else n for i, n in enumerate(x[0])]
        if self.keep_dims:
            return tuple(kept)
        return tuple(n for i, n in enumerate(x[0]) if i not in self.axes)

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        rank = len(x[0].shape)
        if not 1 <= rank <= 4:
            found.append(f"needs one to four dimensions, found {list(x[0].shape)}")
        if (
            not self.axes
            or list(self.axes) != sorted(set(self.axes))
            or not 0 <= self.axes[0] <= self.axes[-1] < rank
        ):
            found.append(f"axes {list(self.axes)} do not suit a {rank}-D input")
        return found


@dataclass(frozen=True)
class Pad(Op):
    """Constant padding with real 0 (the zero point); one (before, after) pair per dimension."""

    kind = "pad"
    paddings: tuple[tuple[int, int], ...] = ()

    def shape(self, *x: Shape) -> Shape:
        return tuple(n + a + b for n, (a, b) in zip(x[0], self.paddings, strict=True))

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not 1 <= len(x[0].shape) <= 4 or len(self.paddings) != len(x[0].shape):
            return [
                *found,
                (
                    f"{len(self.paddings)} pairs of paddings for shape {list(x[0].shape)} "
                    "(1 to 4 dimensions)"
                ),
            ]
        if any(n < 0 for pair in self.paddings for n in pair):
            found.append("negative padding is not supported")
        if x[0].dtype is S8 and x[0].quantization != y.quantization:
            found.append("input and output must share scale and zero point")
        return found


@dataclass(frozen=True)
class Reshape(Op):
    """The same elements in the same order under another shape; costs nothing on the device."""

    kind = "reshape"
    dtypes = ((F32, F32), (S8, S8), (U8, U8))
    to: Shape = ()

    def shape(self, *x: Shape) -> Shape:
        return self.to

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if x[0].elements != math.prod(self.to):
            found.append(f"cannot reshape {list(x[0].shape)} to {list(self.to)}")
        if x[0].quantization != y.quantization:
            found.append("input and output must share scale and zero point")
        return found


@dataclass(frozen=True)
class Softmax(Op):
    """exp(beta*x) normalised over the last axis; int8 output is quantised (1/256, -128)."""

    kind = "softmax"
    beta: float = 1.0

    def problems(self, x: tuple[Tensor, ...], y: Tensor) -> list[str]:
        found = Op.problems(self, x, y)
        if not x[0].shape or math.prod(x[0].shape) == 0:
            found.append(f"needs at least one element, found {list(x[0].shape)}")
        if not (math.isfinite(self.beta) and self.beta > 0):
            found.append(f"beta is {self.beta}, allowed: positive numbers")
        if (
            y.dtype is S8
            and y.quantization is not None
            and (y.quantization.scales != (1 / 256,) or y.quantization.zero_points != (-128,))
        ):
            found.append("int8 output must have scale 1/256 and zero point -128")
        return found


@dataclass(frozen=True)
class Quantize(Op):
    """To an integer type, or from one integer quantisation to another."""

    kind = "quantize"
    dtypes = ((F32, S8), (F32, U8), (S8, S8), (U8, S8), (S8, U8))


@dataclass(frozen=True)
class Dequantize(Op):
    """Integers to the real values they stand for."""

    kind = "dequantize"
    dtypes = ((S8, F32), (U8, F32))


@dataclass(frozen=True)
class Relu(Op):
    """A stand-alone clamp of a float graph; ``fuse_activation`` moves it into its producer."""

    kind = "relu"
    dtypes = ((F32, F32),)
    activation: Activation = Activation.RELU


@dataclass(frozen=True)
class BatchNorm(Op):
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta per last axis; float graphs only."""

    kind = "batch_norm"
    inputs = ("x", "gamma", "beta", "mean", "variance")
    dtypes = ((F32, F32),)
    epsilon: float = 1e-5


OPS: tuple[type[Op], ...] = (
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dequantize,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Softmax,
)
