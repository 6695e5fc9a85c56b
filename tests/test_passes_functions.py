"""What exporters write as several operators becomes one; what only looks like it stays."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from mote import reference
from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    Function,
    LayerNorm,
    Mean,
    Mul,
    Op,
    Relu,
    Reshape,
    Sub,
    Unary,
)
from mote.ir.text import format_node
from mote.passes import optimize
from mote.passes.fold_affine import fold_affine
from mote.passes.fuse_functions import fuse_functions
from mote.passes.remove_dead_nodes import remove_dead_nodes

SQUARE, ERF, TANH = (Unary(f) for f in (Function.SQUARE, Function.ERF, Function.TANH))
SQRT, RECIPROCAL = Unary(Function.SQRT), Unary(Function.RECIPROCAL)
RELU6 = Relu(activation=Activation.RELU6)


class Expression:
    """Writes nodes one after the other; numbers become constants."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.tensors = {"x": Tensor("x", shape, DType.FLOAT32)}
        self.nodes: list[Node] = []

    def __call__(self, op: Op, *operands: str | float | np.ndarray) -> str:
        names = [x if isinstance(x, str) else self.constant(x) for x in operands]
        shape = op.shape(*(self.tensors[n].shape for n in names))
        name = f"t{len(self.nodes)}"
        self.tensors[name] = Tensor(name, shape, DType.FLOAT32)
        self.nodes.append(Node(name, op, tuple(names), name))
        return name

    def constant(self, value: float | np.ndarray) -> str:
        array = np.asarray(value, np.float32).reshape(np.shape(value) or (1,))
        name = f"c{len(self.tensors)}"
        self.tensors[name] = Tensor(name, array.shape, DType.FLOAT32, data=array)
        return name

    def graph(self) -> Graph:
        output = self.nodes[-1].output
        used = {t for n in self.nodes for t in (*n.inputs, n.output)} | {"x"}
        tensors = {k: t for k, t in self.tensors.items() if k in used}
        graph = Graph("g", tensors, tuple(self.nodes), ("x",), (output,))
        verify(graph)
        return graph


def gelu_product_last(e: Expression) -> str:
    gate = e(Add(), e(ERF, e(Mul(), "x", math.sqrt(0.5))), 1.0)
    return e(Mul(), e(Mul(), "x", gate), 0.5)


def gelu_half_first(e: Expression) -> str:
    half = e(Mul(), 0.5, "x")
    return e(Mul(), half, e(Add(), 1.0, e(ERF, e(Mul(), 0.70711, "x"))))


def gelu_tanh(e: Expression) -> str:
    cube = e(Mul(), e(SQUARE, "x"), "x")
    inner = e(Mul(), e(Add(), "x", e(Mul(), 0.044715, cube)), math.sqrt(2 / math.pi))
    return e(Mul(), e(Mul(), 0.5, "x"), e(Add(), e(TANH, inner), 1.0))


def gelu_tanh_of_square(e: Expression) -> str:
    bracket = e(Add(), e(Mul(), e(Mul(), "x", "x"), 0.044715), 1.0)
    inner = e(Mul(), e(Mul(), 0.7978845608, "x"), bracket)
    return e(Mul(), "x", e(Mul(), 0.5, e(Add(), 1.0, e(TANH, inner))))


def silu(e: Expression) -> str:
    return e(Mul(), e(Unary(Function.SIGMOID), "x"), "x")


def hard_swish(e: Expression) -> str:
    return e(Mul(), e(Mul(), "x", e(RELU6, e(Add(), "x", 3.0))), 1 / 6)


def hard_swish_of_fused_sum(e: Expression) -> str:
    return e(Mul(), e(Mul(), e(Add(activation=Activation.RELU6), 3.0, "x"), 1 / 6), "x")


def hard_swish_of_hard_sigmoid(e: Expression) -> str:
    return e(Mul(), "x", e(Unary(Function.HARD_SIGMOID, 1 / 6, 0.5), "x"))


def hard_sigmoid(e: Expression) -> str:
    return e(Mul(), e(Unary(Function.CLIP, 0.0, 6.0), e(Add(), "x", 3.0)), 0.16666667)


def rsqrt(e: Expression) -> str:
    return e(RECIPROCAL, e(SQRT, e(Unary(Function.ABS), "x")))


def layer_norm(e: Expression) -> str:
    distance = e(Sub(), "x", e(Mean(axes=(2,), keep_dims=True), "x"))
    variance = e(Mean(axes=(2,), keep_dims=True), e(SQUARE, distance))
    inverse = e(RECIPROCAL, e(SQRT, e(Add(), variance, 1e-5)))
    scaled = e(Mul(), e(Mul(), distance, inverse), np.linspace(0.5, 1.5, 8))
    return e(Add(), scaled, np.linspace(-1, 1, 8))


def layer_norm_of_products(e: Expression) -> str:
    mean = Mean(axes=(2,), keep_dims=True)
    distance, again = (e(Sub(), "x", e(mean, "x")) for _ in range(2))
    variance = e(mean, e(Mul(), again, again))
    return e(Mul(), distance, e(Unary(Function.RSQRT), e(Add(), 1e-3, variance)))


@pytest.mark.parametrize(
    ("write", "label"),
    [
        (gelu_product_last, "gelu"),
        (gelu_half_first, "gelu"),
        (gelu_tanh, "gelu_tanh"),
        (gelu_tanh_of_square, "gelu_tanh"),
        (silu, "silu"),
        (hard_swish, "hard_swish"),
        (hard_swish_of_fused_sum, "hard_swish"),
        (hard_swish_of_hard_sigmoid, "hard_swish"),
        (hard_sigmoid, "hard_sigmoid"),
        (layer_norm, "layer_norm"),
        (layer_norm_of_products, "layer_norm"),
    ],
)
def test_an_expression_becomes_the_operator_that_it_writes_out(
    write: Callable[[Expression], str], label: str
) -> None:
    e = Expression((2, 3, 8))
    write(e)
    graph = e.graph()
    fused = optimize(graph)
    assert [n.op.label for n in fused.nodes] == [label]
    x = np.random.default_rng(3).normal(0, 2, (2, 3, 8)).astype(np.float32)
    (y,) = graph.outputs
    np.testing.assert_allclose(
        reference.run(fused, [x])[y], reference.run(graph, [x])[y], rtol=1e-4, atol=1e-4
    )


def test_one_over_a_root_is_one_function() -> None:
    e = Expression((4,))
    rsqrt(e)
    assert [n.op.label for n in optimize(e.graph()).nodes] == ["abs", "rsqrt"]


def wrong_half(e: Expression) -> str:
    return e(Mul(), e(Mul(), "x", e(Add(), e(ERF, e(Mul(), "x", 0.7071068)), 1.0)), 0.51)


def wrong_root(e: Expression) -> str:
    return e(Mul(), e(Mul(), "x", e(Add(), e(ERF, e(Mul(), "x", 0.7)), 1.0)), 0.5)


def gate_of_another(e: Expression) -> str:
    return e(Mul(), "x", e(Unary(Function.SIGMOID), e(SQUARE, "x")))


def norm_of_another_axis(e: Expression) -> str:
    mean = Mean(axes=(1,), keep_dims=True)
    distance = e(Sub(), "x", e(mean, "x"))
    variance = e(mean, e(SQUARE, distance))
    return e(Mul(), distance, e(Unary(Function.RSQRT), e(Add(), 1e-3, variance)))


def clamped_gate(e: Expression) -> str:
    gate = e(Unary(Function.SIGMOID), "x")
    return e(Mul(activation=Activation.RELU), "x", gate)


@pytest.mark.parametrize(
    "write", [wrong_half, wrong_root, gate_of_another, norm_of_another_axis, clamped_gate]
)
def test_an_expression_that_only_looks_like_one_stays(write: Callable[[Expression], str]) -> None:
    e = Expression((2, 3, 8))
    write(e)
    graph = e.graph()
    assert fuse_functions(graph).nodes == graph.nodes


def test_integers_keep_their_operators() -> None:
    e = Expression((4,))
    silu(e)
    graph = e.graph()
    assert [n.op.label for n in fuse_functions(graph).nodes] == ["sigmoid", "silu"]
    from mote.ir import Quantization

    q = Quantization((0.1,), (0,))
    tensors = {n: Tensor(n, t.shape, DType.INT8, q) for n, t in graph.tensors.items()}
    integer = Graph("g", tensors, graph.nodes, graph.inputs, graph.outputs)
    assert fuse_functions(integer).nodes == graph.nodes


def layer_with(op: Op, shapes: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> Expression:
    random = np.random.default_rng(5)
    e = Expression(shape)
    e(op, "x", *(random.normal(0, 1, s) for s in shapes))
    return e


@pytest.mark.parametrize(
    ("op", "shapes", "shape"),
    [
        (FullyConnected(), [(4, 6), (4,)], (2, 6)),
        (Conv2D(), [(4, 1, 1, 3), (4,)], (1, 2, 2, 3)),
        (DepthwiseConv2D(), [(1, 1, 1, 4), (4,)], (1, 3, 3, 4)),
        (LayerNorm(), [(4,), (4,)], (3, 4)),
    ],
)
def test_constants_per_channel_move_into_the_layer(
    op: Op, shapes: list[tuple[int, ...]], shape: tuple[int, ...]
) -> None:
    e = layer_with(op, shapes, shape)
    scaled = e(Mul(), "t0", np.linspace(-1, 2, 4))
    e(Add(), 0.25, e(Add(), scaled, np.linspace(1, 2, 4)))
    graph = e.graph()
    folded = fold_affine(graph)
    verify(folded)
    assert [n.op.kind for n in folded.nodes] == [op.kind]
    x = np.random.default_rng(6).normal(0, 1, shape).astype(np.float32)
    (y,) = graph.outputs
    np.testing.assert_allclose(
        reference.run(folded, [x])[y], reference.run(graph, [x])[y], rtol=1e-5, atol=1e-5
    )


def test_a_bias_moves_through_a_reshape_that_keeps_the_channels() -> None:
    e = layer_with(FullyConnected(), [(4, 6), (4,)], (6, 6))
    rows = e(Reshape((2, 3, 4)), "t0")
    e(Add(activation=Activation.RELU), rows, np.linspace(1, 2, 4))
    folded = fold_affine(e.graph())
    assert "".join(format_node(folded, n) + "\n" for n in folded.nodes) == (
        "t0 = fully_connected(activation=relu) x, c1, c2 : float32[6,4]\n"
        "t2 = reshape(to=(2,3,4)) t0 : float32[2,3,4]\n"
    )


@pytest.mark.parametrize(
    "shape",
    [(2, 1), (2, 4), (1, 2, 4)],
)
def test_constants_that_vary_elsewhere_stay(shape: tuple[int, ...]) -> None:
    e = layer_with(FullyConnected(), [(4, 6), (4,)], (2, 6))
    e(Add(), "t0", np.ones(shape))
    graph = e.graph()
    assert fold_affine(graph).nodes == graph.nodes


def test_a_layer_that_others_read_keeps_its_bias() -> None:
    e = layer_with(FullyConnected(), [(4, 6), (4,)], (2, 6))
    e(Mul(), e(Add(), "t0", 1.0), "t0")
    graph = e.graph()
    assert fold_affine(graph).nodes == graph.nodes
    assert remove_dead_nodes(graph).nodes == graph.nodes
