"""Random changes of sounds, as a microphone would meet them: earlier, softer, in a noisy room."""

import numpy as np

from mote.data.augmentation import WaveformAugmentation
from mote.ir.tensor import Array

QUIET = 1e-4
"""Root mean square below which a sound is silence, and noise is not set against it."""


def varied(
    sounds: Array,
    rate_hz: int,
    settings: WaveformAugmentation,
    noise: Array | None,
    generator: np.random.Generator,
) -> Array:
    """Sounds ``[N, samples]`` in [-1, 1], each changed by itself: float32 of the same shape.

    Args:
        noise: Background to cut pieces from, ``[samples]`` at the same rate; None for none.
    """
    count, length = sounds.shape
    reach = round(settings.shift_ms * rate_hz / 1000)
    position = np.arange(length) + generator.integers(-reach, reach + 1, (count, 1))
    inside = (position >= 0) & (position < length)
    made = np.where(inside, np.take_along_axis(sounds, position.clip(0, length - 1), 1), 0)
    if noise is not None and len(noise) and settings.noise:
        pieces = excerpts(noise, count, length, generator)
        below_db = generator.uniform(*settings.noise_db, (count, 1))
        loud, noise_loud = _level(made), _level(pieces)
        scale = loud / np.maximum(noise_loud, QUIET) * 10 ** (-below_db / 20)
        chosen = (generator.random((count, 1)) < settings.noise) & (loud > QUIET)
        made = made + pieces * np.where(chosen, scale, 0)
    gain = 10 ** (generator.uniform(-settings.gain_db, settings.gain_db, (count, 1)) / 20)
    return np.clip(made * gain, -1, 1).astype(np.float32)


def excerpts(noise: Array, count: int, length: int, generator: np.random.Generator) -> Array:
    """Random pieces ``[count, length]`` of a long sound, repeated when it is shorter."""
    if len(noise) < length:
        noise = np.resize(noise, length)
    starts = generator.integers(0, len(noise) - length + 1, count)
    return np.lib.stride_tricks.sliding_window_view(noise, length)[starts]


def _level(sounds: Array) -> Array:
    """Root mean square of each sound: ``[N, 1]``."""
    level: Array = np.sqrt(np.mean(np.square(sounds), axis=1, keepdims=True))
    return level
