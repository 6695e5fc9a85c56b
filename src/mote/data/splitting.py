"""Seeded, class-balanced splits for data sets that bring none of their own."""

from dataclasses import dataclass

import numpy as np

from mote.data.dataset import Split
from mote.errors import DataError
from mote.ir.tensor import Array


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """What is held out, where the format itself does not say.

    Attributes:
        test: Share of all samples that becomes the test split, when the set has none.
        validation: Share of the training samples held out to choose checkpoints by, when the set
            has no validation split; 0 for none.
        seed: Decides which samples.
    """

    test: float = 0.2
    validation: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, low in (("test", self.test, 1e-9), ("validation", self.validation, 0)):
            if not low <= value < 1:
                allowed = "from 0 to below 1" if low == 0 else "between 0 and 1"
                raise DataError("split", f"a {name} share of {value:g}, allowed: {allowed}")
        if self.seed < 0:
            raise DataError("split", f"seed {self.seed}, allowed: 0 or more")


def hold_out(split: Split, share: float, seed: int) -> tuple[Split, Split]:
    """Split into (kept, held out); each class gives the same share, at least one and not all.

    A class of a single sample gives none. The order of samples is kept in both.
    """
    held = held_out_mask(split.y, share, seed)
    return split.take(np.flatnonzero(~held)), split.take(np.flatnonzero(held))


def held_out_mask(labels: Array, share: float, seed: int) -> Array:
    """Which samples are held out: bool ``[N]``."""
    rng = np.random.default_rng(seed)
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held[rng.permutation(members)[:count]] = True
    return held
