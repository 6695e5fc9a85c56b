"""Weights and requantisation constants as the DSP kernels read them: channels in pairs."""

from dataclasses import dataclass

import numpy as np

from mote.ir.tensor import Array
from mote.lower.channels import Channels, Ints
from mote.lower.requantization import pack_nibbles
from mote.lower.step import Constant
from mote.reference.fixed_point import wrap_int32

SHIFTS = range(1, 23)
"""Right shifts of the DSP kernels: they keep (2 * y_zero + 1) << (right - 1) below 2**30."""
NIBBLE_SHIFTS = range(1, 17)
"""Right shifts of which one less fits 4 bits."""
MAX_PAIRED_SUM = 2**23
"""A sum in the upper part of a shared accumulator stays below this."""
MAX_DOUBLED_SUM = 2**30
"""Every DSP kernel requantises twice the sum."""
NIBBLE_FACTOR = 16
"""Kernels with 4-bit weights sum this many times the products."""


@dataclass(frozen=True)
class Pairs:
    """Channels in pairs (A, B); a last one without partner is paired with zeros.

    Args:
        weights: ``[pairs, 2, K]``.
        bias: ``[pairs, 2]``.
        multiplier: ``[pairs, 2]``.
        right: ``[pairs, 2]``.
        is_wide: True when 256 * A + B does not fit the accumulators or lanes, or a shift 4 bits;
            always with 4-bit weights.
        bits: Of a weight, 8 or 4.
    """

    weights: Ints
    bias: Ints
    multiplier: Ints
    right: Ints
    is_wide: bool
    bits: int = 8


def fits_dsp(channels: Channels, bits: int) -> bool:
    """True when the DSP kernels' sums and fast requantisation are exact for these channels."""
    right = channels.right
    largest = MAX_DOUBLED_SUM if bits == 8 else 2 * MAX_DOUBLED_SUM // NIBBLE_FACTOR
    return bool(
        right.min() >= SHIFTS.start
        and right.max() < SHIFTS.stop
        and channels.magnitude.max() < largest
    )


def pair_channels(channels: Channels, bits: int, multiple_of: int = 2) -> Pairs:
    """The channels in pairs, filled up to a multiple of ``multiple_of``."""
    missing = -len(channels.bias) % multiple_of
    weights = np.pad(channels.weights, ((0, missing), (0, 0)))
    weights = weights.reshape(-1, 2, weights.shape[1])
    lanes = 256 * weights[:, 0] + weights[:, 1]
    # The sums as the kernel forms them: magnitude includes the bias.
    upper = np.pad(channels.magnitude, (0, missing)).reshape(-1, 2)[:, 0]
    return Pairs(
        weights=weights,
        bias=np.pad(channels.bias, (0, missing)).reshape(-1, 2),
        multiplier=np.pad(channels.multiplier, (0, missing)).reshape(-1, 2),
        right=np.pad(channels.right, (0, missing), constant_values=1).reshape(-1, 2),
        bits=bits,
        is_wide=bool(
            bits == 4
            or upper.max() >= MAX_PAIRED_SUM
            or lanes.min() < -(2**15)
            or channels.right.max() >= NIBBLE_SHIFTS.stop
        ),
    )


def pack_lanes(pairs: Pairs) -> Ints:
    """``[pairs, K]`` lanes of 16 bits: 256 * A + B, or the plain bytes when wide."""
    a, b = pairs.weights[:, 0], pairs.weights[:, 1]
    return 256 * a + (b % 256 if pairs.is_wide else b)


def in_fours(lanes: Ints) -> Ints:
    """``[pairs, K up to a multiple of 4]``, each four taps in the order of SXTB16: 0, 2, 1, 3."""
    padded = np.pad(lanes, ((0, 0), (0, -lanes.shape[1] % 4)))
    fours = padded.reshape(len(lanes), -1, 4)[:, :, [0, 2, 1, 3]]
    return fours.reshape(len(lanes), -1)


def dsp_suffix(pairs: Pairs) -> str:
    """What distinguishes the kernel for these channels by name."""
    if pairs.bits == 4:
        return "_w4_dsp"
    return "_dsp_wide" if pairs.is_wide else "_dsp"


def lane_bytes(lanes: Ints) -> Ints:
    """Lanes as the int8 bytes that a little-endian core reads."""
    words = (lanes % 2**16).astype("<u2")
    return np.frombuffer(words.tobytes(), np.int8).astype(np.int64)


def _packed(weights: Ints, bits: int) -> Array:
    """The bytes as they are, or of each eight the last four as lower halves of the first four."""
    if bits == 8:
        return weights.astype(np.int8)
    words = (weights & 15).reshape(-1, 2, 4)
    packed: Array = (words[:, 0] << 4 | words[:, 1]).astype(np.uint8).view(np.int8)
    return packed.reshape(-1)


def pair_constants(pairs: Pairs, lanes: Ints) -> tuple[Constant, ...]:
    """The four arrays of a DSP kernel."""
    bias = pairs.bias * (NIBBLE_FACTOR if pairs.bits == 4 else 1)
    if not pairs.is_wide:
        bias[:, 0] = wrap_int32(256 * bias[:, 0] + bias[:, 1])
    return (
        Constant("weights", _packed(lane_bytes(lanes), pairs.bits), True),
        Constant("bias", bias.reshape(-1).astype(np.int32), True),
        Constant("multiplier", pairs.multiplier.reshape(-1).astype(np.int32), False),
        Constant("shift", dsp_shifts(pairs.right.reshape(-1), 8 if pairs.is_wide else 4), False),
    )


def dsp_shift_bits(right: Ints) -> int:
    """Bits that the largest shift needs: 4 or 8."""
    return 4 if right.max() < NIBBLE_SHIFTS.stop else 8


def dsp_shifts(right: Ints, bits: int) -> Array:
    """The right shifts less one, in 4 or 8 bits each."""
    above = (right - SHIFTS.start).astype(np.uint8)
    return above if bits == 8 else pack_nibbles(above)
