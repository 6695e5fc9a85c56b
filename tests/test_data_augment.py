"""Random changes of training batches: inside their bounds, by seed, and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from data_files import write_images, write_sounds
from mote.data import (
    FeatureAugmentation,
    ImageAugmentation,
    LoadOptions,
    MotionAugmentation,
    SoundOptions,
    WaveformAugmentation,
    load,
)
from mote.data.augmentation import Augmentation, usual_augmentation
from mote.data.waveforms import excerpts, varied
from mote.errors import DataError

torch = pytest.importorskip("torch")
from mote.data.augment import (  # noqa: E402
    augmentation,
    changed_features,
    changed_images,
    changed_motion,
)

STILL_IMAGE = ImageAugmentation(shift_pixels=0)
STILL_SOUND = FeatureAugmentation(shift_frames=0, time_masks=0)
STILL_MOTION = MotionAugmentation(shift_rows=0, scale=0, jitter=0)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def images(count: int = 64, *, height: int = 6, width: int = 7) -> "torch.Tensor":
    made = rng().integers(0, 256, (count, height, width, 3), np.uint8)
    return torch.from_numpy(made)


MEAN = torch.tensor([10.0, 20.0, 30.0])


def test_nothing_asked_for_changes_nothing() -> None:
    x = images()
    assert torch.equal(changed_images(x, STILL_IMAGE, MEAN, rng()), x)
    features = torch.randn(4, 9, 5, 1)
    assert torch.equal(changed_features(features, STILL_SOUND, torch.zeros(5, 1), rng()), features)
    motion = torch.randn(4, 9, 6)
    assert torch.equal(changed_motion(motion, STILL_MOTION, torch.ones(6), rng()), motion)


def test_images_move_by_whole_pixels_within_reach_and_mirror_at_the_edge() -> None:
    x = images()
    made = changed_images(x, ImageAugmentation(shift_pixels=2), MEAN, rng()).numpy()
    padded = np.pad(x.numpy(), ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    found = set()
    for image, source in zip(made, padded, strict=True):
        fits = [
            (down, right)
            for down in range(5)
            for right in range(5)
            if (source[down : down + 6, right : right + 7] == image).all()
        ]
        assert len(fits) == 1
        found.update(fits)
    assert len(found) > 15, "all directions occur"


def test_half_of_the_images_are_mirrored() -> None:
    x = images(200)
    made = changed_images(x, ImageAugmentation(shift_pixels=0, flip=True), MEAN, rng())
    mirrored = _same(made, x.flip(2))
    assert bool((_same(made, x) ^ mirrored).all())
    assert 70 < int(mirrored.sum()) < 130


def _same(one: "torch.Tensor", other: "torch.Tensor") -> "torch.Tensor":
    return (one == other).flatten(1).all(dim=1)


def test_a_cut_out_square_has_the_mean_colour() -> None:
    x = images()
    made = changed_images(x, ImageAugmentation(shift_pixels=0, cutout_pixels=3), MEAN, rng())
    changed = (made != x).any(dim=3)
    assert bool((made[changed] == MEAN).all())
    assert int(changed.flatten(1).sum(1).min()) >= 1
    assert int(changed.flatten(1).sum(1).max()) == 9


def test_colours_change_within_their_bounds() -> None:
    x = images()
    settings = ImageAugmentation(shift_pixels=0, brightness=0.2)
    factor = changed_images(x, settings, MEAN, rng())[x < 200] / x[x < 200]
    inside = factor[torch.isfinite(factor)]
    assert 0.8 - 1e-5 <= float(inside.min()) < 0.85
    assert 1.15 < float(inside.max()) <= 1.2 + 1e-5
    settings = ImageAugmentation(shift_pixels=0, brightness=1, contrast=1, saturation=1)
    made = changed_images(x, settings, MEAN, rng())
    assert float(made.min()) >= 0
    assert float(made.max()) <= 255
    x = (x // 4 + 90).float()
    grey = changed_images(x, ImageAugmentation(shift_pixels=0, saturation=0.5), MEAN, rng())
    assert_allclose(grey.mean(3), x.mean(3), rtol=1e-5)
    assert not torch.equal(grey, x)
    flat = changed_images(x, ImageAugmentation(shift_pixels=0, contrast=0.5), MEAN, rng())
    assert_allclose(flat.mean((1, 2, 3)), x.mean((1, 2, 3)), rtol=1e-5)
    ratio = flat.std((1, 2, 3)) / x.std((1, 2, 3))
    assert 0.5 <= float(ratio.min()) < float(ratio.max()) <= 1.5


def test_features_move_in_time_and_repeat_their_edge() -> None:
    x = torch.arange(1, 11.0).reshape(1, 10, 1, 1).expand(50, 10, 3, 1)
    settings = FeatureAugmentation(shift_frames=2, time_masks=0)
    made = changed_features(x, settings, torch.zeros(3, 1), rng())[:, :, 0, 0].numpy()
    expected = {tuple(np.clip(np.arange(10) + offset, 0, 9) + 1) for offset in range(-2, 3)}
    assert {tuple(row) for row in made} == expected


def test_masks_hide_whole_frames_and_whole_bands() -> None:
    x = torch.randn(80, 20, 12, 1) + 9
    mean = torch.arange(12.0).reshape(12, 1)
    settings = FeatureAugmentation(
        shift_frames=0,
        time_masks=1,
        time_mask_frames=4,
        frequency_masks=1,
        frequency_mask_coefficients=3,
    )
    made = changed_features(x, settings, mean, rng())
    hidden = (made != x)[..., 0].numpy()
    frames, bands = hidden.all(axis=2), hidden.all(axis=1)
    assert_array_equal(hidden, frames[:, :, None] | bands[:, None, :])
    assert set(frames.sum(axis=1)) == {0, 1, 2, 3, 4}
    assert set(bands.sum(axis=1)) == {0, 1, 2, 3}
    for row in frames:
        assert np.count_nonzero(np.diff(np.concatenate([[0], row, [0]]))) <= 2, "one stretch"
    assert bool((made[0][torch.from_numpy(hidden[0])] < 12).all())


def test_motion_is_scaled_and_turned_and_keeps_its_length() -> None:
    x = torch.randn(60, 12, 6)
    settings = MotionAugmentation(shift_rows=0, scale=0.1, jitter=0)
    factor = changed_motion(x, settings, torch.ones(6), rng()) / x
    per_sample = factor.flatten(1)
    assert_allclose(per_sample.std(dim=1), 0, atol=1e-4)
    assert float(factor.min()) + 1e-5 >= 0.9
    assert float(factor.max()) - 1e-5 <= 1.1
    settings = MotionAugmentation(shift_rows=0, scale=0, jitter=0, rotation_degrees=20)
    turned = changed_motion(x, settings, torch.ones(6), rng())
    for three in (slice(0, 3), slice(3, 6)):
        one, other = x[..., three], turned[..., three]
        assert_allclose(other.norm(dim=2), one.norm(dim=2), rtol=1e-4)
        cosine = (one * other).sum(2) / one.norm(dim=2) ** 2
        assert float(cosine.min()) >= np.cos(np.deg2rad(20)) - 1e-4
    assert not torch.equal(turned, x)


def test_jitter_is_a_share_of_each_channels_spread() -> None:
    x = torch.zeros(50, 100, 2)
    settings = MotionAugmentation(shift_rows=0, scale=0, jitter=0.1)
    noise = changed_motion(x, settings, torch.tensor([1.0, 50.0]), rng())
    assert_allclose(noise.std(dim=(0, 1)), [0.1, 5], rtol=0.05)


def test_sounds_move_into_silence() -> None:
    sounds = np.full((40, 100), 0.5, np.float32)
    settings = WaveformAugmentation(shift_ms=10, gain_db=0, noise=0)
    made = varied(sounds, 1000, settings, None, rng())
    assert made.dtype == np.float32
    silent = (made == 0).sum(axis=1)
    assert silent.max() == 10
    assert silent.min() == 0
    assert set(np.unique(made)) == {0, 0.5}


def test_noise_has_the_level_that_was_asked_for() -> None:
    sounds = rng(1).normal(size=(30, 4000)).astype(np.float32) / 20
    noise = rng(2).normal(size=9000).astype(np.float32)
    settings = WaveformAugmentation(shift_ms=0, gain_db=0, noise=1, noise_db=(10, 10))
    added = varied(sounds, 8000, settings, noise, rng()) - sounds
    ratio = 10 * np.log10((sounds**2).mean(axis=1) / (added**2).mean(axis=1))
    assert_allclose(ratio, 10, atol=0.01)
    settings = WaveformAugmentation(shift_ms=0, gain_db=0, noise=0.5)
    added = varied(sounds, 8000, settings, noise, rng()) - sounds
    assert 5 < np.count_nonzero(added.any(axis=1)) < 25
    silence = np.zeros((5, 100), np.float32)
    assert not varied(silence, 8000, WaveformAugmentation(noise=1), noise, rng()).any()


def test_a_short_noise_is_repeated() -> None:
    assert_array_equal(excerpts(np.arange(3.0), 2, 7, rng()), [[0, 1, 2, 0, 1, 2, 0]] * 2)


def test_a_seed_decides_all(tmp_path: Path) -> None:
    pictures = rng().integers(0, 256, (20, 8, 8, 3), np.uint8)
    np.savez(tmp_path / "pictures.npz", x=pictures, y=np.arange(20) % 2)
    write_sounds(tmp_path / "sounds", ("a", "b"))
    waveforms = LoadOptions(sounds=SoundOptions(features="waveform"))
    sets = [
        load(tmp_path / "pictures.npz"),
        load(tmp_path / "sounds"),
        load(tmp_path / "sounds", options=waveforms),
    ]
    for dataset in sets:
        change = augmentation(dataset)
        assert change is not None
        x = torch.from_numpy(dataset.train.x)
        before = x.clone()
        one, same, other = change(x, rng(1)), change(x, rng(1)), change(x, rng(2))
        assert one.shape == x.shape
        assert torch.equal(one, same)
        assert not torch.equal(one, other)
        assert torch.equal(x, before), "the batch itself is left alone"


def test_each_kind_of_data_has_its_usual_changes(tmp_path: Path) -> None:
    def usual(**arrays: np.ndarray) -> Augmentation | None:
        np.savez(tmp_path / "set.npz", y=np.arange(10) % 2, **arrays)  # type: ignore[arg-type]
        return usual_augmentation(load(tmp_path / "set.npz"))

    colour = usual(x=np.zeros((10, 32, 32, 3), np.uint8))
    assert colour == ImageAugmentation(shift_pixels=4, flip=True)
    assert usual(x=np.zeros((10, 28, 28), np.uint8)) == ImageAugmentation(shift_pixels=3)
    assert usual(x=np.zeros((10, 50, 3))) == MotionAugmentation(shift_rows=5)
    assert usual(x=np.zeros((10, 3))) is None
    write_sounds(tmp_path / "sounds", ("a", "b"))
    assert usual_augmentation(load(tmp_path / "sounds")) == FeatureAugmentation(
        shift_frames=4, time_mask_frames=4, frequency_mask_coefficients=1
    )


def test_changes_for_another_kind_of_data_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path)
    with pytest.raises(DataError, match=r"MotionAugmentation is not for.*ImageAugmentation"):
        augmentation(load(tmp_path), MotionAugmentation())
    np.savez(tmp_path / "set.npz", x=np.zeros((10, 50, 4)), y=np.arange(10) % 2)
    with pytest.raises(DataError, match="4 channels; a rotation needs threes"):
        augmentation(load(tmp_path / "set.npz"), MotionAugmentation(rotation_degrees=5))
    np.savez(tmp_path / "set.npz", x=np.zeros((10, 5)), y=np.arange(10) % 2)
    assert augmentation(load(tmp_path / "set.npz")) is None
    with pytest.raises(DataError, match="is not for this set"):
        augmentation(load(tmp_path / "set.npz"), ImageAugmentation())
