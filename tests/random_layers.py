"""Seeded random layers with weights, as graphs of one node, from tiny to awkward."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Op,
    Padding,
    Rounding,
)

Rng = np.random.Generator


def single_node_graph(
    op: Op,
    x_shape: tuple[int, ...],
    weights: np.ndarray,
    rng: Rng,
    *,
    extreme: bool = False,
) -> Graph:
    """A graph of one layer, its scales such that results spread over int8."""
    channel_axis = 3 if isinstance(op, DepthwiseConv2D) else 0
    outputs = weights.shape[channel_axis]
    per_channel = rng.random() < 0.8
    dtype = DType.INT4 if rng.random() < 0.3 else DType.INT8
    if dtype is DType.INT4:
        weights = weights >> 4
    taps = weights.size // outputs
    x_scale = float(np.float32(rng.uniform(0.005, 0.1)))
    count = outputs if per_channel else 1
    spread = 2.0 ** rng.uniform(-3, 1, count) * 0.01
    if extreme:
        spread *= 2.0 ** rng.integers(-12, 4, count)
    scales = tuple(float(s) for s in spread.astype(np.float32))
    y_scale = float(np.float32(x_scale * 0.01 * 40 * np.sqrt(taps) * rng.uniform(0.5, 4)))
    bias = rng.integers(-3000, 3000, outputs).astype(np.int32)
    axis = channel_axis if per_channel else None
    x_zero, y_zero = (int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))])) for _ in "xy")
    shapes = (x_shape, weights.shape, bias.shape)
    tensors = [
        Tensor("x", x_shape, DType.INT8, Quantization((x_scale,), (x_zero,))),
        Tensor("weight", weights.shape, dtype, Quantization(scales, (0,) * count, axis), weights),
        Tensor("bias", bias.shape, DType.INT32, None, bias),
        Tensor("y", op.shape(*shapes), DType.INT8, Quantization((y_scale,), (y_zero,))),
    ]
    node = Node("layer", op, ("x", "weight", "bias"), "y")
    return Graph("layer", {t.name: t for t in tensors}, (node,), ("x",), ("y",))


def with_int16_activations(graph: Graph, rng: Rng) -> Graph:
    """A graph of one int8 layer as one of int16: the weights remain, results spread over int16."""
    x, y, bias = (graph.tensors[name] for name in ("x", "y", "bias"))
    magnitude = 10 ** int(rng.integers(2, 8))
    steps = rng.integers(-magnitude, magnitude, bias.shape)
    changed = (
        replace(x, dtype=DType.INT16, quantization=Quantization(x.q.scales, (0,))),
        replace(y, dtype=DType.INT16, quantization=Quantization(y.q.scales, (0,))),
        replace(bias, dtype=DType.INT64, data=steps.astype(np.int64)),
    )
    return graph.rebuild(graph.nodes, changed)


def random_weights(shape: tuple[int, ...], rng: Rng) -> np.ndarray:
    """Weights of several characters: ordinary, all at the limits, with dead channels."""
    match rng.integers(6):
        case 0:
            return np.full(shape, rng.choice([127, -127, -128]), np.int8)
        case 1:
            return rng.choice(np.array([-128, -127, 127], np.int8), shape)
        case 2:
            weights = rng.integers(-127, 128, shape).astype(np.int8)
            axis = int(np.argmin([0] * len(shape)))
            index = rng.random(shape[axis]) < 0.4
            weights[index] = 0
            return weights
        case _:
            return np.clip(rng.normal(0, 40, shape), -127, 127).astype(np.int8)


def _geometry(rng: Rng, kernel: tuple[int, int], *, plain: bool) -> dict[str, object]:
    if plain:
        pads = [int(k) // 2 for k in (kernel[0], kernel[0], kernel[1], kernel[1])]
        stride = int(rng.integers(1, 3))
        return {"stride": (stride, stride), "padding": Padding(*pads)}
    top, bottom, left, right = (int(v) for v in rng.integers(0, 4, 4))
    return {
        "stride": (int(rng.integers(1, 4)), int(rng.integers(1, 4))),
        "dilation": (int(rng.integers(1, 3)), int(rng.integers(1, 3))),
        "padding": Padding(top, bottom, left, right),
    }


def _common(rng: Rng) -> dict[str, object]:
    return {
        "activation": list(Activation)[int(rng.integers(4))],
        "rounding": list(Rounding)[int(rng.integers(2))],
    }


def _plane(rng: Rng, op: Conv2D | DepthwiseConv2D, kernel: tuple[int, int]) -> tuple[int, int]:
    """A height and width, small, but not less than the window needs."""
    pads = (op.padding.top + op.padding.bottom, op.padding.left + op.padding.right)
    least = [max(1, (k - 1) * d + 1 - p) for k, d, p in zip(kernel, op.dilation, pads, strict=True)]
    height, width = (n + int(rng.integers(0, 7)) for n in least)
    return height, width


def random_conv_2d(rng: Rng) -> Graph:
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5))) if rng.random() < 0.6 else (1, 1)
    op = Conv2D(**_geometry(rng, kernel, plain=rng.random() < 0.4), **_common(rng))  # type: ignore[arg-type]
    groups = int(rng.choice([1, 1, 1, 1, 2, 3]))
    depth, outputs = int(rng.integers(1, 19)), groups * int(rng.integers(1, 12))
    x_shape = (int(rng.choice([1, 1, 2])), *_plane(rng, op, kernel), depth * groups)
    weights = random_weights((outputs, *kernel, depth), rng)
    return single_node_graph(op, x_shape, weights, rng, extreme=rng.random() < 0.2)


def random_conv_3x3(rng: Rng, heights: tuple[int, int] = (7, 13)) -> Graph:
    """3 x 3 at stride 1, large enough for other algorithms than the plain one; ``heights``: the
    least of the image, and one more than the most."""
    op = Conv2D(
        padding=Padding(*(int(n) for n in rng.integers(0, 3, 4))),
        activation=list(Activation)[int(rng.integers(4))],
        rounding=list(Rounding)[int(rng.integers(2))],
    )
    height, width = (int(n) for n in rng.integers((heights[0], 7), (heights[1], 13)))
    inputs, outputs = (int(n) for n in rng.integers(8, 33, 2))
    weights = random_weights((outputs, 3, 3, inputs), rng)
    return single_node_graph(op, (1, height, width, inputs), weights, rng)


def _depthwise(rng: Rng, kernel: tuple[int, int], *, plain: bool) -> DepthwiseConv2D:
    return DepthwiseConv2D(**_geometry(rng, kernel, plain=plain), **_common(rng))  # type: ignore[arg-type]


def random_depthwise_conv_2d(rng: Rng) -> Graph:
    kernel = (3, 3) if rng.random() < 0.6 else (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
    op = _depthwise(rng, kernel, plain=rng.random() < 0.5)
    channels, multiplicity = int(rng.integers(1, 14)), int(rng.choice([1, 1, 1, 2, 3]))
    x_shape = (int(rng.choice([1, 1, 2])), *_plane(rng, op, kernel), channels)
    weights = random_weights((1, *kernel, channels * multiplicity), rng)
    return single_node_graph(op, x_shape, weights, rng, extreme=rng.random() < 0.2)


def random_depthwise_window(rng: Rng) -> Graph:
    """Windows up to 11 x 11, with any stride, dilation and padding, on images that may be wide."""
    height, width = (int(n) for n in rng.choice([1, 2, 3, 4, 5, 6, 7, 8, 9, 11], 2))
    op = _depthwise(rng, (height, width), plain=rng.random() < 0.4)
    if rng.random() < 0.3:
        op = replace(op, dilation=(int(rng.integers(1, 5)), int(rng.integers(1, 5))))
    channels, multiplicity = int(rng.integers(1, 9)), int(rng.choice([1, 1, 1, 2, 3]))
    more = (int(n) for n in (rng.integers(0, 13, 2) if rng.random() < 0.3 else (0, 0)))
    plane = (n + m for n, m in zip(_plane(rng, op, (height, width)), more, strict=True))
    x_shape = (int(rng.choice([1, 1, 2])), *plane, channels)
    weights = random_weights((1, height, width, channels * multiplicity), rng)
    return single_node_graph(op, x_shape, weights, rng, extreme=rng.random() < 0.2)


def random_depthwise_3x3(rng: Rng, width: int, stride: int = 1) -> Graph:
    """3 x 3 with one column of padding on each side; ``width``: of the image."""
    op = DepthwiseConv2D(
        stride=(stride, stride),
        padding=Padding(1, 1, 1, 1),
        activation=Activation.RELU,
        rounding=Rounding.SINGLE,
    )
    channels = int(rng.integers(1, 14))
    weights = random_weights((1, 3, 3, channels), rng)
    return single_node_graph(op, (1, int(rng.integers(2, 7)), width, channels), weights, rng)


def random_fully_connected(rng: Rng) -> Graph:
    op = FullyConnected(**_common(rng))  # type: ignore[arg-type]
    inputs, outputs = int(rng.integers(1, 70)), int(rng.integers(1, 30))
    x_shape = (int(rng.choice([1, 1, 3])), inputs)
    weights = random_weights((outputs, inputs), rng)
    return single_node_graph(op, x_shape, weights, rng, extreme=rng.random() < 0.2)


def side_by_side(graphs: Sequence[Graph]) -> Graph:
    """One graph of them all, each with its own inputs and outputs: tensor ``t`` of graph 3 is
    ``t_3``."""
    tensors: dict[str, Tensor] = {}
    nodes, inputs, outputs = [], [], []
    for i, graph in enumerate(graphs):
        renamed = {name: f"{name}_{i}" for name in graph.tensors}
        tensors |= {new: replace(graph.tensors[old], name=new) for old, new in renamed.items()}
        for node in graph.nodes:
            operands = tuple(renamed[name] for name in node.inputs)
            nodes.append(Node(f"{node.name}_{i}", node.op, operands, renamed[node.output]))
        inputs += [renamed[name] for name in graph.inputs]
        outputs += [renamed[name] for name in graph.outputs]
    return Graph("side_by_side", tensors, tuple(nodes), tuple(inputs), tuple(outputs))


def chain_with_dead_channels(rng: Rng) -> Graph:
    """Convolution, depthwise, convolution; most channels of the first never change."""
    channels, outputs = int(rng.integers(4, 40)), int(rng.integers(2, 20))
    if rng.random() < 0.2:
        channels = int(rng.integers(300, 700))
    zeros = [int(rng.choice([-128, 0, int(rng.integers(-128, 128))])) for _ in range(4)]
    first = random_weights((channels, 1, 1, int(rng.integers(1, 9))), rng)
    first[rng.random(channels) < 0.8] = 0
    middle = random_weights((1, 3, 3, channels), rng)
    last = random_weights((outputs, 1, 1, channels), rng)
    last[rng.random(outputs) < 0.3] = 0
    stride = int(rng.integers(1, 3))
    padding = Padding(1, 1, 1, 1) if rng.random() < 0.7 else Padding()
    ops = (
        Conv2D(activation=Activation.RELU),
        DepthwiseConv2D(stride=(stride, stride), padding=padding, **_common(rng)),  # type: ignore[arg-type]
        Conv2D(**_common(rng)),  # type: ignore[arg-type]
    )
    shape: tuple[int, ...] = (1, int(rng.integers(3, 8)), int(rng.integers(3, 8)), first.shape[3])
    tensors = [Tensor("x", shape, DType.INT8, Quantization((0.02,), (zeros[0],)))]
    nodes, scale = [], 0.02
    for i, (op, weights) in enumerate(zip(ops, (first, middle, last), strict=True)):
        count = weights.shape[3] if isinstance(op, DepthwiseConv2D) else weights.shape[0]
        bias = rng.integers(-2000, 2000, count).astype(np.int32)
        weight_scale = Quantization((0.01,), (0,))
        tensors.append(Tensor(f"w{i}", weights.shape, DType.INT8, weight_scale, weights))
        tensors.append(Tensor(f"b{i}", bias.shape, DType.INT32, None, bias))
        name = ("t0", "t1", "y")[i]
        shape = op.shape(shape, weights.shape, bias.shape)
        result_scale = float(np.float32(scale * 0.01 * 60 * np.sqrt(weights.size / count)))
        tensors.append(
            Tensor(name, shape, DType.INT8, Quantization((result_scale,), (zeros[i + 1],)))
        )
        nodes.append(Node(f"layer{i}", op, (("x", "t0", "t1")[i], f"w{i}", f"b{i}"), name))
        scale = result_scale
    return Graph("chain", {t.name: t for t in tensors}, tuple(nodes), ("x",), ("y",))
