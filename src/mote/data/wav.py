"""Sound files: RIFF/WAVE bytes to one channel of float32 in [-1, 1), at the rate that is wanted."""

import math
import struct
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from mote.data.problems import BadFileError
from mote.ir.tensor import Array

PCM, IEEE_FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
CODECS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "ADPCM", 0x55: "MP3"}

STREAMED = 0xFFFFFFFF
"""Size of a data chunk whose writer could not go back: it goes to the end of the file."""

ZERO_CROSSINGS = 16
"""Of the resampling filter's sinc, on each side."""

ROLL_OFF = 0.945
"""Pass band of the resampling filter, of half the lower rate."""

MAX_TABLE = 2048
"""Phases of a filter that is computed once; rates with no common divisor have more."""

KAISER_BETA = 9.0
"""About 90 dB of stop band (Kaiser 1974), below the noise of 16-bit sound."""


@dataclass(frozen=True)
class Format:
    """The contents of a ``fmt`` chunk that matter."""

    codec: int
    channels: int
    rate_hz: int
    bits: int


def decode_wav(data: bytes) -> tuple[Array, int]:
    """Samples ``[samples]``, channels averaged, and the rate in Hz.

    PCM of 8, 16, 24 and 32 bits and 32-bit float are read. A data chunk that claims more than the
    file holds, as recorders that were switched off leave it, is damage.
    """
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        kind = "is a RIFX file" if data[:4] == b"RIFX" else "is not a RIFF/WAVE file"
        raise BadFileError(kind)
    form: Format | None = None
    place = 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + size]
        if name == b"fmt ":
            form = _format(body)
        elif name == b"data":
            if form is None:
                raise BadFileError("has its sound before its format")
            if len(body) < size != STREAMED:
                raise BadFileError(f"is cut short: {len(body):,} of {size:,} bytes of sound")
            return _samples(body, form), form.rate_hz
        place += 8 + size + size % 2
    raise BadFileError("holds no sound (no data chunk)")


def _format(body: bytes) -> Format:
    if len(body) < 16:
        raise BadFileError("has a format chunk that is too short")
    codec, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if codec == EXTENSIBLE and len(body) >= 26:
        (codec,) = struct.unpack_from("<H", body, 24)
    if codec not in (PCM, IEEE_FLOAT):
        named = CODECS.get(codec, f"codec {codec}")
        raise BadFileError(f"is compressed ({named}); allowed: PCM")
    allowed = (8, 16, 24, 32) if codec == PCM else (32,)
    if bits not in allowed:
        raise BadFileError(f"has {bits} bits per sample; allowed: {', '.join(map(str, allowed))}")
    if not 1 <= channels <= 64 or not 1_000 <= rate <= 384_000:
        raise BadFileError(f"claims {channels} channels at {rate} Hz")
    return Format(codec, channels, rate, bits)


def _samples(body: bytes, form: Format) -> Array:
    width = form.bits // 8
    count = len(body) // (width * form.channels)
    raw = np.frombuffer(body, np.uint8, count * width * form.channels)
    values: Array
    if form.codec == IEEE_FLOAT:
        values = raw.view("<f4").astype(np.float32)
        if not np.isfinite(values).all():
            raise BadFileError("holds NaN or infinity")
        values = np.clip(values, -1, 1)
    elif width == 1:  # the one width without a sign
        values = (raw.astype(np.float32) - 128) / 128
    elif width == 3:
        wide = np.zeros((len(raw) // 3, 4), np.uint8)
        wide[:, 1:] = raw.reshape(-1, 3)
        values = (wide.view("<i4")[:, 0] / 2.0**31).astype(np.float32)
    else:
        integers = raw.view(f"<i{width}")
        values = (integers / 2.0 ** (form.bits - 1)).astype(np.float32)
    if form.channels == 1:
        return values
    mono: Array = values.reshape(-1, form.channels).mean(axis=1, dtype=np.float32)
    return mono


def resampled(samples: Array, rate_hz: int, wanted_hz: int) -> Array:
    """Samples ``[n]`` at another rate: float32 ``[ceil(n * wanted / rate)]``.

    Band-limited interpolation with a Kaiser-windowed sinc, one set of taps for each of the
    ``wanted / gcd`` phases (J. O. Smith, "Digital Audio Resampling", 2002).
    The ends are filled with silence.
    """
    if rate_hz == wanted_hz or not len(samples):
        return samples
    common = math.gcd(rate_hz, wanted_hz)
    up, down = wanted_hz // common, rate_hz // common
    reach = _reach(up, down)
    table = _all_taps(up, down) if up <= MAX_TABLE else None
    moments = np.arange(-(-len(samples) * up // down), dtype=np.int64) * down
    first, phase = moments // up, moments % up
    padded = np.pad(samples.astype(np.float64), reach)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach)
    made = np.empty(len(moments), np.float32)
    step = max(1, (1 << 20) // reach)
    for start in range(0, len(moments), step):
        part = slice(start, start + step)
        taps = _taps(phase[part], up, down) if table is None else table[phase[part]]
        made[part] = np.einsum("nt,nt->n", windows[first[part]], taps)
    return made


def _reach(up: int, down: int) -> int:
    """Taps on each side of a moment."""
    return math.ceil(ZERO_CROSSINGS / (ROLL_OFF * min(1.0, up / down)))


@lru_cache(maxsize=8)
def _all_taps(up: int, down: int) -> Array:
    return _taps(np.arange(up), up, down)


def _taps(phase: Array, up: int, down: int) -> Array:
    """The filter for moments ``phase / up`` after a sample, ``[moments, taps]``.

    Each row sums to 1, so that a constant stays one.
    """
    cutoff = ROLL_OFF * min(1.0, up / down)
    reach = _reach(up, down)
    distance = np.arange(-reach, reach)[None, :] - phase[:, None] / up
    inside = np.clip(1 - (distance / reach) ** 2, 0, None)
    taps: Array = np.sinc(cutoff * distance) * np.i0(KAISER_BETA * np.sqrt(inside))
    taps /= taps.sum(axis=1, keepdims=True)
    return taps


def fitted(samples: Array, length: int) -> Array:
    """Exactly ``length`` samples: the middle of a longer sound, a shorter one amid silence."""
    surplus = len(samples) - length
    if surplus >= 0:
        return samples[surplus // 2 : surplus // 2 + length]
    before = -surplus // 2
    return np.pad(samples, (before, -surplus - before))
