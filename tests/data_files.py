"""Writes small data sets of every format, for tests."""

import gzip
import io
import pickle
import struct
import wave
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mote.ir.tensor import Array

IDX_STEMS = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def idx_bytes(array: Array) -> bytes:
    """An idx file of unsigned bytes."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, *, compressed: bool = False, classes: int = 3) -> dict[str, Array]:
    """Four idx files of 4x5 images; gives the images by split."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    made = {}
    for split, count in (("train", 30), ("test", 12)):
        made[split] = rng.integers(0, 256, (count, 4, 5), np.uint8)
        for stem, array in zip(
            IDX_STEMS[split], (made[split], np.arange(count) % classes), strict=True
        ):
            data = idx_bytes(array)
            name = f"{stem}.gz" if compressed else stem
            (folder / name).write_bytes(gzip.compress(data) if compressed else data)
    return made


def wav_bytes(samples: Array, rate_hz: int = 8000, *, width: int = 2, channels: int = 1) -> bytes:
    """A PCM file; samples are integers of the width's range, channels interleaved."""
    if width == 1:
        raw = (np.asarray(samples) + 128).astype(np.uint8).tobytes()
    else:
        wide = np.asarray(samples).astype("<i4").view(np.uint8).reshape(-1, 4)
        raw = wide[:, :width].tobytes()
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate_hz)
        file.writeframes(raw)
    return stream.getvalue()


def tone(hz: float, *, rate_hz: int = 8000, seconds: float = 0.3, amplitude: float = 8000) -> Array:
    """A sine as 16-bit integers."""
    return np.round(
        amplitude * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)
    )


def write_sounds(folder: Path, words: Iterable[str], *, each: int = 6, rate_hz: int = 8000) -> None:
    """A folder of tones for every word."""
    for number, word in enumerate(words):
        (folder / word).mkdir(parents=True, exist_ok=True)
        for index in range(each):
            data = wav_bytes(tone(200 * (number + 1) + 3 * index, rate_hz=rate_hz), rate_hz)
            (folder / word / f"{index}.wav").write_bytes(data)


def cifar_batch(seed: int, count: int = 20) -> tuple[Array, list[int]]:
    """Images ``[count, 3072]`` and labels, every class among them."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, 3072), np.uint8), [i % 10 for i in range(count)]


def write_cifar_python(folder: Path, protocol: int = 2) -> list[tuple[Array, list[int]]]:
    """Six pickled batches, as the authors' archive has them."""
    folder.mkdir(parents=True, exist_ok=True)
    batches = [cifar_batch(seed) for seed in range(6)]
    names = [f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]
    for name, (images, labels) in zip(names, batches, strict=True):
        content = {b"batch_label": b"", b"labels": labels, b"data": images, b"filenames": [b"a"]}
        (folder / name).write_bytes(pickle.dumps(content, protocol))
    return batches


def write_cifar_binary(folder: Path) -> list[tuple[Array, list[int]]]:
    """Six binary batches."""
    folder.mkdir(parents=True, exist_ok=True)
    batches = [cifar_batch(seed) for seed in range(6)]
    names = [f"data_batch_{n}.bin" for n in range(1, 6)] + ["test_batch.bin"]
    for name, (images, labels) in zip(names, batches, strict=True):
        records = np.concatenate([np.array(labels, np.uint8)[:, None], images], axis=1)
        (folder / name).write_bytes(records.tobytes())
    return batches


def image_bytes(pixels: Array, form: str = "PNG") -> bytes:
    """An image file."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, form)
    return stream.getvalue()


def write_images(
    folder: Path, classes: Iterable[str] = ("cat", "dog"), *, each: int = 5, size: int = 8
) -> None:
    """A folder of PNG files for every class, each class of one colour."""
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for index in range(each):
            pixels = np.full((size, size, 3), (40 * number, index, 200), np.uint8)
            (folder / name / f"{index}.png").write_bytes(image_bytes(pixels))


def zipped(folder: Path, target: Path) -> Path:
    """A zip archive of a folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return target


def csv_text(rows: Array, header: str | None = "aX,aY,aZ") -> str:
    """Rows of numbers as text."""
    lines = [] if header is None else [header]
    return "\n".join([*lines, *(",".join(f"{v:.6g}" for v in row) for row in rows)]) + "\n"
