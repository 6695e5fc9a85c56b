"""Runs generated C under AddressSanitizer and UBSan, with all ground forbidden that is not in use.

Before each call, bytes that no call needs any more are poisoned, and those that it needs are freed:
a kernel that reads a row after its time, or writes beside its own, is stopped on the spot. Where a
layer writes some channels of a row, the others are compared before and after.
"""

import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mote.codegen.schedule import FED
from mote.errors import ToolError
from mote.ir.tensor import Array
from mote.plan.items import Item, find_items
from mote.plan.plan import Plan
from mote.plan.task import FEED, Access, Layout
from mote.run.interface import Interface, Slot
from mote.run.objects import compile_objects
from mote.run.toolchain import call

FLAGS = (
    *("-std=gnu99", "-O1", "-g", "-fno-omit-frame-pointer", "-ffp-contract=off"),
    *("-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
)
GAP_BYTES = 64
"""Between two buffers; no kernel may touch it."""

HOOKS = """\
/* SPDX-License-Identifier: Apache-2.0 */
void mote_enter(unsigned layer, unsigned call);
#define MOTE_ENTER(layer, call) mote_enter((unsigned)(layer), (unsigned)(call))
"""

MAIN = """\
/* SPDX-License-Identifier: Apache-2.0 */
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

typedef struct {{
    size_t offset, bytes;
}} slot;

typedef struct {{
    unsigned layer, call; /* whose turn it is */
    unsigned dead, born;  /* ends of its changes in the lists of all calls */
    unsigned shared;      /* alike, of the rows that it writes in part */
}} turn;

typedef struct {{
    size_t offset, bytes;         /* a row */
    unsigned pixel, first, last; /* of each pixel in it, the bytes from first to last are written */
}} shared_row;

/* Bytes in use before the first call; what nobody needs from a call on; what a call needs first. */
static const slot early[] = {{{early}}};
static const slot dead[] = {{{dead}}};
static const slot born[] = {{{born}}};
static const shared_row shared[] = {{{shared}}};
static const turn turns[] = {{{turns}}};
static const slot inputs[] = {{{inputs}}};
static const slot outputs[] = {{{outputs}}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static uint8_t *arena;
static size_t done;
static uint8_t kept[{shared_bytes}];

/* Before a call, remembers the rows that it writes in part; then looks for what it should not. */
static void guard(unsigned first, unsigned last, int is_over)
{{
    uint8_t *copy = kept;

    for (unsigned i = first; i < last; copy += shared[i++].bytes)
        for (size_t at = 0; at < shared[i].bytes; at++) {{
            const unsigned byte = (unsigned)(at % shared[i].pixel);
            if (!is_over) {{
                copy[at] = arena[shared[i].offset + at];
            }} else if ((byte < shared[i].first || byte >= shared[i].last) &&
                       copy[at] != arena[shared[i].offset + at]) {{
                fprintf(stderr, "call %u of layer %u writes a channel of another layer, at %zu\\n",
                        turns[done - 1].call, turns[done - 1].layer, shared[i].offset + at);
                abort();
            }}
        }}
}}

void mote_enter(unsigned layer, unsigned call)
{{
    const turn none = {{0}}, before = done ? turns[done - 1] : none;

    guard(done > 1 ? turns[done - 2].shared : 0, before.shared, 1);
    if (done >= COUNT(turns) || layer != turns[done].layer || call != turns[done].call) {{
        fprintf(stderr, "call %u of layer %u is not the planned one\\n", call, layer);
        abort();
    }}
    for (unsigned i = before.dead; i < turns[done].dead; i++)
        ASAN_POISON_MEMORY_REGION(arena + dead[i].offset, dead[i].bytes);
    for (unsigned i = before.born; i < turns[done].born; i++)
        ASAN_UNPOISON_MEMORY_REGION(arena + born[i].offset, born[i].bytes);
    guard(before.shared, turns[done].shared, 0);
    done++;
}}

int main(int count, char **arguments)
{{
    FILE *in = fopen(arguments[1], "rb"), *out = fopen(arguments[2], "wb");
    (void)count;
    arena = malloc({memory_bytes});
    if (!in || !out || !arena)
        return 2;
    for (int more = 1;;) {{
        ASAN_UNPOISON_MEMORY_REGION(arena, {arena_bytes});
        memset(arena, 0x5A, {arena_bytes});
        ASAN_POISON_MEMORY_REGION(arena, {arena_bytes});
        for (size_t i = 0; i < COUNT(early); i++)
            ASAN_UNPOISON_MEMORY_REGION(arena + early[i].offset, early[i].bytes);
        for (size_t i = 0; more && i < COUNT(inputs); i++)
            more = fread(arena + inputs[i].offset, inputs[i].bytes, 1, in) == 1;
        if (!more)
            break;
        done = 0;
        {run}
        if (done)
            guard(done > 1 ? turns[done - 2].shared : 0, turns[done - 1].shared, 1);
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
            count, size = strip.together, strip.row_bytes
            starts = [place(count * size) for _ in range(strip.rows // count)]
            rows[strip.name] = tuple(s + i * size for s in starts for i in range(count))
    tasks = plan.network.tasks
    scratch = {position: place(tasks[position].scratch_bytes) for position in plan.layout.scratch}
    state = {position: place(tasks[position].state_bytes) for position in plan.layout.state}
    ample = {position: place(tasks[position].ample_bytes) for position in plan.layout.ample}
    return replace(plan, layout=Layout(rows, scratch, state, end, ample))


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
    main = MAIN.format(
        run=_run(interface),
        memory_bytes=max(interface.memory_bytes, 1),
        arena_bytes=plan.total_bytes,
        inputs=_rows((s.offset, s.bytes) for s in interface.inputs),
        outputs=_rows((s.offset, s.bytes) for s in interface.outputs),
        **_changes(plan),
    )
    with tempfile.TemporaryDirectory(prefix="mote-") as name:
        directory = Path(name)
        texts = {**project, "main.c": main, "hooks.h": HOOKS}
        for path, text in texts.items():
            (directory / path).parent.mkdir(parents=True, exist_ok=True)
            (directory / path).write_text(text, encoding="utf-8")
        kernels = {p for p in texts if p.endswith(".c") and p.startswith("kernels/")}
        flags = [*FLAGS, "-I.", "-Ikernels"]
        hooks = ["-include", "hooks.h"]
        options = {
            path: flags if path in kernels else [*flags, *hooks]
            for path in texts
            if path.endswith(".c")
        }
        objects = compile_objects("cc", options, texts, directory, shared=kernels)
        call("cc", [*FLAGS, "-o", "model", *objects], directory=directory)
        data = b"".join(np.ascontiguousarray(a).tobytes() for sample in samples for a in sample)
        (directory / "in.bin").write_bytes(data)
        _execute(directory)
        return _outputs((directory / "out.bin").read_bytes(), interface.outputs, len(samples))


def _changes(plan: Plan) -> dict[str, str]:
    """For each call: bytes that nobody needs any more, and those that become needed with it."""
    found = find_items(plan.network, plan.schedule)
    spans = [
        (birth, death, start, start + size)
        for item in found.items
        for start, size, birth, death in _lives(plan, item)
    ]
    alive = np.zeros(plan.total_bytes, np.int32)
    alive[plan.layout.bytes :] = 1  # how far a fed inference has come
    begins: dict[int, list[tuple[int, int]]] = {}
    ends: dict[int, list[tuple[int, int]]] = {}
    for birth, death, start, end in spans:
        begins.setdefault(birth, []).append((start, end))
        ends.setdefault(death + 1, []).append((start, end))
    for start, end in begins.get(-1, []):
        alive[start:end] += 1
    early, dead, born, turns = _ranges(alive > 0), [], [], []
    shared: list[tuple[int, ...]] = []
    most = 1
    for now, (position, number) in enumerate(found.clock):
        before = alive > 0
        for start, end in ends.get(now, []):
            alive[start:end] -= 1
        for start, end in begins.get(now, []):
            alive[start:end] += 1
        after = alive > 0
        dead += _ranges(before & ~after)
        born += _ranges(after & ~before)
        index = plan.network.tasks[position].index
        mine = _shared_rows(plan, plan.network.tasks[position].writes, number)
        shared += mine
        most = max(most, sum(row[1] for row in mine))
        turns.append((FED if index == FEED else index, number, len(dead), len(born), len(shared)))
    return {
        "early": _rows(early),
        "dead": _rows(dead),
        "born": _rows(born),
        "turns": _rows(turns),
        "shared": _rows(shared),
        "shared_bytes": str(most),
    }


def _shared_rows(plan: Plan, access: Access, call: int) -> list[tuple[int, ...]]:
    """Offset, bytes, pixel and written part of the rows that a call writes in part."""
    if access.part is None:
        return []
    strip, offsets = plan.network.strips[access.strip], plan.layout.rows[access.strip]
    pixel = strip.pixel_bytes, *access.part
    return [(offsets[row], strip.row_bytes, *pixel) for row in range(*access.rows[call])]


def _lives(plan: Plan, item: Item) -> Iterator[tuple[int, int, int, int]]:
    """Offset, bytes, and the first and last call that need them, of each part of an item."""
    for piece, birth, death in item.lives:
        if places := plan.layout.beside(item.kind):
            yield places[item.index], item.piece_bytes, birth, death
        else:
            row = item.index + piece
            yield plan.layout.rows[item.strip][row], item.piece_bytes, birth, death


def _ranges(marked: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Start and length of each run of marked bytes."""
    edges = np.flatnonzero(np.diff(marked.astype(np.int8), prepend=0, append=0))
    return [(int(a), int(b - a)) for a, b in edges.reshape(-1, 2)]


def _run(interface: Interface) -> str:
    prefix = interface.prefix
    given = ", ".join(f"arena + {start}" for start in interface.blocks)
    if not interface.row_bytes:
        return f"{prefix}_run({given});"
    (slot,) = interface.inputs
    end = slot.offset + slot.bytes
    return (
        f"{prefix}_start({given});\n"
        f"        for (size_t i = {slot.offset}; i < {end}; i += {interface.row_bytes})\n"
        f"            {prefix}_feed_row({given}, (const void *)(arena + i));"
    )


def _rows(values: Iterable[tuple[int, ...]]) -> str:
    """An initialiser; never an empty one, which C does not have."""
    return ", ".join("{" + ", ".join(f"{v}u" for v in row) + "}" for row in values) or "{0u}"


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
