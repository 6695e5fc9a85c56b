"""Tells a user who gives something else than a TFLite model what it is."""

from pathlib import Path

from mote.errors import ModelFileError
from mote.frontends.tflite.reader import IDENTIFIER

MAX_FILE_BYTES = 2**28
SAVE_INT8 = "convert it to an int8 .tflite file first"
PYTORCH = "load the module in Python and call mote.from_torch(module, example)"

SIGNATURES = (
    (0, b"PK\x03\x04", "a zip archive, as PyTorch (.pt) and Keras (.keras) write", PYTORCH),
    (0, b"\x80\x02", "a pickle, as old PyTorch versions write", PYTORCH),
    (0, b"\x89HDF", "an HDF5 file, as Keras (.h5) writes", SAVE_INT8),
    (0, b"GGUF", "a GGUF file", SAVE_INT8),
    (0, b"\x93NUMPY", "a numpy array", "give it as the input, not as the model"),
    (0, b"\x7fELF", "an ELF program", "give the model that it was built from"),
    (0, b"\x1f\x8b", "a gzip archive", "unpack it"),
    (4, b"ET12", "an ExecuTorch program", PYTORCH),
    (4, b"TFL2", "a TFLite file of schema version 2", "convert the model again"),
)
"""Offset, bytes found there, what that means, the way out."""


def check_path(path: Path) -> None:
    """Refuse what cannot be a model file before it is opened."""
    where = str(path)
    if "\0" in where:
        raise ModelFileError(repr(where), "the path holds a NUL character")
    try:
        if path.is_dir():
            raise ModelFileError(where, "is a directory", hint="name the .tflite file in it")
        if not path.exists():
            raise ModelFileError(where, "does not exist", hint=_neighbours(path))
        if not path.is_file():
            raise ModelFileError(where, "is not a regular file", hint="name a .tflite file")
        size = path.stat().st_size
    except OSError as error:
        raise ModelFileError(where, f"cannot be read: {error.strerror}") from error
    if size > MAX_FILE_BYTES:
        raise ModelFileError(where, f"has {size:,} bytes, allowed: {MAX_FILE_BYTES:,}")


def check_format(data: bytes, source: str) -> None:
    """Refuse bytes that do not begin as a TFLite FlatBuffer does."""
    if not data:
        raise ModelFileError(source, "the file is empty", hint="copy or convert the model again")
    for offset, signature, what, way_out in SIGNATURES:
        if data.startswith(signature, offset):
            raise ModelFileError(source, f"is {what}, not a TFLite model", hint=way_out)
    if _looks_like_onnx(data):
        raise ModelFileError(
            source, "is an ONNX model, not a TFLite model", hint="give it the suffix .onnx"
        )
    if data[4:8] != IDENTIFIER:
        raise ModelFileError(
            source,
            f"is not a TFLite model: bytes 4 to 7 are {data[4:8]!r}, allowed: {IDENTIFIER!r}",
            hint="give a .tflite file",
        )


def _looks_like_onnx(data: bytes) -> bool:
    """A protobuf message: field 1 (IR version), then mostly field 2 (name of the producer)."""
    return (
        data[:1] == b"\x08"
        and b"\x01" <= data[1:2] < b"\x20"
        and data[2:3] in (b"\x12", b"\x3a", b"\x42")
    )


def _neighbours(path: Path) -> str:
    """Model files where the missing one was looked for."""
    try:
        found = sorted(p.name for p in path.parent.glob("*.tflite"))[:5]
    except OSError:
        return ""
    return f"there are: {', '.join(found)}" if found else ""
