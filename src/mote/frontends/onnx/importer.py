"""From the bytes of an ONNX model to a graph, or one error that tells all that is in the way."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from mote.errors import ModelFileError
from mote.frontends.model_file import GIT_LFS, GZIP, graph_name, read_model_file, refuse_formats
from mote.frontends.onnx.conversion import Conversion
from mote.frontends.onnx.inlining import inlined
from mote.frontends.onnx.reader import message, read
from mote.frontends.onnx.reordering import dequantized_tables
from mote.frontends.onnx.values import RefusalError
from mote.frontends.problems import unsupported
from mote.ir import Graph, verify

OTHER_FORMATS = (
    (0, b"PK\x03\x04", "a zip archive, as PyTorch and Keras write", "export it to ONNX"),
    (0, b"\x80\x02", "a pickle, as old PyTorch versions write", "export it to ONNX"),
    (0, b"\x89HDF", "an HDF5 file, as Keras writes", "convert it with tf2onnx"),
    (4, b"TFL3", "a TFLite model", "give it the suffix .tflite"),
    GZIP,
    GIT_LFS,
)


def load(path: str | Path, *, dimensions: Mapping[str, int] | None = None) -> Graph:
    """Import an ``.onnx`` file of opset 13 or newer.

    Values that ONNX keeps as ``[N, C, H, W]`` or ``[N, C, L]`` for convolutions and pools are
    ``[N, H, W, C]`` and ``[N, L, C]`` at the graph's inputs and outputs.

    Args:
        path: The file; external data lies beside it.
        dimensions: Sizes of symbolic dimensions by name. A symbolic batch is 1 without it.

    Raises:
        ModelFileError: The file is missing, damaged or of another format.
        UnsupportedModelError: It uses what Mote does not implement; lists every such thing.
        ToolError: The package onnx is not installed.
    """
    path = Path(path)
    data = read_model_file(path, ".onnx")
    return parse(data, graph_name(path), str(path), folder=path.parent, dimensions=dimensions)


def parse(
    data: bytes,
    name: str,
    source: str,
    *,
    folder: Path | None = None,
    dimensions: Mapping[str, int] | None = None,
) -> Graph:
    """Import a model from memory, as ``load`` does.

    ``source`` stands in errors for the path; ``folder`` is where external data lies.
    """
    refuse_formats(data, source, "an ONNX model", OTHER_FORMATS)
    model = message(data, source, folder)
    try:
        record = dequantized_tables(inlined(read(model, source), model.functions))
    except RefusalError as refusal:
        raise ModelFileError(source, str(refusal)) from refusal
    conversion = Conversion(record, model, dimensions or {})
    inputs, outputs = conversion.run()
    if conversion.problems:
        raise unsupported(source, conversion.problems)
    graph = conversion.builder.graph(name, inputs, outputs, hashlib.sha256(data).hexdigest())
    verify(graph)
    return graph
