"""The constants of requantisation as the portable kernels read them."""

import numpy as np

from mote.ir.ops import Rounding
from mote.ir.tensor import Array
from mote.lower.channels import Channels, Ints
from mote.lower.step import Constant


def pack_shifts(right: Ints) -> tuple[int, int, Array]:
    """(base, bits, table): the right shifts as 4-bit entries above a base, 8-bit if they spread."""
    base = int(right.min())
    above = (right - base).astype(np.uint8)
    if above.max() > 15:
        return base, 8, above
    return base, 4, pack_nibbles(above)


def pack_nibbles(values: Array) -> Array:
    """Two entries a byte, the even one in the low half; a missing last entry is 0."""
    padded = np.pad(values, (0, len(values) % 2)).astype(np.uint8)
    result: Array = padded[0::2] | padded[1::2] << 4
    return result


def pack_weights(rows: Ints, bits: int) -> Array:
    """``[rows, taps]`` weights as the portable kernels read them, in 8 or 4 bits.

    4-bit ones stand two in a byte, the first in the low half; each row starts a byte.
    """
    if bits == 8:
        return rows.astype(np.int8)
    even = np.pad(rows, ((0, 0), (0, rows.shape[1] % 2))) & 15
    packed: Array = (even[:, 0::2] | even[:, 1::2] << 4).astype(np.uint8).view(np.int8)
    return packed


def result_range(channels: Channels) -> dict[str, int]:
    """Zero point and limits of the result."""
    low, high = channels.y_range
    return {"y_zero": channels.y_zero, "y_min": low, "y_max": high}


def requantization(channels: Channels) -> tuple[dict[str, int], tuple[Constant, ...]]:
    """Parameters and constants that every portable kernel with weights shares."""
    base, bits, shift = pack_shifts(channels.right)
    parameters = {
        **result_range(channels),
        "shift_base": base,
        "shift_bits": bits,
        "double_rounding": int(channels.rounding is Rounding.DOUBLE),
    }
    constants = (
        Constant("bias", channels.bias.astype(np.int32), True),
        Constant("multiplier", channels.multiplier.astype(np.int32), False),
        Constant("shift", shift, False),
    )
    return parameters, constants
