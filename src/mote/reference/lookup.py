"""Tables of a real function: 256 entries for int8, 513 to interpolate between for int16.

Source: TFLite ``LUTPopulate`` and ``LUTLookup`` (``kernels/internal/common.h``), in the float
arithmetic that they use, which decides halves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mote.ir.tensor import Array, Quantization
from mote.reference.fixed_point import Ints
from mote.reference.single_rounding import round_half_away

Floats = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Floats], Floats]
"""Maps arrays of one float type to arrays of the same type."""

STEPS = 512
"""Segments of a table for int16; each has 128 integers."""

BEYOND = 2.0**20
"""Further out than every result and zero point; float32 holds the integers up to here."""


def table_s8(function: Function, x: Quantization, y: Quantization) -> Ints:
    """The int8 result for every int8 input -128 .. 127.

    y = clamp(y_zero + round(f(x_scale * (x - x_zero)) * (1 / y_scale))) in float32 throughout,
    halves away from zero; what is not a number becomes the least integer.
    """
    centred = (np.arange(-128, 128) - x.zero_point).astype(np.float32)
    with np.errstate(over="ignore"):
        real, inverse = np.float32(x.scale) * centred, 1 / np.float32(y.scale)
    steps = _over_scale(function(real), inverse)
    table: Ints = np.clip(steps + y.zero_point, -128, 127).astype(np.int64)
    return table


def _over_scale(real: Floats, inverse_scale: Any) -> Floats:
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.nan_to_num(real * inverse_scale, nan=-BEYOND)
    return round_half_away(np.clip(scaled, -BEYOND, BEYOND))


def table_s16(function: Function, x: Quantization, y: Quantization, dtype: Any) -> Array:
    """The 513 int16 results at the ends of the segments, in float arithmetic of type ``dtype``.

    Each is moved by half the error that interpolation has in the middle of the segment behind it.
    """
    x_scale, y_scale = (dtype(q.scale) for q in (x, y))
    x_least, x_most = (x_scale * dtype(n - x.zero_point) for n in (-32768, 32767))
    y_least, y_most = (y_scale * dtype(n - y.zero_point) for n in (-32768, 32767))
    step, inverse = (x_most - x_least) / dtype(STEPS), dtype(65536) / (y_most - y_least)
    index = np.arange(STEPS, dtype=dtype)

    def scaled(at: Floats) -> Floats:
        with np.errstate(over="ignore", invalid="ignore"):
            values = np.nan_to_num(function(at) * inverse, nan=-BEYOND)
        clipped: Floats = np.clip(values, -BEYOND, BEYOND)
        return clipped

    start = round_half_away(scaled(x_least + index * step))
    middle = round_half_away(scaled(x_least + index * step + step / dtype(2)))
    end = scaled(x_least + (index + dtype(1)) * step)
    error = round_half_away((end + start) / dtype(2)) - middle
    last = round_half_away(scaled(np.array([x_most], dtype)))
    values = np.concatenate([start - round_half_away(error / dtype(2)), last])
    table: Array = np.clip(values, -32768, 32767).astype(np.int16)
    return table


def interpolate(table: Array, x: Array) -> Ints:
    """The int16 value at each int16 ``x``; slopes beyond int16 wrap, as TFLite's do."""
    whole = x.astype(np.int64)
    index, offset = 256 + (whole >> 7), whole & 127
    base = table[index].astype(np.int64)
    slope = _wrap_int16(table[index + 1] - base)
    return _wrap_int16(base + ((slope * offset + 64) >> 7))


def _wrap_int16(x: Ints) -> Ints:
    return (x + 32768) % 65536 - 32768
