"""Weights and requantisation constants as the MVE kernels read them: blocks of four channels."""

import numpy as np

from mote.ir.tensor import Array
from mote.lower.channels import Channels, Ints
from mote.lower.dsp_layout import fits_dsp
from mote.lower.step import Constant

LANES = 4
"""Output channels of a block."""
TAPS = 16
"""Taps of a vector."""


def fits_mve(channels: Channels, bits: int) -> bool:
    """True when the MVE kernels' sums and requantisation are exact for these channels."""
    return bits == 8 and fits_dsp(channels, bits)


def blocks_of(values: Ints) -> Ints:
    """Full blocks of channels, the last channel repeated."""
    missing = -len(values) % LANES
    widths = ((0, missing), *((0, 0) for _ in values.shape[1:]))
    return np.pad(values, widths, mode="edge")


def mve_weights(weights: Ints) -> Array:
    """``[channels, taps]`` -> ``[blocks, vectors, 4, 16]``, filled up with zeros."""
    padded = np.pad(blocks_of(weights), ((0, 0), (0, -weights.shape[1] % TAPS)))
    vectors = padded.reshape(-1, LANES, padded.shape[1] // TAPS, TAPS).swapaxes(1, 2)
    return vectors.reshape(-1, TAPS).astype(np.int8)


def mve_constants(
    channels: Channels, places: Ints | None, requantized: int
) -> tuple[Constant, ...]:
    """The four arrays of an MVE kernel.

    Args:
        channels: That are computed.
        places: Of their results in a pixel, where they are not one after the other.
        requantized: How many multipliers and shifts there are.
    """
    multiplier = blocks_of(channels.multiplier[:requantized])
    finish = -blocks_of(channels.right[:requantized]).reshape(-1, 1, LANES)
    if places is not None:
        finish = np.concatenate([finish, blocks_of(places).reshape(-1, 1, LANES)], axis=1)
    return (
        Constant("weights", mve_weights(channels.weights), True),
        Constant("bias", blocks_of(channels.bias).astype(np.int32), True),
        Constant("multiplier", multiplier.astype(np.int32), False),
        Constant("finish", finish.reshape(-1).astype(np.int64).astype(np.int16), False),
    )
