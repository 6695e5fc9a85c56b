"""Two products in a multiplication: the proof sets the blocks, and holds at its limits."""

import numpy as np
import pytest

import mote
from mote import reference
from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import FullyConnected, Rounding
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import side_by_side

PORTABLE, SWAR = "mote_fully_connected_s8", "mote_fully_connected_s8_swar"
OUTPUTS = 9
CASES = [
    ([63, 64, 64, 64, 0, 0, 0, 1], 1),
    ([64, 64, 64, 64, 64, 64, 64, 64], 0),
    ([127, 0, 127, 0, 0, 0, 0, 0], 1),
    ([127, 0, 127, 0, 4, 0, 0, 0], 0),
    ([127, 127, 127, -127, 127, 127, 127], 0),
    ([-128, 0, 127, 0, 1], 1),
    ([-128, 5, -128, 0], None),
    ([32] * 8 + [-16] * 11, 1),
    ([100] * 23, 0),
]
"""Taps, and whether blocks have eight of them (or two); None when they cannot have two."""


def layer(taps: list[int], rounding: Rounding = Rounding.SINGLE, y_zero: int = 3) -> Graph:
    """A layer of some taps, in turn negated where int8 has that, and of all zeros."""
    negated = [-w if w > -128 else w for w in taps]
    rows = [taps, taps, negated, negated, [0] * len(taps)] * 2
    weights = np.array(rows[:OUTPUTS], np.int8)
    reach = 128 * int(np.abs(weights.astype(int)).sum(1).max())
    bias = np.arange(-reach // 4, reach // 4, max(reach // 2 // OUTPUTS, 1))[:OUTPUTS]
    tensors = [
        Tensor("x", (2, len(taps)), DType.INT8, Quantization((0.5,), (-7,))),
        Tensor("w", weights.shape, DType.INT8, Quantization((150 / reach,), (0,)), weights),
        Tensor("b", (OUTPUTS,), DType.INT32, None, bias.astype(np.int32)),
        Tensor("y", (2, OUTPUTS), DType.INT8, Quantization((0.5,), (y_zero,))),
    ]
    node = Node("layer", FullyConnected(rounding=rounding), ("x", "w", "b"), "y")
    return Graph("layer", {t.name: t for t in tensors}, (node,), ("x",), ("y",))


@pytest.mark.parametrize(("taps", "is_long"), CASES)
def test_blocks_are_as_long_as_the_proof_allows(taps: list[int], is_long: int | None) -> None:
    (step,) = lower(layer(taps), CORES["cortex-m0plus"]).steps
    assert step.kernel.name == (PORTABLE if is_long is None else SWAR)
    if is_long is not None:
        blocks = {c.field: c.array for c in step.constants}["is_long"]
        assert blocks[0] == is_long


def test_layers_at_the_limits_equal_the_reference_on_the_core() -> None:
    graphs = [
        layer(taps, rounding, y_zero)
        for taps, _ in CASES
        for rounding, y_zero in ((Rounding.SINGLE, -128), (Rounding.DOUBLE, 5))
    ]
    build = mote.compile(side_by_side(graphs), "cortex-m0plus", optimize="time")
    assert sum(s.kernel.name == SWAR for s in build.program.steps) > len(graphs) / 2
    rng = np.random.default_rng(3)
    samples: list[list[np.ndarray]] = [[], [], []]
    for graph in graphs:
        weights = graph.tensors["w"].array[0]
        least = np.where(weights < 0, 127, -128).astype(np.int8)
        ends = np.stack([least, -1 - least])
        mixed = rng.choice(np.array([-128, 127], np.int8), ends.shape)
        for sample, x in zip(samples, (ends, ends[::-1].copy(), mixed), strict=True):
            sample.append(x)
    for sample, outputs in zip(samples, build.run_samples(samples), strict=True):
        for graph, x, got in zip(graphs, sample, outputs, strict=True):
            np.testing.assert_array_equal(got, reference.run(graph, [x])["y"])
