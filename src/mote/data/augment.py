"""Random changes of a training batch in PyTorch, on the device where the batch is.

Every function takes raw samples, channels last, as ``Split.x`` holds them, and a numpy generator:
numbers are drawn on the CPU, so a seed gives the same changes on every device.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from mote.data.augmentation import (
    Augmentation,
    FeatureAugmentation,
    ImageAugmentation,
    MotionAugmentation,
    WaveformAugmentation,
    usual_augmentation,
)
from mote.data.dataset import Dataset
from mote.data.waveforms import varied
from mote.errors import DataError
from mote.ir.tensor import Array

Augment = Callable[[Tensor, np.random.Generator], Tensor]
"""From a raw batch to a changed one of the same shape; float32 where the changes need it."""


def augmentation(dataset: Dataset, settings: Augmentation | None = None) -> Augment | None:
    """The changes for this data set; the usual ones unless others are given."""
    settings = settings or usual_augmentation(dataset)
    mean, std = torch.from_numpy(dataset.mean), torch.from_numpy(dataset.std)
    match settings:
        case None:
            return None
        case ImageAugmentation() if dataset.kind == "image":
            return lambda x, generator: changed_images(x, settings, mean, generator)
        case FeatureAugmentation() if dataset.kind == "audio" and dataset.features:
            return lambda x, generator: changed_features(x, settings, mean, generator)
        case WaveformAugmentation() if dataset.kind == "audio" and not dataset.features:
            return lambda x, generator: changed_waveforms(x, settings, dataset, generator)
        case MotionAugmentation() if dataset.kind == "motion":
            _check_rotation(settings, dataset)
            return lambda x, generator: changed_motion(x, settings, std, generator)
    usual = type(usual_augmentation(dataset)).__name__
    raise DataError(
        dataset.name,
        f"{type(settings).__name__} is not for this set (kind {dataset.kind}); allowed: {usual}",
    )


def changed_images(
    x: Tensor, settings: ImageAugmentation, mean: Tensor, generator: np.random.Generator
) -> Tensor:
    """Images ``[N, H, W, C]``, moved, mirrored, cut out, and with other colours."""
    count, height, width, _ = x.shape
    if settings.shift_pixels or settings.flip:
        rows = _moved(height, count, settings.shift_pixels, generator)
        columns = _moved(width, count, settings.shift_pixels, generator)
        if settings.flip:
            mirrored = generator.random(count) < 0.5
            columns = np.where(mirrored[:, None], width - 1 - columns, columns)
        rows, columns = _reflected(rows, height), _reflected(columns, width)
        image = torch.arange(count, device=x.device)[:, None, None]
        x = x[image, _on(x, rows)[:, :, None], _on(x, columns)[:, None, :]]
    x = _coloured(x, settings, generator)
    if settings.cutout_pixels:
        down = _band(height, count, settings.cutout_pixels, generator)
        across = _band(width, count, settings.cutout_pixels, generator)
        hidden = _on(x, down)[:, :, None, None] & _on(x, across)[:, None, :, None]
        x = torch.where(hidden, mean.to(x.device), x.float())
    return x


def changed_features(
    x: Tensor, settings: FeatureAugmentation, mean: Tensor, generator: np.random.Generator
) -> Tensor:
    """Audio features ``[N, frames, coefficients, 1]``, moved in time, with masked stretches."""
    count, frames, coefficients, _ = x.shape
    x = _shifted(x, settings.shift_frames, generator)
    hidden = np.zeros((count, frames, coefficients), bool)
    for _ in range(settings.time_masks):
        hidden |= _stretch(frames, count, settings.time_mask_frames, generator)[:, :, None]
    for _ in range(settings.frequency_masks):
        width = settings.frequency_mask_coefficients
        hidden |= _stretch(coefficients, count, width, generator)[:, None, :]
    return torch.where(_on(x, hidden)[..., None], mean.to(x.device), x)


def changed_waveforms(
    x: Tensor, settings: WaveformAugmentation, dataset: Dataset, generator: np.random.Generator
) -> Tensor:
    """Sounds ``[N, samples, 1]``, moved in time, louder or softer, amid noise."""
    assert dataset.rate_hz is not None, dataset.kind
    sounds = x.squeeze(-1).cpu().numpy()
    made = varied(sounds, dataset.rate_hz, settings, dataset.noise, generator)
    return torch.from_numpy(made).to(x.device)[..., None]


def changed_motion(
    x: Tensor, settings: MotionAugmentation, std: Tensor, generator: np.random.Generator
) -> Tensor:
    """Motion ``[N, rows, channels]``, moved in time, turned, scaled, and with noise."""
    count, _, channels = x.shape
    x = _shifted(x, settings.shift_rows, generator)
    if settings.rotation_degrees:
        turns = _on(x, _rotations(count, settings.rotation_degrees, generator))
        threes = x.reshape(count, -1, channels // 3, 3)
        x = torch.einsum("nij,ntkj->ntki", turns, threes).reshape(x.shape)
    if settings.scale:
        x = x * _factor(x, settings.scale, generator)
    if settings.jitter:
        noise = generator.standard_normal(tuple(x.shape), np.float32)
        x = x + _on(x, noise) * (settings.jitter * std.to(x.device))
    return x


def _coloured(x: Tensor, settings: ImageAugmentation, generator: np.random.Generator) -> Tensor:
    """Brightness, contrast and saturation; values stay in the range of the batch's type."""
    if not (settings.brightness or settings.contrast or settings.saturation):
        return x
    made = x.float()
    if settings.brightness:
        made = made * _factor(x, settings.brightness, generator)
    if settings.contrast:
        centre = made.mean(dim=(1, 2, 3), keepdim=True)
        made = centre + (made - centre) * _factor(x, settings.contrast, generator)
    if settings.saturation:
        grey = made.mean(dim=3, keepdim=True)
        made = grey + (made - grey) * _factor(x, settings.saturation, generator)
    if x.dtype == torch.uint8:
        made = made.clamp(0, 255)
    return made


def _on(x: Tensor, values: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(x.device)


def _factor(x: Tensor, spread: float, generator: np.random.Generator) -> Tensor:
    """One factor around 1 for each sample, ready to be multiplied with the batch."""
    shape = (len(x), *[1] * (x.ndim - 1))
    return _on(x, generator.uniform(1 - spread, 1 + spread, shape).astype(np.float32))


def _moved(length: int, count: int, reach: int, generator: np.random.Generator) -> Array:
    """Positions ``[count, length]``, each row moved as a whole."""
    offsets: Array = generator.integers(-reach, reach + 1, (count, 1))
    return offsets + np.arange(length)


def _reflected(positions: Array, length: int) -> Array:
    """Positions outside mirror those inside, without repeating the edge."""
    period = max(1, 2 * (length - 1))
    folded = np.abs(positions) % period
    return np.minimum(folded, period - folded) if length > 1 else np.zeros_like(positions)


def _shifted(x: Tensor, reach: int, generator: np.random.Generator) -> Tensor:
    """Samples ``[N, T, ...]`` moved along T; the edge fills what is missing."""
    if not reach:
        return x
    positions = _moved(x.shape[1], len(x), reach, generator).clip(0, x.shape[1] - 1)
    return x[torch.arange(len(x), device=x.device)[:, None], _on(x, positions)]


def _band(length: int, count: int, width: int, generator: np.random.Generator) -> Array:
    """A band of ``width`` around a random centre, cut at the edges: bool ``[count, length]``."""
    start = generator.integers(0, length, (count, 1)) - width // 2
    position = np.arange(length)
    return (position >= start) & (position < start + width)


def _stretch(length: int, count: int, longest: int, generator: np.random.Generator) -> Array:
    """A stretch of random width up to ``longest``, all of it inside: bool ``[count, length]``."""
    width = generator.integers(0, min(longest, length) + 1, (count, 1))
    start = generator.integers(0, length - width + 1)
    position = np.arange(length)
    return (position >= start) & (position < start + width)


def _rotations(count: int, degrees: float, generator: np.random.Generator) -> Array:
    """Rotations about random axes, float32 ``[count, 3, 3]`` (Rodrigues' formula)."""
    axis = generator.standard_normal((count, 3))
    axis /= np.linalg.norm(axis, axis=1, keepdims=True)
    angle = np.deg2rad(generator.uniform(-degrees, degrees, (count, 1, 1)))
    cross = np.zeros((count, 3, 3))
    for row, column, part, sign in ((0, 1, 2, -1), (0, 2, 1, 1), (1, 2, 0, -1)):
        cross[:, row, column] = sign * axis[:, part]
        cross[:, column, row] = -sign * axis[:, part]
    turns = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    made: Array = turns.astype(np.float32)
    return made


def _check_rotation(settings: MotionAugmentation, dataset: Dataset) -> None:
    channels = dataset.sample_shape[-1]
    if settings.rotation_degrees and channels % 3:
        raise DataError(
            dataset.name,
            f"has {channels} channels; a rotation needs threes: x, y, z",
            hint="rotation_degrees=0",
        )
