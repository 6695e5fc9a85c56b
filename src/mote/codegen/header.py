"""Writes model.h: everything that an application needs of a compiled model."""

from dataclasses import dataclass

from mote.codegen.blocks import arguments, macro, parameters
from mote.codegen.hash import graph_sha256
from mote.codegen.identifiers import c_identifier, offset
from mote.codegen.text import C_TYPES, SPDX, comment, integer, quoted, real, shape, tool
from mote.ir.tensor import Tensor
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.target.target import Target


@dataclass(frozen=True)
class Port:
    """A graph input or output as C sees it.

    Args:
        function: Accessor, for example ``kws_input`` (``kws_input_1`` when there are several).
        macro: What its macros start with, for example ``KWS_INPUT``.
        tensor: The value behind it.
        offset: Its first byte in its block of memory; 0 for an input that is fed row by row.
        block: Name of that block.
    """

    function: str
    macro: str
    tensor: Tensor
    offset: int
    block: str


def ports(program: Program, plan: Plan, kind: str) -> tuple[Port, ...]:
    """The inputs or outputs of a program; ``kind`` is ``input`` or ``output``."""
    prefix, graph = c_identifier(program.graph.name), program.graph
    names = graph.inputs if kind == "input" else graph.outputs
    suffixes = [""] if len(names) == 1 else [f"_{i}" for i in range(len(names))]
    is_fed = plan.is_fed and kind == "input"
    places = [0 if is_fed else offset(program, plan, name) for name in names]
    return tuple(
        Port(
            f"{prefix}_{kind}{suffix}",
            f"{prefix}_{kind}{suffix}".upper(),
            graph.tensors[name],
            place - plan.block_at(place).start,
            plan.block_at(place).name,
        )
        for name, suffix, place in zip(names, suffixes, places, strict=True)
    )


def model_h(program: Program, plan: Plan, target: Target) -> str:
    """The text of model.h, which C and C++ may include."""
    prefix = c_identifier(program.graph.name)
    guard = f"{prefix.upper()}_MODEL_H"
    inputs, outputs = ports(program, plan, "input"), ports(program, plan, "output")
    return f"""\
{SPDX}
 *
{banner(program, target)}
 *
 * {_owned(plan)}
 *
{_usage(prefix, plan, inputs, outputs)}
 *
 * Nothing is kept from one inference to the next, so the block may serve other purposes in
 * between. The code allocates nothing, has no mutable globals, and calls neither libm nor an
 * operating system. */
#ifndef {guard}
#define {guard}

#include <stdint.h>

#ifdef __cplusplus
extern "C" {{
#endif

/* Activations {plan.arena_bytes:,} bytes, scratch {plan.scratch_bytes:,} bytes. */
{"".join(f"#define {macro(prefix, b.name)} {b.bytes}u{chr(10)}" for b in plan.blocks)}\

{"".join(_macros(port) for port in (*inputs, *outputs))}\
{"".join(_accessor(port) for port in (*(() if plan.is_fed else inputs), *outputs))}\
{_fed_functions(prefix, plan, inputs[0]) if plan.is_fed else _run_function(prefix, plan)}\

#ifdef __cplusplus
}}
#endif

#endif
"""


def banner(program: Program, target: Target) -> str:
    """Comment lines that say what this is, where it came from and what wrote it."""
    graph = program.graph
    macs = sum(graph.macs(step.node) for step in program.steps)
    into = ", ".join(shape(graph.tensors[t]) for t in graph.inputs)
    out = ", ".join(shape(graph.tensors[t]) for t in graph.outputs)
    lines = [
        f"{comment(graph.name)}: {into} -> {out}, {len(program.steps)} layers, {macs:,} MACs.",
        f"Written by {tool()} for {target.name}; a change here is lost when it is written again.",
    ]
    if graph.source_sha256:
        lines.append(f"Model file sha256 {comment(graph.source_sha256)}")
    else:
        lines.append(f"Graph sha256 {graph_sha256(graph)}")
    return "\n".join(f" * {line}" for line in lines)


def _run_function(prefix: str, plan: Plan) -> str:
    return f"""\
/* Compute every output from every input; inputs may be overwritten. */
void {prefix}_run({parameters(plan, "void")});
"""


def _fed_functions(prefix: str, plan: Plan, port: Port) -> str:
    strip = plan.network.strips[port.tensor.name]
    c_type = C_TYPES[port.tensor.dtype]
    elements = port.tensor.elements // strip.rows
    blocks = parameters(plan, "void")
    return f"""\
#define {port.macro}_ROWS {strip.rows}u
#define {port.macro}_ROW_ELEMENTS {elements}u

/* Begin an inference: the next row is the first one. */
void {prefix}_start({blocks});

/* Take the next of {port.macro}_ROWS rows, and compute all that it makes possible. Returns 1 after
 * the last one, when the outputs are there, else 0. */
int {prefix}_feed_row({blocks}, const {c_type} *row);

/* Where the next row may be written, to feed it without a copy. */
{c_type} *{prefix}_next_row({blocks});
"""


def _owned(plan: Plan) -> str:
    if not plan.regions:
        return (
            "The caller owns one block of RAM, aligned to 4 bytes; besides it the model needs only "
            "stack:"
        )
    return (
        "The caller owns one block in each of these regions of RAM, aligned to 4 bytes; besides\n"
        " * them the model needs only stack:"
    )


def _usage(prefix: str, plan: Plan, inputs: tuple[Port, ...], outputs: tuple[Port, ...]) -> str:
    lines = [
        f"static uint8_t {b.name}[{macro(prefix, b.name)}] __attribute__((aligned(8)));"
        for b in plan.blocks
    ]
    given = arguments(plan)
    if plan.is_fed:
        lines += [
            f"{prefix}_start({given});",
            f"while (!{prefix}_feed_row({given}, your next row)) ;",
        ]
    else:
        lines += [f"fill {p.function}({p.block})[0 .. {p.tensor.elements - 1}]" for p in inputs]
        lines += [f"{prefix}_run({given});"]
    lines += [f"read {p.function}({p.block})[0 .. {p.tensor.elements - 1}]" for p in outputs]
    return "\n".join(f" *     {line}" for line in lines)


def _macros(port: Port) -> str:
    tensor, name = port.tensor, port.macro
    text = f"/* {quoted(tensor.name)}: {shape(tensor)}"
    if tensor.quantization is not None and tensor.quantization.axis is None:
        text += f"; real value = {name}_SCALE * (q - {name}_ZERO_POINT)"
    text += f". */\n#define {name}_ELEMENTS {tensor.elements}u\n"
    text += f"#define {name}_BYTES {tensor.bytes}u\n"
    if tensor.quantization is not None and tensor.quantization.axis is None:
        text += f"#define {name}_SCALE {real(tensor.q.scale)}\n"
        zero = integer(tensor.q.zero_point)
        text += f"#define {name}_ZERO_POINT {f'({zero})' if zero.startswith('-') else zero}\n"
    return text + "\n"


def _accessor(port: Port) -> str:
    c_type = C_TYPES[port.tensor.dtype]
    start = f"(uint8_t *){port.block} + {port.offset}" if port.offset else port.block
    cast = f"({c_type} *)" if c_type == "uint8_t" or not port.offset else f"({c_type} *)(void *)"
    start = f"({start})" if port.offset else start
    return (
        f"static inline {c_type} *{port.function}(void *{port.block})\n"
        "{\n"
        f"    return {cast}{start};\n"
        "}\n\n"
    )
