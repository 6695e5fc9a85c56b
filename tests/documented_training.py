"""What the documents' training commands need, small enough for a test: data sets and a run."""

import re
from pathlib import Path

import numpy as np

from data_files import IDX_STEMS, idx_bytes, tone, wav_bytes, write_images, zipped
from mote.cli import main

FIRST_RUN = "--model resnet8 --data digits --epochs 1 --threads 1 -o runs/digits"


def prepare(command: tuple[str, ...]) -> tuple[str, ...]:
    """Make what a documented `mote train` speaks of; the same command for one epoch, one thread."""
    for word in command:
        if word in MAKERS:
            MAKERS[word](Path(word))
    if any(word.startswith("runs/digits") for word in command) and "--data" not in command:
        assert main(["train", *FIRST_RUN.split()]) == 0
    shorter = re.sub(r"--epochs\0\d+", "--epochs\0" + "1", "\0".join(command))
    return (*shorter.split("\0"), "--threads", "1")


def _mnist(folder: Path) -> None:
    folder.mkdir()
    for split, count in (("train", 40), ("test", 20)):
        images, labels = IDX_STEMS[split]
        pixels = np.random.default_rng(count).integers(0, 256, (count, 28, 28))
        (folder / images).write_bytes(idx_bytes(pixels))
        (folder / labels).write_bytes(idx_bytes(np.arange(count) % 10))


def _spoken_digits(archive: Path) -> None:
    folder = Path("made")
    folder.mkdir()
    for digit in range(10):
        for index in (0, 5, 6, 7):
            sound = wav_bytes(tone(200 + 100 * digit + index))
            (folder / f"{digit}_ada_{index}.wav").write_bytes(sound)
    zipped(folder, archive)


def _pictures(archive: Path) -> None:
    folder = Path("made")
    for split in ("train", "test"):
        write_images(folder / split, [f"class{i}" for i in range(10)], each=3, size=32)
    zipped(folder, archive)


MAKERS = {
    "mnist/": _mnist,
    "recordings.zip": _spoken_digits,
    "cifar10-images.zip": _pictures,
}
"""Name in the documents -> what writes a small stand-in."""
