"""What every operator states: kind, element types, result shape, cost and limits."""

import enum
import math
from dataclasses import dataclass
from typing import ClassVar

from mote.ir.tensor import DType, Tensor

Shape = tuple[int, ...]
F32, S8, U8, S16, S32 = DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16, DType.INT32
S4, S64 = DType.INT4, DType.INT64


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
    """How an int32 accumulator is scaled to int8; defined in ``reference/fixed_point.py``.

    DOUBLE rounds the multiplication and then the shift, as TFLite's convolutions do. SINGLE rounds
    once, to what real numbers give, as its fully connected layers do.
    """

    DOUBLE = "double"
    SINGLE = "single"


@dataclass(frozen=True)
class Op:
    """Base of all operators.

    Class attributes:
        kind: The name in printed graphs, profiles and C files.
        dtypes: Supported combinations of (first input, output) element types.
        inputs: Names of the operands, in order.
        variadic: True when any number of operands may follow, like the last one named.
    """

    kind: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    variadic: ClassVar[bool] = False
    dtypes: ClassVar[tuple[tuple[DType, DType], ...]] = ((F32, F32), (S8, S8))

    @property
    def label(self) -> str:
        """The name of what this node computes: the kind, or the function of a family of them."""
        return self.kind

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
        found = [
            f"tensor '{t.name}' is {t.dtype.value} without quantisation parameters"
            for t in (*x, y)
            if t.dtype in (S8, U8, S16) and t.quantization is None
        ]
        found += [
            f"tensor '{t.name}' is int16 with zero point {t.q.zero_points[0]}, allowed: 0"
            for t in (*x, y)
            if t.dtype is S16 and t.quantization is not None and any(t.q.zero_points)
        ]
        found += [
            f"tensor '{t.name}' has a zero point outside {t.dtype.value}"
            for t in (*x, y)
            if t.dtype in (S8, U8) and t.quantization is not None and not _holds_zero(t)
        ]
        found += [
            f"tensor '{t.name}' is quantised per channel, allowed: weights alone"
            for t in (*x, y)
            if not t.is_constant and t.quantization is not None and t.quantization.axis is not None
        ]
        return found


def _holds_zero(tensor: Tensor) -> bool:
    """True when real 0 is one of the integers."""
    low, high = tensor.dtype.range
    return low <= min(tensor.q.zero_points) <= max(tensor.q.zero_points) <= high
