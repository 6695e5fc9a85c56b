"""Pads, copies and dead nodes disappear: printed IR in, printed IR out, the same bytes."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    MaxPool2D,
    Op,
    Pad,
    Padding,
    Quantize,
    Reshape,
    Resize,
    ResizeMethod,
    Slice,
    Transpose,
)
from mote.ir.text import format_graph, format_node
from mote.passes import optimize
from mote.passes.fold_constants import fold_constants
from mote.passes.fuse_pad import fuse_pad
from mote.passes.remove_dead_nodes import remove_dead_nodes
from mote.passes.remove_identity import remove_identity
from random_graphs import random_graph, random_inputs

Q = Quantization((0.5,), (7,))
OTHER = Quantization((0.25,), (-3,))
PLANE = Pad(paddings=((0, 0), (1, 2), (3, 0), (0, 0)))


def build(
    shape: tuple[int, ...],
    layers: Sequence[tuple[str, Op, str]],
    outputs: tuple[str, ...] = (),
    quantizations: dict[str, Quantization] | None = None,
) -> Graph:
    """Nodes named like their results; convolutions get 3x3 weights, two outputs per input."""
    rng = np.random.default_rng(0)
    tensors = {"x": Tensor("x", shape, DType.INT8, Q)}
    nodes = []
    for name, op, operands in layers:
        inputs = operands.split()
        channels = tensors[inputs[0]].shape[-1]
        if isinstance(op, Conv2D | DepthwiseConv2D):
            depthwise = isinstance(op, DepthwiseConv2D)
            weight_shape = (1, 3, 3, 2 * channels) if depthwise else (2 * channels, 3, 3, channels)
            weight = rng.integers(-127, 128, weight_shape).astype(np.int8)
            bias = rng.integers(-500, 500, 2 * channels).astype(np.int32)
            scale = Quantization((0.02,), (0,))
            tensors["w"] = Tensor("w", weight_shape, DType.INT8, scale, weight)
            tensors["b"] = Tensor("b", bias.shape, DType.INT32, None, bias)
            inputs += ["w", "b"]
        result = op.shape(*(tensors[t].shape for t in inputs))
        q = (quantizations or {}).get(name, Q)
        tensors[name] = Tensor(name, result, DType.INT8, q)
        nodes.append(Node(name, op, tuple(inputs), name))
    graph = Graph("g", tensors, tuple(nodes), ("x",), outputs or (nodes[-1].output,))
    verify(graph)
    return graph


def printed(graph: Graph) -> list[str]:
    """The nodes, without the types that they all share."""
    return [format_node(graph, node).split(" q(")[0] for node in graph.nodes]


def assert_same_bytes(before: Graph, after: Graph, inputs: list[np.ndarray]) -> None:
    verify(after)
    assert (before.inputs, before.outputs) == (after.inputs, after.outputs)
    expected, found = reference.run(before, inputs), reference.run(after, inputs)
    for name in set(expected) & set(found):
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def rewritten(rewrite: Callable[[Graph], Graph], graph: Graph) -> list[str]:
    after = rewrite(graph)
    x = np.random.default_rng(1).integers(-128, 128, graph.tensors["x"].shape).astype(np.int8)
    assert_same_bytes(graph, after, [x])
    return printed(after)


def test_what_follows_from_constants_is_computed_before_the_device_runs() -> None:
    graph = build((2, 2), [("y", Add(), "x x")])
    c = Tensor("c", (4,), DType.INT8, Q, np.arange(4, dtype=np.int8))
    nodes = (
        Node("shaped", Reshape(to=(2, 2)), ("c",), "shaped"),
        Node("twice", Add(), ("shaped", "shaped"), "twice"),
        Node("y", Add(), ("x", "twice"), "y"),
    )
    results = [Tensor(name, (2, 2), DType.INT8, Q) for name in ("shaped", "twice")]
    graph = graph.rebuild(nodes, [c, *results])
    verify(graph)
    assert rewritten(fold_constants, graph) == ["y = add() x, twice : int8[2,2]"]
    assert fold_constants(graph).tensors["twice"].array.tolist() == [[-7, -5], [-3, -1]]


@pytest.mark.parametrize("op", [Conv2D, DepthwiseConv2D])
def test_a_pad_of_the_plane_becomes_padding_of_the_convolution(
    op: type[Conv2D] | type[DepthwiseConv2D],
) -> None:
    graph = build(
        (1, 4, 5, 2),
        [("pad", PLANE, "x"), ("y", op(stride=(2, 1), padding=Padding(1, 0, 1, 1)), "pad")],
        quantizations={"y": OTHER},
    )
    assert printed(graph) == [
        "pad = pad(paddings=((0,0),(1,2),(3,0),(0,0))) x : int8[1,7,8,2]",
        f"y = {op.kind}(stride=(2,1), padding=(1,0,1,1)) pad, w, b : int8[1,3,8,4]",
    ]
    assert rewritten(fuse_pad, graph) == [
        f"y = {op.kind}(stride=(2,1), padding=(2,2,4,1)) x, w, b : int8[1,3,8,4]"
    ]


def test_one_pad_after_another_joins_the_convolution() -> None:
    layers = [("a", PLANE, "x"), ("b1", PLANE, "a"), ("y", Conv2D(), "b1")]
    after = optimize(build((1, 4, 5, 2), layers))
    assert printed(after) == ["y = conv_2d(padding=(2,4,6,0)) x, w, b : int8[1,8,9,4]"]


@pytest.mark.parametrize(
    "paddings",
    [((1, 0), (0, 0), (0, 0), (0, 0)), ((0, 0), (1, 1), (1, 1), (0, 1))],
    ids=["batch", "channels"],
)
def test_a_pad_of_batch_or_channels_stays(paddings: tuple[tuple[int, int], ...]) -> None:
    graph = build((1, 4, 5, 2), [("pad", Pad(paddings=paddings), "x"), ("y", Conv2D(), "pad")])
    assert fuse_pad(graph) == graph


def test_a_pad_that_others_read_stays() -> None:
    shared = [("pad", PLANE, "x"), ("y", Conv2D(), "pad"), ("z", Add(), "pad pad")]
    graph = build((1, 4, 5, 2), shared, ("y", "z"))
    assert fuse_pad(graph) == graph


def test_a_pad_that_is_an_output_stays() -> None:
    graph = build((1, 4, 5, 2), [("pad", PLANE, "x"), ("y", Conv2D(), "pad")], ("y", "pad"))
    assert fuse_pad(graph) == graph


@pytest.mark.parametrize("op", [AveragePool2D((3, 3)), MaxPool2D((3, 3)), Add()])
def test_a_pad_before_another_operator_stays(op: Op) -> None:
    operands = "pad pad" if isinstance(op, Add) else "pad"
    graph = build((1, 4, 5, 2), [("pad", PLANE, "x"), ("y", op, operands)])
    assert fuse_pad(graph) == graph


def test_copies_disappear() -> None:
    graph = build(
        (1, 4, 5, 2),
        [
            ("a", Reshape(to=(1, 4, 5, 2)), "x"),
            ("b1", Quantize(), "a"),
            ("c", Pad(paddings=((0, 0),) * 4), "b1"),
            ("d", AveragePool2D(), "c"),
            ("e", MaxPool2D(), "d"),
            ("f", Concat(3), "e"),
            ("g1", Resize((4, 5), ResizeMethod.BILINEAR, half_pixel_centers=True), "f"),
            ("h", Slice((0, 0, 0, 0), (1, 4, 5, 2), (1, 1, 1, 1)), "g1"),
            ("i", Transpose((0, 1, 2, 3)), "h"),
            ("y", Add(), "i c"),
        ],
    )
    assert rewritten(remove_identity, graph) == ["y = add() x, x : int8[1,4,5,2]"]


@pytest.mark.parametrize(
    ("op", "quantization"),
    [
        (Quantize(), OTHER),
        (MaxPool2D(activation=Activation.RELU), Q),
        (AveragePool2D(stride=(2, 1)), Q),
        (MaxPool2D(kernel=(2, 1), padding=Padding(0, 1, 0, 0)), Q),
        (Reshape(to=(1, 20, 1, 2)), Q),
        (Slice((0, 0, 0, 0), (1, 4, 5, 2), (1, 1, 1, 2)), Q),
        (Resize((5, 5)), Q),
    ],
)
def test_what_changes_something_stays(op: Op, quantization: Quantization) -> None:
    layers: list[tuple[str, Op, str]] = [("a", op, "x"), ("y", Add(), "a a")]
    graph = build((1, 4, 5, 2), layers, quantizations={"a": quantization})
    assert remove_identity(graph) == graph


def test_a_copy_that_is_an_output_stays() -> None:
    graph = build((1, 6), [("a", Add(), "x x"), ("y", Quantize(), "a")])
    assert remove_identity(graph) == graph


def test_a_chain_of_reshapes_becomes_one() -> None:
    layers = [
        ("a", Reshape(to=(1, 8)), "x"),
        ("b1", Reshape(to=(4, 2)), "a"),
        ("y", Add(), "b1 b1"),
    ]
    graph = build((1, 2, 2, 2), layers)
    assert printed(optimize(graph)) == [
        "b1 = reshape(to=(4,2)) x : int8[4,2]",
        "y = add() b1, b1 : int8[4,2]",
    ]


def test_reshapes_that_lead_back_disappear() -> None:
    layers = [
        ("a", Reshape(to=(1, 8)), "x"),
        ("b1", Reshape(to=(1, 2, 2, 2)), "a"),
        ("y", Add(), "b1 x"),
    ]
    assert printed(optimize(build((1, 2, 2, 2), layers))) == ["y = add() x, x : int8[1,2,2,2]"]


def test_the_first_of_a_chain_stays_for_its_other_readers() -> None:
    layers = [
        ("a", Reshape(to=(1, 8)), "x"),
        ("b1", Reshape(to=(4, 2)), "a"),
        ("y", Add(), "a a"),
    ]
    assert rewritten(remove_identity, build((1, 2, 2, 2), layers, ("y", "b1"))) == [
        "a = reshape(to=(1,8)) x : int8[1,8]",
        "b1 = reshape(to=(4,2)) x : int8[4,2]",
        "y = add() a, a : int8[1,8]",
    ]


def test_dead_nodes_disappear_with_their_constants() -> None:
    layers = [("dead", Conv2D(), "x"), ("deader", Add(), "dead dead"), ("y", Add(), "x x")]
    after = remove_dead_nodes(build((1, 4, 5, 2), layers))
    assert printed(after) == ["y = add() x, x : int8[1,4,5,2]"]
    assert set(after.tensors) == {"x", "y"}


def test_an_unused_input_stays() -> None:
    graph = build((1, 4), [("y", Add(), "x x")])
    unused = Tensor("unused", (1, 2), DType.INT8, Q)
    graph = Graph("g", {**graph.tensors, "unused": unused}, graph.nodes, ("x", "unused"), ("y",))
    assert remove_dead_nodes(graph) == graph


@pytest.mark.parametrize("seed", range(40))
def test_optimising_changes_no_byte_and_a_second_time_nothing(seed: int) -> None:
    graph = random_graph(seed)
    after = optimize(graph)
    assert_same_bytes(graph, after, random_inputs(graph, seed))
    assert format_graph(optimize(after)) == format_graph(after)
