"""Audio features against slow definitions and published values, and sounds through files."""

import struct

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from data_files import tone, wav_bytes
from mote.data.features import (
    LogMel,
    Mfcc,
    dct_matrix,
    features,
    hann,
    hz_to_mel,
    hz_to_slaney,
    mel_filters,
    slaney_to_hz,
)
from mote.data.wav import decode_wav, fitted, resampled
from mote.ir.tensor import Array


def slow_log_mel(waveform: Array, settings: LogMel) -> Array:
    """The formula of the module, written out: no FFT, no matrices."""
    frame, hop, size = settings.frame, settings.hop, settings.fft
    rows = []
    for start in range(0, len(waveform) - frame + 1, hop):
        padded = np.zeros(size)
        for n in range(frame):
            padded[n] = waveform[start + n] * (0.5 - 0.5 * np.cos(2 * np.pi * n / frame))
        k, n = np.arange(size // 2 + 1)[:, None], np.arange(size)
        spectrum = np.abs((padded * np.exp(-2j * np.pi * k * n / size)).sum(axis=1))
        if settings.spectrum == "power":
            spectrum = spectrum**2
        rows.append(np.log(mel_filters(settings) @ spectrum + settings.floor))
    return np.array(rows)


@pytest.mark.parametrize("spectrum", ["power", "magnitude"])
@pytest.mark.parametrize("scale", ["htk", "slaney"])
def test_log_mel_is_what_its_formula_says(scale: str, spectrum: str) -> None:
    settings = LogMel(rate_hz=8000, mels=20, scale=scale, spectrum=spectrum)  # type: ignore[arg-type]
    waveform = np.random.default_rng(0).normal(size=1200) / 10
    made = features(waveform[None], settings)
    assert made.dtype == np.float32
    assert_allclose(made[0, :, :, 0], slow_log_mel(waveform, settings), rtol=1e-5, atol=1e-5)


def test_mfcc_is_the_orthonormal_cosine_transform_of_log_mel() -> None:
    fft = pytest.importorskip("scipy.fft")
    waveforms = np.random.default_rng(0).normal(size=(3, 16000)) / 10
    log_mel = features(waveforms, LogMel())[..., 0]
    mfcc = features(waveforms, Mfcc(kept=13))[..., 0]
    assert mfcc.shape == (3, 49, 13)
    assert_allclose(mfcc, fft.dct(log_mel, norm="ortho")[..., :13], rtol=1e-4, atol=1e-4)


def test_rows_of_the_cosine_transform_are_orthonormal() -> None:
    assert_allclose(dct_matrix(40, 40) @ dct_matrix(40, 40).T, np.eye(40), atol=1e-12)


def test_mlperf_keyword_spotting_gets_its_shape() -> None:
    assert features(np.zeros((2, 16000)), Mfcc()).shape == (2, 49, 10, 1)
    assert (Mfcc().frame, Mfcc().hop, Mfcc().fft) == (480, 320, 512)


def test_silence_is_finite() -> None:
    assert_allclose(features(np.zeros((1, 16000)), LogMel()), np.log(1e-6), rtol=1e-6)


def test_the_hann_window_is_periodic() -> None:
    assert_allclose(hann(8), np.sin(np.pi * np.arange(8) / 8) ** 2, atol=1e-12)


def test_a_thousand_hertz_are_a_thousand_mel_of_htk() -> None:
    assert hz_to_mel(np.array(1000.0)) == pytest.approx(1000, abs=0.02)


def test_slaneys_scale_has_its_published_values() -> None:
    """The table in the documentation of librosa.mel_frequencies(n_mels=40)."""
    frequencies = slaney_to_hz(np.linspace(0, hz_to_slaney(np.array(11025.0)), 40))
    assert_allclose(frequencies[:4], [0, 85.317, 170.635, 255.952], atol=1e-3)
    assert_allclose(frequencies[12:14], [1024.856, 1119.114], atol=1e-3)
    assert_allclose(frequencies[-2:], [10096.408, 11025], atol=1e-3)
    assert_allclose(hz_to_slaney(frequencies), np.linspace(0, hz_to_slaney(np.array(11025.0)), 40))


def test_filters_stand_where_they_should() -> None:
    htk = mel_filters(LogMel())
    assert htk.shape == (40, 257)
    assert htk.max() <= 1
    assert not htk[:, 0].any()
    peaks = htk.argmax(axis=1)
    assert (np.diff(peaks) >= 0).all()
    assert not htk[:, 129:].any(), "nothing above 4 kHz"
    slaney = mel_filters(LogMel(scale="slaney"))
    area = slaney.sum(axis=1) * 16000 / 512
    assert_allclose(area[20:], 1, atol=0.05)


def test_a_tone_is_loudest_in_its_own_band() -> None:
    settings = LogMel(rate_hz=8000)
    for hz in (300, 1000, 3000):
        made = features(tone(hz, seconds=1)[None] / 32768, settings)[0, :, :, 0]
        filters = mel_filters(settings)
        band = filters[:, round(hz / 8000 * settings.fft)].argmax()
        assert (np.abs(made.argmax(axis=1) - band) <= 1).all()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_every_sample_of_a_wav_file_comes_back(width: int) -> None:
    top = 2 ** (8 * width - 1)
    samples = np.array([0, 1, -1, top - 1, -top, top // 2])
    made, rate = decode_wav(wav_bytes(samples, 16000, width=width))
    assert rate == 16000
    assert made.dtype == np.float32
    assert_array_equal(made, (samples / top).astype(np.float32))


def test_channels_are_averaged() -> None:
    samples = np.array([[100, 300], [-50, 50], [32767, 32767]])
    made, _ = decode_wav(wav_bytes(samples.ravel(), channels=2))
    assert_array_equal(made, np.float32(samples.mean(axis=1) / 32768))


def riff(form: bytes, data: bytes, *, between: bytes = b"", size: int | None = None) -> bytes:
    size = len(data) if size is None else size
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + between
    return b"RIFF\0\0\0\0WAVE" + chunks + b"data" + struct.pack("<I", size) + data


def test_floats_the_extensible_form_and_other_chunks_are_read() -> None:
    values = np.array([0.25, -0.5, 3.0], "<f4")
    plain = struct.pack("<HHIIHH", 3, 1, 8000, 32000, 4, 32)
    made, _ = decode_wav(riff(plain, values.tobytes()))
    assert_array_equal(made, [0.25, -0.5, 1])
    long = struct.pack("<HHIIHHHHIH", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4, 1) + bytes(14)
    note = b"LIST" + struct.pack("<I", 3) + b"abc\0"  # an odd size is filled up
    made, _ = decode_wav(riff(long, struct.pack("<hh", 16384, -16384), between=note))
    assert_array_equal(made, [0.5, -0.5])
    streamed = riff(long, struct.pack("<hh", 16384, 0), size=0xFFFFFFFF)
    assert_array_equal(decode_wav(streamed)[0], [0.5, 0])


@pytest.mark.parametrize(
    ("rate", "wanted"), [(8000, 16000), (16000, 8000), (44100, 16000), (48000, 16000), (7919, 8009)]
)
def test_a_tone_keeps_its_pitch_and_height_at_another_rate(rate: int, wanted: int) -> None:
    seconds = 0.5
    hz = 1000
    samples = (tone(hz, rate_hz=rate, seconds=seconds) / 32768).astype(np.float32)
    made = resampled(samples, rate, wanted)
    assert made.dtype == np.float32
    assert len(made) == -(-len(samples) * wanted // rate)
    expected = 8000 / 32768 * np.sin(2 * np.pi * hz * np.arange(len(made)) / wanted)
    inner = slice(len(made) // 8, -len(made) // 8)
    assert np.abs(made - expected)[inner].max() < 1e-4


def test_what_a_lower_rate_cannot_hold_is_removed() -> None:
    samples = (tone(6000, rate_hz=16000, seconds=0.5) / 32768).astype(np.float32)
    made = resampled(samples, 16000, 8000)
    assert np.abs(made[500:-500]).max() < 1e-4


def test_sounds_are_cut_and_filled_in_the_middle() -> None:
    assert_array_equal(fitted(np.arange(7.0), 3), [2, 3, 4])
    assert_array_equal(fitted(np.arange(1.0, 3), 5), [0, 1, 2, 0, 0])
    assert_array_equal(fitted(np.arange(4.0), 4), np.arange(4))
