"""What is kept of a tensor's values: a histogram that grows with them, in bounded memory."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mote.ir.tensor import Array

SIDE = 4096
"""Bins to each side of 0."""

Counts = NDArray[np.int64]


@dataclass
class Histogram:
    """Counts of values in bins of a power-of-two width, one edge of which is 0.

    When a value lies beyond the bins, pairs of bins merge until it fits. So the result depends on
    the values alone, not on the portions in which they come. Exact zeros are counted apart: every
    scheme keeps them without error.

    Args:
        low, high: Least and greatest value.
        zeros: How many values were 0.
        exponent: The width of a bin is 2**exponent; None before the first value other than 0.
        counts: Of bins from -SIDE * width to SIDE * width.
    """

    low: float = math.inf
    high: float = -math.inf
    zeros: int = 0
    exponent: int | None = None
    counts: Counts = field(default_factory=lambda: np.zeros(2 * SIDE, np.int64))

    def add(self, values: Array) -> None:
        """Count finite values of any shape."""
        low, high = float(values.min()), float(values.max())
        self.low, self.high = min(low, self.low), max(high, self.high)
        greatest = max(abs(low), abs(high))
        if not greatest:
            self.zeros += values.size
            return
        self._widen(math.frexp(greatest)[1] - SIDE.bit_length() + 1)
        assert self.exponent is not None
        bins = np.floor(np.ldexp(values, -self.exponent).ravel())
        found = np.bincount(bins.astype(np.intp) + SIDE, minlength=2 * SIDE)
        zeros = values.size - int(np.count_nonzero(values))
        found[SIDE] -= zeros
        self.zeros += zeros
        self.counts += found

    def _widen(self, exponent: int) -> None:
        """Merge bins until they are 2**exponent wide; they never become narrower."""
        if self.exponent is None:
            self.exponent = exponent
        while self.exponent < exponent:
            merged = np.zeros_like(self.counts)
            merged[SIDE // 2 : SIDE // 2 * 3] = self.counts.reshape(-1, 2).sum(1)
            self.counts, self.exponent = merged, self.exponent + 1

    @property
    def total(self) -> int:
        return self.zeros + int(self.counts.sum())

    def occupied(self) -> tuple[NDArray[np.float64], Counts]:
        """(centres, counts) of the bins between the first and the last that hold values.

        Centres lie within ``low`` and ``high``.
        """
        if self.exponent is None:
            return np.zeros(0), np.zeros(0, np.int64)
        (held,) = np.nonzero(self.counts)
        if not held.size:
            return np.zeros(0), np.zeros(0, np.int64)
        chosen = slice(held[0], held[-1] + 1)
        centres = np.ldexp(np.arange(-SIDE, SIDE) + 0.5, self.exponent)[chosen]
        return np.clip(centres, self.low, self.high), self.counts[chosen]
