"""C text for the blocks of memory that a model works in: one, or one in each region of RAM."""

from mote.plan.plan import Plan


def parameters(plan: Plan, c_type: str = "uint8_t") -> str:
    """``uint8_t *arena``, or one parameter for each block."""
    return ", ".join(f"{c_type} *{block.name}" for block in plan.blocks)


def types(plan: Plan) -> str:
    """The types of these parameters."""
    return ", ".join("uint8_t *" for _ in plan.blocks)


def arguments(plan: Plan) -> str:
    """The blocks, handed on."""
    return ", ".join(block.name for block in plan.blocks)


def address(plan: Plan, offset: int) -> str:
    """The place of an address of the plan: ``arena + 16``, or just ``arena``."""
    block = plan.block_at(offset)
    inside = offset - block.start
    return f"{block.name} + {inside}" if inside else block.name


def void_address(plan: Plan, offset: int) -> str:
    """The same where blocks are pointers to void."""
    block = plan.block_at(offset)
    return f"(uint8_t *){block.name} + {offset - block.start}"


def macro(prefix: str, name: str) -> str:
    """``KWS_ARENA_BYTES``: the size of a block."""
    return f"{prefix.upper()}_{name.upper()}_BYTES"
