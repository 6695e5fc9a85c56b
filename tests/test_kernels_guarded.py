"""Kernels on emulated cores, with memory that faults on both sides of every buffer.

The sanitizers see the portable meaning of a kernel; this sees the instructions that run."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mote
from mote import reference
from mote.build import Build
from mote.codegen import generate
from mote.codegen.identifiers import layer_function
from mote.codegen.layer import is_looped
from mote.errors import ToolError
from mote.ir import Graph
from mote.ir.ops import Conv2D
from mote.plan.plan import Plan
from mote.plan.task import Layout
from mote.run.firmware import build
from mote.run.interface import interface
from mote.run.qemu import run
from random_layers import (
    random_conv_2d,
    random_depthwise_conv_2d,
    random_depthwise_window,
    random_fully_connected,
    random_weights,
    side_by_side,
    single_node_graph,
)

GUARD = 32
"""Bytes of the smallest region of a memory protection unit, which start at a multiple of it."""

GUARDED_RUN = """\
/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model.h"

#define MPU ((volatile uint32_t *)0xE000ED94u) /* CTRL, RNR, RBAR, RASR */

static uint8_t own[{bytes}] __attribute__((aligned({guard})));

/* No access to the {guard} bytes from each of these on. */
static void forbid(uint32_t count, const uint32_t *places)
{{
    for (uint32_t i = 0; i < count; i++) {{
        MPU[1] = i;
        MPU[2] = (uint32_t)(uintptr_t)own + places[i];
        MPU[3] = 4u << 1 | 1u;
    }}
    for (uint32_t i = count; i < 8; i++) {{
        MPU[1] = i;
        MPU[3] = 0;
    }}
    MPU[0] = 5; /* enabled; what no region covers is as without */
    __asm volatile("dsb\\n\\tisb" : : : "memory");
}}

{declarations}

void guarded_run(void *arena)
{{
    memcpy(own, arena, sizeof own);
{calls}
    MPU[0] = 0;
    __asm volatile("dsb\\n\\tisb" : : : "memory");
    memcpy(arena, own, sizeof own);
}}
"""


def fenced(plan: Plan, *, at_end: bool) -> tuple[Plan, dict[str, tuple[int, int]]]:
    """The same buffers apart, with a fence before and behind each: (plan, fences by buffer).

    Each buffer touches the fence behind it, or else the one before it.
    """
    offsets, fences, end = {}, {}, 0
    for buffer in plan.buffers:
        start = end + GUARD
        end = start + -(-buffer.bytes // GUARD) * GUARD
        offsets[buffer.name] = end - buffer.bytes if at_end else start
        fences[buffer.name] = (start - GUARD, end)
        end += GUARD
    return replace(plan, layout=layout_of(plan, offsets, end)), fences


def layout_of(plan: Plan, offsets: Mapping[str, int], end: int) -> Layout:
    """Every buffer in one piece, at these offsets."""
    rows = {
        name: tuple(offsets[name] + i * strip.row_bytes for i in range(strip.rows))
        for name, strip in plan.network.strips.items()
    }
    scratch = {
        position: offsets[f"scratch:{plan.network.tasks[position].index}"]
        for position in plan.layout.scratch
    }
    return Layout(rows, scratch, {}, end)


def guarded_project(
    built: Build, plan: Plan, fences: Mapping[str, tuple[int, int]]
) -> dict[str, str]:
    files = generate(built.program, plan, built.target)
    names = [layer_function(built.program, i) for i in range(len(built.program.steps))]
    tasks = {task.index: task for task in plan.network.tasks}
    looped = [is_looped(tasks[i]) for i in range(len(names))]
    calls = []
    for i, (name, step) in enumerate(zip(names, built.program.steps, strict=True)):
        buffers = [step.node.inputs[0], step.node.output]
        buffers += [f"scratch:{i}"] if step.scratch_bytes else []
        places = [place for buffer in buffers for place in fences[buffer]]
        listed = ", ".join(map(str, places))
        arguments = f", 0, {tasks[i].calls}" if looped[i] else ""
        calls.append(
            f"    forbid({len(places)}, (const uint32_t[]){{{listed}}});\n"
            f"    {name}(own{arguments});"
        )
    files["model.c"] = files["model.c"].replace("static MOTE_LAYER", "MOTE_LAYER")
    files["model.h"] += "\nvoid guarded_run(void *arena);\n"
    files["guarded.c"] = GUARDED_RUN.format(
        bytes=plan.total_bytes,
        guard=GUARD,
        declarations="\n".join(
            f"void {name}(uint8_t *arena{', uint32_t call, uint32_t end' if loops else ''});"
            for name, loops in zip(names, looped, strict=True)
        ),
        calls="\n".join(calls),
    )
    return files


def with_left_over_pixels(rng: np.random.Generator) -> list[Graph]:
    """Convolutions of 1 to 7 pixels: what remains of groups of four ends where the result ends."""
    return [
        single_node_graph(
            Conv2D(), (1, 1, pixels, depth), random_weights((5, 1, 1, depth), rng), rng
        )
        for pixels in range(1, 8)
        for depth in (4, 5)
    ]


def run_guarded(target: str, folder: Path, *, at_end: bool, lie: int = 0) -> None:
    """Random layers equal the reference; ``lie`` moves their inputs into the fences."""
    rng = np.random.default_rng(12)
    kinds = (random_conv_2d, random_depthwise_conv_2d, random_fully_connected)
    layers = [make(rng) for make in kinds for _ in range(12)] + with_left_over_pixels(rng)
    layers += [random_depthwise_window(rng) for _ in range(12)]
    built = mote.compile(side_by_side(layers), target)
    plan, fences = fenced(built.plan, at_end=at_end)
    moved = {
        name: tuple(offset + lie * (name in built.graph.inputs) for offset in offsets)
        for name, offsets in plan.layout.rows.items()
    }
    plan = replace(plan, layout=replace(plan.layout, rows=moved))
    memory = replace(interface(built.program, plan), prefix="guarded")
    project = guarded_project(built, plan, fences)
    firmware = build(project, memory, built.target.core, folder)
    sample = [rng.integers(-128, 128, layer.tensors["x"].shape).astype(np.int8) for layer in layers]
    (outputs,) = run(firmware, [sample]).outputs
    for layer, x, got in zip(layers, sample, outputs, strict=True):
        np.testing.assert_array_equal(got, reference.run(layer, [x])["y"])


@pytest.mark.parametrize("at_end", [False, True], ids=["before", "behind"])
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4"])
def test_layers_stay_inside_their_buffers(target: str, at_end: bool, tmp_path: Path) -> None:
    run_guarded(target, tmp_path, at_end=at_end)


@pytest.mark.parametrize(("at_end", "lie"), [(False, -1), (True, 1)])
def test_one_byte_outside_is_a_fault(at_end: bool, lie: int, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="the program faulted"):
        run_guarded("cortex-m4", tmp_path, at_end=at_end, lie=lie)
