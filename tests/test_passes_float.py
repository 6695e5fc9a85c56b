"""Batch norms and clamps disappear into the layers beside them: printed IR in, printed IR out."""

import numpy as np
import pytest

from float_graphs import build
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Padding,
    Relu,
    Reshape,
)
from mote.ir.text import format_graph, format_node
from mote.passes import PASSES, optimize
from mote.passes.fold_batch_norm import fold_batch_norm
from mote.passes.fuse_activation import fuse_activation

RELU = Relu()
RELU6 = Relu(activation=Activation.RELU6)


def printed(graph: Graph) -> str:
    """The nodes alone: hashes of constants would say nothing here."""
    return "".join(format_node(graph, node) + "\n" for node in graph.nodes)


def assert_same_function(before: Graph, after: Graph) -> None:
    verify(after)
    assert (before.inputs, before.outputs) == (after.inputs, after.outputs)
    x = np.random.default_rng(1).standard_normal(before.tensors["x"].shape).astype(np.float32)
    expected, found = reference.run(before, [x]), reference.run(after, [x])
    for name in before.outputs:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-5, atol=1e-5)


def test_relu_becomes_the_clamp_of_the_layer_before_it() -> None:
    graph = build((1, 4, 4, 2), [("conv", Conv2D(), "x"), ("relu", RELU, "conv")])
    fused = fuse_activation(graph)
    assert printed(graph) == (
        "conv = conv_2d() x, conv.0, conv.1 : float32[1,2,2,4]\n"
        "relu = relu() conv : float32[1,2,2,4]\n"
    )
    assert printed(fused) == (
        "relu = conv_2d(activation=relu) x, conv.0, conv.1 : float32[1,2,2,4]\n"
    )
    assert fused.nodes[0].name == "conv"
    assert_same_function(graph, fused)


@pytest.mark.parametrize(
    ("op", "operands"),
    [
        (Add(), "x x"),
        (AveragePool2D(kernel=(2, 2)), "x"),
        (DepthwiseConv2D(), "x"),
        (MaxPool2D(kernel=(2, 2)), "x"),
    ],
)
def test_every_layer_with_a_clamp_takes_one(op: Op, operands: str) -> None:
    graph = build((1, 4, 4, 2), [("layer", op, operands), ("relu", RELU6, "layer")])
    fused = fuse_activation(graph)
    assert len(fused.nodes) == 1
    assert "activation=relu6" in printed(fused)
    assert_same_function(graph, fused)


def test_a_clamp_moves_through_pool_pad_and_reshape_to_the_earliest_layer() -> None:
    graph = build(
        (1, 6, 6, 2),
        [
            ("conv", Conv2D(), "x"),
            ("pool", MaxPool2D(kernel=(2, 2), stride=(2, 2)), "conv"),
            ("pad", Pad(paddings=((0, 0), (1, 0), (0, 1), (0, 0))), "pool"),
            ("flat", Reshape(to=(1, 36)), "pad"),
            ("relu", RELU, "flat"),
        ],
    )
    fused = fuse_activation(graph)
    assert printed(fused) == (
        "conv = conv_2d(activation=relu) x, conv.0, conv.1 : float32[1,4,4,4]\n"
        "pool = max_pool_2d(kernel=(2,2), stride=(2,2)) conv : float32[1,2,2,4]\n"
        "pad = pad(paddings=((0,0),(1,0),(0,1),(0,0))) pool : float32[1,3,3,4]\n"
        "relu = reshape(to=(1,36)) pad : float32[1,36]\n"
    )
    assert_same_function(graph, fused)


def test_successive_clamps_become_their_intersection() -> None:
    graph = build(
        (1, 4),
        [("fc", FullyConnected(), "x"), ("a", RELU, "fc"), ("b", RELU6, "a"), ("c", RELU, "b")],
    )
    assert printed(fuse_activation(graph)) == (
        "c = fully_connected(activation=relu6) x, fc.0, fc.1 : float32[1,4]\n"
    )


def test_a_value_that_others_read_keeps_its_negative_part() -> None:
    graph = build(
        (1, 6, 6, 4),
        [
            ("conv", Conv2D(padding=Padding(1, 1, 1, 1)), "x"),
            ("relu", RELU, "conv"),
            ("sum", Add(), "conv relu"),
        ],
    )
    fused = fuse_activation(graph)
    assert printed(fused) == (
        "conv = conv_2d(padding=(1,1,1,1)) x, conv.0, conv.1 : float32[1,6,6,4]\n"
        "relu = relu() conv : float32[1,6,6,4]\n"
        "sum = add() conv, relu : float32[1,6,6,4]\n"
    )
    assert_same_function(graph, fused)


def test_a_value_that_the_caller_reads_keeps_its_negative_part() -> None:
    layers = [("fc", FullyConnected(), "x"), ("relu", RELU, "fc")]
    graph = build((2, 3), layers, outputs=("fc", "relu"))
    fused = fuse_activation(graph)
    assert printed(fused) == (
        "fc = fully_connected() x, fc.0, fc.1 : float32[2,4]\nrelu = relu() fc : float32[2,4]\n"
    )
    assert_same_function(graph, fused)


def test_clamps_without_a_common_clamp_stay_apart() -> None:
    narrow = Relu(activation=Activation.RELU_N1_TO_1)
    graph = build((1, 4, 4, 2), [("conv", Conv2D(), "x"), ("a", narrow, "conv"), ("b", RELU, "a")])
    fused = fuse_activation(graph)
    assert printed(fused) == (
        "a = conv_2d(activation=relu_n1_to_1) x, conv.0, conv.1 : float32[1,2,2,4]\n"
        "b = relu() a : float32[1,2,2,4]\n"
    )
    assert_same_function(graph, fused)


@pytest.mark.parametrize("op", [Conv2D(stride=(2, 1)), DepthwiseConv2D()])
def test_batch_norm_becomes_weights_and_bias_of_the_layer_before_it(op: Op) -> None:
    graph = build((2, 5, 5, 2), [("conv", op, "x"), ("bn", BatchNorm(epsilon=0.1), "conv")])
    folded = fold_batch_norm(graph)
    [node] = folded.nodes
    assert (node.name, node.op, node.inputs) == ("conv", op, ("x", "conv.0", "conv.1"))
    assert set(folded.tensors) == {"x", "bn", "conv.0", "conv.1"}
    assert_same_function(graph, folded)


def test_batch_norm_and_relu_after_a_linear_layer_leave_one_node() -> None:
    layers = [("fc", FullyConnected(), "x"), ("bn", BatchNorm(), "fc"), ("relu", RELU, "bn")]
    graph = build((2, 3), layers)
    optimized = optimize(graph)
    assert printed(optimized) == (
        "relu = fully_connected(activation=relu) x, fc.0, fc.1 : float32[2,4]\n"
    )
    assert_same_function(graph, optimized)


def test_a_batch_norm_without_a_layer_becomes_a_depthwise_convolution() -> None:
    layers = [("bn", BatchNorm(), "x"), ("mean", Mean(), "bn"), ("bn2", BatchNorm(), "mean")]
    graph = build((2, 5, 5, 3), layers)
    folded = fold_batch_norm(graph)
    assert printed(folded) == (
        "bn = depthwise_conv_2d() x, bn.factor, bn.offset : float32[2,5,5,3]\n"
        "mean = mean() bn : float32[2,3]\n"
        "bn2.x = reshape(to=(2,1,1,3)) mean : float32[2,1,1,3]\n"
        "bn2.y = depthwise_conv_2d() bn2.x, bn2.factor, bn2.offset : float32[2,1,1,3]\n"
        "bn2 = reshape(to=(2,3)) bn2.y : float32[2,3]\n"
    )
    assert_same_function(graph, folded)


def test_a_layer_with_a_clamp_keeps_its_weights() -> None:
    op = Conv2D(activation=Activation.RELU)
    graph = build((1, 5, 5, 2), [("conv", op, "x"), ("bn", BatchNorm(), "conv")])
    folded = fold_batch_norm(graph)
    assert [n.op.kind for n in folded.nodes] == ["conv_2d", "depthwise_conv_2d"]
    assert_same_function(graph, folded)


def test_weights_that_two_layers_share_are_scaled_for_each() -> None:
    graph = build(
        (1, 9, 9, 4),
        [
            ("a", Conv2D(), "x"),
            ("bn_a", BatchNorm(), "a"),
            ("b", Conv2D(), "bn_a"),
            ("bn_b", BatchNorm(), "b"),
        ],
    )
    shared = [
        Node(n.name, n.op, (n.inputs[0], "a.0", "a.1"), n.output) if n.name == "b" else n
        for n in graph.nodes
    ]
    graph = graph.rebuild(shared)
    folded = fold_batch_norm(graph)
    assert [n.inputs[1:] for n in folded.nodes] == [("a.weight", "a.bias"), ("a.0", "a.1")]
    assert_same_function(graph, folded)


def test_every_pass_leaves_a_finished_graph_as_it_is() -> None:
    layers = [("conv", Conv2D(), "x"), ("bn", BatchNorm(), "conv"), ("relu", RELU, "bn")]
    done = optimize(build((1, 5, 5, 2), layers))
    for rewrite in PASSES:
        assert format_graph(rewrite(done)) == format_graph(done)


@pytest.mark.parametrize(("scale", "kinds"), [(0.5, ["add"]), (0.25, ["add", "relu"])])
def test_an_integer_clamp_is_fused_only_where_it_does_not_rescale(
    scale: float, kinds: list[str]
) -> None:
    q, out = Quantization((0.5,), (-3,)), Quantization((scale,), (-3,))
    tensors = [Tensor(name, (1, 64), DType.INT8, q) for name in ("x", "z", "sum")]
    tensors.append(Tensor("y", (1, 64), DType.INT8, out))
    nodes = (Node("add", Add(), ("x", "z"), "sum"), Node("relu", RELU6, ("sum",), "y"))
    graph = Graph("g", {t.name: t for t in tensors}, nodes, ("x", "z"), ("y",))
    fused = fuse_activation(graph)
    verify(fused)
    assert [n.op.kind for n in fused.nodes] == kinds
    inputs = [np.random.default_rng(i).integers(-128, 128, (1, 64), np.int8) for i in range(2)]
    np.testing.assert_array_equal(
        reference.run(fused, inputs)["y"], reference.run(graph, inputs)["y"]
    )
