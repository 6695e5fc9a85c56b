"""numpy archives: ``x`` and ``y``, or ``x_train``, ``y_train``, ``x_test`` and ``y_test``."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from mote.data.dataset import KINDS, Kind, Parts, Split
from mote.data.problems import shortened
from mote.errors import DataError
from mote.ir.tensor import Array

SPLITS = {"train": ("train",), "validation": ("validation", "valid", "val"), "test": ("test",)}
KNOWN = ("x", "y", "x_train", "y_train", "x_validation", "y_validation", "x_test", "y_test")
MAX_CLASSES = 10_000


def read_archive(path: Path) -> Parts:
    """The samples in an ``.npz`` file.

    Labels are integers, or texts. Labels other than 0, 1, 2, ... are numbered in their order, and
    keep their text as class names; ``classes`` may name them. ``kind`` may say what the samples
    are; otherwise four axes are images, three axes of uint8 are grey images, three of others
    motion ``[N, T, C]``, and two a table.
    """
    arrays = _arrays(path)
    pairs = _pairs(path, arrays)
    problems = [text for name, (x, y) in pairs.items() for text in _problems(name, x, y)]
    shapes = {x.shape[1:] for x, _ in pairs.values()}
    if not problems and len(shapes) > 1:
        problems.append(f"samples differ in shape: {' and '.join(map(str, sorted(shapes)))}")
    if problems:
        raise DataError(str(path), "the arrays are no data set", details=shortened(problems))
    kind = _kind(path, arrays, next(iter(pairs.values()))[0])
    classes, labels = _labels(path, arrays, {name: y for name, (_, y) in pairs.items()})
    splits = {name: Split(_values(x, kind), labels[name]) for name, (x, _) in pairs.items()}
    train = splits.get("train") or splits["all"]
    return Parts(kind, classes, train, splits.get("validation"), splits.get("test"))


def _arrays(path: Path) -> dict[str, Array]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            if isinstance(archive, np.ndarray):
                raise DataError(str(path), "holds one array; a data set needs samples and labels")
            return {name.lower(): archive[name] for name in archive.files}
    except DataError:
        raise
    except (ValueError, EOFError, KeyError, MemoryError, OSError, SyntaxError) as error:
        problem: Exception = error
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        problem = error
    raise DataError(
        str(path),
        "is not a whole .npz file of plain numbers",
        details=[str(problem).partition("\n")[0]],
        hint="write it with numpy.savez(path, x=x, y=y)",
    )


def _pairs(path: Path, arrays: dict[str, Array]) -> dict[str, tuple[Array, Array]]:
    """Samples and labels by split; ``all`` when there are no splits."""
    pairs = {}
    for split, words in SPLITS.items():
        for word in words:
            for x, y in ((f"x_{word}", f"y_{word}"), (f"{word}_x", f"{word}_y")):
                if x in arrays and y in arrays:
                    pairs[split] = arrays[x], arrays[y]
    if not pairs and "x" in arrays and "y" in arrays:
        pairs["all"] = arrays["x"], arrays["y"]
    if "train" not in pairs and "all" not in pairs:
        raise DataError(
            str(path),
            f"has no samples with labels; found: {', '.join(arrays) or 'nothing'}; "
            f"allowed: {', '.join(KNOWN)}",
            hint="numpy.savez(path, x=x, y=y)",
        )
    return pairs


def _problems(name: str, x: Array, y: Array) -> list[str]:
    where = "" if name == "all" else f"{name}: "
    found = []
    if x.dtype.kind not in "uifb":
        found.append(f"{where}samples of type {x.dtype}, allowed: numbers")
    elif not 2 <= x.ndim <= 4:
        found.append(f"{where}samples of shape {x.shape}, allowed: 2 to 4 axes, the first counts")
    elif x.size == 0:
        found.append(f"{where}there are no samples (shape {x.shape})")
    elif x.dtype.kind == "f" and not np.isfinite(x).all():
        bad = np.count_nonzero(~np.isfinite(x))
        found.append(f"{where}{bad:,} values are NaN or infinite")
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.dtype.kind not in "uiUS" or y.ndim != 1:
        one_hot = " (one-hot: save y.argmax(1))" if y.ndim == 2 else ""
        found.append(
            f"{where}labels of type {y.dtype} and shape {y.shape}{one_hot}, allowed: [N] integers"
        )
    elif x.ndim and len(x) != len(y):
        found.append(f"{where}{len(x):,} samples, {len(y):,} labels")
    return found


def _kind(path: Path, arrays: dict[str, Array], x: Array) -> Kind:
    axes = {2: ("table",), 3: ("image", "motion", "audio"), 4: ("image", "audio")}[x.ndim]
    if "kind" in arrays:
        said = str(arrays["kind"])
        for kind in KINDS:
            if said == kind and kind in axes:
                return kind
        raise DataError(str(path), f"kind '{said}', allowed for shape {x.shape}: {', '.join(axes)}")
    if x.ndim == 3:
        return "image" if x.dtype == np.uint8 else "motion"
    return "image" if x.ndim == 4 else "table"


def _values(x: Array, kind: Kind) -> Array:
    """uint8 or float32, with a channel axis."""
    if kind == "image" and x.ndim == 3:
        x = x[..., None]
    if x.dtype == np.uint8:
        return x
    return x.astype(np.float32)


def _labels(
    path: Path, arrays: dict[str, Array], labels: dict[str, Array]
) -> tuple[tuple[str, ...], dict[str, Array]]:
    """Class names, and labels as positions in them."""
    flat = {name: y.reshape(-1) for name, y in labels.items()}
    train = flat["train"] if "train" in flat else flat["all"]
    every = np.unique(np.concatenate(list(flat.values())))
    names = tuple(map(str, arrays["classes"].reshape(-1))) if "classes" in arrays else ()
    unseen = np.setdiff1d(every, train)
    if len(unseen):
        shown = shortened(f"label {_text(label)}" for label in unseen)
        raise DataError(str(path), "some labels have no training samples", details=shown)
    if names and every.dtype.kind in "ui":
        empty = np.setdiff1d(np.arange(len(names)), every)
        if int(every.min()) < 0 or int(every.max()) >= len(names) or len(empty):
            raise DataError(
                str(path),
                f"'classes' has {len(names):,} names, the labels go from {every.min()} to "
                f"{every.max()}, {len(every):,} of them",
                hint="every class needs samples, its label is its place in 'classes'",
            )
    else:
        names = tuple(_text(label) for label in every)
    if not 2 <= len(every) <= MAX_CLASSES:
        raise DataError(
            str(path), f"there are {len(every):,} classes; allowed: 2 to {MAX_CLASSES:,}"
        )
    return names, {n: np.searchsorted(every, y).astype(np.int64) for n, y in flat.items()}


def _text(label: object) -> str:
    return label.decode("latin-1") if isinstance(label, bytes) else str(label)
