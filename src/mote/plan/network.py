"""Turns a lowered program into what the planner schedules: strips of rows and tasks of calls."""

from collections.abc import Mapping

from mote.lower.split import Window, row_shape
from mote.lower.step import Program, Step
from mote.plan.task import FEED, Access, Network, Rows, Strip, Task


def network(
    program: Program, rows: Mapping[int, int] | None = None, *, streamed: bool = False
) -> Network:
    """The tasks of a program, in its order.

    Args:
        program: What is planned.
        rows: Rows that each call of a step computes, by step; a divisor of the rows of one image.
            Steps that are not named, or that cannot be split, are computed by one call.
        streamed: The rows of the graph's inputs are delivered one by one, by tasks of their own.
    """
    graph = program.graph
    chosen = {
        index: (rows or {}).get(index, row_shape(graph.result(step.node))[1])
        for index, step in enumerate(program.steps)
        if step.split
    }
    linear = _linear(program, chosen, streamed)
    strips = {}
    for name in _buffers(program):
        tensor = graph.tensors[name]
        images, height, _ = row_shape(tensor)
        strips[name] = Strip(
            name,
            images * height,
            tensor.bytes // (images * height),
            is_linear=name in linear,
            is_input=name in graph.inputs and not streamed,
            is_output=name in {program.buffer(t) for t in graph.outputs},
        )
    tasks = [_feed(strips[name]) for name in graph.inputs if streamed and name in strips]
    tasks += [_task(program, strips, i, chosen.get(i)) for i in range(len(program.steps))]
    return Network(strips, tuple(tasks))


def _buffers(program: Program) -> list[str]:
    graph = program.graph
    names = [*graph.inputs, *(step.node.output for step in program.steps), *graph.outputs]
    found = (program.buffer(t) for t in names if not graph.tensors[t].is_constant)
    return list(dict.fromkeys(found))


def _linear(program: Program, chosen: Mapping[int, int], streamed: bool) -> set[str]:
    """Buffers of which a kernel, or the application, sees several rows through one pointer."""
    graph = program.graph
    found = {program.buffer(t) for t in graph.outputs}
    if not streamed:
        found |= set(graph.inputs)
    for index, step in enumerate(program.steps):
        rows = chosen.get(index)
        if rows != 1:
            found.add(program.buffer(step.node.output))
        for tensor, window in _operands(program, step):
            name = program.buffer(tensor)
            is_same = row_shape(graph.tensors[tensor]) == row_shape(graph.tensors[name])
            reads_one = window is not None and rows == 1 and window.extent == 1
            if not is_same or not (reads_one or step.kernel.takes_rows):
                found.add(name)
    return found


def _operands(program: Program, step: Step) -> list[tuple[str, Window | None]]:
    graph = program.graph
    names = [t for t in step.node.inputs if not graph.tensors[t].is_constant]
    windows = step.split.operands if step.split else (None,) * len(names)
    return list(zip(names, windows, strict=True))


def _feed(strip: Strip) -> Task:
    one_by_one = tuple((row, row + 1) for row in range(strip.rows))
    return Task(FEED, reads=(), writes=Access(strip.name, one_by_one))


def _task(program: Program, strips: Mapping[str, Strip], index: int, rows: int | None) -> Task:
    step, graph = program.steps[index], program.graph
    result = strips[program.buffer(step.node.output)]
    operands = _operands(program, step)
    if step.split is None or rows is None:
        calls: tuple[Rows, ...] = ((0, result.rows),)
        writes = calls
    elif step.split.accumulates:
        images, height, _ = row_shape(graph.tensors[operands[0][0]])
        calls = tuple((row, row + 1) for row in range(images * height))
        writes = (*(((0, 0),) * (len(calls) - 1)), (0, result.rows))
    else:
        calls = writes = tuple((row, row + rows) for row in range(0, result.rows, rows))
    images = row_shape(graph.result(step.node))[0]
    reads = []
    for tensor, window in operands:
        strip = strips[program.buffer(tensor)]
        _, height, width = row_shape(graph.tensors[tensor])
        if window is None or step.split is None:
            reads.append(Access(strip.name, ((0, strip.rows),) * len(calls)))
        elif step.split.accumulates:
            reads.append(Access(strip.name, calls))
        else:
            read = _windows(window, calls, result.rows // images, height)
            row_bytes = width * graph.tensors[tensor].dtype.bits // 8
            reads.append(Access(strip.name, _as_rows(read, row_bytes, strip)))
    return Task(
        index,
        tuple(reads),
        Access(result.name, writes),
        step.scratch_bytes,
        step.state_bytes if len(calls) > 1 else 0,
        step.in_place,
        step.split.call_cycles if step.split else 0,
    )


def _windows(window: Window, calls: tuple[Rows, ...], y_height: int, height: int) -> list[Rows]:
    """What each call reads; calls do not cross from one image to the next."""
    found = []
    for first, last in calls:
        image = first // y_height
        low, high = window.rows(first - image * y_height, last - image * y_height, height)
        found.append((image * height + low, image * height + high))
    return found


def _as_rows(read: list[Rows], row_bytes: int, strip: Strip) -> tuple[Rows, ...]:
    """Rows of a tensor as rows of its buffer, whose rows may be others after a reshape."""
    if row_bytes == strip.row_bytes:
        return tuple(read)
    return tuple(
        (low * row_bytes // strip.row_bytes, -(-high * row_bytes // strip.row_bytes))
        for low, high in read
    )
