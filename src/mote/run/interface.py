"""What a runner must know of a compiled model: where its inputs, outputs and tensors lie."""

from dataclasses import dataclass

from mote.codegen.identifiers import c_identifier
from mote.ir.tensor import DType
from mote.lower.step import Program
from mote.plan.plan import Plan


@dataclass(frozen=True)
class Slot:
    """A tensor in the arena."""

    name: str
    offset: int
    shape: tuple[int, ...]
    dtype: DType
    bytes: int


@dataclass(frozen=True)
class Interface:
    """A model's memory, as seen from outside.

    Args:
        prefix: What its C names start with.
        arena_bytes: Size of the static block, scratch included.
        inputs: Tensors to fill before a run.
        outputs: Tensors to read after it.
        results: The tensor that each step writes, in step order.
    """

    prefix: str
    arena_bytes: int
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    results: tuple[Slot, ...]


def interface(program: Program, plan: Plan) -> Interface:
    """The interface of a planned program."""

    def slot(name: str) -> Slot:
        tensor = program.graph.tensors[name]
        offset = plan.offsets[program.buffer(name)]
        return Slot(name, offset, tensor.shape, tensor.dtype, tensor.bytes)

    return Interface(
        prefix=c_identifier(program.graph.name),
        arena_bytes=plan.total_bytes,
        inputs=tuple(slot(name) for name in program.graph.inputs),
        outputs=tuple(slot(name) for name in program.graph.outputs),
        results=tuple(slot(step.node.output) for step in program.steps),
    )
