"""Writes layers as tables where that takes less code: where their rows lie, read by one function
for all."""

from collections.abc import Collection, Sequence

from mote.codegen.identifiers import activations, layer_function, layer_number
from mote.codegen.row_pointers import are_spaced, first_rows, rows_per_call
from mote.codegen.text import wrapped
from mote.ir.tensor import DType
from mote.lower.split import Window, row_shape
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.plan.task import FEED, Task

HELPERS = """\
/* Where layers read and write: rows of x that each call needs, its part of y.
 * Places are bytes from the start of the arena. */
typedef struct {
    const void *layer;
    uint16_t x, x_row;  /* its start, and from a row to the next; 0: x is an index of row_places */
    uint16_t y, y_call; /* the same, from a call to the next */
    uint16_t scratch, state;
    uint16_t bytes;     /* of a call's part of y */
    uint8_t index;      /* of the layer */
    uint8_t rows;       /* of y, in a call */
    uint8_t height;     /* rows of x */
    uint8_t span;       /* rows that a call needs */
    uint8_t stride;     /* from the first row of a call to that of the next */
    uint8_t pad;        /* rows above x that the first call needs */
} row_call;

static MOTE_LAYER int8_t *find_rows(uint8_t *arena, const row_call *at, uint32_t call,
                                    const int8_t **x)
{
    int32_t row = (int32_t)call * at->stride - at->pad;
    uint32_t place;
    for (const int8_t **end = x + at->span; x != end; row++) {
        const uint8_t *from = 0;
        if (row >= 0 && row < at->height) {
            place = at->x + (uint32_t)row * at->x_row;
            if (at->x_row == 0)
                place = row_places[at->x + row];
            from = arena + place;
        }
        *x++ = (const int8_t *)(const void *)from;
    }
    place = at->y_call ? at->y + call * at->y_call : row_places[at->y + call * at->rows];
    return (int8_t *)(void *)(arena + place);
}
"""

LIMIT, SMALL_LIMIT = 2**16, 2**8
"""Ends of the fields."""


FUNCTION_BYTES, ROW_BYTES = 79, 38
"""Of a layer's function, about, and of a layer in a table."""
SHARED_BYTES, KERNEL_BYTES = 100, 50
"""Of what all tables share, and of the function that calls a kernel."""


BYTES_OF_CALL = 1
"""That must be saved for each call, which then takes about a hundred cycles more."""


def row_call_layers(program: Program, plan: Plan) -> frozenset[int]:
    """The layers that are written as rows of tables: where flash is weighed all that can be, if
    they are enough for that to be less code."""
    if not plan.weighs_flash:
        return frozenset()
    tasks = [task for task in plan.network.tasks if task.index != FEED]
    found = [t.index for t in tasks if _fits_a_table(program, plan, t.index, t)]
    kernels = {program.steps[index].kernel.name for index in found}
    shared = SHARED_BYTES + KERNEL_BYTES * len(kernels)
    saved = (FUNCTION_BYTES - ROW_BYTES) * len(found) - shared
    calls = sum(task.calls for task in tasks if task.index in found)
    return frozenset(found if saved > BYTES_OF_CALL * calls else ())


def _fits_a_table(program: Program, plan: Plan, index: int, task: Task) -> bool:
    step = program.steps[index]
    kernel = step.kernel
    if plan.regions or task.ample_calls or step.split is None:
        return False
    if not kernel.takes_rows or kernel.takes_row or kernel.takes_strides or kernel.takes_array:
        return False
    operands, y = activations(program, step), step.node.output
    if len(operands) != 1 or program.graph.tensors[operands[0]].dtype is not DType.INT8:
        return False
    if program.graph.result(step.node).dtype is not DType.INT8:
        return False
    (x,) = operands
    images, height, _ = row_shape(program.graph.tensors[x])
    (window,) = step.split.operands
    if not isinstance(window, Window):
        return False
    firsts = first_rows(program, step, task, window)
    fields = (height, window.span(rows_per_call(program, step, task)), -firsts[0], _stride(firsts))
    return (
        images == 1
        and are_spaced(firsts)
        and plan.total_bytes <= LIMIT
        and index < SMALL_LIMIT
        and all(0 <= value < SMALL_LIMIT for value in fields)
        and all(_starts_a_row(program, plan, name) for name in (x, y))
    )


def _starts_a_row(program: Program, plan: Plan, tensor: str) -> bool:
    name, first_byte = program.place(tensor)
    return plan.is_linear(name) or first_byte % program.row_bytes(tensor) == 0


def _stride(firsts: Sequence[int]) -> int:
    return firsts[1] - firsts[0] if len(firsts) > 1 else 0


def row_call(program: Program, index: int, layers: Collection[int], *, is_looped: bool) -> str:
    """The function of a layer; ``layers``: all that are in tables."""
    run = f"run_{program.steps[index].kernel.name.removeprefix('mote_')}"
    calls, given = (", uint32_t call, uint32_t end", "call, end") if is_looped else ("", "0, 1")
    return (
        f"static MOTE_LAYER void {layer_function(program, index)}(uint8_t *arena{calls})\n{{\n"
        f"    {run}(arena, {given}, {sorted(layers).index(index)});\n}}\n"
    )


def row_call_table(program: Program, plan: Plan, layers: Collection[int]) -> str:
    """The rows of the table."""
    tasks = {task.index: task for task in plan.network.tasks}
    rows = [_table_row(program, plan, index, tasks[index], layers) for index in sorted(layers)]
    return "\n".join([f"static const row_call row_calls[{len(rows)}] = {{", *rows, "};", ""])


def _table_row(
    program: Program, plan: Plan, index: int, task: Task, layers: Collection[int]
) -> str:
    step = program.steps[index]
    (x,), y = activations(program, step), step.node.output
    (window,) = step.split.operands if step.split else (None,)
    assert window is not None
    firsts = first_rows(program, step, task, window)
    rows = rows_per_call(program, step, task)
    x_place, y_place = (
        _place(program, plan, tensor, rows_on, layers) for tensor, rows_on in ((x, 1), (y, rows))
    )
    position = plan.network.tasks.index(task)
    fields = {
        "layer": f"&layer_{layer_number(program, index)}",
        "x": x_place[0],
        "x_row": x_place[1],
        "y": y_place[0],
        "y_call": y_place[1],
        "scratch": plan.layout.scratch.get(position, 0),
        "state": plan.layout.state.get(position, 0),
        "bytes": program.graph.result(step.node).bytes // task.calls,
        "index": index,
        "rows": rows,
        "height": row_shape(program.graph.tensors[x])[1],
        "span": window.span(rows),
        "stride": _stride(firsts),
        "pad": -firsts[0],
    }
    return f"{{\n{wrapped(f'.{field} = {value}' for field, value in fields.items())}\n}},"


def row_call_helpers(program: Program, plan: Plan, layers: Collection[int]) -> str:
    """What the functions of these layers share."""
    scattered = _scattered(program, plan, layers)
    offsets = [offset for name in scattered for offset in plan.layout.rows[name]]
    parts = [
        "/* Where rows that have no common distance lie in the arena. */",
        f"static const uint16_t row_places[{max(len(offsets), 1)}] = {{",
        wrapped(map(str, offsets or [0])),
        "};",
        "",
        HELPERS,
        f"static const row_call row_calls[{len(layers)}]; /* all, behind the layers */\n",
    ]
    for kernel in dict.fromkeys(program.steps[index].kernel for index in sorted(layers)):
        spans = [_span(program, plan, i) for i in layers if program.steps[i].kernel is kernel]
        scratch = ", arena + at->scratch" if kernel.takes_scratch else ""
        scratch += ", arena + at->state, call" if kernel.takes_state else ""
        parts.append(
            f"static MOTE_LAYER void run_{kernel.name.removeprefix('mote_')}"
            "(uint8_t *arena, uint32_t call, uint32_t end, uint32_t place)\n{\n"
            "    const row_call *const at = &row_calls[place];\n\n"
            "    for (; call < end; call++) {\n"
            f"        const int8_t *x[{max(spans)}];\n"
            "        int8_t *y = find_rows(arena, at, call, x);\n\n"
            "        MOTE_ENTER(at->index, call);\n"
            f"        {kernel.name}(at->layer, x, y{scratch});\n"
            "        MOTE_TRACE(at->index, call * at->bytes, y, at->bytes);\n"
            "    }\n}\n"
        )
    return "\n".join(parts)


def _span(program: Program, plan: Plan, index: int) -> int:
    step = program.steps[index]
    task = next(task for task in plan.network.tasks if task.index == index)
    (window,) = step.split.operands if step.split else (None,)
    assert window is not None
    return window.span(rows_per_call(program, step, task))


def _scattered(program: Program, plan: Plan, layers: Collection[int]) -> list[str]:
    """Buffers of layers in tables whose rows have no common distance."""
    steps = [program.steps[index] for index in sorted(layers)]
    tensors = [t for step in steps for t in (*activations(program, step), step.node.output)]
    return [n for n in dict.fromkeys(map(program.buffer, tensors)) if not plan.is_linear(n)]


def _place(
    program: Program, plan: Plan, tensor: str, rows: int, layers: Collection[int]
) -> tuple[int, int]:
    """Where a tensor starts, and how far it is to so many rows on; or its place in the table."""
    name, first_byte = program.place(tensor)
    size = program.row_bytes(tensor)
    if plan.is_linear(name):
        return plan.layout.rows[name][0] + first_byte, size * rows
    before = 0
    for other in _scattered(program, plan, layers):
        if other == name:
            break
        before += len(plan.layout.rows[other])
    return before + first_byte // size, 0
