"""Tells a user who gives something else than a TFLite model what it is."""

from mote.errors import ModelFileError
from mote.frontends.model_file import GIT_LFS, GZIP, refuse_formats
from mote.frontends.tflite.reader import IDENTIFIER

CONVERT = "convert it to a .tflite file first"
PYTORCH = (
    "of PyTorch, `mote train` and torch.export.save write .pt2 files, which can be read; a module "
    "in Python goes to mote.from_torch(module, example)"
)

OTHER_FORMATS = (
    (0, b"PK\x03\x04", "a zip archive, as PyTorch (.pt) and Keras (.keras) write", PYTORCH),
    (0, b"\x80\x02", "a pickle, as old PyTorch versions write", PYTORCH),
    (0, b"\x89HDF", "an HDF5 file, as Keras (.h5) writes", CONVERT),
    (0, b"GGUF", "a GGUF file", CONVERT),
    (0, b"\x93NUMPY", "a numpy array", "give it as the input, not as the model"),
    (0, b"\x7fELF", "an ELF program", "give the model that it was built from"),
    GZIP,
    GIT_LFS,
    (4, b"ET12", "an ExecuTorch program", PYTORCH),
    (4, b"TFL2", "a TFLite file of schema version 2", "convert the model again"),
)


def check_format(data: bytes, source: str) -> None:
    """Refuse bytes that do not begin as a TFLite FlatBuffer does."""
    refuse_formats(data, source, "a TFLite model", OTHER_FORMATS)
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
