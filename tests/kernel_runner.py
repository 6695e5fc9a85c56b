"""Runs kernel calls on the host under ASan and UBSan, with every buffer of exactly its size."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mote.codegen.text import real
from mote.lower.step import Step

KERNELS = Path(__file__).resolve().parents[1] / "src" / "mote" / "kernels"
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Wpedantic", "-Werror"]
SANITIZE = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover"]
FLOATS = "-ffp-contract=off"
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
) -> list[Array]:
    """What each call writes, given its inputs; ``results`` are arrays of the right shape and type.

    All calls are built into one program. It allocates each buffer separately, so that a read or
    write outside of one stops it. Kernels that take rows get each row of their input as a buffer of
    its own, and compute some rows at a time: how many depends on the call's place among ``steps``.
    ``over`` names the input that a call's result
    overwrites; ``macros`` are ``-D`` options that select what other cores compile.
    """
    source = folder / "calls.c"
    source.write_text(_program(steps, inputs, results, over or [None] * len(steps)))
    names = sorted(called_kernels({step.kernel.name for step in steps}))
    command = [
        "cc",
        *STRICT,
        *SANITIZE,
        FLOATS,
        *macros,
        "-I",
        str(KERNELS / "include"),
        "-o",
        str(folder / "calls"),
    ]
    command += [str(source), *(str(KERNELS / f"{name}.c") for name in names), "-lm"]
    subprocess.run(command, check=True)
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
    for i, call in enumerate(zip(steps, inputs, results, over, strict=True)):
        lines += _call(i, *call)
    calls = [f"    call_{i}();" for i in range(len(steps))]
    return "\n".join([*lines, "int main(void) {", *calls, "    return 0;", "}", ""])


def _number_of_calls(i: int, step: Step, result: Array) -> int:
    """Into how many calls a step is divided: one for each image at least."""
    if not step.kernel.takes_rows:
        return 1
    images, height = result.shape[:2]
    divisors = [n for n in range(1, height + 1) if height % n == 0]
    return int(images * divisors[i % len(divisors)])


def _calls_on_rows(step: Step, x: Array, result: Array, calls: int) -> list[str]:
    """Copies each row of ``x0`` to a place of its own, and makes all calls."""
    assert step.split is not None
    (window,) = step.split.operands
    assert window is not None
    kind, out = C_TYPES[x.dtype.name], C_TYPES[result.dtype.name]
    images, height = x.shape[:2]
    size = x.nbytes // (images * height)
    rows = result.shape[0] * result.shape[1] // calls
    span, per_image = window.span(rows), calls // images
    scratch = ", scratch" if step.kernel.takes_scratch else ""
    return [
        f"    {kind} *rows[{images * height}];",
        f"    for (int i = 0; i < {images * height}; i++) {{",
        f"        rows[i] = blank({size});",
        f"        memcpy(rows[i], (char *)x0 + i * {size}, {size});",
        "    }",
        f"    for (int call = 0; call < {calls}; call++) {{",
        f"        const {kind} *x[{span}];",
        f"        for (int i = 0; i < {span}; i++) {{",
        f"            int row = call % {per_image} * {rows * window.stride} - {window.pad} + i;",
        f"            x[i] = row < 0 || row >= {height} ? NULL",
        f"                                     : rows[call / {per_image} * {height} + row];",
        "        }",
        f"        {step.kernel.name}(&layer, x, ({out} *)((char *)y + call * "
        f"{result.nbytes // calls}){scratch});",
        "    }",
        f"    for (int i = 0; i < {images * height}; i++)",
        "        free(rows[i]);",
    ]


def _call(
    i: int, step: Step, arrays: Sequence[Array], result: Array, over: int | None
) -> list[str]:
    lines = [f"static void call_{i}(void) {{"]
    calls = _number_of_calls(i, step, result)
    fields = [f".{name} = {_initialiser(value)}" for name, value in step.call_parameters(calls)]
    for constant in step.constants:
        literal = real if constant.array.dtype.kind == "f" else str
        values = ",".join(map(literal, constant.array.reshape(-1).tolist()))
        kind = C_TYPES[constant.array.dtype.name]
        # On the heap too: what surrounds a global is not guarded to the byte.
        lines.append(f"    static const {kind} {constant.field}_data[] = {{{values}}};")
        lines.append(f"    {kind} *{constant.field} = blank(sizeof {constant.field}_data);")
        lines.append(
            f"    memcpy({constant.field}, {constant.field}_data, sizeof {constant.field}_data);"
        )
        fields.append(f".{constant.field} = {constant.field}")
    lines.append(f"    {step.kernel.struct} layer = {{{', '.join(fields)}}};")
    pointers = ["&layer"]
    for k, array in enumerate(arrays):
        kind = C_TYPES[array.dtype.name]
        lines.append(f"    {kind} *x{k} = filled({array.nbytes});")
        pointers.append(f"x{k}")
    kind = C_TYPES[result.dtype.name]
    start = f"blank({result.nbytes})" if over is None else f"(void *)x{over}"
    lines.append(f"    {kind} *y = {start};")
    if step.kernel.takes_array:
        given = (f"x{k}" for k in range(len(arrays)))
        count = len(arrays) + len(step.constant_operands)
        places = ["0" if i in step.constant_operands else next(given) for i in range(count)]
        lines.append(f"    const void *const x[] = {{{', '.join(places)}}};")
        pointers = ["&layer", "x"]
    pointers.append("y")
    if step.kernel.takes_scratch:
        lines.append(f"    void *scratch = blank({step.scratch_bytes});")
        pointers.append("scratch")
    if step.kernel.takes_rows:
        lines += _calls_on_rows(step, arrays[0], result, calls)
    else:
        lines.append(f"    {step.kernel.name}({', '.join(pointers)});")
    lines.append(f"    if (fwrite(y, 1, {result.nbytes}, stdout) != {result.nbytes}) abort();")
    frees = [*(f"x{k}" for k in range(len(arrays))), *(c.field for c in step.constants)]
    frees += ["y"] if over is None else []
    frees += ["scratch"] if step.kernel.takes_scratch else []
    return [*lines, *(f"    free({name});" for name in frees), "}"]


def _initialiser(value: int | float | tuple[int, ...]) -> str:
    if isinstance(value, tuple):
        return f"{{{','.join(map(str, value))}}}"
    return real(value) if isinstance(value, float) else repr(value)
