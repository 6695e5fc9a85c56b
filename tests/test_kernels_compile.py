"""Every kernel is in the table, and compiles without a warning for every core and this machine."""

import os
import subprocess
from pathlib import Path

import pytest

from kernel_runner import KERNELS as FOLDER
from kernel_runner import STRICT
from mote.lower.kernels import KERNELS
from mote.target import Core
from mote.target.cores import CORES
from toy_project import missing_tools

FREESTANDING = FOLDER.parent / "run/harness/freestanding"
SOURCES = sorted(FOLDER.glob("*.c"))


def test_every_source_is_a_kernel_of_the_table_and_the_reverse() -> None:
    assert {path.stem for path in SOURCES} == set(KERNELS)


def compiler_of(core: Core) -> list[str]:
    """The compiler with what it needs to find the headers of C; skips where there is none."""
    if reason := missing_tools(core):
        pytest.skip(reason)
    headers = [] if core.tools.has_libc else ["-isystem", str(FREESTANDING)]
    return [core.tools.compiler, *core.gcc_flags, *headers]


@pytest.mark.parametrize("core", CORES)
def test_every_kernel_compiles_without_warnings(core: str, tmp_path: Path) -> None:
    options = [*STRICT, "-O2", "-I", str(FOLDER / "include"), "-c"]
    command = [*compiler_of(CORES[core]), *options]
    subprocess.run([*command, *map(str, SOURCES)], cwd=tmp_path, check=True)
    assert len(os.listdir(tmp_path)) == len(SOURCES)


def test_headers_stand_on_their_own(tmp_path: Path) -> None:
    for header in sorted((FOLDER / "include").glob("*.h")):
        source = tmp_path / "one.c"
        source.write_text(f'#include "{header.name}"\n#include "{header.name}"\nint one;\n')
        command = ["cc", *STRICT, "-Wno-unused-function", "-I", str(FOLDER / "include")]
        subprocess.run([*command, "-fsyntax-only", str(source)], check=True)


def test_kernels_for_dsp_cores_assemble_without_optimisation(tmp_path: Path) -> None:
    """Debug builds keep a frame pointer, which inline assembly must not need for itself."""
    core = CORES["cortex-m4"]
    sources = [str(path) for path in SOURCES if KERNELS[path.stem].needs_dsp]
    options = [*core.gcc_flags, *STRICT, "-O0", "-I", str(FOLDER / "include"), "-c"]
    subprocess.run(["arm-none-eabi-gcc", *options, *sources], cwd=tmp_path, check=True)
