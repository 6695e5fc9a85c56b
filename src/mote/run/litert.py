"""Runs a TFLite model with LiteRT's reference kernels and returns every tensor.

LiteRT is the oracle for imported models. Only ``OpResolverType.BUILTIN_REF`` is meaningful: the
optimised kernels round differently from machine to machine.
"""

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mote.errors import InputError, ToolError
from mote.frontends.tflite.names import tensor_names
from mote.ir.tensor import Array


class LiteRT:
    """A loaded model; ``run`` may be called any number of times."""

    def __init__(self, model: bytes) -> None:
        module = _interpreter_module()
        try:
            self._interpreter = module.Interpreter(
                model_content=model,
                experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF,
                experimental_preserve_all_tensors=True,
                num_threads=1,
            )
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise ToolError("litert", f"cannot load the model: {error}") from error
        names = {d["index"]: d["name"] for d in self._interpreter.get_tensor_details()}
        every = tensor_names(names.get(i, "") for i in range(max(names) + 1))
        self._names = {index: every[index] for index in sorted(names)}

    def run(self, inputs: Sequence[Array]) -> dict[str, Array]:
        """Every tensor that the model holds, constants included, named as the importer names it."""
        slots = self._interpreter.get_input_details()
        if len(slots) != len(inputs):
            raise InputError("litert", f"the model takes {len(slots)} inputs, found {len(inputs)}")
        for slot, x in zip(slots, inputs, strict=True):
            if tuple(slot["shape"]) != x.shape or slot["dtype"] != x.dtype:
                raise InputError(
                    "litert",
                    f"input '{slot['name']}' is {x.dtype}{list(x.shape)}, "
                    f"allowed: {np.dtype(slot['dtype'])}{list(slot['shape'])}",
                )
            self._interpreter.set_tensor(slot["index"], x)
        try:
            self._interpreter.invoke()
        except RuntimeError as error:  # an index outside its table, for one
            raise ToolError("litert", f"cannot run the model: {error}") from error
        values = {}
        for index, name in self._names.items():
            try:
                values[name] = np.array(self._interpreter.get_tensor(index))
            except ValueError:  # a kernel's temporary, which holds nothing after the run
                continue
        return values


def run_litert(model: bytes, inputs: Sequence[Array]) -> dict[str, Array]:
    """One run of a model; every tensor by name."""
    return LiteRT(model).run(inputs)


def _interpreter_module() -> Any:
    try:
        return importlib.import_module("ai_edge_litert.interpreter")
    except ImportError as error:
        raise ToolError(
            "litert",
            "the Python package ai-edge-litert is not installed",
            hint="pip install 'mote[litert]'",
        ) from error
