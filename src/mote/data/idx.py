"""MNIST's idx files, plain or compressed with gzip: four files of standard names in one folder."""

import gzip
import io
import struct
import zlib

import numpy as np

from mote.data.dataset import Parts, Split
from mote.data.problems import BadFileError, each, shortened
from mote.data.tree import Tree, base_name
from mote.errors import DataError
from mote.ir.tensor import Array

STEMS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
UNSIGNED_BYTE = 8
MAX_VALUES = 1 << 31


def is_idx(tree: Tree) -> bool:
    """Whether at least one of the four files is there."""
    return any(_stem(name) in STEMS for name in tree.files)


def read_idx(tree: Tree) -> Parts:
    """Images ``[N, H, W, 1]`` uint8; classes are the labels from 0 to the greatest."""
    named: dict[str, str] = {}
    for name in sorted(tree.files, reverse=True):  # the plain file before the compressed one
        named[_stem(name)] = name
    missing = [stem for stem in STEMS if stem not in named]
    if missing:
        raise DataError(
            tree.where,
            f"{len(missing)} of 4 idx files are missing",
            details=[f"{stem} or {stem}.gz" for stem in missing],
            hint="the four files stand in one folder",
        )
    chosen = [named[stem] for stem in STEMS]
    arrays = each(
        tree.where,
        chosen,
        lambda name: parse_idx(tree.read(name), 3 if "idx3" in name else 1),
        hint="copy or download them again",
    )
    train_x, train_y, test_x, test_y = arrays
    problems = [
        f"{stem}: {len(x):,} images, {len(y):,} labels"
        for stem, x, y in (("train", train_x, train_y), ("t10k", test_x, test_y))
        if len(x) != len(y)
    ]
    if train_x.shape[1:] != test_x.shape[1:]:
        problems.append(f"train images {train_x.shape[1:]}, t10k images {test_x.shape[1:]}")
    if not problems and not (len(train_y) and len(test_y)):
        problems.append("there are no images")
    if problems:
        raise DataError(tree.where, "the files do not belong together", details=problems)
    classes = int(max(train_y.max(), test_y.max())) + 1
    seen = np.bincount(train_y, minlength=classes)
    if not seen.all():
        raise DataError(
            tree.where,
            f"of {classes} classes some have no training images",
            details=shortened(f"label {label}" for label in np.flatnonzero(seen == 0)),
        )
    return Parts(
        "image",
        tuple(map(str, range(classes))),
        Split(train_x[..., None], train_y.astype(np.int64)),
        test=Split(test_x[..., None], test_y.astype(np.int64)),
    )


def parse_idx(data: bytes, axes: int) -> Array:
    """The unsigned bytes in an idx file, with so many axes (LeCun, "The MNIST database")."""
    stream: io.BufferedIOBase = io.BytesIO(data)
    if data[:2] == b"\x1f\x8b":
        stream = gzip.GzipFile(fileobj=stream)
    try:
        header = stream.read(4 + 4 * axes)
        if len(header) < 4 + 4 * axes or header[:2] != b"\0\0":
            raise BadFileError("is not an idx file")
        if header[2] != UNSIGNED_BYTE or header[3] != axes:
            raise BadFileError(
                f"has elements of type 0x{header[2]:02x} along {header[3]} axes; "
                f"allowed: unsigned bytes (0x08) along {axes}"
            )
        shape = struct.unpack(f">{axes}I", header[4:])
        count = 1
        for extent in shape:
            count *= extent
        if count > MAX_VALUES:
            raise BadFileError(f"claims {count:,} bytes")
        body = stream.read(count + 1)  # never more than the header claims
    except (OSError, EOFError, zlib.error) as error:
        raise BadFileError(f"is not whole ({error})") from None
    if len(body) != count:
        had = f"{len(body):,}" if len(body) < count else "more"
        raise BadFileError(f"holds {had} of {count:,} bytes that its header claims")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _stem(name: str) -> str:
    # Some copies were unpacked by tools that write `train-images.idx3-ubyte`.
    return base_name(name).removesuffix(".gz").replace(".idx", "-idx")
