"""Turns a lowered program into what the planner schedules: strips of rows and tasks of calls."""

import math
from collections.abc import Mapping
from dataclasses import replace

from mote.lower.split import Ranges, Window, pixel_size, row_bytes, row_shape
from mote.lower.step import Program, Step
from mote.plan.task import FEED, Access, Network, Rows, Strip, Task

ALL = 0
"""Rows that follow each other: as many as there are."""


def network(
    program: Program,
    rows: Mapping[int, int] | None = None,
    *,
    streamed: bool = False,
    ample: Mapping[int, tuple[int, ...]] | None = None,
) -> Network:
    """The tasks of a program, in its order.

    Args:
        program: What is planned.
        rows: Rows that each call of a step computes, by step; a divisor of ``divided_rows``.
            Steps that are not named are computed by one call per image, those that cannot be split
            by one.
        streamed: The rows of the graph's inputs are delivered one by one, by tasks of their own.
        ample: The calls that run in the form with more scratch, of steps that have one.
    """
    graph = program.graph
    chosen = {
        index: (rows or {}).get(index, divided_rows(program, step))
        for index, step in enumerate(program.steps)
        if step.split
    }
    sizes = _row_sizes(program)
    together = _together(program, sizes, chosen, streamed)
    strips = {}
    for name, size in sizes.items():
        strips[name] = Strip(
            name,
            graph.tensors[name].bytes // size,
            size,
            is_linear=together[name] == ALL,
            together=max(together[name], 1),
            is_input=name in graph.inputs and not streamed,
            is_output=name in {program.buffer(t) for t in graph.outputs},
            pixel_bytes=program.pixels.get(name, 0),
        )
    tasks = [_feed(strips[name]) for name in graph.inputs if streamed and name in strips]
    for index, step in enumerate(program.steps):
        task = _task(program, strips, index, chosen.get(index), streamed)
        if step.ample and (calls := (ample or {}).get(index)):
            task = replace(task, ample_calls=calls, ample_bytes=step.ample.scratch_bytes)
        tasks.append(task)
    return Network(strips, tuple(tasks))


def divided_rows(program: Program, step: Step) -> int:
    """The rows of an image that the calls of a step share: of its result, or of its operand, where
    they add these up."""
    shared = _operands(program, step)[0][0] if accumulates(step) else step.node.output
    return row_shape(program.graph.tensors[shared])[1]


def accumulates(step: Step) -> bool:
    """True when only the last call of a step writes a result."""
    return step.split is not None and step.split.accumulates


def _buffers(program: Program) -> list[str]:
    graph = program.graph
    names = [*graph.inputs, *(step.node.output for step in program.steps), *graph.outputs]
    found = (program.buffer(t) for t in names if not graph.tensors[t].is_constant)
    return list(dict.fromkeys(found))


def _together(
    program: Program, sizes: Mapping[str, int], chosen: Mapping[int, int], streamed: bool
) -> dict[str, int]:
    """How many rows of each buffer a kernel, or the application, sees through one pointer."""
    graph = program.graph
    found = dict.fromkeys(sizes, 1)
    found |= dict.fromkeys(map(program.buffer, graph.outputs), ALL)
    if not streamed:
        found |= dict.fromkeys(graph.inputs, ALL)

    def need(tensor: str, rows: int) -> None:
        name = program.buffer(tensor)
        if (name != tensor and rows != 1) or not _has_rows(program, sizes, tensor):
            rows = ALL
        fewer, more = sorted((found[name], rows))
        found[name] = more if fewer and more % fewer == 0 else ALL

    for index, step in enumerate(program.steps):
        rows = chosen.get(index, ALL)
        need(step.node.output, ALL if accumulates(step) else rows)
        for tensor, window in _operands(program, step):
            is_same = window == Window() or (rows == 1 and window and window.extent == 1)
            need(tensor, 1 if step.kernel.takes_rows else rows if is_same else ALL)
    counts = {name: graph.tensors[name].bytes // size for name, size in sizes.items()}
    return {name: n if n and counts[name] % n == 0 else ALL for name, n in found.items()}


def _row_sizes(program: Program) -> dict[str, int]:
    """Bytes of the rows of each buffer: where its tensor is one row, of those that layers see."""
    tensors = program.graph.tensors
    sizes = {name: row_bytes(tensors[name]) for name in _buffers(program)}
    for step in program.steps:
        for name in (*step.node.inputs, step.node.output) if step.split else ():
            buffer, whole = program.buffer(name), tensors[name].bytes
            if buffer in program.pixels:
                continue
            if buffer in sizes and whole == tensors[buffer].bytes == row_bytes(tensors[buffer]):
                sizes[buffer] = math.gcd(sizes[buffer], row_bytes(tensors[name]))
    return sizes


def _has_rows(program: Program, sizes: Mapping[str, int], tensor: str) -> bool:
    """True when the rows of a tensor are rows of its buffer."""
    buffer, start = program.place(tensor)
    size, pixel = sizes[buffer], program.pixel_bytes(tensor)
    start -= start % pixel if pixel else 0
    return program.row_bytes(tensor) == size and start % size == 0


def _operands(program: Program, step: Step) -> list[tuple[str, Window | Ranges | None]]:
    graph = program.graph
    names = [t for t in step.node.inputs if not graph.tensors[t].is_constant]
    windows = step.split.operands if step.split else (None,) * len(names)
    return list(zip(names, windows, strict=True))


def _feed(strip: Strip) -> Task:
    one_by_one = tuple((row, row + 1) for row in range(strip.rows))
    return Task(FEED, reads=(), writes=Access(strip.name, one_by_one))


def _task(
    program: Program, strips: Mapping[str, Strip], index: int, rows: int | None, streamed: bool
) -> Task:
    step, graph = program.steps[index], program.graph
    y = graph.result(step.node)
    images, y_height, _ = row_shape(y)
    operands = _operands(program, step)
    if step.split is None or rows is None:
        calls: tuple[Rows, ...] = ((0, images * y_height),)
        writes = calls
    elif step.split.accumulates:
        height = divided_rows(program, step)
        calls = tuple((row, row + rows) for row in range(0, height, rows))
        writes = (*(((0, 0),) * (len(calls) - 1)), (0, images * y_height))
    else:
        calls = writes = tuple((row, row + rows) for row in range(0, images * y_height, rows))
    is_even = all(strips[program.place(tensor)[0]].is_linear for tensor, _ in operands)
    reads = []
    for tensor, window in operands:
        x_images, height, _ = row_shape(graph.tensors[tensor])
        if window is None or step.split is None:
            read: tuple[Rows, ...] = ((0, x_images * height),) * len(calls)
        elif step.split.accumulates:
            read = calls
        else:
            read = _windows(window, calls, y_height, height, least=int(streamed))
        reads.append(_access(program, strips, tensor, read))
    return Task(
        index,
        tuple(reads),
        _access(program, strips, step.node.output, writes),
        step.scratch_bytes,
        step.state_bytes if len(calls) > 1 or not accumulates(step) else 0,
        step.in_place,
        step.split.lost_cycles(rows) if step.split and rows else 0,
        step.split.uneven_cycles if step.split and not is_even else 0,
    )


def _windows(
    window: Window | Ranges, calls: tuple[Rows, ...], y_height: int, height: int, *, least: int
) -> tuple[Rows, ...]:
    """What each call reads; calls do not cross from one image to the next.

    Calls that read only padding wait for ``least`` rows all the same: where rows are delivered,
    nothing runs before the first one.
    """
    found = []
    for first, last in calls:
        image = first // y_height
        low, high = window.rows(first - image * y_height, last - image * y_height, height)
        low = min(low, height - least)
        high = max(high, low + least)
        found.append((image * height + low, image * height + high))
    return tuple(found)


def _access(
    program: Program, strips: Mapping[str, Strip], tensor: str, rows: tuple[Rows, ...]
) -> Access:
    """Rows of a tensor as rows of its buffer, which may be larger, or have other rows."""
    name, start = program.place(tensor)
    own, size = program.row_bytes(tensor), strips[name].row_bytes
    part = None
    if pixel := program.pixel_bytes(tensor):
        first = start % pixel
        part = first, first + pixel_size(program.graph.tensors[tensor])
        start -= first
    return Access(
        name,
        tuple(
            ((start + low * own) // size, -(-(start + high * own) // size))
            if low < high
            else (low, low)
            for low, high in rows
        ),
        part,
    )
