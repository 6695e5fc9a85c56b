"""Requantisation in two multiplications of 32 bits: constants proven to give each result exactly.

Cores without a wide multiplication need four for the product of an accumulator and its multiplier.
The result has at most 256 values though, so only the accumulators count where it changes. A line
through those points is found here whose products fit 32 bits:

    a = min(max(sum + start, 0), limit)
    v = a * m / 2**12 + offset * 2**shift + end
    y = (v - (bend if v < middle)) >> 24

with a < 2**20 and m < 2**32, multiplied in two parts: a * (m >> 12) + (a * (m & 4095) >> 12).
The bend is what halves that round away from zero need, ``middle`` lies in the middle of the zero
point's level. A line is accepted when it changes from each result to the next at the same
accumulator as ``Channels.results``, for all accumulators between the channel's bounds: as both
never fall, they are then equal everywhere between them.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mote.ir.tensor import Array
from mote.lower.channels import INT32_END, Channels, Ints, select_channels
from mote.lower.step import Constant

LEVEL = 2**24
"""From one result to the next."""
PART_BITS = 12
"""Of the lower part of a multiplier."""
REACH = 2**20
"""End of a, so that its product with the lower part has 32 bits."""
OFFSETS = 2**16
OFFSET_SHIFTS = range(7)
NEAR = 3
"""Accumulators around an estimate among which the exact place of a change is looked for."""
SLOPES = (0, 1, -1, 2, -2, 3, -3, 4, -4)
"""Multipliers around the real one that are tried."""
SPARE = 2
"""Accumulators for which a bend, or a first change that is an estimate, may need room."""
FAR = 2**60


@dataclass(frozen=True)
class Fields:
    """What the words of a kernel hold.

    Args:
        multipliers: End of the multipliers.
        limit_unit: Limits are multiples of.
    """

    multipliers: int
    limit_unit: int


PACKED = Fields(multipliers=2**32, limit_unit=16)
"""Constants of one channel in three or four words."""
LOOSE = Fields(multipliers=2**32 << PART_BITS, limit_unit=1)
"""Constants of a layer in words of their own."""


@dataclass(frozen=True)
class Narrow:
    """Constants of all channels of a layer, as the module says.

    Args:
        start: ``[O]``, int32; the bias is part of it.
        multiplier: ``[O]``, uint32.
        limit: ``[O]``, below 2**20.
        offset: ``[O]``, uint16.
        bend: ``[O]``, below 2**23; 0 for channels without.
        offset_shift: Of all offsets.
        end, middle: int32.
    """

    start: Ints
    multiplier: Ints
    limit: Ints
    offset: Ints
    bend: Ints
    offset_shift: int
    end: int
    middle: int

    @property
    def offsets(self) -> Ints:
        """``[O]``: what is added to the product."""
        return (self.offset << self.offset_shift) + self.end

    @property
    def is_bent(self) -> bool:
        """True when some channel has a bend."""
        return bool(self.bend.any())

    def results(self, sums: Ints) -> Ints:
        """The int8 results of sums ``[..., O]`` without bias, as kernels compute them."""
        a = np.clip(sums + self.start, 0, self.limit)
        v = _product(a, self.multiplier) + self.offsets
        return (v - np.where(v < self.middle, self.bend, 0)) >> 24

    @property
    def parameters(self) -> dict[str, int]:
        """Scalar fields of kernels."""
        return {
            "offset_shift": self.offset_shift,
            "end": self.end,
            "middle": self.middle,
            "is_bent": int(self.is_bent),
        }

    @property
    def constant(self) -> Constant:
        """Three words a channel, or four with bends, as ``mote_narrow.h`` reads them."""
        bend = [self.bend] if self.is_bent else []
        words = [
            self.multiplier,
            self.limit // PACKED.limit_unit | self.offset << 16,
            *bend,
            self.start % 2**32,
        ]
        array: Array = np.stack(words, 1).astype(np.uint32).view(np.int32)
        return Constant("narrow", array, True, table_bytes=array.nbytes - 4 * len(array))


def narrow_uniform(channels: Channels) -> Narrow | None:
    """Constants that channels with one multiplier share; to ``start`` each adds its bias."""
    assert channels.is_uniform
    low, high = channels.bounds
    one = replace(
        select_channels(channels, [0]),
        weights=np.ones((1, 1), np.int64),
        x_low=low.min(keepdims=True)[:, None],
        x_high=high.max(keepdims=True)[:, None],
        bias=np.zeros(1, np.int64),
    )
    found = narrow(one, LOOSE)
    if found is None or (channels.magnitude + abs(int(found.start[0]))).max() >= 2**31:
        return None
    return found


def narrow(channels: Channels, fields: Fields = PACKED) -> Narrow | None:
    """Constants for all channels; None when some channel has none."""
    if channels.right.min() < 1:
        return None
    for spare, may_bend in ((0, False), (SPARE, False), (SPARE, True)):
        points = _points(channels, spare)
        lines = _lines(points, fields)
        if lines is None:
            return None
        for offset_shift in OFFSET_SHIFTS:
            found = _constants(channels, points, lines, fields, offset_shift, may_bend=may_bend)
            if found is not None and _is_exact(found, channels, points, fields):
                return found
    return None


@dataclass(frozen=True)
class _Points:
    """Where results change.

    Args:
        levels: ``[L, 1]``, all results but the least, from 1: y - y_min.
        zero: The zero point alike.
        changes: ``[L, O]``, the least accumulators with at least these results; exact where needed.
        needed: ``[L, O]``, whether a change lies between the channel's bounds.
        base: ``[O]``, accumulators that become 0.
        slope: ``[O]``, 2**12 * LEVEL times the real multiplier.
    """

    levels: Ints
    zero: int
    changes: Ints
    needed: NDArray[np.bool_]
    base: Ints
    slope: Ints

    @property
    def reach(self) -> Ints:
        """``[O]``: the a of the last change; 0 where there is none."""
        found: Ints = np.where(self.needed, self.changes - self.base, 0).max(0, initial=0)
        return found


def _points(channels: Channels, spare: int) -> _Points:
    """``spare``: how far 0 lies below the last accumulator with the least result."""
    y_min, y_max = channels.y_range
    low, high = channels.bounds
    levels = np.arange(y_min + 1, y_max + 1)[:, None]
    real = np.maximum(channels.multiplier, 1) / 2.0 ** (31 + channels.right)
    estimate = np.ceil((levels - channels.y_zero - 0.5) / real)
    guess = np.clip(estimate, -INT32_END // 4, INT32_END // 4).astype(np.int64)
    below = np.zeros_like(guess)
    for distance in range(-NEAR, NEAR + 1):
        below += channels.results(guess + distance) < levels
    changes = guess - NEAR + below
    return _Points(
        levels=levels - y_min,
        zero=channels.y_zero - y_min,
        changes=changes,
        needed=(levels > channels.results(low)) & (levels <= channels.results(high)),
        base=changes[0] - 1 - spare if len(levels) else low,
        slope=channels.multiplier << PART_BITS + 24 - 31 >> channels.right,
    )


def _lines(points: _Points, fields: Fields) -> tuple[Ints, Ints] | None:
    """(multipliers ``[O]``, bounds of v at a = 0 ``[2, 2, O]``); None if there are none.

    Between the first (least, greatest) levels up to the zero point's are exact, between the second
    ones those above it.
    """
    if (
        points.reach.max(initial=0) >= REACH - fields.limit_unit
        or points.slope.max() >= fields.multipliers - 2**8
    ):
        return None
    a = np.where(points.needed, points.changes - points.base, 1)
    multiplier = points.slope.copy()
    best = np.full(len(multiplier), -FAR)
    ends = np.zeros((2, 2, len(multiplier)), np.int64)
    for distance in SLOPES:
        tried = np.maximum(points.slope + distance, 0)
        least = points.levels * LEVEL - _product(a, tried)
        greatest = points.levels * LEVEL - 1 - _product(a - 1, tried)
        found = np.array(
            [
                [
                    np.where(points.needed & side, least, -FAR).max(0, initial=-FAR),
                    np.where(points.needed & side, greatest, FAR).min(0, initial=FAR),
                ]
                for side in (points.levels <= points.zero, points.levels > points.zero)
            ]
        )
        room = (found[:, 1] - found[:, 0]).min(0)
        is_better = room > best
        best = np.where(is_better, room, best)
        multiplier = np.where(is_better, tried, multiplier)
        ends = np.where(is_better, found, ends)
    return multiplier, ends


def _constants(
    channels: Channels,
    points: _Points,
    lines: tuple[Ints, Ints],
    fields: Fields,
    offset_shift: int,
    *,
    may_bend: bool,
) -> Narrow | None:
    """Constants that ``_is_exact`` has to judge; None where the fields cannot hold them."""
    multiplier, ((lower_least, lower_greatest), (least, greatest)) = lines
    y_min, _ = channels.y_range
    unit = 1 << offset_shift
    lowest = LEVEL - OFFSETS * unit  # v at a = 0 with offset 0
    is_straight = (least == -FAR) | (lower_least == -FAR) | (not may_bend)
    least = np.where(is_straight, np.maximum(least, lower_least), least)
    greatest = np.where(is_straight, np.minimum(greatest, lower_greatest), greatest)
    middle = np.clip((least + greatest) // 2, lowest, LEVEL - unit)
    offset = np.clip((middle - lowest) // unit, -(-(least - lowest) // unit), OFFSETS - 1)
    offset = np.clip(offset, 0, OFFSETS - 1)
    upper = lowest + offset * unit
    bend = np.zeros_like(offset)
    if may_bend:
        fits = is_straight | ((upper >= lower_least) & (upper <= lower_greatest))
        bend = np.where(fits, 0, upper - (lower_least + lower_greatest) // 2)
        if bend.min() < 0 or bend.max() >= LEVEL // 2:
            return None
    # Sums of channels that never change go to where their result is.
    low, _ = channels.bounds
    result = channels.results(low) - y_min
    is_constant = ~points.needed.any(0)
    limit = -(-points.reach // fields.limit_unit) * fields.limit_unit
    multiplier = np.where(is_constant, result * LEVEL, multiplier)
    limit = np.where(is_constant, 1 << PART_BITS, limit)
    start = channels.bias - np.where(is_constant, low - (1 << PART_BITS), points.base)
    return Narrow(
        start=start,
        multiplier=multiplier,
        limit=limit,
        offset=np.where(is_constant, 0, offset),
        bend=np.where(is_constant, 0, bend),
        offset_shift=offset_shift,
        end=(y_min + 1) * LEVEL - OFFSETS * unit,
        middle=channels.y_zero * LEVEL + LEVEL // 2,
    )


def _is_exact(found: Narrow, channels: Channels, points: _Points, fields: Fields) -> bool:
    """The proof: results of both change alike, no field and no sum of the kernels overflows."""
    low, high = channels.bounds
    held = (
        (found.multiplier, 0, fields.multipliers),
        (found.limit, 0, REACH),
        (found.offset, 0, OFFSETS),
        (found.bend, 0, LEVEL // 2),
        (found.start, -(2**31), 2**31),
        (channels.magnitude + np.abs(found.start), 0, 2**31),
    )
    if not all((v >= least).all() and (v < end).all() for v, least, end in held):
        return False
    ends = np.array([np.zeros_like(found.limit), found.limit])
    v = _product(ends, found.multiplier) + found.offsets
    if (v - found.bend).min() < -(2**31) or v.max() >= 2**31:
        return False
    at = np.where(points.needed, points.changes, low)
    steps = channels.results(at) - channels.results(np.maximum(at - 1, low))
    if (steps[points.needed] < 1).any():  # not where the result changes
        return False
    return all(
        np.array_equal(found.results(sums - channels.bias), channels.results(sums))
        for sums in (at, np.maximum(at - 1, low), low, high)
    )


def _product(a: Ints, multiplier: Ints) -> Ints:
    """floor(a * m / 2**12), for a from 0 to 2**20."""
    part = (1 << PART_BITS) - 1
    result: Ints = a * (multiplier >> PART_BITS) + (a * (multiplier & part) >> PART_BITS)
    return result
