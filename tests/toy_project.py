"""A hand-written project with the names of a generated one, for the tests of the runners."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mote.ir.tensor import Array, DType
from mote.run.firmware import Firmware, build
from mote.run.interface import Interface, Slot
from mote.target import Core
from mote.target.cores import CORES

EMULATED = [core for core in CORES.values() if core.machine]
WORDS = 8
"""The toy has one input and one output of this many int32; the output follows the input."""

NOTHING = '__attribute__((naked)) void layer_00_none(uint8_t *arena) { __asm("bx lr"); }'


def toy_interface(layers: int = 1) -> Interface:
    size = 4 * WORDS
    x = Slot("x", 0, (WORDS,), DType.INT32, size)
    y = Slot("y", size, (WORDS,), DType.INT32, size)
    return Interface("toy", 2 * size, (x,), (y,), (y,) * layers)


def toy_project(code: str, layers: Sequence[str]) -> dict[str, str]:
    """C ``code`` that defines the functions ``layers``, called in that order by ``toy_run``."""
    calls = "".join(
        f"    {name}(bytes);\n    MOTE_TRACE({step}, 0, bytes + {4 * WORDS}, {4 * WORDS});\n"
        for step, name in enumerate(layers)
    )
    return {
        "model.h": "#include <stdint.h>\nvoid toy_run(void *arena);\n",
        "model.c": '#include "model.h"\n'
        "#ifndef MOTE_TRACE\n#define MOTE_TRACE(step, first, part, bytes) ((void)0)\n#endif\n"
        f"{code}\n"
        f"void toy_run(void *arena)\n{{\n    uint8_t *bytes = arena;\n{calls}}}\n",
    }


def toy_firmware(
    code: str, layers: Sequence[str], core: Core, directory: Path, *, trace: bool = False
) -> Firmware:
    project = toy_project(code, layers)
    return build(project, toy_interface(len(layers)), core, directory, trace=trace)


def words(*values: int) -> tuple[Array]:
    """One sample: the values, then zeros."""
    sample = np.zeros(WORDS, np.int32)
    sample[: len(values)] = values
    return (sample,)
