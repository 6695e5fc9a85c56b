"""Published data sets: their counts, their classes, and values that others have published."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mote.data import Dataset, LoadOptions, LogMel, SoundOptions, SplitOptions, load
from shared import shared_path

WHOLE = LoadOptions(split=SplitOptions(validation=0))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def counts(dataset: Dataset) -> dict[str, list[int]]:
    return {name: dataset.counts(split).tolist() for name, split in dataset.splits().items()}


def test_digits() -> None:
    pytest.importorskip("sklearn")
    dataset = load("digits")
    assert sum(len(split) for split in dataset.splits().values()) == 1797
    assert dataset.sample_shape == (8, 8, 1)
    assert (dataset.train.x.min(), dataset.train.x.max()) == (0, 1)


def test_mnist() -> None:
    dataset = load(shared_path("data/mnist"), options=WHOLE)
    assert dataset.train.x.shape == (60000, 28, 28, 1)
    assert dataset.test.x.shape == (10000, 28, 28, 1)
    assert dataset.train.y[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert dataset.test.y[:4].tolist() == [7, 2, 1, 0]
    assert counts(dataset)["test"] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # The constants of every PyTorch example: 0.1307 and 0.3081.
    assert_allclose(dataset.mean / 255, 0.1307, atol=5e-5)
    assert_allclose(dataset.std / 255, 0.3081, atol=5e-5)


def check_cifar(dataset: Dataset, tolerance: float) -> None:
    assert dataset.classes == (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )
    assert dataset.sample_shape == (32, 32, 3)
    # Of the pictures before they became JPEG.
    assert_allclose(dataset.mean / 255, [0.4914, 0.4822, 0.4465], atol=tolerance)
    assert_allclose(dataset.std / 255, [0.2470, 0.2435, 0.2616], atol=tolerance)


def test_some_of_cifar_10(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(shared_path("data/cifar10/cifar10-images.zip")) as every,
        zipfile.ZipFile(tmp_path / "some.zip", "w") as some,
    ):
        for name in every.namelist()[::40]:
            some.writestr(name, every.read(name))
    dataset = load(tmp_path / "some.zip", options=WHOLE)
    assert counts(dataset) == {"train": [125] * 10, "test": [25] * 10}
    check_cifar(dataset, 0.02)


@pytest.mark.slow
def test_all_of_cifar_10() -> None:
    source = shared_path("data/cifar10/cifar10-images.zip")
    dataset = load(source, options=WHOLE)
    assert counts(dataset) == {"train": [5000] * 10, "test": [1000] * 10}
    check_cifar(dataset, 0.003)
    again = load(source, options=WHOLE, progress=lambda *_: pytest.fail("decoded twice"))
    assert_array_equal(again.train.x, dataset.train.x)


def test_spoken_digits() -> None:
    dataset = load(shared_path("data/fsdd/recordings.zip"), options=WHOLE)
    assert dataset.format == "fsdd"
    assert counts(dataset) == {"train": [270] * 10, "test": [30] * 10}
    assert dataset.rate_hz == 8000
    assert dataset.sample_shape == (49, 10, 1)
    assert np.isfinite(dataset.train.x).all()


def test_spoken_digits_at_another_rate_sound_the_same(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(shared_path("data/fsdd/recordings.zip")) as every,
        zipfile.ZipFile(tmp_path / "some.zip", "w") as some,
    ):
        for name in every.namelist()[::25]:
            some.writestr(name, every.read(name))
    low = LoadOptions(sounds=SoundOptions(features=LogMel(rate_hz=8000, high_hz=3000)))
    high = LoadOptions(sounds=SoundOptions(features=LogMel(rate_hz=16000, high_hz=3000)))
    x, y = (load(tmp_path / "some.zip", options=o).train.x for o in (low, high))
    loud = x > -2
    assert loud.mean() > 0.05
    difference = (y - x)[loud]  # twice the samples in a frame: four times the power
    assert_allclose(np.median(difference), np.log(4), atol=0.05)


def test_magic_wand() -> None:
    dataset = load(shared_path("data/magic_wand"), options=WHOLE)
    assert dataset.sample_shape == (119, 6)
    assert counts(dataset) == {"train": [19, 18, 23, 19, 21], "test": [6, 7, 2, 6, 4]}
    assert dataset.classes[0] == "AlohomoraCharm"
    first = [1.075, 0.33, 1.093, 8.789, -25.269, 5.798]
    assert_allclose(dataset.train.x[0, 0], first, rtol=1e-5)


def test_visual_wake_words() -> None:
    dataset = load(shared_path("data/mlperf_tiny/vww01.npz"))
    assert (dataset.kind, dataset.sample_shape) == ("image", (96, 96, 3))
    assert sum(len(split) for split in dataset.splits().values()) == 1000
