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
from mote.errors import ToolError
from mote.plan import Plan
from mote.run.firmware import build
from mote.run.interface import interface
from mote.run.qemu import run
from random_layers import (
    random_conv_2d,
    random_depthwise_conv_2d,
    random_fully_connected,
    side_by_side,
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
    return replace(plan, offsets=offsets, total_bytes=end, arena_bytes=end), fences


def guarded_project(
    built: Build, plan: Plan, fences: Mapping[str, tuple[int, int]]
) -> dict[str, str]:
    files = generate(built.program, plan, built.target)
    names = [layer_function(built.program, i) for i in range(len(built.program.steps))]
    calls = []
    for i, (name, step) in enumerate(zip(names, built.program.steps, strict=True)):
        buffers = [step.node.inputs[0], step.node.output]
        buffers += [f"scratch:{i}"] if step.scratch_bytes else []
        places = [place for buffer in buffers for place in fences[buffer]]
        listed = ", ".join(map(str, places))
        calls.append(
            f"    forbid({len(places)}, (const uint32_t[]){{{listed}}});\n    {name}(own);"
        )
    files["model.c"] = files["model.c"].replace("static MOTE_LAYER", "MOTE_LAYER")
    files["model.h"] += "\nvoid guarded_run(void *arena);\n"
    files["guarded.c"] = GUARDED_RUN.format(
        bytes=plan.total_bytes,
        guard=GUARD,
        declarations="\n".join(f"void {name}(uint8_t *arena);" for name in names),
        calls="\n".join(calls),
    )
    return files


def run_guarded(target: str, folder: Path, *, at_end: bool, lie: int = 0) -> None:
    """Random layers equal the reference; ``lie`` moves their inputs into the fences."""
    rng = np.random.default_rng(12)
    kinds = (random_conv_2d, random_depthwise_conv_2d, random_fully_connected)
    layers = [make(rng) for make in kinds for _ in range(12)]
    built = mote.compile(side_by_side(layers), target)
    plan, fences = fenced(built.plan, at_end=at_end)
    inputs = {name: plan.offsets[name] + lie for name in built.graph.inputs}
    plan = replace(plan, offsets={**plan.offsets, **inputs})
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
