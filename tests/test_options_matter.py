"""Options that would do nothing are refused, with what they are for."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mote.cli import main
from mote.data import (
    ImageOptions,
    LoadOptions,
    MotionOptions,
    SoundOptions,
    SplitOptions,
    fitting,
    load,
)
from mote.errors import DataError, InputError
from mote.quantization import QuantizationConfig
from mote.training.config import TrainingConfig
from mote.training.data_settings import DataSettings, load_dataset

IMAGES = LoadOptions(images=ImageOptions(size=(3, 3)))
SOUNDS = LoadOptions(sounds=SoundOptions(copies=2, seconds=0.5))
MOTION = LoadOptions(motion=MotionOptions(window=4))


def table(folder: Path) -> Path:
    labels = np.arange(40) % 2
    np.savez(folder / "set.npz", x=np.random.default_rng(0).random((40, 5)), y=labels)
    return folder / "set.npz"


def motion(folder: Path) -> Path:
    for name in ("wave", "rest"):
        (folder / "set" / name).mkdir(parents=True)
        for number in range(4):
            rows = "\n".join("1,2,3" for _ in range(8))
            (folder / "set" / name / f"{number}.csv").write_text(rows)
    return folder / "set"


def digits(_: Path) -> str:
    return "digits"


@pytest.mark.parametrize(
    ("made", "options", "named"),
    [
        (digits, IMAGES, ["images: size"]),
        (digits, SOUNDS, ["sounds: seconds", "sounds: copies"]),
        (table, MOTION, ["motion: window"]),
        (motion, IMAGES, ["images: size"]),
    ],
)
def test_options_for_another_kind_of_data_are_refused_by_name(
    tmp_path: Path, made: Callable[[Path], str | Path], options: LoadOptions, named: list[str]
) -> None:
    source = made(tmp_path)
    with pytest.raises(DataError, match="some options do nothing") as caught:
        load(source, options=options)
    assert list(caught.value.details) == named


def test_a_format_for_the_digits_is_refused() -> None:
    with pytest.raises(DataError, match="no format 'images'"):
        load("digits", format="images")


def test_options_are_brought_to_what_a_set_reads(tmp_path: Path) -> None:
    split = SplitOptions(validation=0)
    all_of_them = LoadOptions(
        images=IMAGES.images, sounds=SOUNDS.sounds, motion=MOTION.motion, split=split
    )
    source = motion(tmp_path)
    options = fitting(all_of_them, source)
    assert options == LoadOptions(motion=MOTION.motion, split=split)
    assert load(source, options=options).sample_shape[0] == 4


def test_settings_of_another_data_set_pass_where_that_is_meant() -> None:
    settings = DataSettings(data="digits", image_size=(3, 3))
    with pytest.raises(DataError):
        load_dataset(settings)
    assert load_dataset(settings, as_fits=True).sample_shape == (8, 8, 1)


def test_momentum_is_for_sgd() -> None:
    assert TrainingConfig(optimizer="sgd", momentum=0.5).momentum == 0.5
    with pytest.raises(InputError) as caught:
        TrainingConfig(momentum=0.5)
    assert list(caught.value.details) == ["momentum is 0.5, it is for the optimizer sgd"]


def test_a_percentile_is_for_the_calibration_of_that_name() -> None:
    assert QuantizationConfig(calibration="percentile", percentile=99).percentile == 99
    with pytest.raises(InputError, match="calibration mse does not read"):
        QuantizationConfig(percentile=99)


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["data", "digits", "--image-size", "3", "3"], "images: size"),
        (["data", "digits", "--window", "5"], "motion: window"),
        (["train", "--model", "lenet5", "--data", "digits", "--momentum", "0.5"], "optimizer sgd"),
        (["zoo", "--markdown", "--json"], "two forms of one table"),
        (["run", "model.tflite", "--input", "x.npy", "--seed", "3"], "--input brings its own"),
    ],
)
def test_commands_refuse_options_that_would_do_nothing(
    arguments: list[str],
    found: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert found in written.err
    assert "Traceback" not in written.err
    assert list(tmp_path.iterdir()) == []
