"""Runs generated C under AddressSanitizer and UBSan, with forbidden ground around every buffer."""

import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mote.errors import ToolError
from mote.ir.tensor import Array
from mote.plan.plan import Plan
from mote.plan.task import Layout
from mote.run.interface import Interface, Slot
from mote.run.toolchain import call

FLAGS = (
    *("-std=gnu99", "-O1", "-g", "-fno-omit-frame-pointer", "-ffp-contract=off"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
GAP_BYTES = 64
"""Between two buffers; no kernel may touch it."""

MAIN = """\
/* SPDX-License-Identifier: Apache-2.0 */
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"

typedef struct {{
    size_t offset, bytes;
}} slot;

static const slot buffers[] = {{{buffers}}};
static const slot inputs[] = {{{inputs}}};
static const slot outputs[] = {{{outputs}}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

int main(int count, char **arguments)
{{
    FILE *in = fopen(arguments[1], "rb"), *out = fopen(arguments[2], "wb");
    uint8_t *arena = malloc({memory_bytes});
    (void)count;
    if (!in || !out || !arena)
        return 2;
    ASAN_POISON_MEMORY_REGION(arena, {arena_bytes});
    for (size_t i = 0; i < COUNT(buffers); i++)
        ASAN_UNPOISON_MEMORY_REGION(arena + buffers[i].offset, buffers[i].bytes);
    for (int more = 1;;) {{
        for (size_t i = 0; more && i < COUNT(inputs); i++)
            more = fread(arena + inputs[i].offset, inputs[i].bytes, 1, in) == 1;
        if (!more)
            break;
        {run}
        for (size_t i = 0; i < COUNT(outputs); i++)
            fwrite(arena + outputs[i].offset, outputs[i].bytes, 1, out);
    }}
    free(arena);
    return fclose(in) | fclose(out);
}}
"""


def spread(plan: Plan) -> Plan:
    """The same schedule with no byte in common and gaps around each buffer, or each of its rows
    where these need not follow each other."""
    rows: dict[str, tuple[int, ...]] = {}
    end = 0

    def place(size: int) -> int:
        nonlocal end
        start = -(-(end + GAP_BYTES) // 8) * 8
        end = start + size
        return start

    for strip in plan.network.strips.values():
        if strip.is_linear:
            start = place(strip.bytes)
            rows[strip.name] = tuple(start + i * strip.row_bytes for i in range(strip.rows))
        else:
            rows[strip.name] = tuple(place(strip.row_bytes) for _ in range(strip.rows))
    tasks = plan.network.tasks
    scratch = {position: place(tasks[position].scratch_bytes) for position in plan.layout.scratch}
    state = {position: place(tasks[position].state_bytes) for position in plan.layout.state}
    return replace(plan, layout=Layout(rows, scratch, state, end))


def run(
    project: Mapping[str, str],
    interface: Interface,
    plan: Plan,
    samples: Sequence[Sequence[Array]],
) -> list[tuple[Array, ...]]:
    """The outputs for each sample; a sanitizer's complaint becomes a ``ToolError``.

    Args:
        project: From ``codegen.generate`` with the same plan.
        interface: Of the same program and plan.
        plan: Best from ``spread``: an access between two buffers is then caught.
        samples: For each sample, one array for each input.
    """
    tasks, layout = plan.network.tasks, plan.layout
    slots = [
        (offset, strip.row_bytes)
        for strip in plan.network.strips.values()
        for offset in layout.rows[strip.name]
    ]
    slots += [
        (offset, tasks[position].scratch_bytes) for position, offset in layout.scratch.items()
    ]
    slots += [(offset, tasks[position].state_bytes) for position, offset in layout.state.items()]
    slots.append((layout.bytes, plan.progress_bytes))
    main = MAIN.format(
        run=_run(interface),
        memory_bytes=interface.memory_bytes,
        arena_bytes=plan.total_bytes,
        buffers=_rows(pair for pair in slots if pair[1]),
        inputs=_rows((s.offset, s.bytes) for s in interface.inputs),
        outputs=_rows((s.offset, s.bytes) for s in interface.outputs),
    )
    with tempfile.TemporaryDirectory(prefix="mote-") as name:
        directory = Path(name)
        for path, text in {**project, "main.c": main}.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, encoding="utf-8")
        sources = sorted(p for p in {**project, "main.c": main} if p.endswith(".c"))
        call("cc", [*FLAGS, "-I.", "-Ikernels", "-o", "model", *sources], directory=directory)
        data = b"".join(np.ascontiguousarray(a).tobytes() for sample in samples for a in sample)
        (directory / "in.bin").write_bytes(data)
        _execute(directory)
        return _outputs((directory / "out.bin").read_bytes(), interface.outputs, len(samples))


def _run(interface: Interface) -> str:
    prefix = interface.prefix
    if not interface.row_bytes:
        return f"{prefix}_run(arena);"
    (slot,) = interface.inputs
    end = slot.offset + slot.bytes
    return (
        f"{prefix}_start(arena);\n"
        f"        for (size_t i = {slot.offset}; i < {end}; i += {interface.row_bytes})\n"
        f"            {prefix}_feed_row(arena, (const void *)(arena + i));"
    )


def _rows(pairs: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{{{offset}u, {size}u}}" for offset, size in pairs)


def _execute(directory: Path) -> None:
    done = subprocess.run(
        [str(directory / "model"), "in.bin", "out.bin"],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=120,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise ToolError("sanitizer", "the generated code does wrong", details=lines[:20])


def _outputs(data: bytes, slots: Sequence[Slot], samples: int) -> list[tuple[Array, ...]]:
    size = sum(slot.bytes for slot in slots)
    assert len(data) == samples * size, (len(data), samples, size)
    found = []
    for at in range(0, len(data), size):
        arrays, start = [], at
        for slot in slots:
            part = data[start : start + slot.bytes]
            arrays.append(np.frombuffer(part, slot.dtype.numpy).reshape(slot.shape))
            start += slot.bytes
        found.append(tuple(arrays))
    return found
