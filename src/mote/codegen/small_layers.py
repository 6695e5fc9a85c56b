"""Writes layers of the small convolution as rows of one table, read by one function for all."""

from collections.abc import Sequence
from itertools import pairwise

from mote.codegen.identifiers import activations, constant_name, layer_function
from mote.codegen.row_pointers import first_rows, rows_per_call
from mote.codegen.runs_alone import runs_alone
from mote.codegen.text import number, wrapped
from mote.lower.split import Window, row_shape
from mote.lower.step import Program, Step
from mote.plan.plan import Plan
from mote.plan.task import FEED, Task

KERNEL = "mote_conv_2d_s8_dsp_small"

TABLE = """\
/* A layer of the small kernel; places are bytes from the start of the arena. */
typedef struct {{
    mote_conv_2d_small layer;
    uint16_t x, y;         /* where their first rows lie */
    unsigned scratch : 14; /* a word */
    unsigned is_x_apart : 1, is_y_apart : 1; /* x, y are where small_places has their rows */
    unsigned height : 8;   /* of x */
    unsigned calls : 8;
}} small_layer;
{places}
static const small_layer small_layers[{count}] = {{
{layers}
}};
"""

FUNCTIONS = """\
static MOTE_LAYER void run_calls(uint8_t *arena, uint32_t call, uint32_t end, uint32_t index)
{{
    const small_layer *at = &small_layers[index];
    const uint32_t x_row = (uint32_t)at->layer.x_width * at->layer.x_channels;
    const uint32_t y_row = (uint32_t)at->layer.y_width * at->layer.y_channels;
    const uint32_t rows = at->layer.y_height;
    for (; call < end; call++) {{
        const int8_t *x[{span}];
        int32_t row = (int32_t)(call * rows * at->layer.stride_height) - at->layer.pad_top;
        const uint32_t span = (rows - 1) * at->layer.stride_height + at->layer.kernel_height;
        uint32_t place;
        for (uint32_t i = 0; i < span; i++, row++) {{
            x[i] = 0;
            if (row < 0 || row >= at->height)
                continue;
            place = {x_place};
            x[i] = (const int8_t *)arena + place;
        }}
        place = {y_place};
        MOTE_ENTER({number}, call);
        mote_conv_2d_s8_dsp_small(&at->layer, x, (int8_t *)arena + place, arena + at->scratch * 4);
        MOTE_TRACE({number}, call * rows * y_row, (int8_t *)arena + place, rows * y_row);
    }}
}}
"""

WHOLE = """
static MOTE_LAYER void run_layer(uint8_t *arena, uint32_t index)
{
    run_calls(arena, 0, small_layers[index].calls, index);
}
"""

ARENA_END, OCTET = 2**16, 2**8
"""Ends of the fields."""


def is_small_layer(program: Program, plan: Plan, index: int, task: Task) -> bool:
    """True when a layer is written as a row of the table."""
    step = program.steps[index]
    if step.kernel.name != KERNEL or plan.regions or task.ample_calls:
        return False
    (x,), y = activations(program, step), step.node.output
    images, height, _ = row_shape(program.graph.tensors[x])
    return (
        images == 1
        and plan.total_bytes <= ARENA_END
        and height < OCTET
        and task.calls < OCTET
        and all(_lies_in_rows(program, plan, name) for name in (x, y))
    )


def _lies_in_rows(program: Program, plan: Plan, tensor: str) -> bool:
    name, first_byte = program.place(tensor)
    size = program.row_bytes(tensor)
    is_whole = size == row_shape(program.graph.tensors[tensor])[2]
    return is_whole and (plan.is_linear(name) or first_byte % size == 0)


def small_function(program: Program, plan: Plan, index: int, position: int) -> str:
    """The function of a layer."""
    task = plan.network.tasks[position]
    place = _indices(program, plan).index(index)
    is_told = task.calls > 1 and not runs_alone(plan, position)
    told, given = (", uint32_t call, uint32_t end", "call, end, ") if is_told else ("", "")
    name = "run_calls" if is_told else "run_layer"
    return "\n".join(
        [
            f"static MOTE_LAYER void {layer_function(program, index)}(uint8_t *arena{told})",
            "{",
            f"    {name}(arena, {given}{place});",
            "}",
            "",
        ]
    )


def _indices(program: Program, plan: Plan) -> list[int]:
    """The layers in the table, in its order."""
    tasks = [task for task in plan.network.tasks if task.index != FEED]
    return sorted(t.index for t in tasks if is_small_layer(program, plan, t.index, t))


def small_table(program: Program, plan: Plan) -> list[str]:
    """The table and what reads it; nothing without such layers."""
    indices = _indices(program, plan)
    if not indices:
        return []
    tasks = {task.index: task for task in plan.network.tasks}
    layers = [_row(program, plan, index, tasks[index]) for index in indices]
    offsets = [offset for name in _scattered(program, plan) for offset in plan.layout.rows[name]]
    places = ""
    if offsets:
        places = (
            "\n/* Where rows that have no common distance lie in the arena. */\n"
            f"static const uint16_t small_places[{len(offsets)}] = {{\n"
            f"{wrapped(map(str, offsets))}\n}};\n"
        )
    spans = [_span(program, program.steps[index], tasks[index]) for index in indices]
    table = TABLE.format(count=len(indices), layers="\n".join(layers), places=places)
    functions = FUNCTIONS.format(
        span=max(spans),
        number=_number(indices),
        x_place=_place_text("x", "(uint32_t)row", bool(offsets)),
        y_place=_place_text("y", "call * rows", bool(offsets)),
    )
    text = f"{table}\n{functions}"
    told = [is_whole(plan, index) for index in indices]
    return [text + WHOLE if any(told) else text]


def is_whole(plan: Plan, index: int) -> bool:
    """True when the function of such a layer runs all of it."""
    position = next(i for i, task in enumerate(plan.network.tasks) if task.index == index)
    return plan.network.tasks[position].calls == 1 or runs_alone(plan, position)


def _number(indices: Sequence[int]) -> str:
    """A layer's number as an expression of its place in the table."""
    terms = [f"index + {indices[0]}" if indices[0] else "index"]
    for place, (before, after) in enumerate(pairwise(indices), 1):
        if after > before + 1:
            terms.append(f"(index >= {place} ? {after - before - 1} : 0)")
    return " + ".join(terms)


def _place_text(name: str, row: str, has_table: bool) -> str:
    """Where a row lies."""
    linear = f"at->{name} + {row} * {name}_row"
    if not has_table:
        return linear
    return f"at->is_{name}_apart ? small_places[at->{name} + {row}] : {linear}"


def _span(program: Program, step: Step, task: Task) -> int:
    (window,) = step.split.operands if step.split else (None,)
    assert window is not None
    return window.span(rows_per_call(program, step, task))


def _row(program: Program, plan: Plan, index: int, task: Task) -> str:
    """A layer in the table."""
    step = program.steps[index]
    (x,), y = activations(program, step), step.node.output
    (window,) = step.split.operands if step.split else (None,)
    assert isinstance(window, Window)
    parameters = dict(step.call_parameters(task.calls))
    assert -first_rows(program, step, task, window)[0] == parameters["pad_top"]
    position = plan.network.tasks.index(task)
    scratch = plan.layout.scratch.get(position, 0)
    assert scratch % 4 == 0
    fields = [f".{field} = {number(value)}" for field, value in parameters.items()]
    x_place, y_place = _place(program, plan, x), _place(program, plan, y)
    rest = {
        "x": x_place[0],
        "y": y_place[0],
        "scratch": scratch // 4,
        "is_x_apart": x_place[1],
        "is_y_apart": y_place[1],
        "height": row_shape(program.graph.tensors[x])[1],
        "calls": task.calls,
    }
    return "\n".join(
        [
            f"    {{.layer = {{.weights = {constant_name(program, index, 'weights')},",
            f"{wrapped(fields)[:-1]}}},",
            f"{wrapped(f'.{field} = {value}' for field, value in rest.items())[:-1]}}},",
        ]
    )


def _scattered(program: Program, plan: Plan) -> list[str]:
    """Buffers of such layers whose rows have no common distance."""
    steps = [program.steps[index] for index in _indices(program, plan)]
    tensors = [t for step in steps for t in (*activations(program, step), step.node.output)]
    return [n for n in dict.fromkeys(map(program.buffer, tensors)) if not plan.is_linear(n)]


def _place(program: Program, plan: Plan, tensor: str) -> tuple[int, int]:
    """Where a tensor starts, and 0; or its place in the table of rows, and 1."""
    name, first_byte = program.place(tensor)
    if plan.is_linear(name):
        return plan.layout.rows[name][0] + first_byte, 0
    before = 0
    for other in _scattered(program, plan):
        if other == name:
            break
        before += len(plan.layout.rows[other])
    return before + first_byte // program.row_bytes(tensor), 1
