"""From the bytes of a TFLite model to a graph, or one error that tells all that is in the way."""

import hashlib
from pathlib import Path

from mote.frontends.model_file import graph_name, read_model_file
from mote.frontends.problems import unsupported
from mote.frontends.tflite.builder import Builder, Site
from mote.frontends.tflite.liveness import check_order, live_operators, operand_indices
from mote.frontends.tflite.mistakes import check_format
from mote.frontends.tflite.operators import CONVERTERS
from mote.frontends.tflite.reader import read
from mote.frontends.tflite.records import ModelRecord, OperatorRecord
from mote.frontends.tflite.values import CONVERT_AGAIN, UnsupportedError, record_bytes
from mote.ir import Graph, verify

MAX_TENSOR_BYTES = 2**28
"""Most bytes of all tensors together; far above any microcontroller, far below this machine."""
MAX_NAME_TOLD = 60


def load(path: str | Path) -> Graph:
    """Import a ``.tflite`` file.

    Raises:
        ModelFileError: The file is missing, damaged or of another format.
        UnsupportedModelError: It uses what Mote does not implement; lists every such thing.
    """
    path = Path(path)
    return parse(read_model_file(path, ".tflite"), graph_name(path), str(path))


def parse(data: bytes, name: str, source: str) -> Graph:
    """Import a model from memory, as ``load`` does; ``source`` stands in errors for the path."""
    check_format(data, source)
    model = read(data, source)
    check_order(model, source)
    operators = live_operators(model)
    operands = {index for operator in operators for index in operand_indices(operator)}
    builder = Builder(model, frozenset(operands | {*model.outputs}))
    problems = _model_problems(model, operators)
    problems += [p for index in model.inputs for p in _input_problems(builder, index)]
    problems += [p for operator in operators for p in _node_problems(builder, operator)]
    if problems:
        raise unsupported(source, problems)
    graph = Graph(
        name=name,
        tensors=builder.tensors,
        nodes=(),
        inputs=tuple(builder.names[index] for index in model.inputs),
        outputs=tuple(builder.names[index] for index in model.outputs),
        source_sha256=hashlib.sha256(data).hexdigest(),
    ).rebuild(builder.nodes)
    verify(graph)
    return graph


def _model_problems(
    model: ModelRecord, operators: tuple[OperatorRecord, ...]
) -> list[UnsupportedError]:
    """What forbids the model as a whole."""
    problems = []
    if model.subgraphs > 1:
        problems.append(
            UnsupportedError(f"the model has {model.subgraphs} subgraphs", "remove control flow")
        )
    if not operators:
        problems.append(UnsupportedError("no operator computes an output"))
    used = {index for operator in operators for index in operand_indices(operator)}
    used.update(index for operator in operators for index in operator.outputs)
    used.update(model.inputs)
    size = sum(record_bytes(model.tensors[index]) for index in used)
    if size > MAX_TENSOR_BYTES:
        problems.append(
            UnsupportedError(f"the tensors take {size:,} bytes, allowed: {MAX_TENSOR_BYTES:,}")
        )
    return problems


def _input_problems(builder: Builder, index: int) -> list[UnsupportedError]:
    """What forbids an input of the model, or nothing."""
    try:
        builder.data(index)
    except UnsupportedError as error:
        return [UnsupportedError(f"input: {error}", error.way_out)]
    return []


def _node_problems(builder: Builder, operator: OperatorRecord) -> list[UnsupportedError]:
    """Add the operator's nodes; what forbids it, or nothing."""
    where = f"node {operator.index} {operator.kind} {_short(builder.names[operator.outputs[0]])}"
    try:
        _convert(builder, operator)
    except UnsupportedError as error:
        return [UnsupportedError(f"{where}: {error}", error.way_out)]
    return []


def _convert(builder: Builder, operator: OperatorRecord) -> None:
    converter = CONVERTERS.get(operator.kind)
    if converter is None:
        raise UnsupportedError(
            "the operator is not supported", "'mote ops' lists the supported operators"
        )
    if len(operator.outputs) != 1 and not converter.many_results:
        raise UnsupportedError(f"{len(operator.outputs)} results, allowed: 1", CONVERT_AGAIN)
    if not converter.accepts(operator.options_type):
        raise UnsupportedError("its options are missing or of another operator", CONVERT_AGAIN)
    converter.convert(Site(builder, operator))


def _short(name: str) -> str:
    """A tensor name for a message: converters chain names up to hundreds of characters."""
    return f"'{name}'" if len(name) <= MAX_NAME_TOLD else f"'…{name[1 - MAX_NAME_TOLD :]}'"
