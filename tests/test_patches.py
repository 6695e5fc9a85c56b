"""Layers in tiles give the bytes of whole layers; what that costs is what MCUNetV2 publishes."""

from collections.abc import Sequence

import numpy as np
import pytest

from inverted_residuals import Maker, mobilenet_v2
from mote import reference
from mote.errors import GoalError, InputError
from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    Quantize,
    Slice,
    Sub,
    Transpose,
    Unary,
)
from mote.ir.text import format_node
from mote.passes import optimize
from mote.passes.patches import (
    Patches,
    patch,
    patch_choices,
    patch_cost,
    splits,
)
from mote.plan.patched import choose_patches, layer_by_layer_bytes
from mote.target import CORES
from random_float_graphs import random_float_graph
from random_graphs import random_graph, random_inputs

Q = Quantization((0.05,), (3,))
BLOCKS = (2, 3, 4, 5, 6)


def chain(shape: tuple[int, ...], layers: Sequence[tuple[str, Op, str]], *outputs: str) -> Graph:
    """Nodes named like their results; weighted layers get a kernel of ``2 x 3`` per channel."""
    rng = np.random.default_rng(1)
    tensors = {"x": Tensor("x", shape, DType.INT8, Q)}
    nodes = []
    for name, op, operands in layers:
        inputs = operands.split()
        channels = tensors[inputs[0]].shape[-1]
        if isinstance(op, Conv2D | DepthwiseConv2D):
            depthwise = isinstance(op, DepthwiseConv2D)
            size = (1, 2, 3, channels) if depthwise else (channels, 2, 3, channels)
            weight = rng.integers(-127, 128, size, np.int8)
            bias = rng.integers(-500, 500, channels).astype(np.int32)
            scale = Quantization((0.004,), (0,))
            tensors[f"{name}.w"] = Tensor(f"{name}.w", size, DType.INT8, scale, weight)
            tensors[f"{name}.b"] = Tensor(f"{name}.b", bias.shape, DType.INT32, None, bias)
            inputs += [f"{name}.w", f"{name}.b"]
        shape = op.shape(*(tensors[t].shape for t in inputs))
        tensors[name] = Tensor(name, shape, DType.INT8, Q)
        nodes.append(Node(name, op, tuple(inputs), name))
    graph = Graph("chain", tensors, tuple(nodes), ("x",), outputs or (nodes[-1].output,))
    verify(graph)
    return graph


def assert_patches_change_nothing(graph: Graph, split: str, tiles: int, seed: int = 0) -> Graph:
    """Every tensor that both graphs have is the same; the arithmetic is what was foretold."""
    patched = patch(graph, split, tiles)
    inputs = random_inputs(graph, seed)
    expected, found = reference.run(graph, inputs), reference.run(patched, inputs)
    for name in expected.keys() & found.keys():
        np.testing.assert_array_equal(expected[name], found[name], f"{name}, {split}:{tiles}")
    assert found.keys() >= set(graph.outputs)
    macs = sum(patched.macs(node) for node in patched.nodes)
    assert macs == patch_cost(graph, split, tiles).macs_in_tiles
    return patched


def assert_every_choice_changes_nothing(graph: Graph, seed: int, rng: np.random.Generator) -> None:
    for split in splits(graph):
        assert_patches_change_nothing(graph, split, int(rng.integers(2, 6)), seed)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_random_networks_give_the_same_bytes_behind_every_split(first: int) -> None:
    rng = np.random.default_rng(first)
    for seed in range(first, first + 20):
        assert_every_choice_changes_nothing(optimize(random_graph(seed)), seed, rng)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 2000, 50))
def test_many_random_networks_give_the_same_bytes_behind_every_split(first: int) -> None:
    rng = np.random.default_rng(first)
    for seed in range(first, first + 50):
        assert_every_choice_changes_nothing(optimize(random_graph(seed)), seed, rng)


PADDED = Padding(1, 0, 1, 1)
EVERYTHING = [
    ("a", Conv2D(padding=PADDED), "x"),
    ("b", DepthwiseConv2D(dilation=(2, 3), padding=Padding(1, 1, 3, 3)), "a"),
    ("c", Add(Activation.RELU), "b a"),
    ("d", AveragePool2D((3, 3), (2, 1), Padding(1, 1, 1, 1)), "c"),
    ("e", MaxPool2D((2, 3), (1, 2), Padding(0, 1, 1, 1)), "d"),
    ("f", Conv2D(stride=(2, 3), padding=Padding(1, 1, 2, 2)), "e"),
    ("g", Pad(((0, 0), (2, 1), (0, 3), (0, 0))), "f"),
    ("h", Conv2D(padding=PADDED), "g"),
    ("i", Sub(), "g h"),
]


@pytest.mark.parametrize("size", [(37, 41), (17, 23)])
@pytest.mark.parametrize("tiles", [2, 3, 4, 7])
def test_odd_sizes_strides_dilation_pools_and_residuals(size: tuple[int, int], tiles: int) -> None:
    graph = chain((2, *size, 3), EVERYTHING)
    assert len(splits(graph)) == len(graph.nodes) - 2  # behind a and g their shortcuts go on
    for split in splits(graph):
        assert_patches_change_nothing(graph, split, tiles)


def test_a_tile_of_padding_alone_reads_one_real_pixel() -> None:
    graph = chain((1, 2, 2, 1), [("wide", Pad(((0, 0), (3, 5), (4, 2), (0, 0))), "x")])
    assert_patches_change_nothing(graph, "wide", 4)


def test_networks_of_one_dimension_are_cut_along_that_one() -> None:
    rows = [("a", MaxPool2D((1, 3), (1, 1), Padding(0, 0, 1, 1)), "x"), ("m", Mean((1, 2)), "a")]
    patched = assert_patches_change_nothing(chain((1, 1, 11, 2), rows), "a", 4)
    assert [n.op.kind for n in patched.nodes] == ["slice", "max_pool_2d"] * 4 + ["concat", "mean"]


def test_the_patched_graph_is_slices_tiles_and_concatenations() -> None:
    layers = [("a", Conv2D(padding=Padding(1, 0, 1, 1)), "x"), ("b", Add(), "a x")]
    patched = patch(chain((1, 4, 5, 2), layers), "b", 2)
    q, s, crop = "q(0.0500000007,3)", "strides=(1,1,1,1)", "x.tile_0_0_2"
    lines = [format_node(patched, node) for node in patched.nodes]
    assert lines[:4] == [
        f"x.tile_0_0 = slice(begins=(0,0,0,0), ends=(1,2,3,2), {s}) x : int8[1,2,3,2] {q}",
        f"a.tile_0_0 = conv_2d(padding=(1,0,1,0)) x.tile_0_0, a.w, a.b : int8[1,2,2,2] {q}",
        f"{crop} = slice(begins=(0,0,0,0), ends=(1,2,2,2), {s}) x.tile_0_0 : int8[1,2,2,2] {q}",
        f"b.tile_0_0 = add() a.tile_0_0, {crop} : int8[1,2,2,2] {q}",
    ]
    assert lines[8:10] == [
        f"x.tile_1_0 = slice(begins=(0,1,0,0), ends=(1,4,3,2), {s}) x : int8[1,3,3,2] {q}",
        f"a.tile_1_0 = conv_2d(padding=(0,0,1,0)) x.tile_1_0, a.w, a.b : int8[1,2,2,2] {q}",
    ]
    assert lines[-3:] == [
        f"b.row_0 = concat(axis=2) b.tile_0_0, b.tile_0_1 : int8[1,2,5,2] {q}",
        f"b.row_1 = concat(axis=2) b.tile_1_0, b.tile_1_1 : int8[1,2,5,2] {q}",
        f"b = concat(axis=1) b.row_0, b.row_1 : int8[1,4,5,2] {q}",
    ]
    assert optimize(patched).nodes == patched.nodes


def test_one_tile_is_the_whole() -> None:
    graph, blocks = mobilenet_v2(32, 0.1)
    assert patch(graph, blocks[2], 1) is graph
    cost = patch_cost(graph, blocks[2], 1)
    assert cost.overhead == 0
    assert cost.peak_bytes == cost.whole_peak_bytes


def test_float_networks_are_patched_too() -> None:
    rng = np.random.default_rng(0)
    for seed in range(12):
        graph = optimize(random_float_graph(seed))
        for split in splits(graph)[:4]:
            tiles, inputs = int(rng.integers(2, 5)), random_inputs(graph, seed)
            with np.errstate(all="ignore"):
                expected = reference.run(graph, inputs)
                found = reference.run(patch(graph, split, tiles), inputs)
            for name in graph.outputs:
                np.testing.assert_allclose(found[name], expected[name], 1e-4, 1e-4)


def test_a_patched_graph_can_be_patched_again() -> None:
    graph, blocks = mobilenet_v2(32, 0.1)
    again = assert_patches_change_nothing(patch(graph, blocks[1], 2), blocks[3], 2)
    assert f"{blocks[1]}.tile_0_0_2" in again.tensors


def test_one_pixel_that_broadcasts_is_read_by_every_tile() -> None:
    gate = Tensor("gate", (1, 1, 1, 2), DType.INT8, Q)
    graph = chain((1, 6, 6, 2), [("a", Conv2D(), "x")])
    result = Tensor("y", (1, 5, 4, 2), DType.INT8, Q)
    graph = Graph(
        "gated",
        {**graph.tensors, "gate": gate, "y": result},
        (*graph.nodes, Node("y", Mul(), ("a", "gate"), "y")),
        ("x", "gate"),
        ("y",),
    )
    assert_patches_change_nothing(graph, "y", 3)


def test_real_inputs_are_quantised_as_a_whole() -> None:
    """A slice of reals would be a layer that computes in float32, which compiling refuses."""
    whole = chain((1, 8, 8, 2), [("a", Conv2D(), "x")])
    real = Tensor("real", (1, 8, 8, 2), DType.FLOAT32)
    nodes = (Node("bytes", Quantize(), ("real",), "x"), *whole.nodes)
    graph = Graph("real", {**whole.tensors, "real": real}, nodes, ("real",), ("a",))
    assert splits(graph) == ("a",)
    patched = patch(graph, "a", 2)
    assert patched.nodes[0] == nodes[0]
    assert all(patched.operands(n)[0].dtype is DType.INT8 for n in patched.nodes[1:])


@pytest.fixture(name="network", scope="module")
def _network() -> tuple[Graph, list[str]]:
    return mobilenet_v2(224)


def test_mobilenet_v2_costs_what_mcunet_v2_publishes(network: tuple[Graph, list[str]]) -> None:
    """Split behind four blocks (28 x 28 x 32), 4 x 4 tiles of 7 x 7."""
    graph, blocks = network
    assert patch_cost(graph, blocks[3], 4) == Patches(
        split=blocks[3],
        tiles=4,
        patch=(75, 75),
        patch_without_halo=(56, 56),
        stage_macs=91_282_688,
        stage_macs_in_tiles=119_202_032,
        stage_macs_unclipped=129_517_568,
        macs=300_774_272,
        macs_in_tiles=328_693_616,
        stage_peak_bytes=162_288,
        peak_bytes=175_616,  # 171.5 kB
        whole_peak_bytes=1_404_928,  # 1372 kB
        arena_bytes=162_288 + 224 * 224 * 3,
    )


def test_the_patch_grows_with_the_stage(network: tuple[Graph, list[str]]) -> None:
    graph, blocks = network
    found = [patch_cost(graph, blocks[count - 1], 4).patch for count in BLOCKS]
    assert found == [(63, 63), (71, 71), (75, 75), (91, 91), (107, 107)]


def test_the_published_choice_is_found(network: tuple[Graph, list[str]]) -> None:
    """No pair has a lower peak; of those that keep to 256 kB the one with the least compute."""
    graph, blocks = network
    choices = patch_choices(graph)
    assert {(c.split, c.tiles) for c in choices[1:]} == {
        (split, tiles) for split in splits(graph) for tiles in (2, 3, 4)
    }
    smallest = min(choices, key=lambda c: (c.peak_bytes, c.macs_in_tiles))
    assert smallest == patch_cost(graph, blocks[3], 4)
    fitting = [c for c in choices if c.peak_bytes <= 256 * 1024]
    cheapest = min(fitting, key=lambda c: (c.macs_in_tiles, c.peak_bytes))
    assert (cheapest.split, cheapest.tiles) == (blocks[3], 3)


@pytest.fixture(name="small", scope="module")
def _small() -> Graph:
    maker = Maker((1, 48, 48, 3))
    maker.conv(8, 3, 2)
    for expansion, channels, stride in ((1, 8, 1), (4, 8, 2), (4, 8, 1), (4, 16, 2), (4, 16, 1)):
        maker.block(expansion, channels, stride)
    return maker.graph("small", 10)


M4 = CORES["cortex-m4"]


def test_the_smallest_choice_is_smaller_than_whole_layers(small: Graph) -> None:
    chosen = choose_patches(small, M4)
    whole = patch_choices(small)[0]
    least = layer_by_layer_bytes(small, M4, chosen)
    assert least < layer_by_layer_bytes(small, M4, whole) / 2
    assert chosen.overhead > 0


def test_a_limit_is_met_with_the_least_compute(small: Graph) -> None:
    limit = 16_000
    chosen = choose_patches(small, M4, limit)
    assert layer_by_layer_bytes(small, M4, chosen) <= limit
    cheaper = [c for c in patch_choices(small) if c.macs_in_tiles < chosen.macs_in_tiles]
    assert all(layer_by_layer_bytes(small, M4, c) > limit for c in cheaper)


def test_whole_layers_are_chosen_where_they_fit(small: Graph) -> None:
    assert choose_patches(small, M4, 40_000).tiles == 1


def test_a_limit_out_of_reach_names_the_smallest(small: Graph) -> None:
    smallest = choose_patches(small, M4)
    least = layer_by_layer_bytes(small, M4, smallest)
    name = f"{smallest.tiles} x {smallest.tiles} tiles up to '{smallest.split}'"
    with pytest.raises(GoalError, match=f"{name} need {least:,} bytes"):
        choose_patches(small, M4, 4_000)


def test_a_network_without_planes_has_nothing_to_patch() -> None:
    graph = chain((1, 1, 1, 4), [("same", Unary(), "x")])
    with pytest.raises(InputError, match="has no layer that can be computed in tiles"):
        choose_patches(graph, M4)


def test_a_tensor_that_goes_on_behind_the_split_is_named() -> None:
    layers = [("a", Conv2D(), "x"), ("b", Unary(), "a"), ("c", Mul(), "b a"), ("d", Conv2D(), "c")]
    graph = chain((1, 9, 9, 2), layers)
    assert splits(graph) == ("a", "c", "d")
    with pytest.raises(InputError, match="'a', which it is computed from, is read behind it too"):
        patch(graph, "b", 2)
    with pytest.raises(InputError, match="'a', which it is computed from"):
        patch(chain((1, 9, 9, 2), layers, "d", "a"), "d", 2)


@pytest.mark.parametrize(
    ("split", "tiles", "message"),
    [
        ("nowhere", 2, "there is no node 'nowhere'"),
        ("poo", 2, "did you mean 'pool'"),
        (7, 2, "7; there are nodes 0 to 3"),
        ("turn", 2, "transpose cannot be computed in tiles"),
        ("end", 2, "its result is one pixel"),
        ("pool", 0, "0; there is at least one in each direction"),
    ],
)
def test_a_split_that_cannot_be_is_refused(split: str | int, tiles: int, message: str) -> None:
    layers = [
        ("turn", Transpose((0, 2, 1, 3)), "x"),
        ("pool", MaxPool2D((2, 2), (2, 2)), "turn"),
        ("same", Quantize(), "pool"),
        ("end", AveragePool2D((4, 3), (1, 1)), "same"),
    ]
    graph = chain((1, 6, 8, 2), layers)
    assert splits(graph) == ("pool", "same")
    with pytest.raises(InputError) as caught:
        patch(graph, split, tiles)
    assert message in str(caught.value)


def test_a_node_is_found_by_name_result_and_position() -> None:
    maker = Maker((1, 8, 8, 2))
    maker.conv(3, 3)
    graph = maker.graph("small", 2)
    assert patch(graph, 0, 2).nodes == patch(graph, "conv_0", 2).nodes
    assert isinstance(patch(graph, 0, 2).nodes[0].op, Slice)
    joined = patch(graph, 0, 2).producer("conv_0")
    assert joined is not None
    assert isinstance(joined.op, Concat)
