"""Every format of data set, from small files: the arrays that were written come back."""

import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from data_files import (
    cifar_batch,
    csv_text,
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
    ImageOptions,
    LoadOptions,
    LogMel,
    Mfcc,
    MotionOptions,
    SoundOptions,
    SplitOptions,
    load,
)
from mote.data.cifar import parse_pickled
from mote.ir.tensor import Array

WHOLE = SplitOptions(validation=0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("compressed", [False, True])
def test_idx_files_give_their_images_and_labels(tmp_path: Path, compressed: bool) -> None:
    made = write_idx(tmp_path / "mnist", compressed=compressed)
    dataset = load(tmp_path / "mnist", options=LoadOptions(split=WHOLE))
    assert (dataset.format, dataset.kind, dataset.classes) == ("idx", "image", ("0", "1", "2"))
    assert_array_equal(dataset.train.x, made["train"][..., None])
    assert_array_equal(dataset.test.x, made["test"][..., None])
    assert_array_equal(dataset.test.y, np.arange(12) % 3)
    assert dataset.validation is None


def test_a_folder_inside_an_archive_is_found(tmp_path: Path) -> None:
    made = write_idx(tmp_path / "a" / "MNIST" / "raw")
    dataset = load(zipped(tmp_path / "a", tmp_path / "mnist.zip"))
    assert_array_equal(dataset.test.x, made["test"][..., None])


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickled_cifar_batches_become_channels_last(tmp_path: Path, protocol: int) -> None:
    batches = write_cifar_python(tmp_path / "cifar-10-batches-py", protocol)
    dataset = load(tmp_path, options=LoadOptions(split=WHOLE))
    assert dataset.format == "cifar-python"
    assert dataset.classes[:2] == ("airplane", "automobile")
    assert dataset.train.x.shape == (100, 32, 32, 3)
    assert dataset.test.x[3, 5, 7, 2] == batches[5][0][3, 2 * 1024 + 5 * 32 + 7]
    assert_array_equal(dataset.test.y, batches[5][1])


def python_2_pickle(images: Array, labels: list[int]) -> bytes:
    """A batch as Python 2 pickled it: texts and the array's bytes are both old strings."""
    count, length = images.shape
    listed = b"".join(b"K" + bytes([label]) for label in labels)
    return (
        b"\x80\x02}q\x01(U\x0bbatch_labelq\x02U\x01xq\x03U\x06labelsq\x04]q\x05("
        + listed
        + b"eU\x04dataq\x06cnumpy.core.multiarray\n_reconstruct\nq\x07cnumpy\nndarray\nq\x08"
        + b"K\x00\x85U\x01b\x87Rq\x09(K\x01"
        + (b"M" + struct.pack("<H", count) + b"M" + struct.pack("<H", length) + b"\x86")
        + b"cnumpy\ndtype\nq\x0aU\x02u1K\x00K\x01\x87Rq\x0b(K\x03U\x01|NNN"
        + b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        + (b"T" + struct.pack("<i", images.size) + images.tobytes() + b"tbu.")
    )


def test_batches_that_python_2_pickled_are_read() -> None:
    images, labels = cifar_batch(0)
    read_images, read_labels = parse_pickled(python_2_pickle(images, labels))
    assert_array_equal(read_images, images)
    assert_array_equal(read_labels, labels)
    (as_python_reads,) = [pickle.loads(python_2_pickle(images, labels), encoding="bytes")]
    assert_array_equal(as_python_reads[b"data"], images)


def test_binary_cifar_batches_are_the_pickled_ones(tmp_path: Path) -> None:
    write_cifar_python(tmp_path / "py")
    write_cifar_binary(tmp_path / "bin")
    pickled, binary = load(tmp_path / "py"), load(tmp_path / "bin")
    assert binary.format == "cifar-binary"
    assert_array_equal(pickled.train.x, binary.train.x)
    assert_array_equal(pickled.train.y, binary.train.y)


@pytest.mark.parametrize("archive", [False, True])
def test_images_in_split_folders_keep_their_split(tmp_path: Path, archive: bool) -> None:
    write_images(tmp_path / "set" / "train", each=4)
    write_images(tmp_path / "set" / "test", each=2)
    (tmp_path / "set" / "README.txt").write_text("words")
    (tmp_path / "set" / "train" / ".DS_Store").write_text("junk")
    source = zipped(tmp_path / "set", tmp_path / "set.zip") if archive else tmp_path / "set"
    dataset = load(source, options=LoadOptions(split=WHOLE))
    assert dataset.classes == ("cat", "dog")
    assert (len(dataset.train), len(dataset.test)) == (8, 4)
    assert_array_equal(dataset.test.x[:, 0, 0, 0], [0, 0, 40, 40])
    assert_array_equal(dataset.test.y, [0, 0, 1, 1])


def test_images_without_splits_are_split_by_seed_and_class(tmp_path: Path) -> None:
    write_images(tmp_path, ("a", "b", "c"), each=20)
    dataset = load(tmp_path)
    counts = {name: dataset.counts(split).tolist() for name, split in dataset.splits().items()}
    assert counts == {"train": [14] * 3, "validation": [2] * 3, "test": [4] * 3}
    again = load(tmp_path)
    assert_array_equal(dataset.test.x, again.test.x)
    other = load(tmp_path, options=LoadOptions(split=SplitOptions(seed=1)))
    assert (dataset.test.x != other.test.x).any()
    green = [split.x[:, 0, 0, :2].tolist() for split in dataset.splits().values()]
    every = sorted(pixel for part in green for pixel in part)
    assert every == sorted([40 * c, i] for c in range(3) for i in range(20)), "each image once"


def test_a_validation_folder_tests_where_there_is_no_test_folder(tmp_path: Path) -> None:
    write_images(tmp_path / "train", each=10)
    write_images(tmp_path / "val", each=3)
    dataset = load(tmp_path)
    assert len(dataset.test) == 6
    assert len(dataset.validation or ()) == 2


def test_classes_with_numbers_are_in_the_order_of_the_numbers(tmp_path: Path) -> None:
    write_images(tmp_path, ("10", "9", "2"), each=3)
    assert load(tmp_path).classes == ("2", "9", "10")


def test_grey_images_have_one_channel_unless_others_have_colours(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(3):
            grey = np.full((6, 6), 10 * index, np.uint8)
            (tmp_path / name / f"{index}.png").write_bytes(image_bytes(grey))
    assert load(tmp_path).sample_shape == (6, 6, 1)
    (tmp_path / "a" / "3.png").write_bytes(image_bytes(np.zeros((6, 6, 3), np.uint8)))
    assert load(tmp_path).sample_shape == (6, 6, 3)
    grey = ImageOptions(colours="grey")
    assert load(tmp_path, options=LoadOptions(images=grey)).sample_shape == (6, 6, 1)


def test_sixteen_bits_keep_the_upper_eight(tmp_path: Path) -> None:
    for name, value in (("a", 0x1234), ("b", 0xFF00)):
        (tmp_path / name).mkdir()
        for index in range(2):
            data = image_bytes(np.full((4, 4), value, np.uint16))
            (tmp_path / name / f"{index}.png").write_bytes(data)
    dataset = load(tmp_path)
    assert set(np.concatenate([dataset.train.x.ravel(), dataset.test.x.ravel()])) == {0x12, 0xFF}


def test_images_are_cropped_from_the_middle_or_stretched(tmp_path: Path) -> None:
    picture = np.zeros((8, 16, 3), np.uint8)
    picture[:, 4:12] = 200  # the middle half
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for index in range(2):
            (tmp_path / name / f"{index}.png").write_bytes(image_bytes(picture))
    cropped = load(tmp_path, options=LoadOptions(images=ImageOptions(size=(4, 4))))
    assert cropped.sample_shape == (4, 4, 3)
    assert cropped.train.x.min() > 150
    stretched = ImageOptions(size=(8, 8), fit="stretch")
    assert load(tmp_path, options=LoadOptions(images=stretched)).train.x[0, 4, 0, 0] == 0


def test_spoken_digits_test_with_indices_below_five(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for digit in range(3):
        for index in range(8):
            data = wav_bytes(tone(300 * (digit + 1)))
            (folder / f"{digit}_theo_{index}.wav").write_bytes(data)
    dataset = load(zipped(tmp_path, tmp_path / "fsdd.zip"), options=LoadOptions(split=WHOLE))
    assert dataset.format == "fsdd"
    assert dataset.counts(dataset.train).tolist() == [3] * 3
    assert dataset.counts(dataset.test).tolist() == [5] * 3
    assert dataset.sample_shape == (49, 10, 1)
    assert dataset.features == Mfcc(rate_hz=8000)


def speech_commands(folder: Path) -> Path:
    write_sounds(folder, ("yes", "no", "cat", "dog", "bird"), each=10)
    write_sounds(folder, ("_background_noise_",), each=2)
    words = ("yes", "no", "cat", "dog", "bird")
    (folder / "validation_list.txt").write_text("".join(f"{w}/0.wav\n" for w in words))
    (folder / "testing_list.txt").write_text("".join(f"{w}/1.wav\n{w}/2.wav\n" for w in words))
    return folder


def test_speech_commands_are_split_by_their_lists(tmp_path: Path) -> None:
    dataset = load(speech_commands(tmp_path))
    assert dataset.classes == ("bird", "cat", "dog", "no", "yes")
    counts = {name: dataset.counts(split).tolist() for name, split in dataset.splits().items()}
    assert counts == {"train": [7] * 5, "validation": [1] * 5, "test": [2] * 5}
    assert dataset.noise is not None
    assert len(dataset.noise) == 2 * 2400


def test_keywords_leave_unknown_and_silence(tmp_path: Path) -> None:
    sounds = SoundOptions(keywords=("yes", "no"))
    dataset = load(speech_commands(tmp_path), options=LoadOptions(sounds=sounds))
    assert dataset.classes == ("yes", "no", "unknown", "silence")
    counts = {name: dataset.counts(split).tolist() for name, split in dataset.splits().items()}
    assert counts == {"train": [7] * 4, "validation": [1] * 4, "test": [2] * 4}
    again = load(tmp_path, options=LoadOptions(sounds=sounds))
    assert_array_equal(dataset.train.x, again.train.x)


def test_copies_of_sounds_join_the_training_split_alone(tmp_path: Path) -> None:
    write_sounds(tmp_path, ("a", "b"), each=20)
    plain = load(tmp_path)
    more = load(tmp_path, options=LoadOptions(sounds=SoundOptions(copies=2)))
    assert len(more.train) == 3 * len(plain.train)
    assert_array_equal(more.train.x[: len(plain.train)], plain.train.x)
    assert_array_equal(more.train.y, np.tile(plain.train.y, 3))
    assert_array_equal(more.test.x, plain.test.x)
    copies = more.train.x[len(plain.train) :]
    assert (copies != np.tile(plain.train.x, (2, 1, 1, 1))).any(axis=(1, 2, 3)).all()


def test_sounds_may_stay_sounds(tmp_path: Path) -> None:
    write_sounds(tmp_path, ("a", "b"))
    sounds = SoundOptions(features="waveform", seconds=0.5)
    dataset = load(tmp_path, options=LoadOptions(sounds=sounds))
    assert dataset.sample_shape == (4000, 1)
    assert dataset.features is None
    assert not dataset.train.x[:, :800].any(), "0.3 s stand in the middle of 0.5 s"
    assert dataset.train.x[:, 900:3000].any(axis=(1, 2)).all()


def test_sounds_of_other_rates_are_resampled_to_the_features(tmp_path: Path) -> None:
    write_sounds(tmp_path / "low", ("a", "b"), rate_hz=8000)
    write_sounds(tmp_path / "high", ("a", "b"), rate_hz=16000)
    options = LoadOptions(sounds=SoundOptions(features=LogMel(rate_hz=8000)))
    low, high = load(tmp_path / "low", options=options), load(tmp_path / "high", options=options)
    assert low.sample_shape == high.sample_shape == (49, 40, 1)
    loud = low.train.x > 0
    assert loud.any()
    assert np.abs(low.train.x - high.train.x)[loud].max() < 0.05


def test_motion_is_labelled_by_the_name_of_the_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    written = {}
    for split, gestures in (("train", 6), ("test", 2)):
        (tmp_path / split).mkdir()
        for name in ("wave", "circle"):
            rows = rng.normal(size=(gestures * 30, 3))
            written[split, name] = rows
            (tmp_path / split / f"{name}.csv").write_text(csv_text(rows))
    dataset = load(tmp_path, options=LoadOptions(split=WHOLE))
    assert dataset.classes == ("circle", "wave")
    assert dataset.sample_shape == (60, 3), "the greatest common divisor"
    options = LoadOptions(split=WHOLE, motion=MotionOptions(window=30))
    dataset = load(tmp_path, options=options)
    assert dataset.counts(dataset.train).tolist() == [6, 6]
    expected = written["test", "wave"].reshape(2, 30, 3)
    np.testing.assert_allclose(dataset.test.x[2:], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("wave_07.csv", "wave"),
        ("wave.3a5f.csv", "wave"),
        ("wave-1.csv", "wave"),
        ("big wave 12.csv", "big wave"),
        ("7.csv", "7"),
    ],
)
def test_a_file_name_says_the_class(name: str, label: str) -> None:
    from mote.data.motion import label_of

    assert label_of(name) == label


def test_overlapping_windows_never_stand_on_both_sides_of_a_split(tmp_path: Path) -> None:
    for name in ("walk", "rest"):
        (tmp_path / name).mkdir()
        offset = 0 if name == "walk" else 10_000
        for index in range(2):
            rows = np.arange(500)[:, None] + offset + 1000 * index
            (tmp_path / name / f"{index}.csv").write_text(csv_text(rows, "aX"))
    options = LoadOptions(motion=MotionOptions(window=20, hop=5))
    dataset = load(tmp_path, options=options)
    seen = [set(split.x.ravel().tolist()) for split in dataset.splits().values()]
    assert len(seen) == 3
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_columns_of_time_are_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        rows = np.column_stack([np.arange(20), np.ones(20), np.full(20, 2)])
        (tmp_path / f"{name}.csv").write_text(
            csv_text(rows, "\ufefftimestamp,aX,aY").replace(",", ";")
        )
    dataset = load(tmp_path, options=LoadOptions(motion=MotionOptions(window=10)))
    assert dataset.sample_shape == (10, 2)
    assert dict(dataset.details)["columns"] == "aX, aY"


def test_an_archive_with_splits_keeps_them(tmp_path: Path) -> None:
    x, y = np.arange(24, dtype=np.uint8).reshape(6, 2, 2), np.array([0, 1] * 3)
    np.savez(tmp_path / "set.npz", x_train=x, y_train=y, x_test=x[:2], y_test=y[:2])
    dataset = load(tmp_path / "set.npz", options=LoadOptions(split=WHOLE))
    assert (dataset.kind, dataset.sample_shape) == ("image", (2, 2, 1))
    assert_array_equal(dataset.train.x[..., 0], x)
    assert len(dataset.test) == 2


def test_labels_of_an_archive_are_numbered_in_their_order(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 3))
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(40)[:, None] % 2 * 5 + 5)
    dataset = load(tmp_path / "set.npz")
    assert (dataset.kind, dataset.classes) == ("table", ("5", "10"))
    np.savez(tmp_path / "set.npz", x=x, y=np.array(["up", "down"])[np.arange(40) % 2])
    assert load(tmp_path / "set.npz").classes == ("down", "up")
    names = np.array(["left", "right"])
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(40) % 2, classes=names)
    assert load(tmp_path / "set.npz").classes == ("left", "right")


def test_an_archive_may_say_what_its_samples_are(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(40, 6, 5, 1)).astype(np.float32)
    np.savez(tmp_path / "set.npz", x=x, y=np.arange(40) % 2, kind="audio")
    dataset = load(tmp_path / "set.npz")
    assert dataset.kind == "audio"
    assert dataset.mean.shape == (5, 1)
