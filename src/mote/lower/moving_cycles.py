"""About how many cycles moving channels costs, or reading and writing them apart instead."""

from math import prod

from mote.ir.ops import Concat, Conv2D
from mote.lower.join_channels import moves
from mote.lower.split import pixel_size
from mote.lower.step import Program, Step

CYCLES_OF_BYTE = 0.6
CYCLES_OF_RUN = 45
"""Of each piece that is copied, or that an elementwise kernel computes by itself."""

CYCLES_OF_TAP = 16
"""Of a convolution whose taps side by side are not one piece."""


def moving_cycles(program: Program) -> float:
    """Estimate for one inference, measured on the Cortex-M4 with ``benchmarks/joined.py``."""
    return sum(_cycles(program, step) for step in program.steps)


def _cycles(program: Program, step: Step) -> float:
    graph, op = program.graph, step.node.op
    result = graph.result(step.node)
    pixels = result.bytes // pixel_size(result)
    if moves(op):
        runs = len(step.node.inputs) if isinstance(op, Concat) else 1
        return runs * pixels * CYCLES_OF_RUN + result.bytes * CYCLES_OF_BYTE
    if not step.kernel.takes_strides:
        return 0
    if isinstance(op, Conv2D):
        kernel = graph.operands(step.node)[1].shape[1:3]
        is_apart = program.pixel_bytes(step.node.inputs[0]) and kernel[1] > 1
        return pixels * prod(kernel) * CYCLES_OF_TAP if is_apart else 0
    if step.kernel.takes_rows:
        return 0
    return pixels * CYCLES_OF_RUN
