"""Missing, damaged and hostile data sets: one message that says what is wrong, no traceback."""

import gzip
import os
import pickle
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data_files import (
    cifar_batch,
    csv_text,
    idx_bytes,
    image_bytes,
    tone,
    wav_bytes,
    write_cifar_binary,
    write_cifar_python,
    write_idx,
    write_images,
    write_sounds,
    zipped,
)
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

ROWS = np.arange(60.0).reshape(20, 3)


def nothing(folder: Path) -> None:
    """An empty folder."""


def idx_one_missing(folder: Path) -> None:
    write_idx(folder)
    (folder / "t10k-labels-idx1-ubyte").unlink()


def idx_cut_short(folder: Path) -> None:
    write_idx(folder)
    path = folder / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])


def idx_claims_too_much(folder: Path) -> None:
    write_idx(folder)
    head = struct.pack(">BBBBIII", 0, 0, 8, 3, 2**31, 2**31, 4)
    (folder / "train-images-idx3-ubyte").write_bytes(head)


def idx_of_floats(folder: Path) -> None:
    write_idx(folder)
    head = struct.pack(">BBBBIII", 0, 0, 13, 3, 1, 1, 1)
    (folder / "train-images-idx3-ubyte").write_bytes(head + bytes(4))


def idx_gzip_damaged(folder: Path) -> None:
    write_idx(folder, compressed=True)
    path = folder / "train-images-idx3-ubyte.gz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(bytes(data))


def idx_gzip_bomb(folder: Path) -> None:
    write_idx(folder, compressed=True)
    data = gzip.compress(idx_bytes(np.zeros((30, 4, 5))) + bytes(50_000_000))
    (folder / "train-images-idx3-ubyte.gz").write_bytes(data)


def idx_other_counts(folder: Path) -> None:
    write_idx(folder)
    (folder / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(29) % 3))


def idx_class_without_images(folder: Path) -> None:
    write_idx(folder)
    (folder / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.arange(12) % 3 + 2))


def cifar_batch_missing(folder: Path) -> None:
    write_cifar_python(folder)
    (folder / "data_batch_3").unlink()


def cifar_calls_the_system(folder: Path) -> None:
    write_cifar_python(folder)
    (folder / "data_batch_2").write_bytes(b"cos\nsystem\n(S'touch touched'\ntR.")


def cifar_hundred(folder: Path) -> None:
    write_cifar_python(folder)
    images, labels = cifar_batch(0)
    content = {b"fine_labels": labels, b"data": images}
    (folder / "data_batch_2").write_bytes(pickle.dumps(content, 2))


def cifar_wrong_label(folder: Path) -> None:
    write_cifar_python(folder)
    images, labels = cifar_batch(0)
    content = {b"labels": [*labels[:-1], 10], b"data": images}
    (folder / "data_batch_2").write_bytes(pickle.dumps(content, 2))


def cifar_other_size(folder: Path) -> None:
    write_cifar_python(folder)
    content = {b"labels": [0, 1], b"data": np.zeros((2, 100), np.uint8)}
    (folder / "data_batch_2").write_bytes(pickle.dumps(content, 2))


def cifar_binary_cut_short(folder: Path) -> None:
    write_cifar_binary(folder)
    path = folder / "data_batch_1.bin"
    path.write_bytes(path.read_bytes()[:-5])


def images_of_two_sizes(folder: Path) -> None:
    write_images(folder)
    (folder / "cat" / "x.png").write_bytes(image_bytes(np.zeros((9, 7, 3), np.uint8)))


def images_damaged(folder: Path) -> None:
    write_images(folder, each=12)
    whole = (folder / "cat" / "0.png").read_bytes()
    for index in range(8):
        (folder / "cat" / f"{index}.png").write_bytes(whole[: 40 + index])
    (folder / "dog" / "0.png").write_text("no image")
    (folder / "dog" / "1.png").write_bytes(b"")


def images_claim_too_many_pixels(folder: Path) -> None:
    write_images(folder)
    data = bytearray((folder / "cat" / "0.png").read_bytes())
    data[16:24] = struct.pack(">II", 60_000, 60_000)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    (folder / "cat" / "0.png").write_bytes(bytes(data))


def images_of_one_class(folder: Path) -> None:
    write_images(folder, ("cat",))


def images_in_no_class(folder: Path) -> None:
    write_images(folder)
    (folder / "lost.png").write_bytes(image_bytes(np.zeros((8, 8, 3), np.uint8)))


def images_of_an_empty_class(folder: Path) -> None:
    write_images(folder)
    (folder / "horse").mkdir()


def images_missing_in_a_split(folder: Path) -> None:
    write_images(folder / "train", ("cat", "dog", "owl"))
    write_images(folder / "test", ("cat", "dog", "ox"))


def sounds_of_two_rates(folder: Path) -> None:
    write_sounds(folder, ("a", "b"))
    (folder / "a" / "9.wav").write_bytes(wav_bytes(tone(100), 11_025))


def sounds_damaged(folder: Path) -> None:
    write_sounds(folder, ("a", "b"))
    whole = wav_bytes(tone(100))
    bad = {
        "1": whole[:100],
        "2": b"RIFF",
        "3": whole[:20] + struct.pack("<H", 2) + whole[22:],
        "4": wav_bytes(np.zeros(0)),
        "5": b"",
    }
    for name, data in bad.items():
        (folder / "a" / f"{name}.wav").write_bytes(data)


def sounds_listed_but_missing(folder: Path) -> None:
    write_sounds(folder, ("a", "b"))
    (folder / "testing_list.txt").write_text("a/0.wav\nb/0.wav\nb/77.wav\n")


def motion_with_a_word(folder: Path) -> None:
    (folder / "a.csv").write_text(csv_text(ROWS).replace("\n6,", "\nsix,"))
    (folder / "b.csv").write_text(csv_text(ROWS))


def motion_with_nan(folder: Path) -> None:
    (folder / "a.csv").write_text(csv_text(ROWS).replace("\n6,", "\nnan,"))
    (folder / "b.csv").write_text(csv_text(ROWS))


def motion_ragged(folder: Path) -> None:
    (folder / "a.csv").write_text(csv_text(ROWS) + "1,2\n")
    (folder / "b.csv").write_text(csv_text(ROWS))


def motion_with_labels(folder: Path) -> None:
    for name in "ab":
        (folder / f"{name}.csv").write_text(csv_text(ROWS, "aX,aY,label"))


def motion_of_other_columns(folder: Path) -> None:
    (folder / "a.csv").write_text(csv_text(ROWS))
    (folder / "b.csv").write_text(csv_text(ROWS, "gX,gY,gZ"))


def motion_of_no_common_length(folder: Path) -> None:
    (folder / "a.csv").write_text(csv_text(ROWS))
    (folder / "b.csv").write_text(csv_text(ROWS[:17]))


def motion_binary(folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"\xff\xfe\x00\x01")
    (folder / "b.csv").write_text(csv_text(ROWS))


def motion_of_a_header(folder: Path) -> None:
    (folder / "a.csv").write_text("aX,aY\n")
    (folder / "b.csv").write_text("")


FOLDERS: list[tuple[Callable[[Path], None], list[str]]] = [
    (nothing, ["no data set is recognised among 0 files", "idx: MNIST"]),
    (idx_one_missing, ["1 of 4 idx files are missing", "t10k-labels-idx1-ubyte"]),
    (idx_cut_short, ["train-images-idx3-ubyte holds 599 of 600 bytes"]),
    (idx_claims_too_much, ["claims 18,446,744,073,709,551,616 bytes"]),
    (idx_of_floats, ["type 0x0d", "unsigned bytes"]),
    (idx_gzip_damaged, ["train-images-idx3-ubyte.gz", "1 of 4 files cannot be used"]),
    (idx_gzip_bomb, ["holds more of 600 bytes"]),
    (idx_other_counts, ["train: 30 images, 29 labels"]),
    (idx_class_without_images, ["of 5 classes some have no training images", "label 3"]),
    (cifar_batch_missing, ["1 of 6 batches are missing: data_batch_3"]),
    (cifar_calls_the_system, ["data_batch_2", "more than plain data", "os system"]),
    (cifar_hundred, ["CIFAR-100"]),
    (cifar_wrong_label, ["1 labels such as 10, allowed: 0 to 9"]),
    (cifar_other_size, ["uint8 [N, 3072]"]),
    (cifar_binary_cut_short, ["data_batch_1.bin", "not a multiple of 3,073"]),
    (images_of_two_sizes, ["2 sizes: 10 of 11 have 8 x 8", "cat/x.png", "hint: give the size"]),
    (images_damaged, ["10 of 24 files cannot be used", "cat/0.png", "and 5 more"]),
    (images_claim_too_many_pixels, ["cat/0.png claims more pixels"]),
    (images_of_one_class, ["there is one class, 'cat'", "hint: one folder per class"]),
    (images_in_no_class, ["1 of 11 images are in no class's folder", "lost.png"]),
    (images_of_an_empty_class, ["class 'horse' has no files"]),
    (
        images_missing_in_a_split,
        ["'owl' has no files in the test split", "'ox' has no files in the train split"],
    ),
    (sounds_of_two_rates, ["a/9.wav has 11,025 Hz, others have 8,000", "hint: mend"]),
    (sounds_damaged, ["5 of 12 files", "cut short", "ADPCM", "0 samples", "not a RIFF/WAVE"]),
    (sounds_listed_but_missing, ["1 listed files are missing", "testing_list.txt: b/77.wav"]),
    (motion_with_a_word, ["a.csv row 4: 'six' is not a number"]),
    (motion_with_nan, ["a.csv row 4: NaN"]),
    (motion_ragged, ["a.csv row 22: 2 values, expected 3"]),
    (motion_with_labels, ["2 of 2 files cannot be used", "column 'label'"]),
    (motion_of_other_columns, ["b.csv: gX, gY, gZ", "than a.csv (aX, aY, aZ)"]),
    (motion_of_no_common_length, ["17 to 20 rows", "hint: give the rows"]),
    (motion_binary, ["a.csv is not text"]),
    (motion_of_a_header, ["a.csv has no rows", "b.csv is empty"]),
]


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
