"""Tells a user who gives something else than an ONNX model what it is."""

from pathlib import Path

from mote.errors import ModelFileError

MAX_FILE_BYTES = 2**28

SIGNATURES = (
    (0, b"PK\x03\x04", "a zip archive, as PyTorch and Keras write", "export it to ONNX"),
    (0, b"\x80\x02", "a pickle, as old PyTorch versions write", "export it to ONNX"),
    (0, b"\x89HDF", "an HDF5 file, as Keras writes", "convert it with tf2onnx"),
    (4, b"TFL3", "a TFLite model", "give it the suffix .tflite"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it"),
    (0, b"version https://git-lfs", "a Git LFS pointer", "run 'git lfs pull'"),
)
"""Offset, bytes found there, what that means, the way out."""


def check_path(path: Path) -> None:
    """Refuse what cannot be a model file before it is opened."""
    where = str(path)
    if "\0" in where:
        raise ModelFileError(repr(where), "the path holds a NUL character")
    try:
        if path.is_dir():
            raise ModelFileError(where, "is a directory", hint="name the .onnx file in it")
        if not path.exists():
            raise ModelFileError(where, "does not exist", hint=_neighbours(path))
        if not path.is_file():
            raise ModelFileError(where, "is not a regular file", hint="name an .onnx file")
        size = path.stat().st_size
    except OSError as error:
        raise ModelFileError(where, f"cannot be read: {error.strerror}") from error
    if size > MAX_FILE_BYTES:
        raise ModelFileError(where, f"has {size:,} bytes, allowed: {MAX_FILE_BYTES:,}")


def check_format(data: bytes, source: str) -> None:
    """Refuse bytes that are plainly of another format."""
    if not data:
        raise ModelFileError(source, "the file is empty", hint="copy or export the model again")
    for offset, signature, what, way_out in SIGNATURES:
        if data.startswith(signature, offset):
            raise ModelFileError(source, f"is {what}, not an ONNX model", hint=way_out)


def _neighbours(path: Path) -> str:
    """Model files where the missing one was looked for."""
    try:
        found = sorted(p.name for p in path.parent.glob("*.onnx"))[:5]
    except OSError:
        return ""
    return f"there are: {', '.join(found)}" if found else ""
