"""Seeded random int8 graphs whose blocks join and divide channels, and builds without copies."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.build import Build
from mote.codegen import generate
from mote.ir import Graph, Quantization, Tensor, verify
from mote.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    MaxPool2D,
    Mean,
    Op,
    Padding,
    Quantize,
    Slice,
    Sub,
    same_padding,
)
from mote.lower.join_channels import join_channels
from mote.lower.lower import lower
from mote.passes import optimize
from mote.plan import Options, make_plan, spare_scratch
from mote.target import resolve
from random_functions import with_own_functions
from random_graph_maker import Maker
from random_graphs import with_random_rounding


def joined_graph(seed: int, widest: int = 8) -> Graph:
    """A few blocks; each joins what its layers make from its input, or divides it.

    ``widest``: pixels of a row.
    """
    rng = np.random.default_rng([seed, 5])
    maker = Maker(rng)
    batches, size = int(rng.choice([1, 1, 1, 2])), rng.integers(1, (9, widest + 1)).tolist()
    x = maker.tensor((batches, *size, int(rng.integers(1, 9))), maker.quantization())
    maker.inputs.append(x.name)
    if rng.random() < 0.8:
        x = conv(maker, x, int(rng.integers(2, 12)), x.q)
    outputs = []
    for _ in range(int(rng.integers(1, 4))):
        blocks = (branches, dense, dense_list, divided, shuffled)
        x = blocks[int(rng.integers(len(blocks)))](maker, x)
        if rng.random() < 0.3:
            x = conv(maker, x, int(rng.integers(1, 10)), maker.quantization(around=x.q.scale))
        if rng.random() < 0.1:
            outputs.append(x.name)
    if rng.random() < 0.5:
        x = maker.add(Mean(axes=(1, 2)), [x], x.quantization)
    read = {t for node in maker.nodes for t in node.inputs}
    outputs += [node.output for node in maker.nodes if node.output not in read]
    graph = Graph(
        f"joined_{seed}",
        {t.name: t for t in maker.tensors},
        tuple(maker.nodes),
        tuple(maker.inputs),
        tuple(dict.fromkeys(outputs)),
    )
    verify(graph)
    return with_own_functions(with_random_rounding(graph, seed), seed)


def build_joined(graph: Graph, target: str, optimize_for: str = "balanced") -> Build:
    """The program that copies the fewest channels, whether or not it takes the least RAM."""
    resolved = resolve(target)
    graph = optimize(graph)
    program = join_channels(lower(graph, resolved.core))
    plan = make_plan(program, Options(optimize=optimize_for))
    program = spare_scratch(program, plan.frugal, plan.ample)
    return Build(graph, program, plan, resolved, generate(program, plan, resolved))


def branches(maker: Maker, x: Tensor) -> Tensor:
    """Fire and inception modules: layers side by side, or short chains of them."""
    made = []
    for _ in range(int(maker.rng.integers(2, 5))):
        y = x
        if maker.rng.random() < 0.4:
            around = maker.quantization(around=x.q.scale)
            y = conv(maker, x, int(maker.rng.integers(1, 8)), around)
        made.append(layer(maker, y, x.q))
    return joined(maker, made)


def dense(maker: Maker, x: Tensor) -> Tensor:
    """Each layer reads all that the block has made so far, and adds a few channels."""
    for _ in range(int(maker.rng.integers(2, 4))):
        x = joined(maker, [x, layer(maker, x, x.q)])
    return x


def dense_list(maker: Maker, x: Tensor) -> Tensor:
    """The same, all parts joined anew for every layer."""
    parts = [x, layer(maker, x, x.q)]
    for _ in range(int(maker.rng.integers(1, 3))):
        parts.append(layer(maker, joined(maker, parts), x.q))
    return joined(maker, parts)


def divided(maker: Maker, x: Tensor) -> Tensor:
    """Some channels go one way and some another; all are joined in the end."""
    parts = cut(maker, x)
    return joined(maker, [layer(maker, part, x.q) for part in parts])


def shuffled(maker: Maker, x: Tensor) -> Tensor:
    """One part goes through layers while the other waits."""
    first, *others = cut(maker, x)
    made = [layer(maker, layer(maker, part, x.q), x.q) for part in others]
    return joined(maker, [first, *made])


def cut(maker: Maker, x: Tensor, count: int = 0) -> list[Tensor]:
    """Channels in so many parts, one to three if no number is given."""
    count = min(x.shape[3], count or int(maker.rng.integers(1, 4)))
    places = maker.rng.choice(np.arange(1, x.shape[3]), count - 1, replace=False)
    ends = [*sorted(int(p) for p in places), x.shape[3]]
    found, begin = [], 0
    for end in ends:
        op = Slice((0, 0, 0, begin), (*x.shape[:3], end), (1, 1, 1, 1))
        found.append(maker.add(op, [x], x.quantization))
        begin = end
    return found


def joined(maker: Maker, operands: Sequence[Tensor]) -> Tensor:
    return maker.add(Concat(3), operands, operands[0].quantization)


def layer(maker: Maker, x: Tensor, q: Quantization) -> Tensor:
    """A result of the same plane with a given scale and zero point."""
    rng = maker.rng
    match rng.choice(["conv", "conv", "depthwise", "pool", "sum", "function", "scale"]):
        case "depthwise":
            return depthwise(maker, x, q)
        case "pool" if x.q == q:
            kernel = int(rng.integers(1, 4)), int(rng.integers(1, 4))
            kind = (MaxPool2D, AveragePool2D)[int(rng.integers(2))]
            op = kind(
                kernel=kernel, stride=(1, 1), padding=same(x, kernel), activation=maker.activation()
            )
            return maker.add(op, [x], q)
        case "sum":
            y = conv(maker, x, x.shape[3], q)
            sum_of: type[Op] = Sub if rng.random() < 0.3 else Add
            return maker.add(sum_of(), [y, x], q)
        case "function":
            found = maker.function(x)
            return found if found.q == q else maker.add(Quantize(), [found], q)
        case "scale" if x.q != q:
            return maker.add(Quantize(), [x], q)
        case _:
            return conv(maker, x, int(rng.integers(1, 10)), q)


def same(x: Tensor, kernel: tuple[int, int], dilation: tuple[int, int] = (1, 1)) -> Padding:
    rows = same_padding(x.shape[1], kernel[0], 1, dilation[0])
    return Padding(*rows, *same_padding(x.shape[2], kernel[1], 1, dilation[1]))


def conv(maker: Maker, x: Tensor, outputs: int, q: Quantization) -> Tensor:
    rng = maker.rng
    kernel = [(1, 1), (3, 3), (int(rng.integers(1, 5)), int(rng.integers(1, 5)))]
    chosen = kernel[int(rng.integers(3))]
    groups = 2 if x.shape[3] % 2 == outputs % 2 == 0 and rng.random() < 0.2 else 1
    dilation = (1, 1) if rng.random() < 0.8 else (2, 2)
    op = Conv2D(padding=same(x, chosen, dilation), dilation=dilation, activation=maker.activation())
    return weighted(maker, op, x, (outputs, *chosen, x.shape[3] // groups), 0, q)


def depthwise(maker: Maker, x: Tensor, q: Quantization) -> Tensor:
    rng = maker.rng
    kernel = (3, 3) if rng.random() < 0.7 else (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    op = DepthwiseConv2D(padding=same(x, kernel), activation=maker.activation())
    channels = x.shape[3] * int(rng.choice([1, 1, 1, 2]))
    return weighted(maker, op, x, (1, *kernel, channels), 3, q)


def weighted(
    maker: Maker, op: Op, x: Tensor, shape: tuple[int, ...], axis: int, q: Quantization
) -> Tensor:
    """Scales of the weights such that results spread over int8 with the scale that is given."""
    weight, bias, typical = maker.weights(shape, axis, x)
    factor = q.scale / typical
    scales = tuple(float(np.float32(s * factor)) for s in weight.q.scales)
    fitted = replace(weight, quantization=replace(weight.q, scales=scales))
    maker.tensors[maker.tensors.index(weight)] = fitted
    return maker.add(op, [x, fitted, bias], q)
