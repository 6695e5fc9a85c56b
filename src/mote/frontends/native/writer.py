"""Writes a graph as the bytes of a ``.mote`` file.

The file is an uncompressed ZIP archive: ``graph.json`` tells tensors, nodes, inputs and outputs,
``constants.bin`` holds the constants one after the other, little-endian. Equal graphs give equal
bytes.
"""

import io
import json
import zipfile
from typing import Any

from mote.frontends.native.attributes import encode_op
from mote.ir import Graph, Tensor
from mote.ir.tensor import Quantization

FORMAT = "mote graph"
VERSION = 1
"""Raised when a file of the old form would be misread."""
GRAPH_FILE = "graph.json"
CONSTANTS_FILE = "constants.bin"
_TIME = (1980, 1, 1, 0, 0, 0)


def to_bytes(graph: Graph) -> bytes:
    """The file."""
    constants = io.BytesIO()
    document = {
        "format": FORMAT,
        "version": VERSION,
        "name": graph.name,
        "source_sha256": graph.source_sha256,
        "inputs": list(graph.inputs),
        "outputs": list(graph.outputs),
        "tensors": [_tensor(t, constants) for t in graph.tensors.values()],
        "nodes": [
            {"name": n.name, "op": encode_op(n.op), "inputs": list(n.inputs), "output": n.output}
            for n in graph.nodes
        ],
    }
    text = json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False)
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr(zipfile.ZipInfo(GRAPH_FILE, _TIME), text)
        archive.writestr(zipfile.ZipInfo(CONSTANTS_FILE, _TIME), constants.getvalue())
    return whole.getvalue()


def _tensor(tensor: Tensor, constants: io.BytesIO) -> dict[str, Any]:
    record: dict[str, Any] = {
        "name": tensor.name,
        "dtype": tensor.dtype.value,
        "shape": list(tensor.shape),
    }
    if tensor.quantization is not None:
        record["quantization"] = _quantization(tensor.quantization)
    if tensor.grid is not None:
        record["grid"] = tensor.grid.value
    if tensor.is_constant:
        record["offset"] = constants.tell()
        array = tensor.array
        constants.write(array.astype(array.dtype.newbyteorder("<")).tobytes())
    return record


def _quantization(q: Quantization) -> dict[str, Any]:
    return {"scales": list(q.scales), "zero_points": list(q.zero_points), "axis": q.axis}
