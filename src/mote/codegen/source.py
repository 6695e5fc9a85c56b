"""Writes model.c: the memory map, one commented function per layer, and the run function."""

from mote.codegen.header import banner
from mote.codegen.layer import layer
from mote.codegen.row_calls import row_call_helpers, row_call_layers, row_call_table
from mote.codegen.rows import row_tables
from mote.codegen.schedule import run_functions
from mote.codegen.small_layers import small_table
from mote.codegen.text import SPDX, math_header, quoted, shape
from mote.lower.step import Program
from mote.plan.plan import Buffer, Plan
from mote.target.target import Target

MACROS = """\
/* What calls the kernels runs seldom: small is better than fast. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("Os")
#endif

/* One function per layer in the binary, so that debuggers and profilers can name it. GCC 12.2
 * gets constant masks wrong when it vectorises the choice between a row and null for MVE. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__ARM_FEATURE_MVE)
#define MOTE_LAYER __attribute__((noinline, noclone, no_icf, optimize("no-tree-vectorize")))
#elif defined(__GNUC__) && !defined(__clang__)
#define MOTE_LAYER __attribute__((noinline, noclone, no_icf))
#elif defined(__GNUC__)
#define MOTE_LAYER __attribute__((noinline))
#else
#define MOTE_LAYER
#endif

/* Called with every part of each layer's result, which starts at byte first of it; define it (for
 * example with -include) to look at them. */
#ifndef MOTE_TRACE
#define MOTE_TRACE(layer, first, part, bytes) ((void)0)
#endif

/* Called before each call of a layer's kernel, to time it or to watch the arena. */
#ifndef MOTE_ENTER
#define MOTE_ENTER(layer, call) ((void)0)
#endif
"""


def model_c(program: Program, plan: Plan, target: Target) -> str:
    """The text of model.c."""
    calls = row_call_layers(program, plan)
    layers = [layer(program, plan, index, calls) for index in range(len(program.steps))]
    head = f"{SPDX}\n *\n{banner(program, target)}\n *\n{_memory_map(program, plan)} */\n"
    headers = sorted(
        {"mote_kernels.h", *(k.header for step in program.steps for k in step.kernels)}
    )
    includes = "".join(f'#include "{name}"\n' for name in ("model.h", *headers, "weights.h"))
    includes = includes.replace("\n", "\n\n", 1)
    helpers = [row_call_helpers(program, plan, calls)] if calls else []
    helpers += small_table(program, plan)
    rows = [row_call_table(program, plan, calls)] if calls else []
    functions = [*layers, *rows, run_functions(program, plan)]
    tables = row_tables(program, plan, "".join(functions))
    body = "\n".join([MACROS, *([tables] if tables else []), *helpers, *functions])
    return f"{head}{math_header(body)}{includes}\n{body}"


def _memory_map(program: Program, plan: Plan) -> str:
    least = f"this schedule needs {plan.lower_bound_bytes:,} at least"
    lines = [
        f"The arena: {plan.total_bytes:,} bytes; {least}.",
        "A buffer is kept from the layer that writes it to the last that reads it.",
        "",
        "  offset    bytes   layers  holds",
    ]
    lines += [
        f"{buffer.start - plan.block_at(buffer.start).start:8} "
        f"{buffer.end - buffer.start:8} {_span(buffer, program):>8}  "
        f"{_region(plan, buffer)}{_holds(buffer, program)}"
        for buffer in plan.buffers
    ]
    return "\n".join(f" * {line}".rstrip() for line in lines)


def _region(plan: Plan, buffer: Buffer) -> str:
    return f"{plan.block_at(buffer.start).name}: " if plan.regions else ""


def _span(buffer: Buffer, program: Program) -> str:
    last = len(program.steps)
    first = "in" if buffer.first < 0 else str(buffer.first)
    return f"{first}..{'out' if buffer.last == last else buffer.last}"


def _holds(buffer: Buffer, program: Program) -> str:
    kind, _, step = buffer.name.partition(":")
    if step and buffer.name not in program.graph.tensors:
        return "scratch" if kind == "scratch" else "sums"
    text = f"{shape(program.graph.tensors[buffer.name])} {quoted(buffer.name)}"
    return f"{text}, rows apart" if buffer.end - buffer.start != buffer.bytes else text
