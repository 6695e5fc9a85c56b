"""Seeded, class-balanced splits for data sets that bring none of their own."""

from dataclasses import dataclass, replace

import numpy as np

from mote.data.dataset import Parts, Split
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


def divided(parts: Parts, options: SplitOptions) -> Parts:
    """The same samples with a test split, and a validation split unless its share is 0."""
    labels = parts.train.y
    groups = np.arange(len(labels)) if parts.groups is None else parts.groups
    kept = np.arange(len(labels))
    validation, test = parts.validation, parts.test

    def hold_out(share: float, seed: int) -> Split:
        nonlocal kept
        held = held_out(labels[kept], groups[kept], share, seed)
        chosen, kept = kept[held], kept[~held]
        return parts.train.take(chosen)

    if test is None:
        test = hold_out(options.test, options.seed)
    if validation is None and options.validation:
        validation = hold_out(options.validation, options.seed + 1)
    train = parts.train if len(kept) == len(labels) else parts.train.take(kept)
    if parts.varied is not None:
        copies = parts.varied.reshape(-1, *parts.train.x.shape)[:, kept]
        x = np.concatenate([train.x, *copies])
        train = Split(x, np.tile(train.y, 1 + len(copies)))
    return replace(parts, train=train, validation=validation, test=test, groups=None, varied=None)


def held_out(labels: Array, groups: Array, share: float, seed: int) -> Array:
    """Which samples are held out: bool ``[N]``.

    Each class gives the same share of its groups, at least one and never all; a class with a single
    group gives none.
    """
    rng = np.random.default_rng(seed)
    held = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.unique(groups[labels == label])
        count = min(max(1, round(share * len(members))), len(members) - 1)
        held |= (labels == label) & np.isin(groups, rng.permutation(members)[:count])
    return held
