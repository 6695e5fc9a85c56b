"""Finds when each buffer of a program is alive, and which step may write over its operand."""

from mote.lower.step import Program, Step
from mote.plan.plan import Buffer


def buffers(program: Program) -> tuple[Buffer, ...]:
    """Every activation and scratch block that the arena must hold, in order of first use.

    A graph input is alive from before step 0 to its last read: whoever runs the graph again fills
    it again. A graph output is alive until after the last step.
    """
    graph = program.graph
    first: dict[str, int] = {}
    last: dict[str, int] = {}
    size: dict[str, int] = {}

    def touch(tensor: str, step: int) -> None:
        if graph.tensors[tensor].is_constant:
            return
        name = program.buffer(tensor)
        first.setdefault(name, step)
        last[name] = max(step, last.get(name, step))
        size[name] = max(graph.tensors[tensor].bytes, size.get(name, 0))

    for tensor in graph.inputs:
        touch(tensor, -1)
    for index, step in enumerate(program.steps):
        for tensor in (*step.node.inputs, step.node.output):
            touch(tensor, index)
    for tensor in graph.outputs:
        touch(tensor, len(program.steps))

    over: dict[str, str] = {}
    for index, step in enumerate(program.steps):
        operand = _overwritten(program, step, index, last, size)
        if operand:
            over[program.buffer(step.node.output)] = operand
    found = [Buffer(n, size[n], first[n], last[n], over.get(n, "")) for n in first]
    found += [
        Buffer(f"scratch:{index}", step.scratch_bytes, index, index)
        for index, step in enumerate(program.steps)
        if step.scratch_bytes
    ]
    return tuple(found)


def _overwritten(
    program: Program, step: Step, index: int, last: dict[str, int], size: dict[str, int]
) -> str:
    """The operand buffer that the result of a step may take over, or an empty name."""
    tensors = program.graph.tensors
    activations = [program.buffer(t) for t in step.node.inputs if not tensors[t].is_constant]
    result = program.buffer(step.node.output)
    for position in step.in_place:
        operand = activations[position]
        # The same buffer may come in twice (x + x): every way in must tolerate the overwriting.
        places = {i for i, name in enumerate(activations) if name == operand}
        if (
            last[operand] == index
            and places <= set(step.in_place)
            and size[operand] >= size[result]
        ):
            return operand
    return ""
