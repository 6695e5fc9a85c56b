"""Writes main.c: one inference on made-up input, to start an application from."""

from mote.codegen.header import Port, ports
from mote.codegen.identifiers import c_identifier
from mote.codegen.text import C_TYPES, SPDX, comment, tool
from mote.lower.step import Program
from mote.plan.result import Plan


def main_c(program: Program, plan: Plan) -> str:
    """The text of main.c; portable, it needs printf only to show the result."""
    prefix = c_identifier(program.graph.name)
    inputs, outputs = ports(program, plan, "input"), ports(program, plan, "output")
    return f"""\
{SPDX}
 *
 * One inference of {comment(program.graph.name)} on made-up input: replace `fill` with
 * your sensor and `show` with your reaction, in a copy: {tool()} writes this file anew with
 * the rest of the project. */
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/* All the RAM that the model needs besides stack; the other member aligns it. */
static union {{
    uint8_t bytes[{prefix.upper()}_ARENA_BYTES];
    uint64_t alignment;
}} arena;

static void fill(void)
{{
{"".join(map(_fill, inputs))}}}

static void show(void)
{{
{"".join(map(_show, outputs))}}}

int main(void)
{{
    fill();
    {prefix}_run(arena.bytes);
    show();
    return 0;
}}
"""


def _fill(port: Port) -> str:
    value = {
        "int8_t": "(int8_t)((int)(i % 256u) - 128)",
        "uint8_t": "(uint8_t)(i % 256u)",
        "int16_t": "(int16_t)((int)(i % 256u) - 128)",
        "int32_t": "(int32_t)(i % 256u) - 128",
        "float": "(float)(i % 256u) / 256.0f",
    }[C_TYPES[port.tensor.dtype]]
    return f"""\
    for (uint32_t i = 0; i < {port.macro}_ELEMENTS; i++) {{
        {port.function}(arena.bytes)[i] = {value};
    }}
"""


def _show(port: Port) -> str:
    value, form = f"{port.function}(arena.bytes)[i]", "%ld"
    value, form = (
        (f"(double){value}", "%g")
        if C_TYPES[port.tensor.dtype] == "float"
        else (f"(long){value}", form)
    )
    return f"""\
    for (uint32_t i = 0; i < {port.macro}_ELEMENTS; i++) {{
        printf("{form}\\n", {value});
    }}
"""
