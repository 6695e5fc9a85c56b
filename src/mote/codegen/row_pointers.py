"""Writes the array of pointers through which a kernel reads rows that may lie anywhere."""

from itertools import pairwise

from mote.codegen.identifiers import layer_number
from mote.codegen.rows import row_address
from mote.codegen.text import C_TYPES, wrapped
from mote.lower.split import Ranges, Window, row_shape
from mote.lower.step import Program, Step
from mote.plan.plan import Plan
from mote.plan.task import Task


def rows_per_call(program: Program, step: Step, task: Task) -> int:
    """Rows of the result that each call computes."""
    images, height, _ = row_shape(program.graph.result(step.node))
    return images * height // task.calls


def row_pointers(
    program: Program,
    plan: Plan,
    index: int,
    task: Task,
    tensor: str,
    window: Window | Ranges,
    name: str,
) -> list[str]:
    """The array of the rows that a call reads; null for those outside the image."""
    step, graph = program.steps[index], program.graph
    images, height, _ = row_shape(graph.tensors[tensor])
    span = window.span(rows_per_call(program, step, task))
    c_type = C_TYPES[graph.tensors[tensor].dtype]
    per_image = task.calls // images
    in_image = "call" if images == 1 else f"call % {per_image}"
    firsts = first_rows(program, step, task, window)
    if are_spaced(firsts):
        distance = firsts[1] - firsts[0] if per_image > 1 else 0
        start = f"(int32_t)({in_image}) * {distance}" if distance else "0"
        start += f" - {-firsts[0]}" if firsts[0] < 0 else f" + {firsts[0]}" if firsts[0] else ""
    else:
        start = f"{_table_name(program, index)}[{in_image}]"
    row = "row" if images == 1 else f"(call / {per_image} * {height} + (uint32_t)row)"
    place = row_address(program, plan, tensor, row)
    cast = f"(const {c_type} *)(const void *)({place})"
    reads_outside = firsts[0] < 0 or max(firsts) + span > height
    if span == 1 and not reads_outside:
        return [
            f"    const int32_t row = {start};",
            f"    const {c_type} *const {name}[] = {{{cast}}};",
        ]
    if reads_outside:
        cast = f"row < 0 || row >= {height} ? 0 : {cast}"
    return [
        f"    const {c_type} *{name}[{span}];",
        f"    int32_t row = {start};",
        f"    for (uint32_t i = 0; i < {span}; i++, row++)",
        f"        {name}[i] = {cast};",
    ]


def first_row_table(program: Program, index: int, step: Step, task: Task) -> list[str]:
    """Where calls start to read, when their rows have no common distance."""
    if not step.kernel.takes_rows or step.split is None:
        return []
    (window,) = step.split.operands
    assert window is not None
    firsts = first_rows(program, step, task, window)
    if are_spaced(firsts):
        return []
    c_type = "uint8_t" if max(firsts) < 2**8 else "uint16_t"
    name = _table_name(program, index)
    return [f"static const {c_type} {name}[{len(firsts)}] = {{", wrapped(map(str, firsts)), "};"]


def first_rows(
    program: Program, step: Step, task: Task, window: Window | Ranges
) -> tuple[int, ...]:
    """Where each call of an image starts to read."""
    rows = rows_per_call(program, step, task)
    height = row_shape(program.graph.result(step.node))[1]
    return tuple(window.first(row) for row in range(0, height, rows))


def are_spaced(rows: tuple[int, ...]) -> bool:
    """True when all distances are equal."""
    return len({b - a for a, b in pairwise(rows)}) <= 1


def _table_name(program: Program, index: int) -> str:
    return f"first_{layer_number(program, index)}"
