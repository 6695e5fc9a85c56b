"""Runs kernel calls on the host under ASan and UBSan, with every buffer of exactly its size."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kernel_objects import FLOATS, INCLUDE, KERNELS, SANITIZE, STRICT, sanitized_objects
from mote.codegen.text import real
from mote.lower.split import Ranges, Window, row_axes
from mote.lower.step import Step

SANITIZER_CHECKS_COPIES = ["-O0", "-fno-builtin"]
"""The program around the kernels has far more text than they: what it copies is checked where the
sanitizer takes the place of ``memcpy``, not by code of its own."""
C_TYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "float32": "float",
}

Array = NDArray[np.generic]


def called_kernels(names: set[str]) -> set[str]:
    """The kernels named, and those that they call."""
    found: set[str] = set()
    while names:
        found |= names
        texts = [(KERNELS / f"{name}.c").read_text() for name in names]
        calls = {call for text in texts for call in re.findall(r"\b(mote_\w+)\(", text)}
        names = {call for call in calls if (KERNELS / f"{call}.c").exists()} - found
    return found


def run_steps(
    steps: Sequence[Step],
    inputs: Sequence[Sequence[Array]],
    results: Sequence[Array],
    folder: Path,
    over: Sequence[int | None] = (),
    macros: Sequence[str] = (),
    below: Sequence[int] = (),
    calls: Sequence[int] = (),
) -> list[Array]:
    """What each step writes, given its inputs; ``results`` are arrays of the right shape and type.

    All steps are built into one program. It allocates each buffer separately, so that a read or
    write outside of one stops it. Kernels that take rows get each row of their input as a buffer of
    its own, others what one call reads. Steps compute some rows at a time: how many depends on
    their place among ``steps``, unless ``calls`` says in how many calls (0: does not).
    ``over`` names the input that a step's result overwrites, from ``below`` bytes below it on;
    ``macros`` are ``-D`` options that select what other cores compile.
    """
    source = folder / "calls.c"
    source.write_text(
        _program(
            steps,
            inputs,
            results,
            over or [None] * len(steps),
            below or [0] * len(steps),
            calls or [0] * len(steps),
        )
    )
    names = sorted(called_kernels({step.kernel.name for step in steps}))
    options = [*STRICT, *SANITIZER_CHECKS_COPIES, FLOATS, *macros, *INCLUDE]
    made = folder / "calls.o"
    subprocess.run(["cc", *options, "-c", str(source), "-o", str(made)], check=True)
    objects = [str(made), *map(str, sanitized_objects(names, macros))]
    subprocess.run(["cc", *SANITIZE, *objects, "-o", str(folder / "calls"), "-lm"], check=True)
    data = b"".join(array.tobytes() for arrays in inputs for array in arrays)
    done = subprocess.run([str(folder / "calls")], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    outputs, offset = [], 0
    for like in results:
        part = done.stdout[offset : offset + like.nbytes]
        outputs.append(np.frombuffer(part, like.dtype).reshape(like.shape))
        offset += like.nbytes
    assert offset == len(done.stdout)
    return outputs


def _program(
    steps: Sequence[Step],
    inputs: Sequence[Sequence[Array]],
    results: Sequence[Array],
    over: Sequence[int | None],
    below: Sequence[int],
    calls: Sequence[int],
) -> str:
    lines = [
        '#include "mote_kernels_f32.h"',
        "#include <math.h>",
        "#include <stdio.h>",
        "#include <stdlib.h>",
        "#include <string.h>",
        "static void *filled(size_t size) {",
        "    void *p = malloc(size);",
        "    if (!p || fread(p, 1, size, stdin) != size) abort();",
        "    return p;",
        "}",
        "static void *blank(size_t size) {",
        "    void *p = malloc(size);",
        "    if (!p) abort();",
        "    memset(p, 0x55, size);",
        "    return p;",
        "}",
    ]
    for i, call in enumerate(zip(steps, inputs, results, over, below, calls, strict=True)):
        lines += _call(i, *call)
    main = [f"    call_{i}();" for i in range(len(steps))]
    return "\n".join([*lines, "int main(void) {", *main, "    return 0;", "}", ""])


def _number_of_calls(i: int, step: Step, arrays: Sequence[Array], result: Array) -> int:
    """Into how many calls a step is divided: one for each image at least."""
    if step.split is None:
        return 1
    divided = arrays[0] if step.split.accumulates else result
    images, height = (1, 1, *divided.shape[: row_axes(divided.ndim)])[-2:]
    divisors = [n for n in range(1, height + 1) if height % n == 0]
    return int(images * height // divisors[i % len(divisors)])


def _calls_on_rows(step: Step, x: Array, result: Array, calls: int) -> list[str]:
    """Copies each row of ``x0`` to a place of its own, and makes all calls."""
    assert step.split is not None
    (window,) = step.split.operands
    assert window is not None
    kind, out = C_TYPES[x.dtype.name], C_TYPES[result.dtype.name]
    images, height = (1, 1, *x.shape[: row_axes(x.ndim)])[-2:]
    size = x.nbytes // (images * height)
    y_height = (1, 1, *result.shape[: row_axes(result.ndim)])[-1]
    rows = images * y_height // calls
    span, per_image = window.span(rows), calls // images
    starts = range(0, y_height, rows)
    firsts = [window.first(row) for row in starts]
    lasts = [window.rows(row, row + rows, height)[1] for row in starts]
    more = ", scratch" if step.kernel.takes_scratch else ""
    more += f", (uint32_t)(call % {per_image} * {rows})" if step.kernel.takes_row else ""
    more += ", state, (uint32_t)call" if step.kernel.takes_state else ""
    return [
        f"    static const int first[] = {{{', '.join(map(str, firsts))}}};",
        f"    static const int last[] = {{{', '.join(map(str, lasts))}}};",
        f"    {kind} *place[{images * height}];",
        f"    for (int i = 0; i < {images * height}; i++) {{",
        f"        place[i] = blank({size});",
        f"        memcpy(place[i], (char *)x0 + i * {size}, {size});",
        "    }",
        f"    for (int call = 0; call < {calls}; call++) {{",
        f"        const {kind} **x = blank({span} * sizeof *x);",
        f"        for (int i = 0; i < {span}; i++) {{",
        f"            int row = first[call % {per_image}] + i;",
        f"            x[i] = row < 0 || row >= last[call % {per_image}] ? NULL",
        f"                                     : place[call / {per_image} * {height} + row];",
        "        }",
        (
            f"        {step.kernel.name}(layer, x, ({out} *)((char *)result + call * "
            f"{result.nbytes // calls}){more});"
        ),
        "        free(x);",
        "    }",
        f"    for (int i = 0; i < {images * height}; i++)",
        "        free(place[i]);",
    ]


def _calls_on_parts(
    step: Step, arrays: Sequence[Array], result: Array, calls: int, over: int | None, below: int
) -> list[str]:
    """Copies what each call reads, and no more, to places of its own, and makes all calls."""
    part = result.nbytes // calls
    windows = step.split.operands if step.split else (None,) * len(arrays)
    lines, pointers, free = [], [], []
    for k, (array, window) in enumerate(zip(arrays, windows, strict=True)):
        starts, size = _part_of(array, window, result, calls)
        kind = C_TYPES[array.dtype.name]
        head, space = (below, max(size + below, part)) if k == over else (0, size)
        lines += [
            f"        static const long start_{k}[] = {{{', '.join(map(str, starts))}}};",
            f"        char *place_{k} = blank({space});",
            f"        const {kind} *part_{k} = (const void *)(place_{k} + {head});",
            f"        memcpy(place_{k} + {head}, (char *)x{k} + start_{k}[call], {size});",
        ]
        pointers.append(f"part_{k}")
        free.append(f"place_{k}")
    out = C_TYPES[result.dtype.name]
    start = f"blank({part})" if over is None else f"(void *)place_{over}"
    lines.append(f"        {out} *y = {start};")
    free += ["y"] if over is None else []
    if step.kernel.takes_array:
        given = iter(pointers)
        count = len(arrays) + len(step.constant_operands)
        places = ["0" if i in step.constant_operands else next(given) for i in range(count)]
        lines.append(f"        const void *const given[] = {{{', '.join(places)}}};")
        lines.append("        const void **x = blank(sizeof given);")
        lines.append("        memcpy(x, given, sizeof given);")
        pointers = ["(const void *const *)x"]
        free.append("x")
    pointers = ["layer", *pointers, "y", *(["scratch"] if step.kernel.takes_scratch else [])]
    return [
        f"    for (int call = 0; call < {calls}; call++) {{",
        *lines,
        f"        {step.kernel.name}({', '.join(pointers)});",
        f"        memcpy((char *)result + call * {part}, y, {part});",
        *(f"        free({name});" for name in free),
        "    }",
    ]


def _calls_that_accumulate(step: Step, x: Array, calls: int) -> list[str]:
    """Gives each call its part of ``x0`` in a place of its own; the last one writes the result."""
    kind, size = C_TYPES[x.dtype.name], x.nbytes // calls
    state = f"blank({step.state_bytes})" if calls > 1 else "NULL"
    y = f"call == {calls - 1} ? result : NULL"
    return [
        f"    void *state = {state};",
        f"    for (unsigned call = 0; call < {calls}; call++) {{",
        f"        {kind} *part = blank({size});",
        f"        memcpy(part, (char *)x0 + call * {size}, {size});",
        f"        {step.kernel.name}(layer, part, {y}, state, call);",
        "        free(part);",
        "    }",
        "    free(state);",
    ]


def _part_of(
    array: Array, window: Window | Ranges | None, result: Array, calls: int
) -> tuple[list[int], int]:
    """Where the part of an operand that each call reads starts, and its size, in bytes."""
    if window is None:
        return [0] * calls, array.nbytes
    assert isinstance(window, Window), "kernels whose rows have no stride take an array of them"
    images, height = (1, 1, *array.shape[: row_axes(array.ndim)])[-2:]
    y_images, y_height = (1, 1, *result.shape[: row_axes(result.ndim)])[-2:]
    assert images == y_images
    rows, row_bytes = images * y_height // calls, array.nbytes // (images * height)
    first = [(call * rows // y_height, call * rows % y_height) for call in range(calls)]
    starts = [image * height + row * window.stride - window.pad for image, row in first]
    return [start * row_bytes for start in starts], window.span(rows) * row_bytes


def _call(
    i: int,
    step: Step,
    arrays: Sequence[Array],
    result: Array,
    over: int | None,
    below: int,
    calls: int,
) -> list[str]:
    lines = [f"static void call_{i}(void) {{"]
    calls = calls or _number_of_calls(i, step, arrays, result)
    fields = [f".{name} = {_initialiser(value)}" for name, value in step.call_parameters(calls)]
    for constant in step.constants:
        literal = real if constant.array.dtype.kind == "f" else str
        values = ",".join(map(literal, constant.array.reshape(-1).tolist()))
        kind = C_TYPES[constant.array.dtype.name]
        # On the heap, as all is that kernels read: what surrounds a global, or a local variable of
        # this program, is not guarded to the byte.
        lines.append(f"    static const {kind} {constant.field}_data[] = {{{values}}};")
        lines.append(f"    {kind} *{constant.field} = blank(sizeof {constant.field}_data);")
        lines.append(
            f"    memcpy({constant.field}, {constant.field}_data, sizeof {constant.field}_data);"
        )
        fields.append(f".{constant.field} = {constant.field}")
    lines.append(f"    const {step.kernel.struct} fields = {{{', '.join(fields)}}};")
    lines.append(f"    {step.kernel.struct} *layer = blank(sizeof *layer);")
    lines.append("    memcpy(layer, &fields, sizeof fields);")
    for k, array in enumerate(arrays):
        kind = C_TYPES[array.dtype.name]
        lines.append(f"    {kind} *x{k} = filled({array.nbytes});")
    kind = C_TYPES[result.dtype.name]
    lines.append(f"    {kind} *result = blank({result.nbytes});")
    if step.kernel.takes_scratch:
        lines.append(f"    void *scratch = blank({step.scratch_bytes});")
    if step.kernel.takes_rows:
        lines += (
            [f"    void *state = blank({step.state_bytes});"] if step.kernel.takes_state else []
        )
        lines += _calls_on_rows(step, arrays[0], result, calls)
        lines += ["    free(state);"] if step.kernel.takes_state else []
    elif step.kernel.takes_state:
        lines += _calls_that_accumulate(step, arrays[0], calls)
    else:
        lines += _calls_on_parts(step, arrays, result, calls, over, below)
    lines.append(f"    if (fwrite(result, 1, {result.nbytes}, stdout) != {result.nbytes}) abort();")
    frees = [*(f"x{k}" for k in range(len(arrays))), *(c.field for c in step.constants)]
    frees += ["layer", "result"]
    frees += ["scratch"] if step.kernel.takes_scratch else []
    return [*lines, *(f"    free({name});" for name in frees), "}"]


def _initialiser(value: int | float | tuple[int, ...]) -> str:
    if isinstance(value, tuple):
        return f"{{{','.join(map(str, value))}}}"
    return real(value) if isinstance(value, float) else repr(value)
