"""Every operator with an integer form is quantised with little noise, and can be lowered."""

from collections.abc import Sequence

import numpy as np
import pytest

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PadMode,
    PRelu,
    Relu,
    Resize,
    ResizeMethod,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)
from mote.lower.lower import lower
from mote.quantization import LayerPrecision, QuantizationConfig, quantize_with_report
from mote.target import CORES
from quantization_graphs import SAME, network, samples

ROUND = ((0, 0), (1, 1), (1, 1), (0, 0))
ALPHA = {Function.CLIP: -0.5, Function.LEAKY_RELU: 0.1, Function.ELU: 1, Function.HARD_SIGMOID: 0.2}
BETA = {Function.CLIP: 0.7, Function.HARD_SIGMOID: 0.5}
POSITIVE = {Function.LOG, Function.SQRT, Function.RSQRT, Function.RECIPROCAL}
"""Functions of what is far enough above 0, which a convolution's result is not."""

Case = tuple[Op, str, Sequence[tuple[int, ...]]]
"""An operator, its operands among the results of two convolutions, shapes of its constants."""

CASES: dict[str, Case] = {
    **{
        f.value: (Unary(function=f, alpha=ALPHA.get(f, 0), beta=BETA.get(f, 0)), "a", ())
        for f in Function
        if f not in POSITIVE
    },
    "add": (Add(), "a b", ()),
    "add a row": (Add(), "a", [(1, 1, 1, 8)]),
    "sub": (Sub(), "a b", ()),
    "mul": (Mul(), "a b", ()),
    "mul by a row": (Mul(), "a", [(8,)]),
    "mat_mul": (MatMul(transpose_x1=True), "a b", ()),
    "prelu": (PRelu(), "a", [(8,)]),
    "relu": (Relu(), "a", ()),
    "layer_norm": (LayerNorm(), "a", [(8,), (8,)]),
    "softmax": (Softmax(), "a", ()),
    "log_softmax": (LogSoftmax(), "a", ()),
    "concat": (Concat(axis=3), "a b", ()),
    "concat a constant": (Concat(axis=3), "a", [(1, 6, 6, 2)]),
    "resize": (Resize(to=(9, 9), method=ResizeMethod.BILINEAR), "a", ()),
    "slice": (Slice(begins=(0, 1, 1, 0), ends=(1, 5, 6, 8), strides=(1, 2, 1, 1)), "a", ()),
    "transpose": (Transpose(permutation=(0, 2, 1, 3)), "a", ()),
    "reflecting pad": (Pad(paddings=ROUND, mode=PadMode.REFLECT), "a", ()),
    "pad with a value": (Pad(paddings=ROUND, value=0.5), "a", ()),
    "mean": (Mean(axes=(1, 2), keep_dims=True), "a", ()),
    "mean of channels": (Mean(axes=(3,)), "a", ()),
    "max_pool_2d": (MaxPool2D(kernel=(2, 2)), "a", ()),
    "average_pool_2d": (AveragePool2D(kernel=(2, 2)), "a", ()),
    "transposed_conv_2d": (TransposedConv2D(stride=(2, 2)), "a", [(5, 2, 2, 8), (5,)]),
}


def graph_of(case: Case) -> Graph:
    """Two convolutions, the operator on one or both of them."""
    op, operands, constants = case
    graph = network(
        (1, 6, 6, 3),
        [
            ("a", Conv2D(padding=SAME), "x", (8, 3, 3, 3)),
            ("b", Conv2D(padding=SAME), "x", (8, 3, 3, 3)),
        ],
    )
    random = np.random.default_rng(0)
    own = [
        Tensor(f"c{i}", s, DType.FLOAT32, data=random.uniform(0.1, 1, s).astype(np.float32))
        for i, s in enumerate(constants)
    ]
    tensors = {**graph.tensors, **{t.name: t for t in own}}
    inputs = (*operands.split(), *(t.name for t in own))
    shape = op.shape(*(tensors[name].shape for name in inputs))
    tensors["y"] = Tensor("y", shape, DType.FLOAT32)
    layers = [node for node in graph.nodes if node.name in inputs]
    whole = Graph("g", tensors, (*layers, Node("y", op, inputs, "y")), ("x",), ("y",))
    return whole.rebuild(whole.nodes)


FORMS = [(name, "int8") for name in CASES]
FORMS += [(name, "int16") for name in CASES if name != "log_softmax"]


@pytest.mark.parametrize(("name", "activations"), FORMS)
def test_an_operator_is_quantised_with_little_noise_and_lowered(
    name: str, activations: str
) -> None:
    graph = graph_of(CASES[name])
    precision = LayerPrecision(activations=activations)  # type: ignore[arg-type]
    config = QuantizationConfig(calibration="min-max", layers={"*": precision})
    quantized, report = quantize_with_report(graph, samples(graph, 8), config)
    assert report.layers[-1].result.sqnr_db > (28 if activations == "int8" else 38)
    lower(quantized, CORES["cortex-m4"])
