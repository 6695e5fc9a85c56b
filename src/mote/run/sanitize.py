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
    uint8_t *arena = malloc({arena_bytes});
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
        {prefix}_run(arena);
        for (size_t i = 0; i < COUNT(outputs); i++)
            fwrite(arena + outputs[i].offset, outputs[i].bytes, 1, out);
    }}
    free(arena);
    return fclose(in) | fclose(out);
}}
"""


def spread(plan: Plan) -> Plan:
    """The same buffers with no byte in common and gaps in between, except results over operands."""
    offsets: dict[str, int] = {}
    end = GAP_BYTES
    for buffer in sorted(plan.buffers, key=lambda b: b.first):
        if buffer.over:
            offsets[buffer.name] = offsets[buffer.over]
            continue
        offsets[buffer.name] = end
        end += -(-(buffer.bytes + GAP_BYTES) // 8) * 8
    return replace(plan, offsets=offsets, total_bytes=end, arena_bytes=end)


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
    slots = {b.name: (plan.offsets[b.name], b.bytes) for b in plan.buffers if b.bytes}
    main = MAIN.format(
        prefix=interface.prefix,
        arena_bytes=plan.total_bytes,
        buffers=_rows(slots.values()),
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
