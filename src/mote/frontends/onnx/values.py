"""Constants of an ONNX model while it is converted, and the refusal of what cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mote.ir import DType, Quantization
from mote.ir.ops import Shape
from mote.ir.tensor import Array

MAX_TENSOR_BYTES = 2**28
"""Most bytes of one value, and of all constants; far above any microcontroller."""

QUANTISE_AGAIN = "quantise with onnxruntime's quantize_static (int8, symmetric weights)"


class RefusalError(Exception):
    """One thing in the model cannot be converted; becomes a line of the user's error."""

    def __init__(self, reason: str, way_out: str = "") -> None:
        super().__init__(reason)
        self.way_out = way_out


@dataclass(frozen=True)
class Constant:
    """A value that is known before the model runs.

    Args:
        array: Of any numpy type that ONNX has.
        quantization: Of float values that the file stores as integers.
        grid: The type of those integers.
    """

    array: Array
    quantization: Quantization | None = None
    grid: DType | None = None

    @property
    def shape(self) -> Shape:
        return self.array.shape

    def transposed(self, permutation: Sequence[int]) -> "Constant":
        q = self.quantization
        if q is not None and q.axis is not None:
            q = replace(q, axis=list(permutation).index(q.axis))
        return replace(self, array=self.array.transpose(permutation), quantization=q)

    def reshaped(self, shape: Shape) -> "Constant":
        """Under another shape that keeps the dimensions up to the quantised one."""
        q = self.quantization
        array = self.array.reshape(shape)
        if q is not None and q.axis is not None and shape[: q.axis + 1] != self.shape[: q.axis + 1]:
            return Constant(array)
        return replace(self, array=array)


def on_grid(integers: Array, q: Quantization, grid: DType) -> Constant:
    """The real values of stored integers, rounded once to float32."""
    shape = [1] * integers.ndim
    if q.axis is not None:
        shape[q.axis] = -1
    zero_points = np.array(q.zero_points, np.int64).reshape(shape)
    scales = np.array(q.scales).reshape(shape)
    with np.errstate(all="ignore"):
        reals = ((integers.astype(np.int64) - zero_points) * scales).astype(np.float32)
    return Constant(reals, q, grid)


def short(value: Any, limit: int = 80) -> str:
    """A value for a message: shapes and names in a file may be of any length."""
    text = str(list(value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
