"""Channels that are dead go; every value that is left is what it was, for every input."""

from dataclasses import replace

import numpy as np
import pytest

import mote
from dead_channel_graphs import Network, adversarial_inputs, planted_graph
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Mul,
    Pad,
    Padding,
    Reshape,
    Slice,
    Softmax,
    TransposedConv2D,
)
from mote.passes import optimize
from mote.passes.dead_channels import remove_dead_channels
from mote.run.host import CFLAGS, load_all
from mote.run.verify import random_samples
from random_graphs import random_graph, random_inputs, with_random_rounding
from shared import shared_path

SAME = Padding(1, 1, 1, 1)


def removed(graph: Graph) -> dict[str, tuple[int, ...]]:
    """Channels that the pass takes away, by tensor, after all that is left was compared."""
    smaller, dead = remove_dead_channels(graph)
    verify(smaller)
    assert (smaller.inputs, smaller.outputs) == (graph.inputs, graph.outputs)
    for name in (*graph.inputs, *graph.outputs):
        assert smaller.tensors[name] == graph.tensors[name]
    for sample in [*random_samples(graph, 2, seed=1), *adversarial_inputs(graph, seed=1)]:
        want = dead.remaining(reference.run(graph, sample))
        for name, found in reference.run(smaller, sample).items():
            np.testing.assert_array_equal(found, want[name], err_msg=name)
    again, nothing = remove_dead_channels(smaller)
    assert (again.nodes, nothing.channels, nothing.weights[0]) == (
        smaller.nodes,
        0,
        nothing.weights[1],
    )
    return {
        name: tuple(c for c in range(graph.tensors[name].shape[-1]) if c not in kept)
        for name, kept in dead.kept.items()
    }


def test_a_constant_channel_goes_into_the_bias_of_what_reads_it() -> None:
    net = Network((1, 4, 4, 2), zero=3)
    a = net.layer("a", Conv2D(), "x", (4, 1, 1, 2), dead=[1, 3])
    net.layer("b", Conv2D(), a, (2, 1, 1, 4))
    graph = net.graph()
    assert removed(graph) == {"a": (1, 3)}
    smaller, dead = remove_dead_channels(graph)
    (_, a_weight, _), (_, b_weight, b_bias) = map(smaller.operands, smaller.nodes)
    assert a_weight.shape == b_weight.shape == (2, 1, 1, 2)
    constants = graph.tensors["b.weight"].array[:, 0, 0, [1, 3]].astype(int)
    folded = graph.tensors["b.bias"].array + 7 * constants.sum(1)
    np.testing.assert_array_equal(b_bias.array, folded)
    assert (dead.channels, dead.weights, dead.macs) == (2, (16, 8), (256, 128))


def test_a_channel_that_nothing_reads_goes() -> None:
    net = Network((1, 4, 4, 2))
    a = net.layer("a", Conv2D(), "x", (4, 1, 1, 2))
    b = net.layer("b", DepthwiseConv2D(padding=SAME), a, (1, 3, 3, 4))
    net.layer("c", Conv2D(), b, (2, 1, 1, 4), unread=[0, 2])
    assert removed(net.graph()) == {"a": (0, 2), "b": (0, 2)}


def test_what_only_dead_channels_read_is_dead() -> None:
    net = Network((1, 2, 2, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2))
    b = net.layer("b", Conv2D(), a, (3, 1, 1, 3), unread=[1])
    c = net.layer("c", Conv2D(), b, (3, 1, 1, 3), unread=[0, 1])
    net.layer("d", Conv2D(), c, (3, 1, 1, 3), dead=[0, 1])
    assert removed(net.graph()) == {"a": (1,), "b": (0, 1)}
    net.layer("e", Conv2D(), c, (2, 1, 1, 3), unread=[0, 1])
    assert removed(net.graph("e")) == {"a": (1,), "b": (0, 1), "c": (0, 1)} | {"d": (0, 1, 2)}


def test_a_saturated_channel_is_constant() -> None:
    net = Network((1, 2, 2, 2), zero=-128)
    a = net.layer("a", Conv2D(activation=Activation.RELU), "x", (3, 1, 1, 2), bias=-500)
    net.layer("b", Conv2D(), a, (2, 1, 1, 3))
    assert removed(net.graph())["a"] == (1, 2)  # one is left, for the layer needs an input


@pytest.mark.parametrize(
    ("zero", "bias", "padding", "goes"),
    [(3, 0, SAME, True), (3, 1, SAME, False), (3, 1, Padding(), True)],
    ids=["equals the padding", "differs from the padding", "no padding"],
)
def test_a_constant_goes_where_its_border_does_not_show(
    zero: int, bias: int, padding: Padding, goes: bool
) -> None:
    net = Network((1, 5, 5, 2), zero=zero)
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1], bias=bias)
    net.layer("b", Conv2D(padding=padding), a, (2, 3, 3, 3))
    assert removed(net.graph()) == ({"a": (1,)} if goes else {})


def test_a_constant_goes_where_the_taps_that_meet_padding_are_zero() -> None:
    net = Network((1, 5, 5, 2), zero=3)
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1])
    net.layer("b", Conv2D(padding=SAME), a, (2, 3, 3, 3))
    weight = net.tensor("b.weight").array.copy()
    weight[..., 1] = 0
    weight[:, 1, 1, 1] = 5
    graph = net.graph()
    centred = graph.rebuild(graph.nodes, [_with_data(graph, "b.weight", weight)])
    assert removed(centred) == {"a": (1,)}


def _with_data(graph: Graph, name: str, data: np.ndarray) -> Tensor:
    return replace(graph.tensors[name], data=data)


@pytest.mark.parametrize(
    ("bias", "padding", "goes"), [(0, SAME, True), (2, SAME, False), (2, Padding(), True)]
)
def test_a_depthwise_of_a_constant_is_constant_if_no_border_shows(
    bias: int, padding: Padding, goes: bool
) -> None:
    net = Network((1, 5, 5, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1], bias=bias)
    b = net.layer("b", DepthwiseConv2D(padding=padding), a, (1, 3, 3, 6))
    net.layer("c", Conv2D(), b, (2, 1, 1, 6))
    assert removed(net.graph()) == ({"a": (1,), "b": (2, 3)} if goes else {})


def test_a_depthwise_keeps_all_outputs_of_an_input_or_none() -> None:
    net = Network((1, 5, 5, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2))
    b = net.layer("b", DepthwiseConv2D(), a, (1, 3, 3, 6), dead=[0, 2, 3])
    net.layer("c", Conv2D(), b, (2, 1, 1, 6))
    assert removed(net.graph()) == {"a": (1,), "b": (2, 3)}


def test_groups_go_as_a_whole() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (6, 1, 1, 2))
    b = net.layer("b", Conv2D(padding=SAME), a, (9, 3, 3, 2), dead=[0, 3, 4, 5])
    net.layer("c", Conv2D(), b, (2, 1, 1, 9))
    graph = net.graph()
    assert removed(graph) == {"a": (2, 3), "b": (3, 4, 5)}


def test_a_sum_loses_channels_that_both_sides_have_lost() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (4, 1, 1, 2), dead=[0, 1])
    b = net.layer("b", Conv2D(), "x", (4, 1, 1, 2), dead=[1, 2])
    s = net.node("s", Add(), a, b)
    net.layer("c", Conv2D(), s, (2, 1, 1, 4))
    assert removed(net.graph()) == {"a": (1,), "b": (1,), "s": (1,)}


def test_a_value_that_is_read_twice_keeps_what_either_reader_needs() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (4, 1, 1, 2), dead=[3])
    b = net.layer("b", Conv2D(), a, (4, 1, 1, 4), unread=[0, 1])
    s = net.node("s", Add(), a, b)
    net.layer("c", Conv2D(), s, (2, 1, 1, 4), unread=[0, 2])
    assert removed(net.graph()) == {"a": (0,), "b": (0,), "s": (0,)}


def test_joined_channels_go_each_from_its_own_operand() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (2, 1, 1, 2), dead=[0])
    b = net.layer("b", Conv2D(), "x", (2, 1, 1, 2), dead=[0, 1])
    c = net.node("c", Concat(3), a, b, a)
    net.layer("d", Conv2D(), c, (2, 1, 1, 6))
    graph = net.graph()
    assert removed(graph) == {"a": (0,), "b": (0, 1), "c": (0, 2, 3, 4)}
    smaller, _ = remove_dead_channels(graph)
    assert [n.name for n in smaller.nodes] == ["a", "c", "d"]


def test_a_part_of_the_channels_begins_where_it_now_lies() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (6, 1, 1, 2), dead=[0, 3])
    s = net.node("s", Slice((0, 0, 0, 2), (1, 3, 3, 5), (1, 1, 1, 1)), a)
    net.layer("c", Conv2D(), s, (2, 1, 1, 3))
    assert removed(net.graph()) == {"a": (0, 1, 3, 5), "s": (1,)}


@pytest.mark.parametrize(
    "op",
    [
        AveragePool2D((2, 2), (2, 2), Padding(0, 1, 0, 1)),
        MaxPool2D((3, 3), (1, 1), SAME),
        Mean((1, 2), keep_dims=True),
    ],
)
def test_pools_lose_the_channels_that_they_pool(op: AveragePool2D | MaxPool2D | Mean) -> None:
    net = Network((1, 5, 5, 2))
    a = net.layer("a", Conv2D(), "x", (4, 1, 1, 2), dead=[1])
    p = net.node("p", op, a)
    net.layer("c", Conv2D(), p, (2, 1, 1, 4), unread=[3])
    assert removed(net.graph()) == {"a": (1, 3), "p": (1, 3)}


def test_a_border_of_another_value_keeps_a_constant_channel() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1], bias=4)
    for name, value in (("same", 2.0), ("other", 1.0)):
        net.node(name, Pad(((0, 0), (1, 1), (1, 1), (0, 0)), value=value), a)
        net.layer(f"after {name}", Conv2D(), name, (2, 1, 1, 3))
    found = removed(net.graph("after same"))
    assert (found["a"], found["same"]) == ((1,), (1,))
    assert removed(net.graph("after same", "after other")) == {}


def test_flattening_repeats_the_channels_that_go() -> None:
    net = Network((1, 2, 2, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1])
    f = net.node("f", Reshape(to=(1, 12)), a)
    net.layer("d", FullyConnected(), f, (4, 12))
    assert removed(net.graph()) == {"a": (1,), "f": (1, 4, 7, 10)}


def test_a_reshape_that_mixes_channels_keeps_them() -> None:
    net = Network((1, 2, 2, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1])
    f = net.node("f", Reshape(to=(1, 6, 1, 2)), a)
    net.layer("d", Conv2D(), f, (4, 1, 1, 2))
    assert removed(net.graph()) == {}


def test_a_product_by_zero_frees_what_it_multiplies() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2))
    b = net.layer("b", Conv2D(), "x", (3, 1, 1, 2), dead=[0, 2], bias=0)
    m = net.node("m", Mul(), a, b)
    net.layer("c", Conv2D(), m, (2, 1, 1, 3))
    assert removed(net.graph()) == {"a": (0, 2), "b": (0, 2), "m": (0, 2)}


def test_a_transposed_convolution_takes_in_zeros_alone() -> None:
    for bias, goes in ((0, True), (1, False)):
        net = Network((1, 3, 3, 2))
        a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1], bias=bias)
        net.layer("t", TransposedConv2D(stride=(2, 2)), a, (2, 3, 3, 3))
        assert removed(net.graph()) == ({"a": (1,)} if goes else {})


def test_a_norm_over_channels_keeps_them() -> None:
    net = Network((1, 2), zero=0)
    a = net.layer("a", FullyConnected(), "x", (3, 2), dead=[1])
    graph = net.graph()
    y = Tensor("y", (1, 3), DType.INT8, Quantization((1 / 256,), (-128,)))
    node = Node("y", Softmax(), (a,), "y")
    tensors = {**graph.tensors, "y": y}
    whole = Graph("net", tensors, (*graph.nodes, node), ("x",), ("y",))
    assert removed(whole) == {}


def test_outputs_keep_their_dead_channels() -> None:
    net = Network((1, 3, 3, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1])
    net.layer("b", Conv2D(), a, (3, 1, 1, 3), dead=[2])
    assert removed(net.graph("a", "b")) == {}


def test_a_network_whose_output_no_input_changes_keeps_all_of_it() -> None:
    graph = with_random_rounding(random_graph(301821), 301821)  # dead but for a constant operand
    smaller, dead = remove_dead_channels(graph)
    assert smaller is graph
    assert dead.channels == 0
    samples = [random_inputs(graph, seed) for seed in range(3)]
    build = mote.compile(graph, "host")
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        want = reference.run(graph, sample)
        for name, output in zip(graph.outputs, outputs, strict=True):
            np.testing.assert_array_equal(output, want[name])


def test_a_bias_that_would_overflow_keeps_the_constant() -> None:
    net = Network((1, 1, 1, 2))
    a = net.layer("a", Conv2D(), "x", (3, 1, 1, 2), dead=[1], bias=100)
    net.layer("b", Conv2D(), a, (2, 1, 1, 3))
    graph = net.graph()
    high = np.full(2, 2**31 - 100, np.int32)
    tight = graph.rebuild(graph.nodes, [_with_data(graph, "b.bias", high)])
    assert removed(graph) == {"a": (1,)}
    smaller, _ = remove_dead_channels(tight)
    assert smaller.tensors["a"].shape == (1, 1, 1, 3)
    np.testing.assert_array_equal(smaller.tensors["b.bias"].array, high)


@pytest.mark.parametrize("first", range(0, 120, 40))
def test_random_graphs_with_planted_dead_channels_keep_every_value(first: int) -> None:
    lost = sum(bool(removed(planted_graph(seed))) for seed in range(first, first + 40))
    assert lost >= 8


@pytest.mark.slow
def test_a_thousand_random_graphs_with_planted_dead_channels_keep_every_value() -> None:
    for seed in range(1000, 2000):
        removed(planted_graph(seed))


@pytest.mark.parametrize("core", ["host", "cortex-m4"])
def test_the_compiled_c_gives_the_outputs_of_the_whole_graph(core: str) -> None:
    graphs = [replace(optimize(planted_graph(seed)), name=f"g{seed}") for seed in range(300, 312)]
    graphs = [g for g in graphs if not any(g.tensors[t].is_constant for t in g.outputs)]
    builds = [mote.compile(graph, core) for graph in graphs]
    assert sum(build.dead.channels for build in builds) > 10
    models = load_all([(b.files, b.interface) for b in builds], flags=(*CFLAGS, "-O0"))
    for graph, model in zip(graphs, models, strict=True):
        for sample in adversarial_inputs(graph, seed=2):
            want = reference.run(graph, sample)
            for name, found in zip(graph.outputs, model.run(sample), strict=True):
                np.testing.assert_array_equal(found, want[name], err_msg=graph.name)


MLPERF = {
    "vww_96_int8": ((208_112, 29_066), (7_489_664, 3_727_313)),
    "pretrainedResnet_quant": ((77_360, 77_360), (12_501_632, 12_501_632)),
    "kws_ref_model": ((22_016, 22_016), (2_656_768, 2_656_768)),
    "ad01_int8": ((264_192, 264_192), (264_192, 264_192)),
}


@pytest.mark.parametrize("name", MLPERF)
def test_the_benchmark_models_lose_what_is_dead(name: str) -> None:
    graph = optimize(mote.load(shared_path(f"models/mlperf_tiny/{name}.tflite")))
    smaller, dead = remove_dead_channels(graph)
    verify(smaller)
    assert (dead.weights, dead.macs) == MLPERF[name]


def check_images(count: int) -> None:
    graph = optimize(mote.load(shared_path("models/mlperf_tiny/vww_96_int8.tflite")))
    smaller, dead = remove_dead_channels(graph)
    images = np.load(shared_path("data/mlperf_tiny/vww01.npz"))["x"][:count]
    samples = [[(x.astype(np.int16) - 128).astype(np.int8)[None]] for x in images]
    for sample in [*samples, *adversarial_inputs(graph, seed=0)]:
        want = dead.remaining(reference.run(graph, sample))
        for name, found in reference.run(smaller, sample).items():
            np.testing.assert_array_equal(found, want[name], err_msg=name)


def test_images_give_the_same_values_without_the_dead_channels() -> None:
    check_images(2)


@pytest.mark.slow
def test_1000_images_give_the_same_values_without_the_dead_channels() -> None:
    check_images(1000)
