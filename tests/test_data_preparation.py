"""What a set of data becomes once it is read: normalised, balanced for calibration, kept."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from data_files import (
    write_idx,
    write_images,
)
from mote.data import (
    FORMATS,
    ImageOptions,
    LoadOptions,
    SoundOptions,
    load,
)
from mote.errors import DataError
from test_data_formats import WHOLE, speech_commands


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_the_network_sees_training_samples_of_mean_zero_and_spread_one(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal([5, -300], [1, 40], (400, 10, 2)).astype(np.float32)
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(400) % 2)
    dataset = load(tmp_path / "set.npz")
    seen = dataset.normalised(dataset.train)
    assert seen.dtype == np.float32
    np.testing.assert_allclose(seen.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(seen.std(axis=(0, 1)), 1, atol=1e-4)
    assert abs(dataset.normalised(dataset.test).mean()) < 0.1


def test_statistics_of_bytes_are_exact() -> None:
    from mote.data.dataset import statistics

    x = np.random.default_rng(0).integers(0, 256, (50, 4, 4, 3), np.uint8)
    mean, std = statistics(x, "image")
    np.testing.assert_allclose(mean, x.mean(axis=(0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(std, x.std(axis=(0, 1, 2)), rtol=1e-6)


def test_a_channel_that_never_changes_is_not_divided_by_zero(tmp_path: Path) -> None:
    x = np.column_stack([np.full(20, 7.0), np.arange(20)])
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(20) % 2)
    dataset = load(tmp_path / "set.npz")
    assert dataset.std[0] == 1
    assert not dataset.normalised(dataset.train)[:, 0].any()


def test_other_constants_may_normalise(tmp_path: Path) -> None:
    write_idx(tmp_path)
    dataset = load(tmp_path).with_normalisation(0, 255)
    seen = dataset.normalised(dataset.test)
    assert_array_equal(seen, (dataset.test.x / np.float32(255)).astype(np.float32))
    with pytest.raises(DataError, match=r"mean has shape \[4\]"):
        dataset.with_normalisation(np.zeros(4), 1)
    with pytest.raises(DataError, match="greater than 0"):
        dataset.with_normalisation(0, 0)


def test_calibration_takes_every_class_equally_often(tmp_path: Path) -> None:
    labels = np.array([0] * 50 + [1] * 5 + [2] * 45)
    x = np.arange(100, dtype=np.float32)[:, None] * [[1, 2]]
    np.savez(tmp_path / "set.npz", x=x, y=labels)
    dataset = load(tmp_path / "set.npz", options=LoadOptions(split=WHOLE))
    raw = dataset.calibration(9, seed=3) * dataset.std + dataset.mean
    chosen = labels[np.round(raw[:, 0]).astype(int)]
    assert np.bincount(chosen).tolist() == [3, 3, 3]
    assert len(np.unique(raw[:, 0])) == 9
    assert_array_equal(dataset.calibration(9, seed=3), dataset.calibration(9, seed=3))
    assert (dataset.calibration(9, seed=3) != dataset.calibration(9, seed=4)).any()
    assert len(dataset.calibration(1000)) == len(dataset.train)


def test_progress_counts_every_file(tmp_path: Path) -> None:
    write_images(tmp_path, each=40)
    told: list[tuple[int, int]] = []
    load(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 80)
    assert told[-1] == (80, 80)


def test_a_set_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mote.data.cache.LEAST_BYTES", 0)
    options = LoadOptions(sounds=SoundOptions(copies=1, keywords=("yes", "no")))
    first = load(speech_commands(tmp_path / "set"), options=options)

    def told(done: int, total: int) -> None:
        pytest.fail("files are read again")

    again = load(tmp_path / "set", options=options, progress=told)
    assert_array_equal(first.train.x, again.train.x)
    assert_array_equal(first.test.y, again.test.y)
    assert first.noise is not None
    assert_array_equal(first.noise, again.noise)
    assert (first.classes, first.features, first.details, first.rate_hz) == (
        (again.classes, again.features, again.details, again.rate_hz)
    )


def test_a_changed_file_or_setting_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mote.data.cache.LEAST_BYTES", 0)
    write_images(tmp_path / "set", size=8)
    assert load(tmp_path / "set").sample_shape == (8, 8, 3)
    small = LoadOptions(images=ImageOptions(size=(4, 4)))
    assert load(tmp_path / "set", options=small).sample_shape == (4, 4, 3)
    write_images(tmp_path / "set", size=9)
    assert load(tmp_path / "set").sample_shape == (9, 9, 3)


def test_a_damaged_cache_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mote.data.cache.LEAST_BYTES", 0)
    write_images(tmp_path / "set")
    first = load(tmp_path / "set")
    (kept,) = (tmp_path / "cache").rglob("*.npz")
    kept.write_bytes(kept.read_bytes()[:100])
    assert_array_equal(load(tmp_path / "set").train.x, first.train.x)
    assert not kept.exists()


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mote.data.cache.LEAST_BYTES", 0)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    write_images(tmp_path / "set")
    assert load(tmp_path / "set").sample_shape == (8, 8, 3)


def test_every_format_has_a_title() -> None:
    assert all(form.title for form in FORMATS.values())
