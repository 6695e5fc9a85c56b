"""Reads constants that a model keeps in files beside it; never outside its folder."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mote.errors import ModelFileError
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, short
from mote.frontends.problems import told

if TYPE_CHECKING:
    import onnx

HINT = "keep the data file beside the model, or save it whole: onnx.save(onnx.load(path), path)"


def read_external(model: "onnx.ModelProto", source: str, folder: Path | None) -> None:
    """Put the bytes of external tensors into the message."""
    from onnx import TensorProto

    problems: list[str] = []
    total = 0
    for tensor in _tensors(model):
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        try:
            data = _bytes(tensor, folder, MAX_TENSOR_BYTES - total)
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            problems.append(f"constant '{short(tensor.name)}': {reason}")
            continue
        total += len(data)
        tensor.raw_data = data
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]
    if problems:
        raise ModelFileError(
            source, "external data cannot be read", details=told(problems), hint=HINT
        )


def _tensors(model: "onnx.ModelProto") -> Iterator["onnx.TensorProto"]:
    yield from model.graph.initializer
    nodes = [*model.graph.node, *(n for f in model.functions for n in f.node)]
    for node in nodes:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t


def _bytes(tensor: "onnx.TensorProto", folder: Path | None, most: int) -> bytes:
    entries = {e.key: e.value for e in tensor.external_data}
    location = entries.get("location", "")
    if folder is None:
        raise ValueError("is kept in another file, and the model came from memory")
    path = (folder / location).resolve()
    if not location or "\0" in location or not path.is_relative_to(folder.resolve()):
        raise ValueError(f"is kept in '{short(location)}', allowed: files beside the model")
    if not path.is_file():
        raise ValueError(f"is kept in '{short(location)}', which is missing")
    try:
        offset = int(entries.get("offset", "0"))
        length = int(entries.get("length", path.stat().st_size - offset))
    except ValueError:
        raise ValueError("its offset or length is no number") from None
    if offset < 0 or length < 0 or offset + length > path.stat().st_size:
        raise ValueError(
            f"is bytes {offset:,} to {offset + length:,} of '{short(location)}', "
            f"which has {path.stat().st_size:,}"
        )
    if length > most or length > 16 * max(math.prod(tensor.dims), 1):
        raise ValueError(f"takes {length:,} bytes for shape {short(tuple(tensor.dims))}")
    with path.open("rb") as file:
        file.seek(offset)
        data: bytes = file.read(length)
        return data
