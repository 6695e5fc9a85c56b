"""Writes weights.h and weights.c: every array that stays in flash."""

from itertools import groupby

from mote.codegen.header import banner
from mote.codegen.identifiers import c_identifier, constant_name
from mote.codegen.text import C_TYPES, SPDX, integer, math_header, quoted, real
from mote.ir.tensor import Array, DType
from mote.lower.step import Constant, Program
from mote.target.target import Target

VALUES_PER_LINE = {1: 16, 2: 12, 4: 8, 8: 5}
"""By element size."""

ALIGNED = """\
/* Kernels read weights by the word. */
#if defined(__GNUC__)
#define MOTE_WORD_ALIGNED __attribute__((aligned(4)))
#else
#define MOTE_WORD_ALIGNED
#endif
"""


def weights_h(program: Program, target: Target) -> str:
    """Declarations, in layer order."""
    guard = f"{c_identifier(program.graph.name).upper()}_WEIGHTS_H"
    lines = [
        f"extern {_declaration(program, index, constant)};" for index, constant in program.arrays
    ]
    return (
        f"{SPDX}\n *\n{banner(program, target)} */\n"
        f"#ifndef {guard}\n#define {guard}\n\n#include <stdint.h>\n\n"
        + "".join(f"{line}\n" for line in lines)
        + "\n#endif\n"
    )


def weights_c(program: Program, target: Target) -> str:
    """Definitions in layer order, each in the order in which its kernels read it.

    An array that several layers read stands where the first of them is.
    """
    parts = [ALIGNED]
    for index, constants in groupby(program.arrays, lambda array: array[0]):
        node = program.steps[index].node
        title = f"/* Layer {index}: {node.op.label} {quoted(node.name)}. */\n"
        for _, constant in constants:
            narrow = constant.is_weights and constant.array.dtype.itemsize < 4
            align = "MOTE_WORD_ALIGNED " if narrow else ""
            declaration = _declaration(program, index, constant)
            parts.append(f"{title}{align}{declaration} = {{\n{_rows(constant.array)}}};\n")
            title = ""
    body = "\n".join(parts)
    head = f"{SPDX}\n *\n{banner(program, target)} */\n"
    return f'{head}{math_header(body)}#include "weights.h"\n\n{body}'


def _declaration(program: Program, index: int, constant: Constant) -> str:
    c_type = C_TYPES[DType(constant.array.dtype.name)]
    return f"const {c_type} {constant_name(program, index, constant.field)}[{constant.array.size}]"


def _rows(array: Array) -> str:
    values = array.ravel().tolist()
    literal = real if array.dtype.kind == "f" else integer
    per_line = VALUES_PER_LINE[array.dtype.itemsize]
    rows = (values[i : i + per_line] for i in range(0, len(values), per_line))
    return "".join(f"    {', '.join(map(literal, row))},\n" for row in rows)
