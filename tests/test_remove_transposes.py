"""Transposes disappear into weights, axes and constants; what stays is needed."""

from collections.abc import Sequence

import numpy as np
import pytest

from float_graphs import build
from mote import reference
from mote.ir import DType, Graph, Node, Tensor, verify
from mote.ir.ops import (
    OPS,
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    Relu,
    Reshape,
    Slice,
    Softmax,
    Transpose,
)
from mote.ir.text import format_node
from mote.passes.remove_transposes import remove_transposes
from mote.passes.remove_transposes.remove_transposes import REWRITES
from random_graphs import random_graph, random_inputs
from random_layouts import random_layout_graph

TO_NCHW = Transpose(permutation=(0, 3, 1, 2))
TO_NHWC = Transpose(permutation=(0, 2, 3, 1))
SAME = Padding(1, 1, 1, 1)


def assert_same_values(before: Graph, after: Graph, seed: int = 0) -> None:
    verify(after)
    assert (before.inputs, before.outputs) == (after.inputs, after.outputs)
    random = np.random.default_rng(seed)
    inputs = [
        random.integers(-3, 4, before.tensors[t].shape).astype(np.float32) for t in before.inputs
    ]
    expected, found = reference.run(before, inputs), reference.run(after, inputs)
    for name in before.outputs:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4, err_msg=name)


def rewritten(
    x_shape: tuple[int, ...], layers: Sequence[tuple[str, Op, str]], outputs: Sequence[str] = ()
) -> list[str]:
    """The nodes after the pass, printed without ``:stored``; the values are checked as well."""
    before = build(x_shape, layers, outputs)
    after = remove_transposes(before)
    assert_same_values(before, after)
    return [format_node(after, node).replace(":stored", "") for node in after.nodes]


def test_a_convolution_written_in_nchw_reads_its_input_directly() -> None:
    assert rewritten(
        (1, 4, 5, 3),
        [
            ("to_nchw", TO_NCHW, "x"),
            ("act", Relu(), "to_nchw"),
            ("to_nhwc", TO_NHWC, "act"),
            ("conv", Conv2D(), "to_nhwc"),
            ("back", TO_NCHW, "conv"),
            ("y", TO_NHWC, "back"),
        ],
    ) == [
        "act = relu() x : float32[1,4,5,3]",
        "y = conv_2d() act, conv.0, conv.1 : float32[1,2,3,4]",
    ]


def test_a_flattened_plane_permutes_the_weights_behind_it() -> None:
    assert rewritten(
        (1, 2, 3, 4),
        [
            ("to_nchw", TO_NCHW, "x"),
            ("flat", Reshape(to=(1, 24)), "to_nchw"),
            ("y", FullyConnected(), "flat"),
        ],
    ) == [
        "flat = reshape(to=(1,24)) x : float32[1,24]",
        "y = fully_connected() flat, y.0, y.1 : float32[1,4]",
    ]


def test_axes_are_renumbered() -> None:
    assert rewritten(
        (1, 4, 6, 8),
        [
            ("t", TO_NCHW, "x"),
            ("pad", Pad(paddings=((0, 0), (0, 0), (1, 0), (0, 2))), "t"),
            ("half", Slice(begins=(0, 2, 0, 0), ends=(1, 8, 5, 8), strides=(1, 2, 1, 3)), "pad"),
            ("both", Concat(axis=1), "half half"),
            ("y", Mean(axes=(2, 3)), "both"),
        ],
    ) == [
        "pad = pad(paddings=((0,0),(1,0),(0,2),(0,0))) x : float32[1,5,8,8]",
        "half = slice(begins=(0,0,0,2), ends=(1,5,7,7), strides=(1,1,3,2)) pad : float32[1,5,3,3]",
        "both = concat(axis=3) half, half : float32[1,5,3,6]",
        "y = mean() both : float32[1,6]",
    ]


def test_softmax_over_the_channels_of_nchw_runs_over_the_last_axis() -> None:
    assert rewritten(
        (1, 2, 3, 4),
        [
            ("nchw", TO_NCHW, "x"),
            ("last", TO_NHWC, "nchw"),
            ("softmax", Softmax(), "last"),
            ("first", TO_NCHW, "softmax"),
            ("y", TO_NHWC, "first"),
        ],
    ) == ["y = softmax() x : float32[1,2,3,4]"]


def test_a_channel_shuffle_goes_into_the_weights() -> None:
    """Depthwise and full convolution behind a shuffle."""
    assert rewritten(
        (1, 2, 2, 4),
        [
            ("conv", Conv2D(padding=SAME), "x"),
            ("nchw", TO_NCHW, "conv"),
            ("groups", Reshape(to=(1, 2, 2, 2, 2)), "nchw"),
            ("swapped", Transpose(permutation=(0, 2, 1, 3, 4)), "groups"),
            ("shuffled", Reshape(to=(1, 4, 2, 2)), "swapped"),
            ("nhwc", TO_NHWC, "shuffled"),
            ("dw", DepthwiseConv2D(padding=SAME), "nhwc"),
            ("norm", BatchNorm(), "dw"),
            ("y", Conv2D(padding=SAME), "norm"),
        ],
    ) == [
        "conv = conv_2d(padding=(1,1,1,1)) x, conv.0, conv.1 : float32[1,2,2,4]",
        "dw = depthwise_conv_2d(padding=(1,1,1,1)) conv, dw.0, dw.1 : float32[1,2,2,4]",
        "norm = batch_norm() dw, norm.0, norm.1, norm.2, norm.3 : float32[1,2,2,4]",
        "y = conv_2d(padding=(1,1,1,1)) norm, y.0, y.1 : float32[1,2,2,4]",
    ]


def test_squeeze_and_excite_broadcasts_over_the_plane() -> None:
    lines = rewritten(
        (1, 3, 3, 4),
        [
            ("nchw", TO_NCHW, "x"),
            ("squeezed", Mean(axes=(2, 3)), "nchw"),
            ("excited", FullyConnected(), "squeezed"),
            ("scale", Reshape(to=(1, 4, 1, 1)), "excited"),
            ("scaled", Mul(), "nchw scale"),
            ("y", TO_NHWC, "scaled"),
        ],
    )
    assert lines == [
        "squeezed = mean() x : float32[1,4]",
        "excited = fully_connected() squeezed, excited.0, excited.1 : float32[1,4]",
        "excited.reshaped = reshape(to=(1,1,1,4)) excited : float32[1,1,1,4]",
        "y = mul() x, excited.reshaped : float32[1,3,3,4]",
    ]


def test_a_chain_of_one_dimensional_layers_needs_no_reshape_in_between() -> None:
    layers: list[tuple[str, Op, str]] = [("a", Transpose(permutation=(0, 2, 1)), "x")]
    value = "a"
    for i in range(3):
        layers += [
            (f"r{i}", Transpose(permutation=(0, 2, 1)), value),
            (f"s{i}", Reshape(to=(1, 1, 7, 4)), f"r{i}"),
            (f"pool{i}", MaxPool2D(kernel=(1, 3), padding=Padding(0, 0, 1, 1)), f"s{i}"),
            (f"u{i}", Reshape(to=(1, 7, 4)), f"pool{i}"),
            (f"v{i}", Transpose(permutation=(0, 2, 1)), f"u{i}"),
        ]
        value = f"v{i}"
    layers.append(("y", Transpose(permutation=(0, 2, 1)), value))
    lines = rewritten((1, 7, 4), layers)
    assert [line.split(" = ")[1].split("(")[0] for line in lines] == [
        "reshape",
        "max_pool_2d",
        "max_pool_2d",
        "max_pool_2d",
        "reshape",
    ]


def test_a_matrix_product_takes_its_operand_either_way_round() -> None:
    turn = Transpose(permutation=(0, 2, 1))
    assert rewritten((2, 3, 4), [("t", turn, "x"), ("y", MatMul(), "x t")]) == [
        "y = mat_mul(transpose_x1=True) x, x : float32[2,3,3]"
    ]


def test_a_needed_transpose_stays_once_under_its_name() -> None:
    turn = Transpose(permutation=(0, 2, 1))
    assert rewritten(
        (1, 3, 4),
        [("t", turn, "x"), ("a", Softmax(), "t"), ("b", LogSoftmax(), "t"), ("z", Add(), "a b")],
    ) == [
        "t = transpose(permutation=(0,2,1)) x : float32[1,4,3]",
        "a = softmax() t : float32[1,4,3]",
        "b = log_softmax() t : float32[1,4,3]",
        "z = add() a, b : float32[1,4,3]",
    ]


def test_an_output_keeps_its_order() -> None:
    assert rewritten((1, 2, 2, 3), [("pool", AveragePool2D(), "x"), ("y", TO_NCHW, "pool")]) == [
        "pool = average_pool_2d() x : float32[1,2,2,3]",
        "y = transpose(permutation=(0,3,1,2)) pool : float32[1,3,2,2]",
    ]


def test_a_value_in_another_order_has_another_name() -> None:
    before = build((1, 4, 5, 3), [("t", TO_NCHW, "x"), ("a", Relu(), "t"), ("y", TO_NHWC, "a")])
    longer = build(
        (1, 4, 5, 3),
        [("t", TO_NCHW, "x"), ("a", Relu(), "t"), ("b", Relu(), "a"), ("y", TO_NHWC, "b")],
    )
    assert [n.output for n in remove_transposes(before).nodes] == ["y"]
    assert [n.output for n in remove_transposes(longer).nodes] == ["a:stored", "y"]
    assert [n.name for n in remove_transposes(longer).nodes] == ["a", "b"]


def test_two_outputs_of_one_value_are_both_there() -> None:
    lines = rewritten(
        (1, 2, 2, 3),
        [("a", Relu(), "x"), ("b", TO_NCHW, "a"), ("c", TO_NHWC, "b"), ("d", TO_NHWC, "b")],
        ("c", "d"),
    )
    assert [line.split(" : ")[0] for line in lines] == [
        "c = relu() x",
        "d = reshape(to=(1,2,2,3)) c",
    ]


def test_every_operator_is_rewritten() -> None:
    assert set(REWRITES) == set(OPS)


def test_a_graph_without_transposes_stays_as_it_is() -> None:
    graph = build((1, 4), [("r", Reshape(to=(4,)), "x"), ("y", Relu(), "r")])
    assert remove_transposes(graph) is graph


def disturbed(graph: Graph, seed: int) -> Graph:
    """The graph with channels shuffled, or all dimensions exchanged and back, before some nodes."""
    random = np.random.default_rng([seed, 7])
    tensors, nodes = dict(graph.tensors), []
    for node in graph.nodes:
        x = graph.tensors[node.inputs[0]]
        steps: list[Op] = []
        channels = x.shape[-1] if x.shape else 1
        if not x.is_constant and random.random() < 0.6 and x.dtype is not DType.INT32:
            if channels % 2 == 0 and random.random() < 0.5:
                rank = len(x.shape)
                steps = [
                    Reshape(to=(*x.shape[:-1], 2, channels // 2)),
                    Transpose(permutation=(*range(rank - 1), rank, rank - 1)),
                    Reshape(to=x.shape),
                ]
            elif len(x.shape) > 1:
                order = tuple(map(int, random.permutation(len(x.shape))))
                back = tuple(map(int, np.argsort(order)))
                steps = [Transpose(permutation=order), Transpose(permutation=back)]
        source = x.name
        for i, op in enumerate(steps):
            name = f"{node.name}/{i}"
            shape = op.shape(tensors[source].shape)
            tensors[name] = Tensor(name, shape, x.dtype, x.quantization)
            nodes.append(Node(name, op, (source,), name))
            source = name
        inputs = tuple(source if t == x.name else t for t in node.inputs)
        nodes.append(Node(node.name, node.op, inputs, node.output))
    changed = Graph(graph.name, tensors, tuple(nodes), graph.inputs, graph.outputs)
    verify(changed)
    return changed


def assert_same_bytes(seed: int) -> int:
    """Check a random integer graph; the number of its transposes, before minus after."""
    before = disturbed(random_graph(seed), seed)
    after = remove_transposes(before)
    verify(after)
    inputs = random_inputs(before, seed)
    expected, found = reference.run(before, inputs), reference.run(after, inputs)
    for name in before.outputs:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=f"seed {seed}: {name}")
    counts = [sum(isinstance(n.op, Transpose) for n in g.nodes) for g in (before, after)]
    return counts[0] - counts[1]


def test_random_integer_graphs_keep_their_bytes() -> None:
    assert sum(map(assert_same_bytes, range(60))) > 100


@pytest.mark.slow
def test_many_random_integer_graphs_keep_their_bytes() -> None:
    assert sum(map(assert_same_bytes, range(60, 1500))) > 2000


@pytest.mark.parametrize("start", range(0, 800, 100))
def test_random_graphs_keep_their_values(start: int) -> None:
    for seed in range(start, start + 100):
        graph = random_layout_graph(seed, 8 + seed % 12)
        try:
            assert_same_values(graph, remove_transposes(graph), seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error


@pytest.mark.slow
def test_many_random_graphs_keep_their_values() -> None:
    for seed in range(1000, 20000):
        graph = random_layout_graph(seed, 8 + seed % 16)
        try:
            assert_same_values(graph, remove_transposes(graph), seed)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
