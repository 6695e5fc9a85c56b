"""Families of random layers, one for each operator and shape that kernels treat apart."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from kernel_check import one_node
from mote.ir import DType, Graph, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Function,
    LogSoftmax,
    MaxPool2D,
    Mul,
    Padding,
    Rounding,
    Softmax,
    Sub,
)
from mote.lower.depthwise_slots import FORMS
from movement_graphs import MOVEMENTS
from random_functions import function_graph
from random_layers import (
    random_conv_2d,
    random_depthwise_conv_2d,
    random_depthwise_window,
    random_fully_connected,
    random_weights,
    single_node_graph,
    with_int16_activations,
)
from test_kernels_arithmetic import random_arithmetic
from test_kernels_depthwise_rows import WIDTHS
from test_kernels_depthwise_rows import random_layer as random_depthwise_row
from test_kernels_depthwise_slots import random_layer as random_depthwise_slots
from test_kernels_layer_norm import random_layer_norm
from test_kernels_mat_mul import random_product
from test_kernels_pooling import random_global_pool, random_mean, random_pool
from test_kernels_transposed import random_transposed
from test_kernels_unary import random_prelu

Rng = np.random.Generator
S8, S16 = DType.INT8, DType.INT16


def _op(rng: Rng) -> tuple[Activation, Rounding]:
    return list(Activation)[int(rng.integers(4))], list(Rounding)[int(rng.integers(2))]


def _some(rng: Rng, *choices: int) -> int:
    return int(rng.choice(choices))


def _convolution(rng: Rng, op: Conv2D, x_shape: tuple[int, ...], weights: np.ndarray) -> Graph:
    """Some have dead channels, small weights, or scales of all sizes."""
    if rng.random() < 0.25:
        weights[rng.random(len(weights)) < 0.6] = 0
    if rng.random() < 0.2:
        weights = weights >> 3
    return single_node_graph(op, x_shape, weights, rng, extreme=rng.random() < 0.15)


def pointwise(rng: Rng) -> Graph:
    activation, rounding = _op(rng)
    stride = _some(rng, 1, 1, 1, 2)
    op = Conv2D(stride=(stride, stride), activation=activation, rounding=rounding)
    depth, outputs = (_some(rng, *range(1, 18), 24, 32, 33, 48) for _ in "io")
    x_shape = (_some(rng, 1, 1, 1, 2), *(int(n) for n in rng.integers(1, 7, 2)), depth)
    return _convolution(rng, op, x_shape, random_weights((outputs, 1, 1, depth), rng))


def conv_3x3(rng: Rng) -> Graph:
    """At stride 1, as Winograd's algorithms take it."""
    activation, rounding = _op(rng)
    pads = (1, 1, 1, 1) if rng.random() < 0.5 else tuple(int(n) for n in rng.integers(0, 3, 4))
    op = Conv2D(padding=Padding(*pads), activation=activation, rounding=rounding)
    height, width = (max(1, 3 - a - b) + int(rng.integers(0, 8)) for a, b in (pads[:2], pads[2:]))
    depth, outputs = _some(rng, 1, 2, 3, 4, 5, 7, 8, 12, 16), _some(rng, *range(1, 10), 12, 16)
    x_shape = (_some(rng, 1, 1, 1, 2), height, width, depth)
    return _convolution(rng, op, x_shape, random_weights((outputs, 3, 3, depth), rng))


def first_layer(rng: Rng) -> Graph:
    """Few channels, with strides, on an image."""
    activation, rounding = _op(rng)
    kernel = (_some(rng, 1, 3, 3, 5, 7), _some(rng, 3, 3, 3, 4, 5, 7))
    stride = (_some(rng, 1, 2, 2, 3), _some(rng, 1, 2, 2, 3))
    pads = [int(rng.integers(0, k // 2 + 1)) for k in (kernel[0], kernel[0], kernel[1], kernel[1])]
    op = Conv2D(stride=stride, padding=Padding(*pads), activation=activation, rounding=rounding)
    height, width = (k + int(rng.integers(0, 8)) for k in kernel)
    depth, outputs = _some(rng, 1, 2, 3, 3, 3, 4), _some(rng, 3, 4, 8, 8, 10, 13)
    weights = random_weights((outputs, *kernel, depth), rng)
    return _convolution(rng, op, (1, height, width, depth), weights)


def conv_1d(rng: Rng) -> Graph:
    """Windows one row high, or one column wide."""
    activation, rounding = _op(rng)
    taps, dilation, stride = (int(rng.integers(*ends)) for ends in ((2, 10), (1, 4), (1, 4)))
    pads = int(rng.integers(0, taps)), int(rng.integers(0, taps))
    length = max(1, (taps - 1) * dilation + 1 - sum(pads)) + int(rng.integers(0, 12))
    is_high = rng.random() < 0.5
    depth, outputs = int(rng.integers(1, 10)), int(rng.integers(1, 10))
    op = Conv2D(
        stride=(stride, 1) if is_high else (1, stride),
        dilation=(dilation, 1) if is_high else (1, dilation),
        padding=Padding(*pads, 0, 0) if is_high else Padding(0, 0, *pads),
        activation=activation,
        rounding=rounding,
    )
    kernel, plane = ((taps, 1), (length, 1)) if is_high else ((1, taps), (1, length))
    weights = random_weights((outputs, *kernel, depth), rng)
    return _convolution(rng, op, (1, *plane, depth), weights)


def deep(rng: Rng) -> Graph:
    """So many taps that sums are cut into pieces."""
    activation, rounding = _op(rng)
    kernel = int(rng.integers(1, 4))
    depth, pad = int(rng.integers(60, 400)) // kernel**2, kernel // 2
    op = Conv2D(
        stride=(1, int(rng.integers(1, 3))),
        padding=Padding(pad, pad, pad, pad),
        activation=activation,
        rounding=rounding,
    )
    plane = (int(rng.integers(3, 5)), int(rng.integers(3, 6)))
    weights = np.clip(
        rng.normal(0, 50, (int(rng.integers(1, 9)), kernel, kernel, depth)), -128, 127
    )
    return _convolution(rng, op, (1, *plane, depth), weights.astype(np.int8))


def limits(rng: Rng) -> Graph:
    """Weights at the limits of int8, as many as lead sums about where some proofs end."""
    activation, rounding = _op(rng)
    kernel, depth = (
        (1, int(rng.integers(30, 180))) if rng.random() < 0.5 else (3, _some(rng, 24, 28, 33, 40))
    )
    pad = int(rng.integers(0, kernel // 2 + 1))
    op = Conv2D(padding=Padding(pad, pad, pad, pad), activation=activation, rounding=rounding)
    shape = (int(rng.integers(1, 7)), kernel, kernel, depth)
    ends = np.array([(-128, 127), (127, 127), (-127, 127), (60, 127)][int(rng.integers(4))])
    weights = rng.choice(ends, shape).astype(np.int8)
    x_shape = (1, *(kernel + int(n) for n in rng.integers(0, 4, 2)), depth)
    return single_node_graph(op, x_shape, weights, rng)


def depthwise_3x3(rng: Rng) -> Graph:
    """One column of padding on each side or fewer, of any width."""
    activation, rounding = _op(rng)
    step, x_width = _some(rng, 1, 1, 2), int(rng.integers(3, 26))
    sides = (1, 1) if rng.random() < 0.7 else (_some(rng, 0, 1), _some(rng, 0, 1))
    op = DepthwiseConv2D(
        stride=(int(rng.integers(1, 4)), step),
        padding=Padding(int(rng.integers(0, 3)), int(rng.integers(0, 3)), *sides),
        activation=activation,
        rounding=rounding,
    )
    shape = (_some(rng, 1, 1, 1, 2), int(rng.integers(3, 8)), x_width, int(rng.integers(1, 20)))
    weights = random_weights((1, 3, 3, shape[3]), rng)
    if rng.random() < 0.25:
        weights[..., rng.random(shape[3]) < 0.6] = 0
    return single_node_graph(op, shape, weights, rng, extreme=rng.random() < 0.15)


def depthwise_rows(rng: Rng) -> Graph:
    """Of the widths and scales that kernels of whole rows take."""
    return random_depthwise_row(rng, _some(rng, *WIDTHS))


def depthwise_slots(rng: Rng) -> Graph:
    """Of the windows and widths for which three sums share 64 bits."""
    return random_depthwise_slots(rng, FORMS[int(rng.integers(len(FORMS)))])


def fully_connected(rng: Rng) -> Graph:
    if rng.random() < 0.6:
        return random_fully_connected(rng)
    activation, rounding = _op(rng)
    inputs, outputs = _some(rng, 8, 64, 127, 128, 200, 256), _some(rng, 1, 2, 8, 9, 10, 12, 16)
    weights = random_weights((outputs, inputs), rng)
    op = FullyConnected(activation=activation, rounding=rounding)
    return single_node_graph(op, (_some(rng, 1, 1, 2), inputs), weights, rng)


def int16_weighted(rng: Rng) -> Graph:
    makers = (random_conv_2d, random_depthwise_conv_2d, random_fully_connected, random_transposed)
    return with_int16_activations(makers[int(rng.integers(4))](rng), rng)


def _either(rng: Rng) -> DType:
    return S8 if rng.random() < 0.7 else S16


def softmax(rng: Rng) -> Graph:
    dtype = _either(rng)
    columns, rows = _some(rng, 1, 2, 3, 5, 10, 12, 17, 64, 100), _some(rng, 1, 1, 3, 8)
    scale = float(np.exp(rng.uniform(-7, 2))) / (256 if dtype is S16 else 1)
    zero = int(rng.integers(-128, 128)) if dtype is S8 else 0
    x = Tensor("x", (rows, columns), dtype, Quantization((float(np.float32(scale)),), (zero,)))
    if dtype is S8 and rng.random() < 0.3:
        return one_node(LogSoftmax(), (x,), dtype, Quantization((16 / 256,), (127,)))
    y = Quantization((1 / 256,), (-128,)) if dtype is S8 else Quantization((1 / 32768,), (0,))
    return one_node(Softmax(beta=float(rng.choice([0.5, 1, 1]))), (x,), dtype, y)


def addition(rng: Rng) -> Graph:
    """Two tensors of one shape, as at residuals."""
    shape = tuple(int(n) for n in rng.integers(1, 9, 4))
    scales = [float(np.float32(s)) for s in rng.uniform(0.01, 0.2, 3)]
    qs = [Quantization((s,), (int(rng.integers(-128, 128)),)) for s in scales]
    operands = [Tensor(name, shape, S8, q) for name, q in zip("ab", qs, strict=False)]
    kind = Add if rng.random() < 0.7 else Sub
    return one_node(kind(list(Activation)[int(rng.integers(4))]), operands, S8, qs[2])


def arithmetic(rng: Rng) -> Graph:
    return random_arithmetic(rng, (Add, Sub, Mul)[int(rng.integers(3))], _either(rng))


def pool(rng: Rng) -> Graph:
    kind = (AveragePool2D, MaxPool2D)[int(rng.integers(2))]
    if rng.random() < 0.3:
        return random_global_pool(rng, kind, _either(rng))
    return random_pool(rng, kind, _either(rng))


def function(rng: Rng) -> Graph:
    chosen = (None, *Function)[int(rng.integers(1 + len(Function)))]
    return function_graph(rng, chosen, _either(rng), int(rng.integers(1, 300)))


def movement(rng: Rng) -> Graph:
    return MOVEMENTS[str(rng.choice(["concat", "pad", "resize", "slice", "transpose"]))](rng)


def product(rng: Rng) -> Graph:
    activation, _ = _op(rng)
    return random_product(rng, _either(rng), activation)


FAMILIES: dict[str, tuple[float, Callable[[Rng], Graph]]] = {
    "conv 2d": (10, random_conv_2d),
    "conv 1x1": (10, pointwise),
    "conv 3x3": (12, conv_3x3),
    "conv first layer": (8, first_layer),
    "conv 1d": (5, conv_1d),
    "conv deep": (3, deep),
    "conv limits": (4, limits),
    "conv transposed": (3, random_transposed),
    "depthwise": (6, random_depthwise_conv_2d),
    "depthwise window": (5, random_depthwise_window),
    "depthwise 3x3": (8, depthwise_3x3),
    "depthwise rows": (8, depthwise_rows),
    "depthwise slots": (5, depthwise_slots),
    "fully connected": (8, fully_connected),
    "int16 weighted": (4, int16_weighted),
    "add": (3, addition),
    "arithmetic": (3, arithmetic),
    "pool": (4, pool),
    "mean": (2, lambda rng: random_mean(rng, _either(rng))),
    "softmax": (3, softmax),
    "function": (3, function),
    "prelu": (1, lambda rng: random_prelu(rng, _either(rng))),
    "layer norm": (1, lambda rng: random_layer_norm(rng, _either(rng))),
    "product": (1, product),
    "movement": (3, movement),
}
"""Name -> how often, beside others; what draws one."""


def random_layer(seed: int) -> tuple[str, Graph]:
    """The layer of a seed, and its family."""
    rng = np.random.default_rng(seed)
    shares = np.array([share for share, _ in FAMILIES.values()])
    name = str(rng.choice(list(FAMILIES), p=shares / shares.sum()))
    graph = FAMILIES[name][1](rng)
    return name, replace(graph, name=f"layer_{seed}")
