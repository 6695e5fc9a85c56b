"""CIFAR-10 as its authors publish it: five training batches and a test batch, pickled or binary."""

from collections.abc import Callable

import numpy as np

from mote.data.dataset import Parts, Split
from mote.data.pickled import read_plain_pickle
from mote.data.problems import BadFileError, each
from mote.data.tree import Tree, base_name
from mote.errors import DataError
from mote.ir.tensor import Array

TRAIN = tuple(f"data_batch_{number}" for number in range(1, 6))
TEST = "test_batch"
CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
EDGE, PLANES = 32, 3
IMAGE_BYTES = PLANES * EDGE * EDGE

Batch = tuple[Array, Array]


def is_cifar_python(tree: Tree) -> bool:
    """Whether one of the pickled batches is there."""
    return bool(_find(tree, ""))


def is_cifar_binary(tree: Tree) -> bool:
    """Whether one of the binary batches is there."""
    return bool(_find(tree, ".bin"))


def read_cifar_python(tree: Tree) -> Parts:
    """The ``cifar-10-batches-py`` folder; images ``[N, 32, 32, 3]`` uint8."""
    return _read(tree, "", parse_pickled)


def read_cifar_binary(tree: Tree) -> Parts:
    """The ``cifar-10-batches-bin`` folder; images ``[N, 32, 32, 3]`` uint8."""
    return _read(tree, ".bin", parse_binary)


def parse_pickled(data: bytes) -> Batch:
    """Images ``[N, 3072]`` and labels of a dict with ``data`` and ``labels``."""
    content = read_plain_pickle(data)
    if not isinstance(content, dict) or not {"data", "labels"} <= set(content):
        hint = ""
        if isinstance(content, dict) and "fine_labels" in content:
            hint = "; this is CIFAR-100, which is not read: save it as .npz"
        raise BadFileError(f"has no 'data' and 'labels'{hint}")
    images, labels = content["data"], content["labels"]
    good = isinstance(images, np.ndarray) and images.dtype == np.uint8
    if not good or images.ndim != 2 or images.shape[1] != IMAGE_BYTES:
        raise BadFileError(f"has images of another sort than uint8 [N, {IMAGE_BYTES}]")
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise BadFileError("has labels that are not a list of integers")
    if len(labels) != len(images):
        raise BadFileError(f"has {len(images):,} images and {len(labels):,} labels")
    return images, _checked(np.array(labels, object))


def parse_binary(data: bytes) -> Batch:
    """Images ``[N, 3072]`` and labels of records of one label byte and 3,072 pixel bytes."""
    if not data or len(data) % (1 + IMAGE_BYTES):
        raise BadFileError(f"has {len(data):,} bytes, not a multiple of {1 + IMAGE_BYTES:,}")
    records = np.frombuffer(data, np.uint8).reshape(-1, 1 + IMAGE_BYTES)
    return records[:, 1:], _checked(records[:, 0])


def _checked(labels: Array) -> Array:
    wrong = labels[(labels < 0) | (labels >= len(CLASSES))]
    if len(wrong):
        raise BadFileError(f"has {len(wrong):,} labels such as {wrong[0]}, allowed: 0 to 9")
    return labels.astype(np.int64)


def _find(tree: Tree, suffix: str) -> dict[str, str]:
    """The batches that are there: path by name without ending."""
    wanted = {f"{stem}{suffix}": stem for stem in (*TRAIN, TEST)}
    found = {base_name(name): name for name in tree.files}
    return {stem: found[name] for name, stem in wanted.items() if name in found}


def _read(tree: Tree, suffix: str, parse: Callable[[bytes], Batch]) -> Parts:
    found = _find(tree, suffix)
    missing = [f"{stem}{suffix}" for stem in (*TRAIN, TEST) if stem not in found]
    if missing:
        raise DataError(
            tree.where,
            f"{len(missing)} of 6 batches are missing: {', '.join(missing)}",
            hint="unpack the whole archive",
        )
    names = [found[stem] for stem in (*TRAIN, TEST)]
    hint = "unpack the archive again; other archives' batches are no CIFAR-10"
    batches = list(each(tree.where, names, lambda n: parse(tree.read(n)), hint=hint))
    train, test = _joined(batches[:-1]), _joined(batches[-1:])
    for split, title in ((train, "training"), (test, "test")):
        absent = np.flatnonzero(np.bincount(split.y, minlength=len(CLASSES)) == 0)
        if len(absent):
            named = ", ".join(CLASSES[label] for label in absent)
            raise DataError(tree.where, f"there are no {title} images of: {named}")
    return Parts("image", CLASSES, train, test=test)


def _joined(batches: list[Batch]) -> Split:
    """Colour planes become channels, last."""
    images = np.concatenate([images for images, _ in batches])
    x = images.reshape(-1, PLANES, EDGE, EDGE).transpose(0, 2, 3, 1)
    return Split(np.ascontiguousarray(x), np.concatenate([labels for _, labels in batches]))
