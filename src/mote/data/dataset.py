"""A data set in memory: its splits, its classes, and how raw values become a network's input."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from mote.data.features import Features
from mote.errors import DataError
from mote.ir.tensor import Array

Kind = Literal["image", "audio", "motion", "table"]
KINDS: tuple[Kind, ...] = get_args(Kind)

CHUNK_VALUES = 1 << 22
"""Values that are converted to float64 at a time when statistics are computed."""


@dataclass(frozen=True, eq=False)
class Split:
    """Samples and their classes.

    Attributes:
        x: uint8 or float32, channels last: images ``[N, H, W, C]``, audio features
            ``[N, frames, coefficients, 1]``, waveforms and motion ``[N, T, C]``, tables ``[N, C]``.
        y: int64 ``[N]``, the index of each sample's class.
    """

    x: Array
    y: Array

    def __post_init__(self) -> None:
        assert self.x.dtype in (np.uint8, np.float32), self.x.dtype
        assert self.x.ndim >= 2, self.x.shape
        assert self.y.dtype == np.int64, self.y.dtype
        assert self.y.shape == self.x.shape[:1], (self.x.shape, self.y.shape)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, indices: Array) -> "Split":
        """The samples at these positions, in this order."""
        return Split(self.x[indices], self.y[indices])


@dataclass(frozen=True, eq=False)
class Parts:
    """What a reader finds: the splits that the format itself has, other than ``train`` or None.

    Attributes:
        groups: The group of each training sample, ``[N]``: a group is held out as a whole.
        varied: Changed copies of the training samples, ``[copies * N, ...]``, copy by copy; they
            join their original in training, and are dropped when it is held out.
    """

    kind: Kind
    classes: tuple[str, ...]
    train: Split
    validation: Split | None = None
    test: Split | None = None
    features: Features | None = None
    rate_hz: int | None = None
    noise: Array | None = None
    groups: Array | None = None
    varied: Array | None = None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """A data set with the statistics that turn raw samples into what a network sees.

    The network sees ``(x - mean) / std`` in float32. ``mean`` and ``std`` come from the training
    samples alone: one value per channel for images and motion, per coefficient for audio features,
    per column for tables.

    Attributes:
        name: Short name, for example of the file that it was read from.
        format: The format that was recognised, a key of ``FORMATS``.
        classes: Class names; labels are positions in it.
        mean: float32 ``[C]``, or ``[coefficients, 1]`` of audio features.
        std: As ``mean``; 1 where a channel never changes.
        features: How the samples of an audio set were computed from sound; None for others.
        rate_hz: Sampling rate of an audio set.
        noise: Background noise that came with an audio set, float32 ``[samples]``.
        details: What was decided while reading, as (name, text), for people.
    """

    name: str
    format: str
    kind: Kind
    classes: tuple[str, ...]
    train: Split
    validation: Split | None
    test: Split
    mean: Array
    std: Array
    features: Features | None = None
    rate_hz: int | None = None
    noise: Array | None = None
    details: tuple[tuple[str, str], ...] = ()

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one sample, without the batch axis."""
        return tuple(self.train.x.shape[1:])

    def splits(self) -> dict[str, Split]:
        """The splits there are, by name."""
        named = {"train": self.train, "validation": self.validation, "test": self.test}
        return {name: split for name, split in named.items() if split is not None}

    def normalise(self, x: Array) -> Array:
        """Raw samples, or one, as the network sees them: float32 of the same shape."""
        shifted = np.subtract(x, self.mean, dtype=np.float32)
        return np.divide(shifted, self.std, out=shifted)

    def normalised(self, split: Split) -> Array:
        """All samples of a split as the network sees them: float32, channels last."""
        return self.normalise(split.x)

    def counts(self, split: Split) -> Array:
        """Samples of each class: int64 ``[classes]``."""
        return np.bincount(split.y, minlength=len(self.classes))

    def with_normalisation(self, mean: float | Array, std: float | Array) -> "Dataset":
        """The same data, seen through other constants: 0 and 255 give images from 0 to 1."""
        new_mean = np.asarray(mean, np.float32)
        new_std = np.asarray(std, np.float32)
        for name, value in (("mean", new_mean), ("std", new_std)):
            try:
                fits = np.broadcast_shapes(value.shape, self.sample_shape) == self.sample_shape
            except ValueError:
                fits = False
            if not fits:
                raise DataError(
                    self.name,
                    f"{name} has shape {list(value.shape)}, a sample has {list(self.sample_shape)}",
                    hint="give one number, or one for each channel (the last axis)",
                )
        if not (np.isfinite(new_mean).all() and np.isfinite(new_std).all() and (new_std > 0).all()):
            raise DataError(self.name, "mean and std must be finite, std greater than 0")
        return replace(self, mean=new_mean, std=new_std)

    def calibration(self, count: int, seed: int = 0) -> Array:
        """Training samples as the network sees them, ``[count, ...]``, every class equally often.

        Classes differ by at most one sample as long as each has enough; a set smaller than
        ``count`` gives all that it has.
        """
        if count < 1:
            raise DataError(self.name, f"{count} calibration samples, allowed: 1 or more")
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.train))
        labels = self.train.y[order]
        turn = np.empty(len(order), np.int64)  # the n-th sample of its class
        for label in range(len(self.classes)):
            mine = labels == label
            turn[mine] = np.arange(np.count_nonzero(mine))
        chosen = order[np.lexsort((rng.permutation(len(self.classes))[labels], turn))[:count]]
        return self.normalise(self.train.x[chosen])


def statistics(x: Array, kind: Kind) -> tuple[Array, Array]:
    """Mean and standard deviation, float32, of each channel, coefficient or column.

    That is the last axis; of audio features ``[N, frames, coefficients, 1]`` the last two.
    """
    kept = (2, 3) if kind == "audio" and x.ndim == 4 else (x.ndim - 1,)
    axes = tuple(axis for axis in range(x.ndim) if axis not in kept)
    shape = tuple(x.shape[axis] for axis in kept)
    if x.dtype == np.uint8 and len(kept) == 1:
        return _byte_statistics(x.reshape(-1, *shape))
    step = max(1, CHUNK_VALUES // max(1, x[0].size))
    count = x.size // int(np.prod(shape))
    total = np.zeros(shape)
    for start in range(0, len(x), step):
        total += x[start : start + step].sum(axis=axes, dtype=np.float64)
    mean = total / count
    squares = np.zeros(shape)  # of the distance to the mean: exact where values are far from 0
    for start in range(0, len(x), step):
        squares += np.square(x[start : start + step] - mean).sum(axis=axes)
    return _rounded(mean, np.sqrt(squares / count))


def _byte_statistics(values: Array) -> tuple[Array, Array]:
    """As ``statistics``, for bytes ``[N, C]``: exact, from how often each value occurs."""
    often = np.stack([np.bincount(column, minlength=256) for column in values.T])
    mean = often @ np.arange(256) / len(values)
    distance = np.square(np.arange(256) - mean[:, None])
    return _rounded(mean, np.sqrt((often * distance).sum(axis=1) / len(values)))


def _rounded(mean: Array, std: Array) -> tuple[Array, Array]:
    """In float32; what never changes is not divided by its spread."""
    constant = std <= 1e-6 * np.maximum(1, np.abs(mean))
    return mean.astype(np.float32), np.where(constant, 1, std).astype(np.float32)
