"""What a runner must know of a compiled model: where its inputs, outputs and tensors lie."""

from dataclasses import dataclass

from mote.codegen.identifiers import c_identifier, offset
from mote.ir.tensor import DType
from mote.lower.step import Program
from mote.plan.plan import Plan

GAP_BYTES = 64
"""Between regions, so that none is reached from another by mistake."""


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
        blocks: Where the blocks start that its functions take; one for each region of RAM.
    """

    prefix: str
    arena_bytes: int
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    results: tuple[Result, ...]
    row_bytes: int = 0
    blocks: tuple[int, ...] = (0,)

    @property
    def memory_bytes(self) -> int:
        """What a runner needs: the arena, gaps, and an input that lies behind it."""
        if not self.row_bytes:
            return self.arena_bytes + GAP_BYTES * (len(self.blocks) - 1)
        return max(self.at(slot.offset) + slot.bytes for slot in self.inputs)

    def at(self, offset: int) -> int:
        """Where a runner keeps an address of the plan: it leaves gaps between regions of RAM."""
        return offset + GAP_BYTES * (sum(start <= offset for start in self.blocks) - 1)

    @property
    def block_places(self) -> tuple[int, ...]:
        """Where a runner keeps each block."""
        return tuple(start + GAP_BYTES * i for i, start in enumerate(self.blocks))


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
        blocks=tuple(block.start for block in plan.blocks),
        row_bytes=plan.network.strips[program.graph.inputs[0]].row_bytes if plan.is_fed else 0,
        inputs=tuple((fed if plan.is_fed else slot)(name) for name in program.graph.inputs),
        outputs=tuple(slot(name) for name in program.graph.outputs),
        results=tuple(result(step.node.output) for step in program.steps),
    )
