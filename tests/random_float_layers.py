"""Seeded random float32 operators, one to a graph."""

from collections.abc import Callable, Sequence

import numpy as np

from kernel_check import one_node
from mote.ir import DType, Graph, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Embedding,
    FullyConnected,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
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
from mote.ir.tensor import Array

Rng = np.random.Generator
Shape = Sequence[int]


def size(rng: Rng, most: int) -> int:
    return int(rng.integers(1, most + 1))


def values(rng: Rng, shape: Shape) -> Array:
    """Numbers around 1, at times all small or all large."""
    scale = 10.0 ** rng.choice([0, 0, 0, -3, 3])
    return (scale * rng.standard_normal(tuple(shape))).astype(np.float32)


def data(name: str, shape: Shape) -> Tensor:
    return Tensor(name, tuple(shape), DType.FLOAT32)


def fixed(name: str, array: Array) -> Tensor:
    return Tensor(name, array.shape, DType(array.dtype.name), data=array)


def activation(rng: Rng) -> Activation:
    return list(Activation)[int(rng.choice(4, p=[0.5, 0.2, 0.15, 0.15]))]


def made(op: Op, *operands: Tensor) -> Graph:
    return one_node(op, operands, DType.FLOAT32, None)


def window(rng: Rng) -> dict[str, tuple[int, int]]:
    return {
        "stride": (size(rng, 3), size(rng, 3)),
        "dilation": (size(rng, 2), size(rng, 2)),
    }


def conv_2d(rng: Rng) -> Graph:
    groups = int(rng.choice([1, 1, 2]))
    kernel, inputs, outputs = (size(rng, 3), size(rng, 4)), size(rng, 9), groups * size(rng, 5)
    pads = Padding(*(int(n) for n in rng.integers(0, 3, 4)))
    shape = (size(rng, 2), *(size(rng, 5) + 2 * (k - 1) for k in kernel), groups * inputs)
    op = Conv2D(**window(rng), padding=pads, activation=activation(rng))
    weight = values(rng, (outputs, *kernel, inputs))
    return made(op, data("x", shape), fixed("w", weight), fixed("b", values(rng, [outputs])))


def depthwise_conv_2d(rng: Rng) -> Graph:
    kernel, inputs, multiplicity = (size(rng, 3), size(rng, 3)), size(rng, 6), size(rng, 3)
    pads = Padding(*(int(n) for n in rng.integers(0, 3, 4)))
    shape = (size(rng, 2), *(size(rng, 5) + 2 * (k - 1) for k in kernel), inputs)
    op = DepthwiseConv2D(**window(rng), padding=pads, activation=activation(rng))
    weight = values(rng, (1, *kernel, inputs * multiplicity))
    bias = values(rng, [inputs * multiplicity])
    return made(op, data("x", shape), fixed("w", weight), fixed("b", bias))


def transposed_conv_2d(rng: Rng) -> Graph:
    groups = int(rng.choice([1, 1, 2]))
    kernel, inputs, outputs = (size(rng, 4), size(rng, 4)), size(rng, 6), groups * size(rng, 4)
    pads = Padding(*(int(rng.integers(0, (kernel[i // 2] + 1) // 2)) for i in range(4)))
    op = TransposedConv2D(**window(rng), padding=pads, activation=activation(rng))
    shape = (size(rng, 2), 1 + size(rng, 4), 1 + size(rng, 4), groups * inputs)
    weight = values(rng, (outputs, *kernel, inputs))
    return made(op, data("x", shape), fixed("w", weight), fixed("b", values(rng, [outputs])))


def fully_connected(rng: Rng) -> Graph:
    inputs, outputs = size(rng, 200), size(rng, 12)
    op = FullyConnected(activation=activation(rng))
    weight = values(rng, (outputs, inputs))
    return made(op, data("x", (size(rng, 3), inputs)), fixed("w", weight), bias(rng, outputs))


def bias(rng: Rng, channels: int) -> Tensor:
    return fixed("b", values(rng, [channels]))


def mat_mul(rng: Rng) -> Graph:
    rows, depth, columns = size(rng, 6), size(rng, 40), size(rng, 6)
    leading = [size(rng, 3) for _ in range(int(rng.integers(3)))]
    transpose = bool(rng.integers(2))
    other = [n if rng.random() < 0.7 else 1 for n in leading][int(rng.integers(2)) :]
    matrix = (columns, depth) if transpose else (depth, columns)
    op = MatMul(transpose_x1=transpose, activation=activation(rng))
    return binary(rng, op, (*leading, rows, depth), (*other, *matrix))


def binary(rng: Rng, op: Op, a: Shape, b: Shape) -> Graph:
    """Two activations, or one of them a constant."""
    constant = int(rng.integers(4))
    operands = [
        fixed(f"x{i}", values(rng, shape)) if constant == i else data(f"x{i}", shape)
        for i, shape in enumerate((a, b))
    ]
    return made(op, *operands)


def elementwise(rng: Rng) -> Graph:
    shape = [size(rng, 5) for _ in range(size(rng, 4))]
    other = [n if rng.random() < 0.6 else 1 for n in shape]
    kind = [Add, Sub, Mul][int(rng.integers(3))]
    pair = [shape, other[int(rng.integers(len(shape))) :]]
    if rng.random() < 0.5:
        pair.reverse()
    return binary(rng, kind(activation=activation(rng)), *pair)


def pool(rng: Rng) -> Graph:
    kernel = (size(rng, 4), size(rng, 4))
    sides = [int(rng.integers(0, min(2, kernel[i // 2]))) for i in range(4)]
    shape = (size(rng, 2), kernel[0] + size(rng, 4), kernel[1] + size(rng, 4), size(rng, 6))
    if rng.integers(2):  # one window over one plane
        shape, sides = (1, *kernel, size(rng, 6)), [0] * 4
    kind = [AveragePool2D, MaxPool2D][int(rng.integers(2))]
    op = kind(
        kernel=kernel,
        stride=(size(rng, 3), size(rng, 3)),
        padding=Padding(*sides),
        activation=activation(rng),
    )
    return made(op, data("x", shape))


def mean(rng: Rng) -> Graph:
    shape = [size(rng, 6) for _ in range(size(rng, 4))]
    count = size(rng, len(shape))
    axes = tuple(sorted(int(i) for i in rng.permutation(len(shape))[:count]))
    if rng.integers(2):  # over one plane
        shape, axes = [1, size(rng, 6), size(rng, 6), size(rng, 6)], (1, 2)
    return made(Mean(axes=axes, keep_dims=bool(rng.integers(2))), data("x", shape))


def pad(rng: Rng) -> Graph:
    shape = [1 + size(rng, 4) for _ in range(size(rng, 4))]
    if rng.random() < 0.5:
        sides = tuple((int(rng.integers(n)), int(rng.integers(n))) for n in shape)
        return made(Pad(sides, mode=PadMode.REFLECT), data("x", shape))
    sides = tuple((int(rng.integers(3)), int(rng.integers(3))) for _ in shape)
    return made(Pad(sides, value=float(rng.choice([0.0, -1.5, 1e30]))), data("x", shape))


def transpose(rng: Rng) -> Graph:
    shape = [size(rng, 5) for _ in range(size(rng, 4))]
    order = tuple(int(i) for i in rng.permutation(len(shape)))
    while order == tuple(range(len(shape))):  # nothing to do: no kernel is called
        shape, order = [2, 3], (1, 0)
    return made(Transpose(order), data("x", [n + 1 for n in shape]))


def cut(rng: Rng) -> Graph:
    shape = [size(rng, 6) for _ in range(size(rng, 4))]
    begins = tuple(int(rng.integers(n)) for n in shape)
    ends = tuple(int(rng.integers(b + 1, n + 1)) for b, n in zip(begins, shape, strict=True))
    return made(Slice(begins, ends, tuple(size(rng, 3) for _ in shape)), data("x", shape))


def concat(rng: Rng) -> Graph:
    shape = [size(rng, 4) for _ in range(size(rng, 4))]
    axis = int(rng.integers(len(shape)))
    operands = []
    for i in range(int(rng.integers(2, 5))):
        own = [size(rng, 4) if k == axis else n for k, n in enumerate(shape)]
        is_fixed = i > 0 and rng.random() < 0.3
        operands.append(fixed(f"x{i}", values(rng, own)) if is_fixed else data(f"x{i}", own))
    return made(Concat(axis), *operands)


def resize(rng: Rng) -> Graph:
    method = list(ResizeMethod)[int(rng.integers(2))]
    how = int(rng.integers(3))
    op = Resize(
        (size(rng, 9), size(rng, 9)), method, align_corners=how == 1, half_pixel_centers=how == 2
    )
    return made(op, data("x", (size(rng, 2), size(rng, 6), size(rng, 6), size(rng, 4))))


def embedding(rng: Rng) -> Graph:
    table = values(rng, (size(rng, 9), *(size(rng, 5) for _ in range(int(rng.integers(3))))))
    indices = Tensor("indices", tuple(size(rng, 4) for _ in range(size(rng, 2))), DType.INT32)
    return made(Embedding(), indices, fixed("table", table))


def rows(rng: Rng) -> Graph:
    """Operators on the last axis."""
    shape = [*(size(rng, 4) for _ in range(int(rng.integers(3)))), size(rng, 30)]
    kind = int(rng.integers(4))
    if kind == 0:
        return made(Softmax(beta=float(rng.choice([1.0, 0.25, 3.0]))), data("x", shape))
    if kind == 1:
        return made(LogSoftmax(), data("x", shape))
    names = ["gamma", "beta", "mean"][: 2 if kind == 2 else 3]
    learnt = [fixed(name, values(rng, shape[-1:])) for name in names]
    if kind == 2:
        return made(LayerNorm(epsilon=1e-3), data("x", shape), *learnt)
    variance = np.abs(values(rng, shape[-1:])) + np.float32(0.01)
    return made(BatchNorm(), data("x", shape), *learnt, fixed("variance", variance))


def unary(rng: Rng, kind: int | None = None) -> Graph:
    """A function, a clamp, or a slope below zero."""
    shape = [size(rng, 6) for _ in range(size(rng, 4))]
    kind = int(rng.integers(len(Function) + 2)) if kind is None else kind
    if kind == len(Function):
        return made(Relu(list(Activation)[size(rng, 3)]), data("x", shape))
    if kind == len(Function) + 1:
        alpha = values(rng, [n if rng.random() < 0.5 else 1 for n in shape])
        return made(PRelu(), data("x", shape), fixed("alpha", alpha))
    function = list(Function)[kind]
    alpha, beta = {
        Function.CLIP: (-0.75, 1.5),
        Function.ELU: (1.25, 0.0),
        Function.HARD_SIGMOID: (0.2, 0.5),
        Function.LEAKY_RELU: (0.01, 0.0),
    }.get(function, (0.0, 0.0))
    return made(Unary(function, alpha, beta), data("x", shape))


MAKERS: tuple[Callable[[Rng], Graph], ...] = (
    conv_2d,
    depthwise_conv_2d,
    transposed_conv_2d,
    fully_connected,
    mat_mul,
    elementwise,
    pool,
    mean,
    pad,
    transpose,
    cut,
    concat,
    resize,
    embedding,
    rows,
    unary,
)


def inputs(graph: Graph, rng: Rng) -> list[Array]:
    """Values for each input: indices beyond both ends too, arguments inside a function's domain."""
    found = []
    for name in graph.inputs:
        tensor = graph.tensors[name]
        if tensor.dtype is DType.INT32:
            found.append(rng.integers(-3, 12, tensor.shape).astype(np.int32))
            continue
        x = values(rng, tensor.shape)
        op = graph.nodes[0].op
        if isinstance(op, Unary) and op.function in (Function.LOG, Function.SQRT, Function.RSQRT):
            x = np.abs(x) + np.float32(1e-20)
        if isinstance(op, Unary) and op.function is Function.EXP:
            x = np.clip(x, -100, 80)
        found.append(x)
    return found
