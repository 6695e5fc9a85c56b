"""Two pixels in a word: the proof decides how many taps share 16 bits, and holds at its limits."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph
from mote.ir.ops import Conv2D
from mote.lower.lower import lower
from mote.target.cores import CORES
from random_layers import single_node_graph

PORTABLE, SWAR = "mote_conv_2d_s8", "mote_conv_2d_s8_swar"


def layer(taps: list[int]) -> Graph:
    """A pointwise layer of four channels: some taps, these negated where int8 has that, others."""
    negated = [-w if w > -128 else w for w in taps]
    rows = [taps, negated, [1] * len(taps), [0] * len(taps)]
    weights = np.array(rows, np.int8).reshape(4, 1, 1, -1)
    rng = np.random.default_rng(1)
    graph = single_node_graph(Conv2D(), (1, 1, 5, len(taps)), weights, rng)
    weight = replace(graph.tensors["weight"], dtype=DType.INT8, data=weights)
    return graph.rebuild(graph.nodes, (weight,))


@pytest.mark.parametrize(
    ("taps", "shorts"),
    [
        ([63, 64, 64, 64, 63, 64, 64, 64], 0b00),
        ([64, 64, 64, 64, 0, 0, 0, 0], 0b10),
        ([1, 1, 1, 1, 1, 1, 127, 127], 0b10),
        ([0, 1, 127, 1, 126, 3, 1, 125], 0b00),
        ([127, 127, -127, 127], 0b11),
        ([-128, -128, 0, 0], None),
        ([-128, 127, 127, 127], 0b11),
        ([9, 9, 9, 9, 127, 127, 127, 127, 1], 0b11),
        ([9, 9, 9, 9, 9, 9, 9, 9, 1], 0b00),
    ],
)
def test_blocks_are_as_long_as_the_proof_allows_and_exact_at_the_limits(
    taps: list[int], shorts: int | None, tmp_path: Path
) -> None:
    graph = layer(taps)
    (step,) = lower(graph, CORES["cortex-m0plus"]).steps
    assert step.kernel.name == (PORTABLE if shorts is None else SWAR)
    if shorts is not None:
        found_shorts = {c.field: c.array for c in step.constants}["shorts"]
        np.testing.assert_array_equal(found_shorts, [shorts])
    # Each pixel lifts or lowers all sums as far as they go, beside neighbours that do either.
    low = np.where(np.array(taps) < 0, 127, -128)
    ends = low, -1 - low
    xs = [
        np.array([a, b, b, a, b], np.int8).reshape(1, 1, 5, -1) for a, b in product(ends, repeat=2)
    ]
    wanted = [reference.run(graph, [x])["y"] for x in xs]
    found = run_steps([step] * len(xs), [[x] for x in xs], wanted, tmp_path)
    for want, got in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(got, want)
