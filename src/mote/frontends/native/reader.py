"""Reads a ``.mote`` file, trusting nothing in it: every name, shape and length is checked."""

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from mote.errors import ModelFileError
from mote.frontends.model_file import read_model_file
from mote.frontends.native.attributes import decode_op
from mote.frontends.native.writer import CONSTANTS_FILE, FORMAT, GRAPH_FILE, VERSION
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import Shape

MAX_BYTES = 2**30
"""Most bytes that a file may have, and unpack to."""

_DAMAGE = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What the parts of a file that do not fit together raise, the operators' rules included."""


def load(path: Path) -> Graph:
    """The graph in a file, bit for bit as it was saved.

    Raises:
        ModelFileError: The file is missing, damaged, of another format or of a newer version.
    """
    data = read_model_file(path, ".mote", MAX_BYTES)
    try:
        return _graph(*_parts(data))
    except _DAMAGE as error:
        reason = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ModelFileError(
            str(path),
            f"the file is damaged: {reason or 'its graph is not well formed'}",
            hint="`mote quantize` writes such files: make it again",
        ) from error


def _parts(data: bytes) -> tuple[Any, bytes]:
    """The document and the constants."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                raise ValueError(f"it unpacks to more than {MAX_BYTES:,} bytes")
            text, constants = archive.read(GRAPH_FILE), archive.read(CONSTANTS_FILE)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise ValueError("it is no ZIP archive of a graph") from error
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("it holds no graph")
    if document.get("version") != VERSION:
        raise ValueError(f"its version is {document.get('version')!r}, allowed: {VERSION}")
    return document, constants


def _graph(document: Any, constants: bytes) -> Graph:
    tensors = [_tensor(record, constants) for record in document["tensors"]]
    nodes = tuple(
        Node(
            _text(record["name"]),
            decode_op(record["op"]),
            _names(record["inputs"]),
            _text(record["output"]),
        )
        for record in document["nodes"]
    )
    named = {t.name: t for t in tensors}
    if len(named) < len(tensors):
        raise ValueError("two tensors have one name")
    graph = Graph(
        name=_text(document["name"]),
        tensors=named,
        nodes=nodes,
        inputs=_names(document["inputs"]),
        outputs=_names(document["outputs"]),
        source_sha256=_text(document["source_sha256"]),
    )
    used = {*graph.inputs, *graph.outputs, *(t for n in nodes for t in (*n.inputs, n.output))}
    unknown = sorted(used - set(named))
    if unknown:
        raise ValueError(f"there is no tensor {unknown[0]!r}")
    verify(graph)
    return graph


def _tensor(record: Any, constants: bytes) -> Tensor:
    name, dtype = _text(record["name"]), DType(record["dtype"])
    shape = _shape(record["shape"])
    q = record.get("quantization")
    quantization = None if q is None else _quantization(q, shape)
    if "offset" not in record:
        return Tensor(name, shape, dtype, quantization)
    start, count = _whole(record["offset"]), math.prod(shape)
    stored = dtype.numpy.newbyteorder("<")
    if start + count * stored.itemsize > len(constants):
        raise ValueError(f"constant {name!r} leaves the file")
    data = np.frombuffer(constants, stored, count, start).astype(dtype.numpy).reshape(shape)
    if dtype is DType.INT4 and count and not -8 <= data.min() <= data.max() <= 7:
        raise ValueError(f"constant {name!r} has values beyond 4 bits")
    grid = None if "grid" not in record else DType(record["grid"])
    if grid is not None and (quantization is None or dtype is not DType.FLOAT32):
        raise ValueError(f"constant {name!r} is on a grid without scales")
    return Tensor(name, shape, dtype, quantization, data, grid)


def _quantization(record: Any, shape: Shape) -> Quantization:
    axis = record["axis"]
    scales = tuple(float(s) for s in record["scales"])
    zero_points = tuple(_integer(z) for z in record["zero_points"])
    count = 1 if axis is None else shape[_whole(axis)] if _whole(axis) < len(shape) else -1
    fits = len(scales) == len(zero_points) and len(scales) in (1, count)
    if not fits or not all(
        math.isfinite(s) and s > 0 and s == float(np.float32(s)) for s in scales
    ):
        raise ValueError("the scales of a tensor do not suit it")
    return Quantization(scales, zero_points, axis)


def _shape(value: Any) -> Shape:
    if not isinstance(value, list) or math.prod(map(_whole, value)) > MAX_BYTES:
        raise ValueError(f"a shape is {value!r}")
    return tuple(value)


def _names(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError("a list of names is missing")
    return tuple(map(_text, value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a name is {value!r}")
    return value


def _integer(value: Any) -> int:
    if type(value) is not int:
        raise ValueError(f"{value!r} is no whole number")
    return value


def _whole(value: Any) -> int:
    if _integer(value) < 0:
        raise ValueError(f"{value!r} is negative")
    return int(value)
