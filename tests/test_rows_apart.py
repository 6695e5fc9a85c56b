"""Convolutions whose rows lie anywhere in the arena, on cores that run the assembly."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from mote import reference
from mote.build import Build
from mote.codegen import generate
from mote.ir import Graph, Node, verify
from mote.ir.ops import MaxPool2D
from mote.lower.lower import lower
from mote.plan.plan import Plan
from mote.plan.task import Layout
from mote.target import resolve
from random_layers import random_conv_2d, random_depthwise_conv_2d, side_by_side
from row_builds import plan_by_rows

Rng = np.random.Generator


def behind_a_pool(graph: Graph) -> Graph:
    """The same layer, reading a copy of its input: rows of an input would have to lie together."""
    copy = replace(graph.tensors["x"], name="copy")
    pool = Node("copy", MaxPool2D(kernel=(1, 1), stride=(1, 1)), ("x",), "copy")
    (layer,) = graph.nodes
    nodes = (pool, replace(layer, inputs=("copy", *layer.inputs[1:])))
    moved = replace(graph, tensors={**graph.tensors, "copy": copy}, nodes=nodes)
    verify(moved)
    return moved


def scattered(plan: Plan, rng: Rng) -> Plan:
    """Rows in any order: of some buffers one behind the other, of others with any gaps."""
    layout, end = plan.layout, 0
    places = {}
    for name, strip in plan.network.strips.items():
        step = strip.row_bytes + int(rng.integers(0, 9))
        gaps = rng.integers(0, 40, strip.rows) if rng.random() < 0.5 else np.zeros(strip.rows, int)
        starts = end + np.arange(strip.rows) * step + np.cumsum(gaps)
        if strip.is_linear:
            starts = end + np.arange(strip.rows) * strip.row_bytes
        else:
            rng.shuffle(starts)
        places[name] = tuple(starts.tolist())
        end = (int(starts.max()) + strip.row_bytes + 3) & ~3
    scratch = {}
    for position in layout.scratch:
        scratch[position] = end
        end += (plan.network.tasks[position].scratch_bytes + 3) & ~3
    return replace(plan, layout=Layout(places, scratch, {}, end))


def build_apart(graph: Graph, target: str, rng: Rng) -> Build:
    resolved = resolve(target)
    program = lower(graph, resolved.core)
    plan = scattered(plan_by_rows(program), rng)
    return Build(graph, program, plan, resolved, generate(program, plan, resolved))


@pytest.mark.parametrize("make", [random_conv_2d, random_depthwise_conv_2d])
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m55"])
def test_layers_read_rows_wherever_they_lie(target: str, make: Callable[[Rng], Graph]) -> None:
    rng = np.random.default_rng(41)
    layers = [behind_a_pool(make(rng)) for _ in range(40)]
    inputs = [rng.integers(-128, 128, g.tensors["x"].shape).astype(np.int8) for g in layers]
    build = build_apart(side_by_side(layers), target, rng)
    apart = [name for name in build.plan.network.strips if not build.plan.is_linear(name)]
    assert len(apart) > len(layers) / 2
    (outputs,) = build.run_samples([inputs])
    for layer, x, got in zip(layers, inputs, outputs, strict=True):
        want = reference.run(layer, [x])["y"]
        np.testing.assert_array_equal(got, want, err_msg=str(layer.nodes[1].op))
