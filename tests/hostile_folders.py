"""Folders of data that are missing, damaged or hostile, and what is said of each."""

import gzip
import pickle
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

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
)

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
