"""What a runner must know of a compiled model: where its inputs, outputs and tensors lie."""

from dataclasses import dataclass

from mote.codegen.identifiers import c_identifier, offset
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
class Result:
    """A tensor that a step computes, perhaps in parts."""

    name: str
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
        results: What each step computes, in step order; never all there at one time.
        row_bytes: Of the only input, where it is fed row by row; it then lies behind the arena, in
            memory of whoever runs the model. 0 where inputs lie in the arena.
    """

    prefix: str
    arena_bytes: int
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    results: tuple[Result, ...]
    row_bytes: int = 0

    @property
    def memory_bytes(self) -> int:
        """The arena, and an input that lies behind it."""
        if not self.row_bytes:
            return self.arena_bytes
        return max(slot.offset + slot.bytes for slot in self.inputs)


def interface(program: Program, plan: Plan) -> Interface:
    """The interface of a planned program."""

    def slot(name: str) -> Slot:
        tensor = program.graph.tensors[name]
        return Slot(name, offset(program, plan, name), tensor.shape, tensor.dtype, tensor.bytes)

    def fed(name: str) -> Slot:
        tensor = program.graph.tensors[name]
        behind = -(-plan.total_bytes // 8) * 8
        return Slot(name, behind, tensor.shape, tensor.dtype, tensor.bytes)

    def result(name: str) -> Result:
        tensor = program.graph.tensors[name]
        return Result(name, tensor.shape, tensor.dtype, tensor.bytes)

    return Interface(
        prefix=c_identifier(program.graph.name),
        arena_bytes=plan.total_bytes,
        row_bytes=plan.network.strips[program.graph.inputs[0]].row_bytes if plan.is_fed else 0,
        inputs=tuple((fed if plan.is_fed else slot)(name) for name in program.graph.inputs),
        outputs=tuple(slot(name) for name in program.graph.outputs),
        results=tuple(result(step.node.output) for step in program.steps),
    )
