"""Missing, damaged and hostile data sets: one message that says what is wrong, no traceback."""

import os
import pickle
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_files import (
    cifar_batch,
    image_bytes,
    tone,
    wav_bytes,
    write_images,
    write_sounds,
    zipped,
)
from hostile_folders import FOLDERS, cifar_calls_the_system
from mote.data import (
    ImageAugmentation,
    ImageOptions,
    LoadOptions,
    LogMel,
    Mfcc,
    MotionAugmentation,
    MotionOptions,
    SoundOptions,
    SplitOptions,
    WaveformAugmentation,
    load,
)
from mote.data.pickled import read_plain_pickle
from mote.data.problems import BadFileError
from mote.errors import DataError, MoteError


@pytest.mark.parametrize(("write", "expected"), FOLDERS, ids=[w.__name__ for w, _ in FOLDERS])
def test_a_bad_folder_is_refused_with_the_reason(
    tmp_path: Path, write: Callable[[Path], None], expected: list[str]
) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder)
    with pytest.raises(DataError) as caught:
        load(folder)
    message = caught.value.message()
    assert str(folder) in message
    assert all(text in message for text in expected), message
    assert len(message.splitlines()) < 14


def test_a_pickle_is_never_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cifar_calls_the_system(tmp_path)
    with pytest.raises(DataError):
        load(tmp_path)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b".",
        b"\x80\x02",
        b"}\x94" * 2_000_000 + b".",
        b"(" * 100_000 + b".",
        b"h\x05.",
        b"K\x01R.",
        b"tb.",
        b"}K\x01K\x02s.",
        b"cnumpy\nndarray\n)R.",
        b"cnumpy\nload\n(S'x'\ntR.",
        b"cnumpy\ndtype\n(S'O'\ntR.",
        b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.",
        b"j\xff\xff\xff\x7f.",
        b"r\xff\xff\xff\x7f.",
        b"P1\n.",
        b"cnumpy\ndtype\n)" + b"\x94h\x00h\x00\x86" * 40 + b"\x85R.",
        b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
    ],
    ids=range(18),
)
def test_a_damaged_pickle_is_refused_quickly(data: bytes) -> None:
    start = time.monotonic()
    with pytest.raises(BadFileError, match="pickle"):
        read_plain_pickle(data)
    assert time.monotonic() - start < 20


def test_damage_anywhere_in_a_pickle_is_harmless() -> None:
    images, labels = cifar_batch(0, 10)
    whole = pickle.dumps({b"labels": labels, b"data": images[:, :8]}, 2)
    rng = np.random.default_rng(5)
    for _ in range(600):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        try:
            read_plain_pickle(bytes(damaged))
        except BadFileError:
            continue


def test_damage_anywhere_in_a_sound_is_harmless() -> None:
    from mote.data.wav import decode_wav

    whole = wav_bytes(tone(100)[:50])
    rng = np.random.default_rng(5)
    for _ in range(2000):
        damaged = bytearray(whole[: rng.integers(1, len(whole) + 1)])
        for place in rng.integers(0, min(44, len(damaged)), rng.integers(1, 4)):
            damaged[place] = rng.integers(256)
        try:
            sound, rate = decode_wav(bytes(damaged))
        except BadFileError:
            continue
        assert sound.dtype == np.float32
        assert np.abs(sound).max(initial=0) <= 1
        assert rate >= 1000


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x": np.zeros((4, 2))}, "found: x; allowed: x, y"),
        ({"x": np.zeros((4, 2)), "y": np.arange(3)}, "4 samples, 3 labels"),
        ({"x": np.zeros((4, 2)), "y": np.eye(4)}, "one-hot"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4)}, "labels of type float64"),
        ({"x": np.zeros(4), "y": np.arange(4)}, "2 to 4 axes"),
        ({"x": np.zeros((0, 4)), "y": np.arange(0)}, "there are no samples"),
        ({"x": np.array([["a"], ["b"]]), "y": np.arange(2)}, "allowed: numbers"),
        ({"x": np.full((4, 2), np.nan), "y": np.arange(4) % 2}, "8 values are NaN"),
        ({"x": np.zeros((4, 2)), "y": np.zeros(4, int)}, "1 classes; allowed: 2 to"),
        ({"x": np.zeros((4, 2)), "y": np.arange(4)}, "no class has two samples"),
        (
            {"x": np.zeros((4, 2)), "y": np.arange(4) % 2, "classes": np.array(["a", "b", "c"])},
            "3 names, the labels go from 0 to 1",
        ),
        ({"x": np.zeros((4, 2)), "y": np.arange(4) % 2, "kind": "image"}, "kind 'image'"),
        (
            {
                "x_train": np.zeros((4, 2)),
                "y_train": np.arange(4) % 2,
                "x_test": np.zeros((2, 3)),
                "y_test": np.arange(2),
            },
            "samples differ in shape: (2,) and (3,)",
        ),
        (
            {
                "x_train": np.zeros((4, 2)),
                "y_train": np.arange(4) % 2,
                "x_test": np.zeros((2, 2)),
                "y_test": np.array([0, 7]),
            },
            "label 7",
        ),
        ({"x": np.array([{}, {}], object), "y": np.arange(2)}, "plain numbers"),
    ],
)
def test_a_bad_archive_is_refused_with_the_reason(
    tmp_path: Path, arrays: dict[str, np.ndarray], expected: str
) -> None:
    np.savez(tmp_path / "set.npz", **arrays)
    with pytest.raises(DataError) as caught:
        load(tmp_path / "set.npz")
    assert expected in caught.value.message()


def test_a_cut_off_archive_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", x=np.zeros((9, 9)), y=np.arange(9))
    whole = (tmp_path / "set.npz").read_bytes()
    for length in (0, 3, 100, len(whole) - 30):
        (tmp_path / "set.npz").write_bytes(whole[:length])
        with pytest.raises(DataError, match=r"not a whole \.npz"):
            load(tmp_path / "set.npz")


def test_a_damaged_zip_names_its_files(tmp_path: Path) -> None:
    write_images(tmp_path / "set")
    path = zipped(tmp_path / "set", tmp_path / "set.zip")
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("cat/1.png").header_offset
    data[start + 50] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(DataError, match=r"1 of 10 files cannot be used\n  cat/1\.png"):
        load(path)
    path.write_bytes(bytes(data[: len(data) // 2]))
    with pytest.raises(DataError, match="not a whole zip archive"):
        load(path)


def test_names_that_climb_out_of_an_archive_touch_nothing(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("../../cat/0.png", "/dog/0.png", "../../cat/1.png", "/dog/1.png"):
            archive.writestr(name, image_bytes(np.zeros((4, 4, 3), np.uint8)))
    with pytest.raises(DataError):
        load(tmp_path / "set.zip")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["set.zip"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes")
def test_a_pipe_among_the_files_does_not_block(tmp_path: Path) -> None:
    write_images(tmp_path)
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    (tmp_path / "cat" / "gone.png").symlink_to(tmp_path / "nowhere")
    assert load(tmp_path).classes == ("cat", "dog")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing", "there is no such file or folder"),
        ("set.tar.gz", "hint: unpack it first"),
        ("set.bin", "is not a folder, a zip archive or an .npz file"),
        ("set.zip", "is not a whole zip archive"),
    ],
)
def test_other_sources_are_refused(tmp_path: Path, name: str, expected: str) -> None:
    if name != "missing":
        (tmp_path / name).write_bytes(b"hello")
    with pytest.raises(DataError) as caught:
        load(tmp_path / name)
    assert expected in caught.value.message()


def test_a_format_is_known_and_fits(tmp_path: Path) -> None:
    write_images(tmp_path)
    with pytest.raises(DataError, match="format 'jpeg' is not known; allowed: idx"):
        load(tmp_path, format="jpeg")
    for form in ("idx", "fsdd", "sounds", "motion", "cifar-python", "cifar-binary"):
        with pytest.raises(DataError, match=f"is not of format {form}"):
            load(tmp_path, format=form)


BAD_SETTINGS: list[Callable[[], object]] = [
    lambda: ImageOptions(size=(0, 4)),
    lambda: ImageOptions(fit="squeeze"),  # type: ignore[arg-type]
    lambda: ImageOptions(colours="blue"),  # type: ignore[arg-type]
    lambda: SoundOptions(rate_hz=10),
    lambda: SoundOptions(seconds=0),
    lambda: SoundOptions(features="spectrum"),
    lambda: SoundOptions(copies=-1),
    lambda: SoundOptions(keywords=("yes", "yes")),
    lambda: SoundOptions(keywords=("silence",)),
    lambda: SoundOptions(rate_hz=8000, features=LogMel()),
    lambda: MotionOptions(window=0),
    lambda: SplitOptions(test=0),
    lambda: SplitOptions(validation=1),
    lambda: SplitOptions(seed=-1),
    lambda: LogMel(high_hz=9000),
    lambda: LogMel(mels=300),
    lambda: LogMel(hop_ms=0),
    lambda: LogMel(floor=0),
    lambda: LogMel(frame_ms=5000),
    lambda: Mfcc(kept=41),
    lambda: Mfcc(scale="bark"),  # type: ignore[arg-type]
    lambda: ImageAugmentation(shift_pixels=-1),
    lambda: ImageAugmentation(contrast=1.5),
    lambda: WaveformAugmentation(noise_db=(9, 3)),
    lambda: MotionAugmentation(scale=2),
]


@pytest.mark.parametrize("make", BAD_SETTINGS, ids=range(len(BAD_SETTINGS)))
def test_settings_that_cannot_be_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(DataError):
        make()


def test_options_that_do_not_fit_the_set_are_refused(tmp_path: Path) -> None:
    write_sounds(tmp_path, ("yes", "no", "cat"))
    for sounds, expected in (
        (SoundOptions(keywords=("yes", "ja")), "no class is called ja"),
        (SoundOptions(keywords=("yes", "no", "cat")), "no class is left for unknown"),
        (SoundOptions(seconds=0.02), "shorter than a frame"),
    ):
        with pytest.raises(DataError, match=expected):
            load(tmp_path, options=LoadOptions(sounds=sounds))


def test_no_calibration_samples_are_refused(tmp_path: Path) -> None:
    write_images(tmp_path)
    with pytest.raises(DataError, match="0 calibration samples, allowed: 1 or more"):
        load(tmp_path).calibration(0)


def test_a_missing_package_names_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_images(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(MoteError, match=r"pip install 'mote\[data\]'"):
        load(tmp_path)


def test_a_folder_around_an_archive_is_told_to_name_the_archive(tmp_path: Path) -> None:
    (tmp_path / "words.zip").touch()
    with pytest.raises(DataError, match=r"name the archive itself: .*/words\.zip"):
        load(tmp_path)
