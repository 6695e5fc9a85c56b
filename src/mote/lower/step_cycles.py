"""About how many cycles a program takes at full speed: what plans weigh bytes against."""

from mote.lower.join_channels import moves
from mote.lower.moving_cycles import moving_cycles
from mote.lower.split import row_shape
from mote.lower.step import Program, Step

CYCLES_OF_ELEMENT = 4.5
"""Of a kernel without multiply-accumulates, for each element of its operands."""


def program_cycles(program: Program, cycles_per_mac: float) -> float:
    """Of all steps, each in calls of as many rows as it likes.

    Args:
        program: With the forms of the steps that count.
        cycles_per_mac: Of layers that say nothing better.
    """
    steps = sum(step_cycles(program, step, cycles_per_mac) for step in program.steps)
    return steps + moving_cycles(program)


def step_cycles(program: Program, step: Step, cycles_per_mac: float) -> float:
    """Of one step; what moving channels costs is not among them."""
    graph = program.graph
    y = graph.result(step.node)
    images, height, _ = row_shape(y)
    if step.split and step.split.row_cycles:
        return images * height * step.split.row_cycles
    if macs := graph.macs(step.node):
        return macs * cycles_per_mac
    if moves(step.node.op):
        return 0
    operands = [graph.tensors[t] for t in step.node.inputs if not graph.tensors[t].is_constant]
    return CYCLES_OF_ELEMENT * max(y.elements, sum(t.elements for t in operands))
