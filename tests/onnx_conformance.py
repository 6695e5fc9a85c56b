"""Runs the node tests that the ``onnx`` package ships, and tells for each what becomes of it.

The tests give every operand at run time, weights and shapes too, which no compiled model can take.
So each runs in three forms: as it stands, with every operand but the first stored in the model, and
with all of them stored, where the import computes the result. An outcome is a pass when a form
gives the expected values; a refusal is an ``UnsupportedModelError``; anything else is wrong.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from mote import reference
from mote.errors import UnsupportedModelError
from mote.frontends.onnx import parse
from mote.frontends.onnx.layout import channels_last
from mote.frontends.onnx.reader import read
from mote.ir import Graph
from mote.passes import optimize

LEAST_OPSET = 13
RTOL, ATOL = 1e-3, 1e-5
"""The tolerances of ONNX's own runner; integers must be equal."""

FORMS = ("given", "stored", "computed")
PASSED = ("passed", "computed")


@dataclass(frozen=True)
class Outcome:
    """What became of one test.

    Args:
        name: The test.
        operators: The operators of its model.
        result: ``passed``, ``computed`` (by the import, all operands stored), ``refused``, or
            ``wrong``.
        reason: Why it was refused, or what is wrong.
    """

    name: str
    operators: tuple[str, ...]
    result: str
    reason: str = ""


@cache
def cases() -> tuple[Any, ...]:
    """The node tests of opset 13 and newer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the package's own test generators
        from onnx.backend.test.case.node import collect_testcases

        found = collect_testcases(None)
    return tuple(case for case in found if opset(case.model) >= LEAST_OPSET)


def opset(model: onnx.ModelProto) -> int:
    return max((o.version for o in model.opset_import if o.domain == ""), default=LEAST_OPSET)


def outcome(case: Any) -> Outcome:
    """Run one test in its forms."""
    operators = tuple(sorted({node.op_type for node in case.model.graph.node}))
    reasons: dict[str, str] = {}
    passed = ""
    for form in FORMS:
        try:
            wrong = run_form(case, form)
        except UnsupportedModelError as error:
            reasons[form] = "; ".join(error.details) or error.found
            continue
        except Exception as error:  # a crash, which the caller reports as wrong
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            return Outcome(case.name, operators, "wrong", f"{form}: {wrong}")
        passed = passed or ("computed" if form == "computed" else "passed")
    if passed:
        return Outcome(case.name, operators, passed, reasons.get("stored", ""))
    return Outcome(case.name, operators, "refused", reasons["stored"])


def run_form(case: Any, form: str) -> str:
    """What differs from the expected values, after the passes as well; empty when nothing does."""
    for sets in case.data_sets:
        inputs, outputs = ([as_array(value) for value in values] for values in sets)
        model, given = stored(case.model, inputs, {"given": None, "stored": 1, "computed": 0}[form])
        graph = parse(model.SerializeToString(), case.name, f"{case.name}.onnx")
        last = channels_last(read(model, case.name))
        for rewritten in (graph, optimize(graph)):
            found = run(rewritten, [channels_to_end(n, a, last) for n, a in given])
            names = [o.name for o in model.graph.output]
            for name, value, expected in zip(names, found, outputs, strict=True):
                wrong = difference(value, channels_to_end(name, expected, last))
                if wrong:
                    return f"'{name}': {wrong}"
    return ""


def as_array(value: Any) -> Any:
    """Tensors of types that numpy lacks come as messages."""
    return numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def stored(
    model: onnx.ModelProto, inputs: Sequence[Any], kept: int | None
) -> tuple[onnx.ModelProto, list[tuple[str, Any]]]:
    """The model with all inputs but the first ``kept`` stored in it, and the values of those."""
    names = [i.name for i in model.graph.input]
    pairs = list(zip(names, inputs, strict=False))
    kept = len(pairs) if kept is None else kept
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    del changed.graph.input[:]
    changed.graph.input.extend(model.graph.input[:kept])
    for name, value in pairs[kept:]:
        if not isinstance(value, np.ndarray | np.generic):
            raise UnsupportedModelError(model.graph.name, f"input '{name}' is no tensor")
        changed.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))
    return changed, pairs[:kept]


def run(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    arrays = []
    for name, value in zip(graph.inputs, inputs, strict=True):
        array = np.asarray(value)
        arrays.append(array.astype(np.int32) if array.dtype == np.int64 else array)
        assert arrays[-1].dtype == graph.tensors[name].dtype.numpy
    with np.errstate(all="ignore"):
        values = reference.run(graph, arrays)
    return [
        graph.tensors[name].array if graph.tensors[name].is_constant else values[name]
        for name in graph.outputs
    ]


def channels_to_end(name: str, value: Any, last: frozenset[str]) -> Any:
    """A value as the graph has it."""
    if not isinstance(value, np.ndarray) or name not in last or value.ndim not in (3, 4):
        return value
    return np.ascontiguousarray(np.moveaxis(value, 1, -1))


def difference(found: Any, expected: Any) -> str:
    expected = np.asarray(expected)
    if found.shape != expected.shape:
        return f"shape {list(found.shape)}, expected {list(expected.shape)}"
    if expected.dtype.kind == "f":
        close = np.isclose(found, expected, RTOL, ATOL, equal_nan=True)
    else:
        close = found == expected
    if close.all():
        return ""
    at = tuple(int(i) for i in np.argwhere(~close)[0])
    return f"{found[at]} at {list(at)}, expected {expected[at]} ({(~close).sum()} differ)"


def outcomes(chosen: Sequence[Any] | None = None) -> Iterator[Outcome]:
    for case in cases() if chosen is None else chosen:
        yield outcome(case)
