"""C text that holds foreign values exactly: numbers, types, comments, wrapped lists."""

import re
from collections.abc import Iterable

import numpy as np

from mote import __version__
from mote.ir.tensor import DType, Tensor

WIDTH = 100
MAX_NAME = 40
"""Characters of a foreign name that a comment shows; converters join dozens of names into one."""
SPDX = "/* SPDX-License-Identifier: Apache-2.0"
C_TYPES: dict[DType, str] = {
    DType.INT8: "int8_t",
    DType.UINT8: "uint8_t",
    DType.INT16: "int16_t",
    DType.INT32: "int32_t",
    DType.INT64: "int64_t",
    DType.FLOAT32: "float",
}


def integer(value: int) -> str:
    """A literal whose type holds the value: INT32_MIN has none of its own."""
    if value == -(2**31):
        return "(-2147483647 - 1)"
    return f"{value}u" if value >= 2**31 else str(value)


def real(value: float) -> str:
    """The shortest decimal that reads back as the same float32, or a macro of <math.h>."""
    with np.errstate(over="ignore"):
        single = np.float32(value)
    if not np.isfinite(single):
        return "NAN" if np.isnan(single) else "INFINITY" if single > 0 else "-INFINITY"
    text = np.format_float_scientific(single, unique=True, trim="-")
    plain = np.format_float_positional(single, unique=True, trim="0")
    text = plain if len(plain) <= 12 else text
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def math_header(text: str) -> str:
    """The line that C needs before it when ``real`` has written a macro into it."""
    return "#include <math.h>\n\n" if re.search(r"\b(INFINITY|NAN)\b", text) else ""


def number(value: int | float | Iterable[int]) -> str:
    """An initialiser for a scalar field, or for an array of a few."""
    if isinstance(value, float | np.floating):
        return real(float(value))
    if isinstance(value, int | np.integer):
        return integer(int(value))
    return "{" + ", ".join(integer(int(v)) for v in value) + "}"


def comment(text: str) -> str:
    """Foreign text made harmless: printable ASCII that neither ends nor opens a comment."""
    ascii_text = text.encode("ascii", "replace").decode()
    printable = "".join(c if c.isprintable() else " " for c in ascii_text)
    return re.sub(r"\*(?=/)|/(?=\*)", r"\g<0> ", printable.replace("\\", "/").replace("??", "? ?"))


def quoted(name: str) -> str:
    """A tensor's or node's name for a comment: all of it, or its telling end."""
    text = comment(name)
    return f"'{text}'" if len(text) <= MAX_NAME else f"'...{text[3 - MAX_NAME :]}'"


def shape(tensor: Tensor) -> str:
    """``int8[1,25,5,64]``."""
    return f"{tensor.dtype.value}[{','.join(map(str, tensor.shape))}]"


def wrapped(items: Iterable[str], indent: str = "    ") -> str:
    """Items with commas, as many in a line as fit the page."""
    lines = [indent]
    for item in items:
        if len(lines[-1]) + len(item) + 1 > WIDTH and lines[-1] != indent:
            lines.append(indent)
        lines[-1] += f"{item}, "
    return "\n".join(line.rstrip() for line in lines)


def tool() -> str:
    """``Mote 0.1.0``."""
    return f"Mote {__version__}"
