"""Writes main.c: one inference on made-up input, to start an application from."""

from collections.abc import Sequence

from mote.codegen.blocks import macro
from mote.codegen.header import Port, ports
from mote.codegen.identifiers import c_identifier
from mote.codegen.text import C_TYPES, SPDX, comment, tool
from mote.lower.step import Program
from mote.plan.plan import Plan


def main_c(program: Program, plan: Plan) -> str:
    """The text of main.c; portable, it needs printf only to show the result."""
    prefix = c_identifier(program.graph.name)
    return f"""\
{SPDX}
 *
 * One inference of {comment(program.graph.name)} on made-up input: replace `fill` with
 * your sensor and `show` with your reaction, in a copy: {tool()} writes this file anew with
 * the rest of the project. */
#include <stdint.h>
#include <stdio.h>

#include "model.h"

/* All the RAM that the model needs besides stack; the other member aligns it.{_placed(plan)} */
{_storage(prefix, plan)}
{_functions(program, plan)}
int main(void)
{{
{_inference(prefix, plan)}
    show();
    return 0;
}}
"""


def models_main_c(parts: Sequence[tuple[Program, Plan]]) -> str:
    """The text of main.c for several models: one inference of each, in turn."""
    names = [c_identifier(program.graph.name) for program, _ in parts]
    functions = [
        f"""\
{_functions(program, plan, f"_{name}")}
static void run_{name}(void)
{{
{_inference(name, plan, f"_{name}")}
    printf("{name}\\n");
    show_{name}();
}}
"""
        for name, (program, plan) in zip(names, parts, strict=True)
    ]
    calls = "".join(f"    run_{name}();\n" for name in names)
    return f"""\
{SPDX}
 *
 * One inference of each model on made-up input: replace each `fill` with your sensor and each
 * `show` with your reaction, in a copy: {tool()} writes this file anew with the rest. */
#include <stdint.h>
#include <stdio.h>

#include "models.h"

/* All the RAM that the models need besides stack: they take turns. The other member aligns it. */
static union {{
    uint8_t bytes[MOTE_ARENA_BYTES];
    uint64_t alignment;
}} arena;

{chr(10).join(functions)}
int main(void)
{{
{calls}    return 0;
}}
"""


def _placed(plan: Plan) -> str:
    """Where a linker script has to help."""
    if not plan.regions:
        return ""
    return " In\n * the linker script each goes into its region."


def _storage(prefix: str, plan: Plan) -> str:
    return "\n".join(
        f"""\
static union {{
    uint8_t bytes[{macro(prefix, block.name)}];
    uint64_t alignment;
}} {block.name};
"""
        for block in plan.blocks
    )


def _functions(program: Program, plan: Plan, suffix: str = "") -> str:
    inputs, outputs = ports(program, plan, "input"), ports(program, plan, "output")
    fill = _fill_row(inputs[0], suffix) if plan.is_fed else _fill_all(inputs, suffix)
    return f"""\
{fill}
static void show{suffix}(void)
{{
{"".join(map(_show, outputs))}}}
"""


def _inference(prefix: str, plan: Plan, suffix: str = "") -> str:
    given = ", ".join(f"{block.name}.bytes" for block in plan.blocks)
    if not plan.is_fed:
        return f"    fill{suffix}();\n    {prefix}_run({given});"
    return f"""\
    int is_done = 0;

    {prefix}_start({given});
    for (uint32_t row = 0; !is_done; row++) {{
        fill{suffix}({prefix}_next_row({given}), row);
        is_done = {prefix}_feed_row({given}, {prefix}_next_row({given}));
    }}"""


def _fill_all(inputs: tuple[Port, ...], suffix: str) -> str:
    return f"static void fill{suffix}(void)\n{{\n{''.join(map(_fill, inputs))}}}\n"


def _fill_row(port: Port, suffix: str) -> str:
    c_type = C_TYPES[port.tensor.dtype]
    value = _made_up(port).replace("i %", "element %")
    return f"""\
static void fill{suffix}({c_type} *values, uint32_t row)
{{
    for (uint32_t i = 0; i < {port.macro}_ROW_ELEMENTS; i++) {{
        const uint32_t element = row * {port.macro}_ROW_ELEMENTS + i;
        values[i] = {value};
    }}
}}
"""


def _made_up(port: Port) -> str:
    return {
        "int8_t": "(int8_t)((int)(i % 256u) - 128)",
        "uint8_t": "(uint8_t)(i % 256u)",
        "int16_t": "(int16_t)((int)(i % 256u) - 128)",
        "int32_t": "(int32_t)(i % 256u) - 128",
        "float": "(float)(i % 256u) / 256.0f",
    }[C_TYPES[port.tensor.dtype]]


def _fill(port: Port) -> str:
    value = _made_up(port)
    return f"""\
    for (uint32_t i = 0; i < {port.macro}_ELEMENTS; i++) {{
        {port.function}({port.block}.bytes)[i] = {value};
    }}
"""


def _show(port: Port) -> str:
    value, form = f"{port.function}({port.block}.bytes)[i]", "%ld"
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
