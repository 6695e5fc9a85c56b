"""Values of a graph: element types, quantisation parameters and tensors."""

import enum
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class DType(enum.Enum):
    """Element types; the value is the numpy name where numpy has the type.

    INT4 is a type of weights only: arrays hold it as int8 from -8 to 7, flash holds two in a byte.
    """

    INT4 = "int4"
    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"

    @property
    def numpy(self) -> np.dtype[Any]:
        """The type that arrays of it have."""
        return np.dtype("int8" if self is DType.INT4 else self.value)

    @property
    def bits(self) -> int:
        """Size of one element in memory."""
        return 4 if self is DType.INT4 else 8 * self.numpy.itemsize

    @property
    def itemsize(self) -> int:
        """Size in bytes of one element of a type that fills whole bytes."""
        assert self.bits % 8 == 0, self
        return self.bits // 8

    @property
    def range(self) -> tuple[int, int]:
        """Least and greatest value of an integer type."""
        assert self is not DType.FLOAT32
        if self is DType.UINT8:
            return 0, 255
        return -(2 ** (self.bits - 1)), 2 ** (self.bits - 1) - 1


@dataclass(frozen=True)
class Quantization:
    """Affine quantisation: real = scale * (integer - zero_point).

    One scale and zero point for the whole tensor (``axis`` is None), or one for each index along
    ``axis``. Scales are positive, finite and rounded to float32, as kernels and files hold them.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int | None = None

    def __post_init__(self) -> None:
        with np.errstate(over="ignore", under="ignore"):
            rounded = tuple(np.array(self.scales, np.float32).tolist())
        object.__setattr__(self, "scales", rounded)
        assert len(self.scales) == len(self.zero_points) >= 1
        assert self.axis is not None or len(self.scales) == 1
        assert all(math.isfinite(s) and s > 0 for s in self.scales), self.scales

    @property
    def scale(self) -> float:
        """The scale of a tensor quantised as a whole."""
        assert self.axis is None
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        """The zero point of a tensor quantised as a whole."""
        assert self.axis is None
        return self.zero_points[0]


@dataclass(frozen=True)
class Tensor:
    """A named value. Activations have no data; weights and other constants have.

    Layouts: planes ``[N, H, W, C]``, other activations as they are; convolution weights
    ``[O, KH, KW, I]``, of transposed convolutions too;
    depthwise weights ``[1, KH, KW, O]``; fully connected weights ``[O, I]``; biases ``[O]``.

    ``grid`` is of float32 constants that a quantised model stores as integers of that type: under
    ``quantization`` every value is one of them, and ``absorb_quantization`` makes it one again.
    """

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: Array | None = field(default=None, compare=False, repr=False)
    grid: DType | None = None

    def __post_init__(self) -> None:
        if self.data is None:
            return
        assert self.data.shape == self.shape, (self.name, self.data.shape, self.shape)
        assert self.data.dtype == self.dtype.numpy, (self.name, self.data.dtype, self.dtype)
        if self.dtype is DType.INT4 and self.data.size:
            assert -8 <= self.data.min() <= self.data.max() <= 7, f"{self.name} leaves 4 bits"
        frozen = np.ascontiguousarray(self.data).reshape(self.shape).view()
        frozen.flags.writeable = False
        object.__setattr__(self, "data", frozen)

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def array(self) -> Array:
        """The data of a constant."""
        assert self.data is not None, f"{self.name} is not a constant"
        return self.data

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return (self.elements * self.dtype.bits + 7) // 8

    @property
    def q(self) -> Quantization:
        """The quantisation of a tensor that must have one."""
        assert self.quantization is not None, f"{self.name} is not quantised"
        return self.quantization
