"""Every kernel is in the table, and compiles without a warning for the cores and this machine."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from kernel_objects import KERNELS as FOLDER
from kernel_objects import STRICT
from mote.lower.kernels import KERNELS
from mote.lower.step import Kernel
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


def compile_without_warnings(sources: Sequence[Path], core: Core, folder: Path) -> None:
    options = [*STRICT, "-O2", "-I", str(FOLDER / "include"), "-c"]
    command = [*compiler_of(core), *options]
    subprocess.run([*command, *map(str, sources)], cwd=folder, check=True)
    assert len(os.listdir(folder)) == len(sources)


def own_core(kernel: Kernel) -> str:
    """The smallest core that a kernel is for."""
    if kernel.needs_mve:
        return "cortex-m55"
    if kernel.needs_swar or kernel.needs_narrow:
        return "cortex-m0plus"
    return "cortex-m4" if kernel.needs_dsp else "cortex-m3"


def is_sampled(number: int, core: str) -> bool:
    """True for the core that a kernel is for, and for one of the others, each time another."""
    own = own_core(KERNELS[SOURCES[number].stem])
    others = [name for name in CORES if name != own]
    return core in (own, others[number % len(others)])


@pytest.mark.parametrize("core", CORES)
def test_kernels_compile_without_warnings_for_their_core_and_others(
    core: str, tmp_path: Path
) -> None:
    chosen = [path for number, path in enumerate(SOURCES) if is_sampled(number, core)]
    assert len(chosen) > len(SOURCES) / len(CORES) / 2
    compile_without_warnings(chosen, CORES[core], tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("core", CORES)
def test_every_kernel_compiles_without_warnings_for_every_core(core: str, tmp_path: Path) -> None:
    compile_without_warnings(SOURCES, CORES[core], tmp_path)


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
