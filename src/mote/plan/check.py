"""Replays a program on a plan and watches who owns each byte; knows nothing of lifetimes."""

import numpy as np

from mote.lower.step import Program
from mote.plan.plan import ALIGNMENT, Plan

FREE = -1


def check(program: Program, plan: Plan) -> None:
    """Assert that every step finds its operands whole and spoils nothing that is still needed.

    The planner reasons about intervals; this does not. It writes each buffer's number into its
    bytes at the moment that the program writes them, and looks whether they are still there at
    the moment that the program reads them.
    """
    graph, names = program.graph, [b.name for b in plan.buffers]
    assert len(set(names)) == len(names), "a buffer is planned twice"
    assert set(names) == set(plan.offsets), "buffers and offsets differ"
    size = {b.name: b.bytes for b in plan.buffers}
    owner = np.full(plan.total_bytes, FREE, np.int32)

    def span(name: str) -> slice:
        assert name in plan.offsets, f"'{name}' has no place"
        start = plan.offsets[name]
        assert start >= 0, f"'{name}' lies at {start}"
        assert start % ALIGNMENT == 0, f"'{name}' lies at {start}, not a multiple of {ALIGNMENT}"
        assert start + size[name] <= plan.total_bytes, f"'{name}' ends beyond the arena"
        return slice(start, start + size[name])

    def buffer(tensor: str) -> str:
        name = program.buffer(tensor)
        assert size.get(name, -1) >= graph.tensors[tensor].bytes, f"'{name}' is too small"
        return name

    def write(name: str) -> None:
        owner[span(name)] = names.index(name)

    def read(name: str, reader: str) -> None:
        thieves = set(owner[span(name)].tolist()) - {names.index(name)}
        culprits = ", ".join("nobody" if t == FREE else f"'{names[t]}'" for t in sorted(thieves))
        assert not thieves, f"{reader} reads '{name}', whose bytes belong to {culprits}"

    def apart(one: str, other: str, step: str) -> None:
        a, b = span(one), span(other)
        together = max(a.start, b.start) < min(a.stop, b.stop)
        assert not together, f"'{one}' and '{other}' share bytes in {step}"

    inputs = [buffer(t) for t in graph.inputs]
    for name in inputs:
        write(name)
    for name in inputs:
        read(name, "the caller")
    for index, step in enumerate(program.steps):
        who = f"step {index} '{step.node.name}'"
        operands = [buffer(t) for t in step.node.inputs if not graph.tensors[t].is_constant]
        result = buffer(step.node.output)
        for position, operand in enumerate(operands):
            read(operand, who)
            same_start = plan.offsets[operand] == plan.offsets[result]
            if not (position in step.in_place and same_start and size[result] <= size[operand]):
                apart(operand, result, who)
        if step.scratch_bytes:
            scratch = f"scratch:{index}"
            assert size.get(scratch, -1) >= step.scratch_bytes, f"{who} has too little scratch"
            for other in (*operands, result):
                apart(scratch, other, who)
            write(scratch)
        write(result)
    for tensor in graph.outputs:
        if not graph.tensors[tensor].is_constant:
            read(buffer(tensor), "the caller")
    _check_sums(plan)


def _check_sums(plan: Plan) -> None:
    ends = {b: plan.offsets[b.name] + b.bytes for b in plan.buffers}
    assert all(end <= plan.arena_bytes for b, end in ends.items() if not b.is_scratch)
    assert plan.arena_bytes <= plan.total_bytes
    assert plan.lower_bound_bytes <= plan.total_bytes, "the bound exceeds the plan"
