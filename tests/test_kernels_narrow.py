"""Kernels for cores without a wide multiplication, as assembly: every border, at extreme inputs."""

from itertools import product

import numpy as np

import mote
from mote import reference
from mote.ir import Graph
from mote.ir.ops import DepthwiseConv2D, Padding
from random_layers import side_by_side, single_node_graph

KERNEL = "mote_depthwise_conv_2d_s8_narrow_3x3"


def layers() -> list[Graph]:
    """Depthwise 3 x 3 layers: strides, borders and widths down to one column."""
    rng = np.random.default_rng(11)
    found = []
    for stride, left, right, top in product((1, 2), (0, 1), (0, 1), (0, 1, 2)):
        width = max(3 - left - right, 1) + int(rng.integers(0, 5)) * stride
        if stride == 2 and (width + left + right) % 2 == 0:
            width += 1
        height = 3 + int(rng.integers(0, 4))
        channels = int(rng.integers(1, 5))
        op = DepthwiseConv2D(
            stride=(stride, stride), padding=Padding(top, int(top > 0), left, right)
        )
        weights = rng.integers(-127, 128, (1, 3, 3, channels)).astype(np.int8)
        found.append(single_node_graph(op, (1, height, width, channels), weights, rng))
    return found


def test_depthwise_layers_equal_the_reference_on_the_core() -> None:
    graphs = layers()
    rng = np.random.default_rng(12)
    build = mote.compile(side_by_side(graphs), "cortex-m0plus")
    assert sum(s.kernel.name == KERNEL for s in build.program.steps) > len(graphs) / 2
    shapes = [graph.tensors["x"].shape for graph in graphs]
    samples = [
        [np.full(shape, -128, np.int8) for shape in shapes],
        [rng.choice(np.array([-128, 127], np.int8), shape) for shape in shapes],
        [rng.integers(-128, 128, shape).astype(np.int8) for shape in shapes],
    ]
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            want = reference.run(graph, [x])["y"]
            np.testing.assert_array_equal(got, want, err_msg=f"{graph.nodes[0].op} {x.shape}")
