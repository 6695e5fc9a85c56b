"""A hand-written project with the names of a generated one, for the tests of the runners."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mote.ir.tensor import Array, DType
from mote.run.firmware import Firmware, build
from mote.run.interface import Interface, Slot
from mote.run.toolchain import PACKAGES
from mote.target import Core, tools
from mote.target.cores import CORES

EMULATED = [core for core in CORES.values() if core.machine]
ARM = [core for core in EMULATED if core.tools is tools.ARM]
WORDS = 8
"""The toy has one input and one output of this many int32; the output follows the input."""


def missing_tools(core: Core) -> str:
    """Why tests of a core skip, empty when they run; in CI they run and fail."""
    programs = (core.tools.compiler, core.tools.objdump, core.tools.emulator)
    missing = [name for name in programs if name in PACKAGES and shutil.which(name) is None]
    if not missing or os.environ.get("CI"):
        return ""
    packages = " ".join(PACKAGES[name] for name in missing)
    return f"{', '.join(missing)} not found: apt-get install {packages}"


def _needs_tools(core: Core) -> pytest.MarkDecorator:
    reason = missing_tools(core)
    return pytest.mark.skipif(bool(reason), reason=reason or "all there")


def parametrized(cores: Sequence[Core]) -> pytest.MarkDecorator:
    """A test with each of these cores as ``core``; ids are their names."""
    found = [pytest.param(core, id=core.name, marks=_needs_tools(core)) for core in cores]
    return pytest.mark.parametrize("core", found)


every_core = parametrized(EMULATED)
every_arm_core = parametrized(ARM)

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
