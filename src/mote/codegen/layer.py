"""Writes one layer: its parameters and the function that runs some of its calls."""

import re
from collections.abc import Collection, Mapping

from mote.codegen.blocks import parameters
from mote.codegen.formulas import formula
from mote.codegen.identifiers import activations, constant_name, layer_function, layer_number
from mote.codegen.row_calls import row_call
from mote.codegen.row_pointers import first_row_table, row_pointers, rows_per_call
from mote.codegen.rows import row_address
from mote.codegen.small_layers import is_small_layer, small_function
from mote.codegen.text import C_TYPES, number, quoted, shape, wrapped
from mote.lower.split import Split, Window, pixel_size, row_shape
from mote.lower.step import Program, Step
from mote.plan.plan import Plan
from mote.plan.task import Task


def layer(program: Program, plan: Plan, index: int, in_tables: Collection[int]) -> str:
    """The text of one layer; ``in_tables``: the layers that are written as rows of tables."""
    step, graph = program.steps[index], program.graph
    position, task = task_of(plan, index)
    struct = f"layer_{layer_number(program, index)}"
    into = ", ".join(shape(graph.tensors[t]) for t in activations(program, step))
    size = f"{into} -> {shape(graph.result(step.node))}, {graph.macs(step.node):,} MACs"
    lines = [
        f"/* Layer {index}: {step.node.op.label} {quoted(step.node.name)}",
        f" * {size}{_calls(task)}",
        f" * {formula(step.node.op, graph.result(step.node).dtype)} */",
    ]
    lines += first_row_table(program, index, step, task)
    lines += _ample_table(program, index, task)
    if is_small_layer(program, plan, index, task):
        return "\n".join([*lines, small_function(program, plan, index, position)])
    if step.kernel.struct:
        lines += _parameters(program, step, index, task.calls, struct)
    if step.kernel.takes_strides:
        lines += _strides(program, step, index)
    if index in in_tables:
        text = row_call(program, index, in_tables, is_looped=is_looped(task))
        return "\n".join([*lines, text])
    arguments = ", uint32_t call, uint32_t end" if is_looped(task) else ""
    head = f"static MOTE_LAYER void {layer_function(program, index)}({parameters(plan)}{arguments})"
    body = _call(program, plan, index, position, task)
    if is_looped(task):
        body = [f"    {line}" if line else line for line in body]
        body = ["    for (; call < end; call++) {", *body, "    }"]
    return "\n".join([*lines, head, "{", *_unused(plan, body), *body, "}", ""])


def _unused(plan: Plan, body: list[str]) -> list[str]:
    """Regions of RAM that a layer has nothing in."""
    used = set(re.findall(r"\w+", "\n".join(body)))
    return [f"    (void){b.name};" for b in plan.blocks if b.name not in used]


def task_of(plan: Plan, index: int) -> tuple[int, Task]:
    """The task that computes a step, and its position."""
    return next((i, t) for i, t in enumerate(plan.network.tasks) if t.index == index)


def is_looped(task: Task) -> bool:
    """True when the layer's function is told which calls to run."""
    return task.calls > 1


def is_told_calls(program: Program, plan: Plan, task: Task) -> bool:
    """True when the layer's function is told which calls to run where it runs all of them."""
    return is_looped(task) and not is_small_layer(program, plan, task.index, task)


def _calls(task: Task) -> str:
    return f", in {task.calls} calls" if is_looped(task) else ""


def _call(program: Program, plan: Plan, index: int, position: int, task: Task) -> list[str]:
    """What one call does."""
    step, graph = program.steps[index], program.graph
    operands = activations(program, step)
    single = len(operands) == 1 and not step.kernel.takes_array
    names = ["x"] if single else [f"x{i}" for i in range(len(operands))]
    lines, pointers = [], []
    windows = step.split.operands if step.split else (None,) * len(operands)
    for name, tensor, window in zip(names, operands, windows, strict=True):
        c_type = C_TYPES[graph.tensors[tensor].dtype]
        if step.kernel.takes_rows and window:
            lines += row_pointers(program, plan, index, task, tensor, window, name)
            pointers.append(f"{name}")
            continue
        row = "0"
        if step.split and window:
            assert isinstance(window, Window), "kernels take an array of rows at odd distances"
            row = _row(program, step, step.split, task, tensor, window)
        place = row_address(program, plan, tensor, row)
        lines.append(f"    const {c_type} *{name} = (const void *)({place});")
        pointers.append(name)
    result = graph.result(step.node)
    place = row_address(program, plan, step.node.output, _result_row(program, step, task))
    lines.append(f"    {C_TYPES[result.dtype]} *y = (void *)({place});")
    pointers.append("y")
    if step.kernel.takes_array:
        given = iter(names)
        count = len(step.node.inputs)
        places = ["0" if i in step.constant_operands else next(given) for i in range(count)]
        lines.append(f"    const void *const x[] = {{{', '.join(places)}}};")
        pointers = ["x", "y"]
    if step.kernel.takes_scratch:
        scratch = _memory(plan, plan.layout.scratch, position)
        if task.ample_calls:
            ample = _memory(plan, plan.layout.ample, position)
            lines.append(f"    const int is_ample = {_is_ample(program, index, task)};")
            scratch = f"is_ample ? {ample} : {scratch}"
        lines.append(f"    void *scratch = {scratch};")
        pointers.append("scratch")
    if step.kernel.takes_row:
        pointers.append(_row_in_image(program, step, task))
    if step.kernel.takes_state:
        lines.append(f"    void *state = {_memory(plan, plan.layout.state, position)};")
        pointers += ["state", "call" if is_looped(task) else "0"]
    if step.kernel.takes_strides:
        pointers.append(f"&{_strides_name(program, index)}")
    arguments = [f"&layer_{layer_number(program, index)}"] if step.kernel.struct else []
    listed = ", ".join([*arguments, *pointers])
    calls = [f"    {step.kernel.name}({listed});"]
    if step.ample and task.ample_calls:
        calls = ["    if (is_ample)", f"        {step.ample.kernel.name}({listed});"]
        calls += ["    else", f"        {step.kernel.name}({listed});"]
    enter = f"    MOTE_ENTER({index}, {'call' if is_looped(task) else '0'});"
    return [*lines, "", enter, *calls, f"    {_trace(program, step, index, task)}"]


def _memory(plan: Plan, places: Mapping[int, int], position: int) -> str:
    block = plan.block_at(offset := places.get(position, 0))
    return f"{block.name} + {offset - block.start}"


def _is_ample(program: Program, index: int, task: Task) -> str:
    """Whether a call is one of those with more scratch."""
    if (span := _ample_span(task)) is not None:
        low, high = span
        terms = [f"call >= {low}"] * (low > 0) + [f"call < {high}"] * (high < task.calls)
        return " && ".join(terms) or "1"
    return f"{_ample_name(program, index)}[call >> 3] >> (call & 7) & 1"


def _ample_span(task: Task) -> tuple[int, int] | None:
    """The first call with more scratch and the one after the last, if these follow each other."""
    low, high = task.ample_calls[0], task.ample_calls[-1] + 1
    return (low, high) if high - low == len(task.ample_calls) else None


def _ample_table(program: Program, index: int, task: Task) -> list[str]:
    """A bit for each call, where those with more scratch do not follow each other."""
    if not task.ample_calls or _ample_span(task):
        return []
    table = [0] * -(-task.calls // 8)
    for call in task.ample_calls:
        table[call // 8] |= 1 << call % 8
    name = _ample_name(program, index)
    return [f"static const uint8_t {name}[{len(table)}] = {{", wrapped(map(str, table)), "};"]


def _ample_name(program: Program, index: int) -> str:
    return f"ample_{layer_number(program, index)}"


def _result_row(program: Program, step: Step, task: Task) -> str:
    if task.calls == 1 or _accumulates(step):
        return "0"
    return _times("call", rows_per_call(program, step, task))


def _row_in_image(program: Program, step: Step, task: Task) -> str:
    """The number of the first row of the result that a call computes."""
    per_image = task.calls // row_shape(program.graph.result(step.node))[0]
    if per_image == 1:
        return "0"
    call = "call" if per_image == task.calls else f"call % {per_image}"
    return _times(call, rows_per_call(program, step, task))


def _accumulates(step: Step) -> bool:
    return step.split is not None and step.split.accumulates


def _row(
    program: Program, step: Step, split: Split, task: Task, tensor: str, window: Window
) -> str:
    """The row of an operand at which a call starts to read."""
    if split.accumulates:
        rows = row_shape(program.graph.tensors[tensor])[1] // task.calls
        return _times("call", rows) if is_looped(task) else "0"
    assert window.pad <= 0, "kernels that read outside the image take an array of rows"
    images, height, _ = row_shape(program.graph.tensors[tensor])
    per_image = task.calls // images
    stride = rows_per_call(program, step, task) * window.stride
    if images == 1 or stride * per_image == height:
        terms = [_times("call", stride)] if is_looped(task) and stride else []
    else:
        image = f"call / {per_image}" if per_image > 1 else "call"
        terms = [_times(image, height)]
        terms += [_times(f"call % {per_image}", stride)] if stride and per_image > 1 else []
    terms += [str(-window.pad)] if window.pad else []
    return terms[0] if len(terms) == 1 else f"({' + '.join(terms)})" if terms else "0"


def _times(name: str, factor: int) -> str:
    return name if factor == 1 else f"{name} * {factor}"


def _trace(program: Program, step: Step, index: int, task: Task) -> str:
    """Tells who listens what a call has computed."""
    size = (result := program.graph.result(step.node)).bytes
    if step.kernel.takes_strides:
        part, pixel = size // task.calls, pixel_size(result)
        y = f"y + i * {_pixel_elements(program, step.node.output)}"
        first = f"call * {part} + i * {pixel}" if is_looped(task) else f"i * {pixel}"
        loop = f"for (uint32_t i = 0; i < {part // pixel}; i++)"
        return f"{loop}\n        MOTE_TRACE({index}, {first}, {y}, {pixel});"
    if task.calls == 1:
        return f"MOTE_TRACE({index}, 0, y, {size});"
    if _accumulates(step):  # only the last call writes
        return f"if (call == {task.calls - 1})\n        MOTE_TRACE({index}, 0, y, {size});"
    part = size // task.calls
    return f"MOTE_TRACE({index}, call * {part}, y, {part});"


def _strides(program: Program, step: Step, index: int) -> list[str]:
    """How far the pixels lie from each other, for a kernel that is told."""
    operands = activations(program, step)
    distances = ", ".join(str(_pixel_elements(program, t)) for t in operands)
    y = _pixel_elements(program, step.node.output)
    channels = program.graph.result(step.node).shape[-1]
    fields = f".x = {{{distances}}}, .y = {y}, .channels = {channels}"
    return [f"static const mote_strides {_strides_name(program, index)} = {{{fields}}};", ""]


def _strides_name(program: Program, index: int) -> str:
    return f"strides_{layer_number(program, index)}"


def _pixel_elements(program: Program, tensor: str) -> int:
    """From one pixel of a tensor to the next, in elements."""
    found = program.graph.tensors[tensor]
    pixel = program.pixel_bytes(tensor) or pixel_size(found)
    return pixel * 8 // found.dtype.bits


def _parameters(program: Program, step: Step, index: int, calls: int, struct: str) -> list[str]:
    lines = [f"static const {step.kernel.struct} {struct} = {{"]
    lines += [f"    .{c.field} = {constant_name(program, index, c.field)}," for c in step.constants]
    scalars = [f".{field} = {number(value)}" for field, value in step.call_parameters(calls)]
    if scalars:
        lines.append(wrapped(scalars))
    return [*lines, "};", ""]
