"""Writes what runs an inference: layers one by one, rows of several in turn, or as rows come in.

Where rows of layers alternate, a table in flash names the layer of each call: a byte is its place
in a list of functions. ``REPEAT`` is followed by a count and a place; ``FEED`` waits for a row.
"""

from collections.abc import Sequence
from itertools import groupby

from mote.codegen.blocks import arguments, parameters, types, void_address
from mote.codegen.identifiers import c_identifier, layer_function
from mote.codegen.layer import is_looped, is_told_calls
from mote.codegen.rows import row_address
from mote.codegen.text import C_TYPES, wrapped
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.plan.table_bytes import segments
from mote.plan.task import FEED, Run

WAIT = 254
"""In a table: go on when the next row of the input is there."""

FED = 65535
"""What ``MOTE_ENTER`` calls the layer that an input is, where its rows are fed one by one."""

REPEAT = 255
"""In a table: a count and a place follow."""

ONCE = "_once"
"""Ends the name of the function that stands for a layer of one call in a list of functions."""


def run_functions(program: Program, plan: Plan) -> str:
    """The text of ``<prefix>_run``, or of the functions that take the input row by row."""
    return _feed(program, plan) if plan.is_fed else _run(program, plan)


def _run(program: Program, plan: Plan) -> str:
    tables, body = [], []
    given = _given(plan)
    for number, runs in enumerate(segments(plan.network, plan.schedule)):
        if len(runs) == 1:
            task = plan.network.tasks[runs[0].task]
            calls = f", 0, {task.calls}" if is_told_calls(program, plan, task) else ""
            body.append(f"    {layer_function(program, task.index)}({given}{calls});")
        else:
            tables.append(_tables(program, plan, f"segment_{number}", runs))
            count = len({run.task for run in runs})
            body += [
                "    {",
                f"        uint16_t done[{count}] = {{0}};",
                f"        for (uint32_t i = 0; i < sizeof segment_{number}_order; i++) {{",
                *_walk(f"segment_{number}", given, "i", "done", "            "),
                "        }",
                "    }",
            ]
    body = body or [f"    (void){name};" for name in given.split(", ")]
    head = [f"void {c_identifier(program.graph.name)}_run({parameters(plan, 'void')})", "{"]
    return "\n".join([*tables, *head, *_bytes(plan), *body, "}", ""])


def _given(plan: Plan) -> str:
    """What the layers are handed."""
    return arguments(plan) if plan.regions else "bytes"


def _bytes(plan: Plan) -> list[str]:
    return [] if plan.regions else ["    uint8_t *bytes = arena;", ""]


def _feed(program: Program, plan: Plan) -> str:
    """Two functions: one that starts an inference, one that takes a row."""
    (name,) = program.graph.inputs
    strip, prefix = plan.network.strips[name], c_identifier(program.graph.name)
    c_type = C_TYPES[program.graph.tensors[name].dtype]
    place = row_address(program, plan, name, "at->rows", size=strip.row_bytes)
    count = len({run.task for run in plan.schedule}) - 1
    blocks, block = parameters(plan, "void"), plan.block_at(plan.layout.rows[name][0]).name
    at = void_address(plan, plan.progress_start)
    unused, feed = "", f"    progress *at = (void *)({at});\n"
    if not plan.regions:
        feed = "    uint8_t *bytes = arena;\n"
        feed += f"    progress *at = (void *)(bytes + {plan.progress_start});\n"
    else:
        unused = "".join(f"    (void){b.name};\n" for b in plan.blocks)
    assert plan.network.tasks[plan.schedule[0].task].index == FEED, "nothing can run without input"
    return f"""\
{_tables(program, plan, "network", plan.schedule)}
/* How far the inference has come. */
typedef struct {{
    uint16_t next; /* place in network_order */
    uint16_t rows; /* of the input that are there */
    uint16_t done[{count}]; /* calls of each layer */
}} progress;

void {prefix}_start({blocks})
{{
    progress *at = (void *)({at});
{unused}
    at->next = 1;
    at->rows = 0;
    for (uint32_t i = 0; i < {count}; i++)
        at->done[i] = 0;
}}

{c_type} *{prefix}_next_row({blocks})
{{
    const progress *at = (void *)({at});
{unused}
    return (void *)({place.replace(block, f"(uint8_t *){block}", 1)});
}}

int {prefix}_feed_row({blocks}, const {c_type} *row)
{{
{feed}    uint8_t *place = (void *){prefix}_next_row({arguments(plan)});

    MOTE_ENTER({FED}, at->rows);
    if ((const uint8_t *)row != place)
        for (uint32_t i = 0; i < {strip.row_bytes}; i++)
            place[i] = ((const uint8_t *)row)[i];
    at->rows++;
    for (; at->next < sizeof network_order; at->next++) {{
        if (network_order[at->next] == {WAIT}) {{
            at->next++;
            return 0;
        }}
{chr(10).join(_walk("network", _given(plan), "at->next", "at->done", "        "))}
    }}
    return 1;
}}
"""


def _tables(program: Program, plan: Plan, name: str, runs: Sequence[Run]) -> str:
    """Which layer is next, and the functions of the layers."""
    tasks = {run.task: plan.network.tasks[run.task] for run in runs}
    places: dict[int, int] = {}
    for position, task in tasks.items():
        places[position] = WAIT if task.index == FEED else len(places) - (WAIT in places.values())
    layers = [task for task in tasks.values() if task.index != FEED]
    assert len(layers) <= WAIT, "a segment has more layers than a byte can name"
    order: list[int] = []
    for position, group in groupby(runs, lambda run: run.task):
        left = sum(run.count for run in group)
        while left > 3 and places[position] != WAIT:
            order += [REPEAT, min(left, 255), places[position]]
            left -= min(left, 255)
        order += [places[position]] * left
    once = [
        f"static void {layer_function(program, t.index)}{ONCE}({parameters(plan)}, uint32_t call, "
        f"uint32_t end)\n{{\n    (void)call;\n    (void)end;\n"
        f"    {layer_function(program, t.index)}({arguments(plan)});\n}}\n"
        for t in layers
        if not is_looped(t)
    ]
    functions = [layer_function(program, t.index) + ("" if is_looped(t) else ONCE) for t in layers]
    return "\n".join(
        [
            *once,
            f"static void (*const {name}_layers[])({types(plan)}, uint32_t, uint32_t) = {{",
            wrapped(functions),
            "};",
            "/* Whose call is next, as a place among these layers"
            f"; {REPEAT}: a count and a place follow"
            + (f"; {WAIT}: a row of the input comes in. */" if WAIT in order else ". */"),
            f"static const uint8_t {name}_order[{len(order)}] = {{",
            wrapped(map(str, order)),
            "};",
            "",
        ]
    )


def _walk(name: str, given: str, at: str, done: str, indent: str) -> list[str]:
    """One entry of a table, or one with its count."""
    lines = [
        "uint32_t count = 1, layer;",
        f"if ({name}_order[{at}] == {REPEAT}) {{",
        f"    count = {name}_order[{at} + 1];",
        f"    {at} += 2;" if "->" not in at else f"    {at} = (uint16_t)({at} + 2);",
        "}",
        f"layer = {name}_order[{at}];",
        f"{name}_layers[layer]({given}, {done}[layer], {done}[layer] + count);",
        f"{done}[layer] = (uint16_t)({done}[layer] + count);",
    ]
    return [indent + line for line in lines]
