"""Audio features in numpy: log-mel spectrograms and MFCC, with every choice written down.

A waveform in [-1, 1] becomes frames of ``frame_ms``, ``hop_ms`` apart, none padded:
``frames = 1 + (samples - frame) // hop``. Each frame is multiplied by the periodic Hann window
``0.5 - 0.5 cos(2 pi n / frame)``, filled with zeros to the next power of two, and transformed:

    spectrum[t, k] = |DFT(window * frame_t)[k]|^2        (|...| with spectrum="magnitude")
    log_mel[t, m]  = ln(sum_k filter[m, k] * spectrum[t, k] + floor)
    mfcc[t, i]     = s_i * sum_m log_mel[t, m] * cos(pi i (2 m + 1) / (2 M)),
                     s_0 = sqrt(1 / M), s_i = sqrt(2 / M)               (DCT-II, orthonormal)

Source: Davis & Mermelstein 1980, "Comparison of parametric representations for monosyllabic word
recognition"; frame sizes and counts of MLPerf Tiny keyword spotting (30 / 20 ms, 40 mel, 10 MFCC).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from mote.errors import DataError
from mote.ir.tensor import Array

MelScale = Literal["htk", "slaney"]
Spectrum = Literal["power", "magnitude"]


@dataclass(frozen=True, kw_only=True)
class LogMel:
    """A log-mel spectrogram: float32 ``[N, frames, mels, 1]`` from waveforms ``[N, samples]``.

    Attributes:
        rate_hz: Sampling rate of the waveforms.
        frame_ms: Length of a frame.
        hop_ms: From the start of one frame to the start of the next.
        mels: Filters.
        low_hz: Lower edge of the first filter.
        high_hz: Upper edge of the last filter; at most half the rate.
        scale: ``htk``: mel = 2595 log10(1 + f / 700), filters of height 1 (as TensorFlow's).
            ``slaney``: linear below 1 kHz, logarithmic above, filters of area 1 (as librosa's).
        spectrum: ``power`` or ``magnitude`` (as TensorFlow's examples).
        floor: Added before the logarithm; keeps silence finite.
    """

    rate_hz: int = 16_000
    frame_ms: float = 30.0
    hop_ms: float = 20.0
    mels: int = 40
    low_hz: float = 20.0
    high_hz: float = 4_000.0
    scale: MelScale = "htk"
    spectrum: Spectrum = "power"
    floor: float = 1e-6

    def __post_init__(self) -> None:
        problems = self.problems()
        if problems:
            raise DataError(
                "audio features", "the settings cannot be", details=[f"{p}" for p in problems]
            )

    def problems(self) -> list[str]:
        """What is wrong with the settings, all at once."""
        half = self.rate_hz / 2
        checks = [
            (1_000 <= self.rate_hz <= 384_000, f"rate_hz {self.rate_hz}: 1,000 to 384,000"),
            (self.frame_ms > 0, f"frame_ms {self.frame_ms:g}: greater than 0"),
            (self.hop_ms > 0, f"hop_ms {self.hop_ms:g}: greater than 0"),
            (1 <= self.mels <= 512, f"mels {self.mels}: 1 to 512"),
            (
                0 <= self.low_hz < self.high_hz <= half,
                f"low_hz {self.low_hz:g}, high_hz {self.high_hz:g}: 0 to {half:g}, rising",
            ),
            (self.scale in ("htk", "slaney"), f"scale {self.scale!r}: htk, slaney"),
            (
                self.spectrum in ("power", "magnitude"),
                f"spectrum {self.spectrum!r}: power, magnitude",
            ),
            (self.floor > 0, f"floor {self.floor:g}: greater than 0"),
        ]
        found = [text for good, text in checks if not good]
        if found:
            return found
        if not 2 <= self.frame <= 1 << 16 or self.hop < 1:
            return [f"a frame of {self.frame} samples, {self.hop} apart: 2 to 65,536, at least 1"]
        empty = np.flatnonzero(~mel_filters(self).any(axis=1))
        if len(empty):
            steps = f"the FFT's steps of {self.rate_hz / self.fft:.1f} Hz"
            found = [f"{len(empty)} of {self.mels} mel filters fall between {steps}: fewer mels"]
        return found

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        return round(self.rate_hz * self.frame_ms / 1000)

    @property
    def hop(self) -> int:
        """Samples from frame to frame."""
        return round(self.rate_hz * self.hop_ms / 1000)

    @property
    def fft(self) -> int:
        """Length of the transform: the power of two that holds a frame."""
        return int(1 << (self.frame - 1).bit_length())

    @property
    def coefficients(self) -> int:
        """Values per frame."""
        return self.mels

    def frames(self, samples: int) -> int:
        """Frames in a waveform of so many samples."""
        return max(0, 1 + (samples - self.frame) // self.hop)


@dataclass(frozen=True, kw_only=True)
class Mfcc(LogMel):
    """Mel-frequency cepstral coefficients: float32 ``[N, frames, kept, 1]``.

    Attributes:
        kept: The first coefficients of each frame, at most ``mels``.
    """

    kept: int = 10

    def problems(self) -> list[str]:
        """What is wrong with the settings, all at once."""
        found = super().problems()
        if not 1 <= self.kept <= self.mels:
            found.append(f"kept {self.kept}: 1 to {self.mels}, the number of mels")
        return found

    @property
    def coefficients(self) -> int:
        """Values per frame."""
        return self.kept


Features = LogMel | Mfcc


def features(waveforms: Array, settings: Features) -> Array:
    """Features ``[N, frames, coefficients, 1]``, float32, of waveforms ``[N, samples]``."""
    if settings.frames(waveforms.shape[-1]) < 1:
        raise DataError(
            "audio features",
            f"a waveform of {waveforms.shape[-1]} samples is shorter than a frame of "
            f"{settings.frame}",
        )
    values = log_mel(waveforms, settings)
    if isinstance(settings, Mfcc):
        values = values @ dct_matrix(settings.kept, settings.mels).T
    return values.astype(np.float32)[..., None]


def log_mel(waveforms: Array, settings: LogMel) -> Array:
    """Log-mel values, float64 ``[N, frames, mels]``."""
    spectrum = np.abs(np.fft.rfft(framed(waveforms, settings) * hann(settings.frame), settings.fft))
    if settings.spectrum == "power":
        spectrum = spectrum**2
    return np.log(spectrum @ mel_filters(settings).T + settings.floor)


def framed(waveforms: Array, settings: LogMel) -> Array:
    """Overlapping frames, a view: ``[N, frames, frame]``."""
    windows = np.lib.stride_tricks.sliding_window_view(waveforms, settings.frame, axis=-1)
    return windows[..., :: settings.hop, :]


@lru_cache(maxsize=16)
def hann(length: int) -> Array:
    """The periodic Hann window ``0.5 - 0.5 cos(2 pi n / length)``."""
    window: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return window


@lru_cache(maxsize=16)
def mel_filters(settings: LogMel) -> Array:
    """Triangular filters, float64 ``[mels, fft / 2 + 1]``.

    ``mels + 2`` edges stand at equal distances on the mel scale. HTK's triangles are straight on
    the mel axis and have height 1; Slaney's are straight in Hz and have area 1.
    """
    frequency = np.arange(settings.fft // 2 + 1) * (settings.rate_hz / settings.fft)
    to_mel = hz_to_mel if settings.scale == "htk" else hz_to_slaney
    low, high = to_mel(np.array([settings.low_hz, settings.high_hz]))
    edges = np.linspace(low, high, settings.mels + 2)
    axis = to_mel(frequency)
    if settings.scale == "slaney":
        edges, axis = slaney_to_hz(edges), frequency
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising = (axis - left) / (centre - left)
    falling = (right - axis) / (right - centre)
    filters: Array = np.maximum(0, np.minimum(rising, falling))
    if settings.scale == "htk":
        filters[:, 0] = 0  # as in TensorFlow: a constant offset of the signal is no sound
    else:
        filters *= 2 / (right - left)
    return filters


@lru_cache(maxsize=16)
def dct_matrix(kept: int, mels: int) -> Array:
    """The first rows of the orthonormal DCT-II, float64 ``[kept, mels]``."""
    row = np.arange(kept)[:, None]
    matrix: Array = np.cos(np.pi * row * (2 * np.arange(mels) + 1) / (2 * mels)) * np.sqrt(2 / mels)
    matrix[0] = np.sqrt(1 / mels)
    return matrix


def hz_to_mel(frequency: Array) -> Array:
    """O'Shaughnessy's formula, as in HTK: 2595 log10(1 + f / 700)."""
    mel: Array = 2595 * np.log10(1 + frequency / 700)
    return mel


def hz_to_slaney(frequency: Array) -> Array:
    """Slaney's Auditory Toolbox (1998): 3 f / 200 up to 1 kHz, then 27 steps per factor of 6.4."""
    above = 15 + 27 * np.log(np.maximum(frequency, 1000) / 1000) / np.log(6.4)
    return np.where(frequency < 1000, frequency * 3 / 200, above)


def slaney_to_hz(mel: Array) -> Array:
    """The inverse of ``hz_to_slaney``."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((np.maximum(mel, 15) - 15) / 27))
