"""Writes small ONNX models: by hand, and quantised by onnxruntime."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str]


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Shape],
    outputs: Sequence[str],
    constants: Mapping[str, Any] | None = None,
    *,
    opset: int = 17,
    types: Mapping[str, int] | None = None,
    functions: Sequence[onnx.FunctionProto] = (),
) -> onnx.ModelProto:
    """A model with float inputs unless ``types`` says otherwise; outputs without a shape."""
    types = types or {}
    graph = helper.make_graph(
        list(nodes),
        "g",
        [
            helper.make_tensor_value_info(n, types.get(n, TensorProto.FLOAT), list(s))
            for n, s in inputs.items()
        ],
        [helper.make_tensor_value_info(n, types.get(n, TensorProto.FLOAT), None) for n in outputs],
        [numpy_helper.from_array(as_array(v), n) for n, v in (constants or {}).items()],
    )
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    opsets += [helper.make_opsetid(domain, 1) for domain in {f.domain for f in functions}]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10, functions=functions)


def as_array(value: Any) -> np.ndarray:
    """Python's numbers as ONNX wants them: int64 and float32."""
    array = np.asarray(value)
    if array.dtype == np.float64:
        return array.astype(np.float32)
    return array


def quantised(
    source: Path, target: Path, shape: Sequence[int], *, name: str = "x", **settings: Any
) -> onnx.ModelProto:
    """The model quantised by onnxruntime's static quantiser on eight seeded samples."""
    from onnxruntime.quantization import CalibrationDataReader, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.samples = iter(samples(shape, 8, seed=0))

        def get_next(self) -> dict[str, np.ndarray] | None:
            sample = next(self.samples, None)
            return None if sample is None else {name: sample}

    quantize_static(str(source), str(target), Reader(), **settings)
    return onnx.load(str(target))


def samples(shape: Sequence[int], count: int, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(np.float32) for _ in range(count)]


def onnxruntime_outputs(data: bytes, inputs: Sequence[Mapping[str, np.ndarray]]) -> list[list[Any]]:
    """What onnxruntime computes, without its own rewrites."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return [session.run(None, dict(x)) for x in inputs]
