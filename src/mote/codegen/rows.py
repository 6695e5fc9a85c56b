"""C expressions for where the rows of a buffer lie: base plus a multiple, or a table in flash."""

from mote.codegen.blocks import address
from mote.codegen.identifiers import layer_number
from mote.codegen.text import wrapped
from mote.lower.step import Program
from mote.plan.plan import Plan
from mote.plan.task import FEED


def row_address(
    program: Program, plan: Plan, tensor: str, row: str, *, size: int | None = None
) -> str:
    """The address of a row of a tensor as an expression.

    Args:
        program, plan: Where the tensor lies.
        tensor: Its name.
        row: An expression for the row's number.
        size: From a row to the next, if not as the tensor's shape and place have it.
    """
    name, first_byte = program.place(tensor)
    offsets = plan.layout.rows[name]
    size = program.row_bytes(tensor) if size is None else size
    if not plan.is_linear(name):
        unit = table_unit(offsets)
        factor = f"{unit}u * " if unit > 1 else ""
        row = _plus(row, first_byte // size)
        block = plan.block_at(offsets[0]).name
        place = f"{block} + {factor}{table_name(program, plan, name)}[{row}]"
        return _plus(place, first_byte % size)  # the first of some channels
    start = address(plan, offsets[0] + first_byte)
    return start if row == "0" else f"{start} + {row} * {size}"


def _plus(expression: str, number: int) -> str:
    return f"{expression} + {number}" if number else expression


def row_tables(program: Program, plan: Plan, text: str) -> str:
    """The tables of all buffers whose rows are scattered, as far as a text reads them."""
    tables = []
    for name in plan.network.strips:
        if plan.is_linear(name) or f"{table_name(program, plan, name)}[" not in text:
            continue
        start = plan.block_at(plan.layout.rows[name][0]).start
        offsets = tuple(offset - start for offset in plan.layout.rows[name])
        unit = table_unit(offsets)
        c_type = "uint16_t" if max(offsets) // unit < 2**16 else "uint32_t"
        tables.append(
            f"static const {c_type} {table_name(program, plan, name)}[{len(offsets)}] = {{\n"
            f"{wrapped(str(offset // unit) for offset in offsets)}\n}};\n"
        )
    if not tables:
        return ""
    return "/* Where rows that have no common distance lie in the arena. */\n" + "\n".join(tables)


def table_unit(offsets: tuple[int, ...]) -> int:
    """The largest power of two, up to 4, that divides all offsets."""
    return next(unit for unit in (4, 2, 1) if all(offset % unit == 0 for offset in offsets))


def table_name(program: Program, plan: Plan, name: str) -> str:
    """``rows_03`` for the result of layer 3, ``rows_input`` for an input that is delivered."""
    writers = [t.index for t in plan.network.tasks if t.writes.strip == name]
    if writers[0] != FEED:
        return f"rows_{layer_number(program, writers[0])}"
    place = program.graph.inputs.index(name)
    return "rows_input" if len(program.graph.inputs) == 1 else f"rows_input_{place}"
