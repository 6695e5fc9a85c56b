"""Writes model.c: the memory map, one commented function per layer, and the run function."""

from mote.codegen.formulas import formula
from mote.codegen.header import banner
from mote.codegen.identifiers import (
    activations,
    c_identifier,
    constant_name,
    layer_function,
    layer_number,
    offset,
)
from mote.codegen.text import C_TYPES, SPDX, math_header, number, quoted, shape, wrapped
from mote.lower.step import Program, Step
from mote.plan.plan import Buffer, Plan
from mote.target.target import Target

MACROS = """\
/* One function per layer in the binary, so that debuggers and profilers can name it. */
#if defined(__GNUC__) && !defined(__clang__)
#define MOTE_LAYER __attribute__((noinline, noclone, no_icf))
#elif defined(__GNUC__)
#define MOTE_LAYER __attribute__((noinline))
#else
#define MOTE_LAYER
#endif

/* Called after each layer; define it (for example with -include) to look at every result. */
#ifndef MOTE_TRACE
#define MOTE_TRACE(layer, result, bytes) ((void)0)
#endif
"""


def model_c(program: Program, plan: Plan, target: Target) -> str:
    """The text of model.c."""
    layers = [_layer(program, plan, index) for index in range(len(program.steps))]
    head = f"{SPDX}\n *\n{banner(program, target)}\n *\n{_memory_map(program, plan)} */\n"
    headers = sorted({"mote_kernels.h", *(step.kernel.header for step in program.steps)})
    includes = "".join(f'#include "{name}"\n' for name in ("model.h", *headers, "weights.h"))
    includes = includes.replace("\n", "\n\n", 1)
    body = "\n".join([MACROS, *layers, _run(program, plan)])
    return f"{head}{math_header(body)}{includes}\n{body}"


def _memory_map(program: Program, plan: Plan) -> str:
    alive = f"at no time are more than {plan.lower_bound_bytes:,} bytes alive"
    lines = [
        f"The arena: {plan.total_bytes:,} bytes; {alive}.",
        "A buffer is kept from the layer that writes it to the last that reads it.",
        "",
        "  offset    bytes   layers  holds",
    ]
    for buffer in sorted(plan.buffers, key=lambda b: (b.first, b.is_scratch, plan.offsets[b.name])):
        start = plan.offsets[buffer.name]
        lines.append(
            f"{start:8} {buffer.bytes:8} {_span(buffer, program):>8}  {_holds(buffer, program)}"
        )
    return "\n".join(f" * {line}".rstrip() for line in lines)


def _span(buffer: Buffer, program: Program) -> str:
    last = len(program.steps)
    first = "in" if buffer.first < 0 else str(buffer.first)
    return f"{first}..{'out' if buffer.last == last else buffer.last}"


def _holds(buffer: Buffer, program: Program) -> str:
    if buffer.is_scratch:
        return "scratch"
    text = f"{shape(program.graph.tensors[buffer.name])} {quoted(buffer.name)}"
    return f"{text}, computed over {quoted(buffer.over)}" if buffer.over else text


def _layer(program: Program, plan: Plan, index: int) -> str:
    step, graph = program.steps[index], program.graph
    operands = activations(program, step)
    single = len(operands) == 1 and not step.kernel.takes_array
    names = ["x"] if single else [f"x{i}" for i in range(len(operands))]
    struct = f"layer_{layer_number(program, index)}"
    into = ", ".join(shape(graph.tensors[t]) for t in operands)
    size = f"{into} -> {shape(graph.result(step.node))}, {graph.macs(step.node):,} MACs"
    lines = [
        f"/* Layer {index}: {step.node.op.label} {quoted(step.node.name)}",
        f" * {size}",
        f" * {formula(step.node.op, graph.result(step.node).dtype)} */",
    ]
    if step.kernel.struct:
        lines += _parameters(program, step, index, struct)
    lines += [f"static MOTE_LAYER void {layer_function(program, index)}(uint8_t *arena)", "{"]
    pointers, array = [], []
    for name, tensor in (*zip(names, operands, strict=True), ("y", step.node.output)):
        c_type = C_TYPES[graph.tensors[tensor].dtype]
        const = "" if name == "y" else "const "
        place = f"(void *)(arena + {offset(program, plan, tensor)})"
        lines.append(f"    {const}{c_type} *{name} = {place};")
        pointers.append(name)
    if step.kernel.takes_array:
        given = iter(names)
        count = len(step.node.inputs)
        places = ["0" if i in step.constant_operands else next(given) for i in range(count)]
        array = [f"    const void *const x[] = {{{', '.join(places)}}};"]
        pointers = ["x", "y"]
    if step.kernel.takes_scratch:
        at = plan.offsets.get(f"scratch:{index}", 0)
        lines.append(f"    void *scratch = arena + {at};")
        pointers.append("scratch")
    lines += array
    arguments = [f"&{struct}"] if step.kernel.struct else []
    lines += ["", f"    {step.kernel.name}({', '.join([*arguments, *pointers])});", "}", ""]
    return "\n".join(lines)


def _parameters(program: Program, step: Step, index: int, struct: str) -> list[str]:
    lines = [f"static const {step.kernel.struct} {struct} = {{"]
    lines += [f"    .{c.field} = {constant_name(program, index, c.field)}," for c in step.constants]
    scalars = [f".{field} = {number(value)}" for field, value in step.parameters]
    if scalars:
        lines.append(wrapped(scalars))
    return [*lines, "};", ""]


def _run(program: Program, plan: Plan) -> str:
    graph = program.graph
    calls = []
    for index, step in enumerate(program.steps):
        result = graph.result(step.node)
        at = offset(program, plan, step.node.output)
        calls.append(f"    {layer_function(program, index)}(bytes);")
        calls.append(f"    MOTE_TRACE({index}, bytes + {at}, {result.bytes});")
    body = "\n".join(calls) if calls else "    (void)bytes;"
    prefix = c_identifier(graph.name)
    return f"""\
void {prefix}_run(void *arena)
{{
    uint8_t *bytes = arena;

{body}
}}
"""
