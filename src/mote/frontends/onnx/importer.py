"""From the bytes of an ONNX model to a graph, or one error that tells all that is in the way."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from mote.errors import ModelFileError, UnsupportedModelError
from mote.frontends.onnx.conversion import Conversion
from mote.frontends.onnx.inlining import inlined
from mote.frontends.onnx.mistakes import check_format, check_path
from mote.frontends.onnx.reader import message, read
from mote.frontends.onnx.reordering import dequantized_tables
from mote.frontends.onnx.values import RefusalError
from mote.ir import Graph, verify

MAX_PROBLEMS_TOLD = 20
MAX_LINE_TOLD = 500


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
    check_path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelFileError(str(path), f"cannot be read: {error.strerror}") from error
    name = os.fsencode(path.stem).decode(errors="replace")  # a file name need not be text
    return parse(data, name, str(path), folder=path.parent, dimensions=dimensions)


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
    check_format(data, source)
    model = message(data, source, folder)
    try:
        record = dequantized_tables(inlined(read(model, source), model.functions))
    except RefusalError as refusal:
        raise ModelFileError(source, str(refusal)) from refusal
    conversion = Conversion(record, model, dimensions or {})
    inputs, outputs = conversion.run()
    if conversion.problems:
        raise _unsupported(source, conversion.problems)
    graph = conversion.builder.graph(name, inputs, outputs, hashlib.sha256(data).hexdigest())
    verify(graph)
    return graph


def _unsupported(source: str, problems: list[RefusalError]) -> UnsupportedModelError:
    told = [str(problem)[:MAX_LINE_TOLD] for problem in problems[:MAX_PROBLEMS_TOLD]]
    if len(problems) > len(told):
        told.append(f"and {len(problems) - len(told)} more")
    ways_out = dict.fromkeys(problem.way_out for problem in problems if problem.way_out)
    things = "one thing" if len(problems) == 1 else f"{len(problems)} things"
    return UnsupportedModelError(
        source,
        f"{things} in this model cannot be imported",
        hint="; ".join(ways_out),
        details=told,
    )
