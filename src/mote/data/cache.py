"""Keeps decoded sets in the user's cache folder, so that thousands of files are decoded once."""

import json
import os
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from mote.data.dataset import Parts, Split
from mote.data.features import LogMel, Mfcc
from mote.data.tree import Tree
from mote.errors import ToolError
from mote.ir.tensor import Array
from mote.run.cache import content_key, stored

LEAST_BYTES = 32 << 20
"""Smaller sets are decoded in about a second: not worth the disk."""

KEPT_SETS = 8
"""The least recently used ones beyond these are deleted."""

SPLITS = ("train", "validation", "test")
FEATURES = {kind.__name__: kind for kind in (LogMel, Mfcc)}


def remembered(tree: Tree, settings: str, read: Callable[[], Parts]) -> Parts:
    """What ``read`` gives, from the cache when the same files were read with the same settings.

    Files are the same by name, size and time of change. A cache that cannot be written or read is
    done without.
    """
    if sum(tree.files.values()) < LEAST_BYTES:
        return read()
    place = str(Path(tree.where).resolve())
    key = content_key(place, tree.stamp, settings, _readers())
    made: list[Parts] = []

    def build(path: Path) -> None:
        made.append(read())
        with path.open("wb") as stream:
            np.savez(stream, **_as_arrays(made[0]))

    try:
        path = stored(f"data/{key}.npz", build)
        if made:
            _forget_oldest(path.parent)
            return made[0]
        os.utime(path)
        return _from_file(path)
    except ToolError:
        return made[0] if made else read()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        with suppress(OSError):
            path.unlink()  # damaged: the next time makes it again
        return read()


def _as_arrays(parts: Parts) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name in SPLITS:
        split: Split | None = getattr(parts, name)
        if split is not None:
            arrays[f"{name}_x"], arrays[f"{name}_y"] = split.x, split.y
    for name in ("noise", "groups", "varied"):
        if getattr(parts, name) is not None:
            arrays[name] = getattr(parts, name)
    features = parts.features and [type(parts.features).__name__, asdict(parts.features)]
    arrays["about"] = json.dumps(
        [parts.kind, parts.classes, features, parts.rate_hz, parts.details]
    )
    return arrays


def _from_file(path: Path) -> Parts:
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
        arrays: dict[str, Array] = {name: archive[name] for name in archive.files}
    kind, classes, features, rate_hz, details = json.loads(str(arrays["about"]))
    splits = [
        Split(arrays[f"{name}_x"], arrays[f"{name}_y"]) if f"{name}_x" in arrays else None
        for name in SPLITS
    ]
    train, validation, test = splits
    assert train is not None
    return Parts(
        kind,
        tuple(classes),
        train,
        validation,
        test,
        features=FEATURES[features[0]](**features[1]) if features else None,
        rate_hz=rate_hz,
        noise=arrays.get("noise"),
        groups=arrays.get("groups"),
        varied=arrays.get("varied"),
        details=tuple((name, text) for name, text in details),
    )


def _forget_oldest(folder: Path) -> None:
    with suppress(OSError):  # another process may do the same
        files = sorted(folder.glob("*.npz"), key=lambda p: p.stat().st_mtime, reverse=True)
        for path in files[KEPT_SETS:]:
            path.unlink()


@cache
def _readers() -> str:
    """Changes when the code that reads does."""
    digest = sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
